// SPDX-License-Identifier: Apache-2.0
package org.pvmove.place;

import com.google.common.collect.HashMultimap;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.LinkedListMultimap;
import com.google.common.collect.ListMultimap;
import com.google.common.collect.SetMultimap;
import com.google.common.collect.Sets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;

/** Places runs so that those of a column stay together, or go where tags allow. */
final class Clinging {
  /** Up to so many runs are placed, over and over, to find out who clings and who goes by tags. */
  private static final int MAX_TRIED_RUNS = 100_000;

  /** Up to so many runs are placed, over and over, to find a way with fewer pieces. */
  private static final int MAX_TRIED_RUNS_FOR_FEWER_PIECES = 10_000;

  /**
   * Where a column may go.
   *
   * @param pv the only physical volume; absent if each run goes where tags allow
   */
  private record Way(@Nullable LvmUuid pv) {
    static final Way BY_TAGS = new Way(null);

    static Way to(LvmUuid pv) {
      return new Way(pv);
    }

    boolean allows(Run run, LvmUuid to) {
      return pv == null ? run.kin().contains(to) : pv.equals(to);
    }
  }

  private final List<Run> runs;
  private final List<PeRange> free;
  private final List<Packer.Bin> pvs = new ArrayList<>();

  /** The runs of each column as one. */
  private final List<Run> columns = new ArrayList<>();

  Clinging(List<Run> runs, List<PeRange> free) {
    this.runs = runs;
    this.free = free;
    Map<LvmUuid, Long> freeByPv = new LinkedHashMap<>();
    free.forEach(area -> freeByPv.merge(area.pv(), area.count(), Long::sum));
    freeByPv.forEach((pv, count) -> pvs.add(new Packer.Bin(pv, count)));
    ListMultimap<Integer, Run> byColumn = LinkedListMultimap.create();
    runs.forEach(run -> byColumn.put(run.column(), run));
    byColumn.keySet().forEach(column -> columns.add(asOne(column, byColumn.get(column))));
  }

  private static Run asOne(int column, List<Run> parts) {
    Set<LvmUuid> forbidden = new HashSet<>();
    new HashSet<>(parts.stream().map(Run::forbidden).toList()).forEach(forbidden::addAll);
    Map<Integer, Integer> groups = new HashMap<>();
    parts.forEach(run -> groups.putAll(run.parts()));
    return new Run(
        parts.stream().mapToLong(Run::count).sum(),
        ImmutableSet.copyOf(forbidden),
        ImmutableMap.copyOf(groups),
        column,
        ImmutableSet.of());
  }

  /** Each column on one physical volume. */
  Placement together() {
    Packer packer = packer(pvs, Allocator.MAX_STEPS);
    if (columns.size() > Allocator.MAX_PACKED_RUNS) {
      Map<Integer, Way> ways = oneByOne();
      return ways == null ? packer.none(false, Shares.of(runs, free)) : within(ways).normal();
    }
    Packer.Outcome outcome = packer.pack();
    if (outcome != Packer.Outcome.FOUND) {
      return packer.none(outcome == Packer.Outcome.IMPOSSIBLE, Shares.of(runs, free));
    }
    return withFewerPieces(within(ways(packer, pvs)).normal());
  }

  private Packer packer(List<Packer.Bin> bins, long maxSteps) {
    return new Packer(columns, bins, false, 0, maxSteps);
  }

  private Map<Integer, Way> ways(Packer packer, List<Packer.Bin> bins) {
    Map<Integer, Way> ways = new HashMap<>();
    for (Packer.Piece piece : packer.pieces()) {
      ways.put(columns.get(piece.run()).column(), Way.to(bins.get(piece.bin()).pv()));
    }
    return ways;
  }

  /**
   * Lets as much as possible cling to each physical volume in turn, since the one that comes first
   * may have its room in many short areas.
   */
  private Placement withFewerPieces(Placement known) {
    if (!(known instanceof Placement.Found best)) {
      return known;
    }
    int tries = MAX_TRIED_RUNS_FOR_FEWER_PIECES / Math.max(1, runs.size());
    long steps = Allocator.MAX_STEPS_FOR_FEWER_PIECES;
    for (int i = 1; i < pvs.size() && i <= tries && best.pieceCount() > runs.size(); i++) {
      List<Packer.Bin> bins = new ArrayList<>(pvs);
      bins.add(0, bins.remove(i));
      Packer packer = packer(bins, steps);
      Packer.Outcome outcome = packer.pack();
      steps -= packer.steps();
      if (outcome == Packer.Outcome.FOUND
          && within(ways(packer, bins)).normal() instanceof Placement.Found found
          && found.pieceCount() < best.pieceCount()) {
        best = found;
      }
    }
    return best;
  }

  /** The first physical volume with room for each column, the longest first. */
  private @Nullable Map<Integer, Way> oneByOne() {
    Map<LvmUuid, Long> left = new LinkedHashMap<>();
    pvs.forEach(pv -> left.put(pv.pv(), pv.capacity()));
    Owners owners = new Owners();
    Map<Integer, Way> ways = new HashMap<>();
    List<Run> longestFirst = new ArrayList<>(columns);
    longestFirst.sort(Comparator.comparingLong(column -> -column.count()));
    for (Run column : longestFirst) {
      LvmUuid pv =
          left.keySet().stream()
              .filter(each -> new Packer.Bin(each, left.getOrDefault(each, 0L)).holds(column))
              .filter(each -> owners.allow(column, each))
              .findFirst()
              .orElse(null);
      if (pv == null) {
        return null;
      }
      left.merge(pv, -column.count(), Long::sum);
      owners.add(column, pv);
      ways.put(column.column(), Way.to(pv));
    }
    return ways;
  }

  /** Each column on one physical volume, or each of its runs where tags allow. */
  Placement togetherOrByTags() {
    Placement together = together();
    if (together instanceof Placement.Found) {
      return together;
    }
    Map<Integer, Way> ways = new HashMap<>();
    int[] tries = {1 + MAX_TRIED_RUNS / Math.max(1, runs.size())};
    if (findWays(ways, tries)) {
      return within(ways).normal();
    }
    Placement.None split = Shares.of(runs, free).none();
    return new Placement.None(split.unplaced(), split.certain() || tries[0] >= 0);
  }

  /**
   * Finds a way for each column. Places everything as if there was no policy, and where that
   * scatters a column other than by tags, tries all ways for that column. Whatever does not fit
   * even so is given up at once.
   *
   * @param ways those decided so far; those of all columns once they are found
   * @param tries how often a placement may still be tried; less than 0 if that was not enough
   */
  private boolean findWays(Map<Integer, Way> ways, int[] tries) {
    if (--tries[0] < 0 || !(within(ways).quick() instanceof Placement.Found found)) {
      return false;
    }
    Map<Integer, Way> gone = ways(found);
    Run scattered =
        columns.stream()
            .filter(column -> !gone.containsKey(column.column()))
            .findFirst()
            .orElse(null);
    if (scattered == null) {
      ways.putAll(gone);
      return true;
    }
    List<Way> open = new ArrayList<>();
    open.add(Way.BY_TAGS);
    pvs.stream().filter(pv -> pv.holds(scattered)).forEach(pv -> open.add(Way.to(pv.pv())));
    for (Way way : open) {
      Map<Integer, Way> more = new HashMap<>(ways);
      more.put(scattered.column(), way);
      if (findWays(more, tries)) {
        ways.putAll(more);
        return true;
      }
    }
    return false;
  }

  /** The way each column has gone, but for those that are scattered other than by tags. */
  private Map<Integer, Way> ways(Placement.Found found) {
    SetMultimap<Integer, LvmUuid> gone = HashMultimap.create();
    Set<Integer> notByTags = new HashSet<>();
    for (int i = 0; i < runs.size(); i++) {
      for (PeRange piece : found.pieces().get(i)) {
        gone.put(runs.get(i).column(), piece.pv());
        if (!runs.get(i).kin().contains(piece.pv())) {
          notByTags.add(runs.get(i).column());
        }
      }
    }
    Map<Integer, Way> ways = new HashMap<>();
    for (int column : gone.keySet()) {
      if (gone.get(column).size() == 1) {
        ways.put(column, Way.to(gone.get(column).iterator().next()));
      } else if (!notByTags.contains(column)) {
        ways.put(column, Way.BY_TAGS);
      }
    }
    return ways;
  }

  /** The same where each run may only go the way of its column. */
  private Allocator within(Map<Integer, Way> ways) {
    List<Run> restricted = new ArrayList<>(runs.size());
    Map<Run, ImmutableSet<LvmUuid>> known = new HashMap<>();
    for (Run run : runs) {
      Way way = ways.get(run.column());
      restricted.add(
          way == null
              ? run
              : run.withForbidden(
                  known.computeIfAbsent(Run.sameRules(run), rules -> forbidden(rules, way))));
    }
    return new Allocator(restricted, free);
  }

  private ImmutableSet<LvmUuid> forbidden(Run run, Way way) {
    Set<LvmUuid> others = new HashSet<>();
    pvs.stream().map(Packer.Bin::pv).filter(pv -> !way.allows(run, pv)).forEach(others::add);
    return Sets.union(run.forbidden(), others).immutableCopy();
  }
}
