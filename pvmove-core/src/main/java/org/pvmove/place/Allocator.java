// SPDX-License-Identifier: Apache-2.0
package org.pvmove.place;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;

/**
 * Places runs of extents on free ones by the allocation policies of lvm(8), in the meaning they
 * have for a move:
 *
 * <ul>
 *   <li>{@code contiguous}: every run in one piece;
 *   <li>{@code cling}: the runs of a column, that is of one stripe of one logical volume, on one
 *       physical volume;
 *   <li>{@code cling_by_tags}: the same, or on physical volumes that have a tag in common with
 *       where the extents are;
 *   <li>{@code normal}: wherever no run forbids it and parts of one group stay apart;
 *   <li>{@code anywhere}: wherever there is room, though first where {@code normal} would.
 * </ul>
 *
 * <p>Whatever the policy, a run is kept in one piece where a free area holds it: the smallest such
 * area, on a physical volume already used if there is one, else the first in the order of the free
 * areas. If taking the runs in order leads into a dead end or splits runs, they are taken in other
 * orders, shared out over the physical volumes by a maximum flow, or packed with going back; what
 * makes the fewest pieces is taken. So a placement is found whenever one exists, unless the number
 * of ways to try gets out of hand.
 *
 * <p>For {@code normal} and {@code anywhere} time is linear in the runs and pieces, times the
 * number of physical volumes and a logarithm of the free areas; the other searches have bounds of
 * their own.
 */
public final class Allocator {
  /** Up to so many runs all ways to pack them are tried. */
  private static final int MAX_PACKED_RUNS = 500;

  /** Columns for which it is tried who clings and who goes by tags. */
  private static final int MAX_MIXED_COLUMNS = 8;

  private static final int MAX_MIXES = 5000;

  private final ImmutableList<Run> runs;
  private final ImmutableList<PeRange> free;
  private final Map<LvmUuid, Long> freeByPv = new LinkedHashMap<>();

  private Allocator(List<Run> runs, List<PeRange> free) {
    this.runs = ImmutableList.copyOf(runs);
    this.free = ImmutableList.copyOf(free);
    free.forEach(area -> freeByPv.merge(area.pv(), area.count(), Long::sum));
  }

  /**
   * Places the runs.
   *
   * @param runs what needs a place, in the order of placing
   * @param free the free areas, in order of preference of their physical volumes; disjoint
   * @param policy any but {@code inherit}
   */
  public static Placement place(List<Run> runs, List<PeRange> free, AllocationPolicy policy) {
    Allocator allocator = new Allocator(runs, free);
    return switch (policy) {
      case CONTIGUOUS -> allocator.contiguous();
      case CLING -> allocator.cling();
      case CLING_BY_TAGS -> allocator.clingByTags();
      case NORMAL -> allocator.normal();
      case ANYWHERE -> allocator.anywhere();
      case INHERIT ->
          throw new IllegalArgumentException("expected a policy, found one that is inherited");
    };
  }

  private Placement normal() {
    // The order of the runs keeps neighbours together, so that they can be merged.
    Placement.Found best = fewest(greedy(inOrder(), null, Splitting.ALLOWED), null);
    if (best == null || best.pieceCount() > runs.size()) {
      best = fewest(greedy(longestFirst(), null, Splitting.ALLOWED), best);
    }
    if ((best == null || best.pieceCount() > runs.size())
        && runs.size() <= MAX_PACKED_RUNS
        && packed() instanceof Placement.Found whole) {
      best = whole;
    }
    if (best != null) {
      return best;
    }
    Shares.Result shared = Shares.of(runs, free);
    if (shared.shares() == null) {
      return new Placement.None(shared.unplaced(), shared.certain());
    }
    return Objects.requireNonNull(greedy(inOrder(), shared.shares(), Splitting.ALLOWED));
  }

  private Placement anywhere() {
    Placement normal = normal();
    if (normal instanceof Placement.Found) {
      return normal;
    }
    long room = freeByPv.values().stream().mapToLong(Long::longValue).sum();
    long needed = runs.stream().mapToLong(Run::count).sum();
    return room < needed
        ? new Placement.None(needed - room, true)
        : Objects.requireNonNull(greedy(inOrder(), null, Splitting.AND_FORBIDDEN_PLACES));
  }

  private Placement contiguous() {
    Placement.Found best = greedy(inOrder(), null, Splitting.NONE);
    if (best == null) {
      best = greedy(longestFirst(), null, Splitting.NONE);
    }
    if (best != null) {
      return best;
    }
    Placement packed =
        runs.size() <= MAX_PACKED_RUNS ? packed() : new Placement.None(unplacedWhole(), false);
    // More room than there is cannot be needed for pieces than for extents.
    return packed instanceof Placement.None none
            && !none.certain()
            && Shares.of(runs, free).shares() == null
        ? new Placement.None(none.unplaced(), true)
        : packed;
  }

  /** Each run whole, if it can be. */
  private Placement packed() {
    Packer packer =
        new Packer(
            runs,
            free.stream().map(area -> new Packer.Bin(area.pv(), area.count())).toList(),
            true);
    Packer.Outcome outcome = packer.pack();
    if (outcome != Packer.Outcome.FOUND) {
      return new Placement.None(unplacedWhole(), outcome == Packer.Outcome.IMPOSSIBLE);
    }
    int[] areaOf = packer.binOf();
    long[] used = new long[free.size()];
    ImmutableList.Builder<ImmutableList<PeRange>> pieces = ImmutableList.builder();
    for (int i = 0; i < runs.size(); i++) {
      long count = runs.get(i).count();
      pieces.add(ImmutableList.of(free.get(areaOf[i]).slice(used[areaOf[i]], count)));
      used[areaOf[i]] += count;
    }
    return new Placement.Found(pieces.build());
  }

  /** How much is left over if runs are taken longest first and none is split. */
  private long unplacedWhole() {
    FreeAreas areas = new FreeAreas(free);
    Owners owners = new Owners();
    long unplaced = 0;
    for (int index : longestFirst()) {
      Run run = runs.get(index);
      PeRange piece = new Choice(areas, owners, null, Splitting.NONE).best(run, run.count());
      if (piece == null) {
        unplaced += run.count();
      } else {
        areas.take(piece);
        owners.add(run, piece.pv());
      }
    }
    return Math.max(1, unplaced);
  }

  private Placement cling() {
    List<Run> columns = columns();
    List<LvmUuid> pvs = List.copyOf(freeByPv.keySet());
    if (columns.size() > MAX_PACKED_RUNS) {
      return clingGreedily(columns);
    }
    Packer packer =
        new Packer(
            columns,
            pvs.stream().map(pv -> new Packer.Bin(pv, freeByPv.getOrDefault(pv, 0L))).toList(),
            false);
    Packer.Outcome outcome = packer.pack();
    if (outcome != Packer.Outcome.FOUND) {
      return new Placement.None(unplacedColumns(columns), outcome == Packer.Outcome.IMPOSSIBLE);
    }
    int[] pvOf = packer.binOf();
    Map<Integer, ImmutableSet<LvmUuid>> allowed = new HashMap<>();
    for (int i = 0; i < columns.size(); i++) {
      allowed.put(columns.get(i).column(), ImmutableSet.of(pvs.get(pvOf[i])));
    }
    return within(allowed);
  }

  private Placement clingGreedily(List<Run> columns) {
    Map<LvmUuid, Long> room = new LinkedHashMap<>(freeByPv);
    Owners owners = new Owners();
    Map<Integer, ImmutableSet<LvmUuid>> allowed = new HashMap<>();
    long unplaced = 0;
    List<Run> longestFirst = new ArrayList<>(columns);
    longestFirst.sort(Comparator.comparingLong(run -> -run.count()));
    for (Run column : longestFirst) {
      LvmUuid pv = firstWithRoom(column, room, owners);
      if (pv == null) {
        unplaced += column.count();
      } else {
        room.merge(pv, -column.count(), Long::sum);
        owners.add(column, pv);
        allowed.put(column.column(), ImmutableSet.of(pv));
      }
    }
    return unplaced == 0 ? within(allowed) : new Placement.None(unplaced, false);
  }

  private long unplacedColumns(List<Run> columns) {
    return clingGreedily(columns) instanceof Placement.None none ? none.unplaced() : 1;
  }

  private static @Nullable LvmUuid firstWithRoom(
      Run column, Map<LvmUuid, Long> room, Owners owners) {
    for (Map.Entry<LvmUuid, Long> pv : room.entrySet()) {
      if (pv.getValue() >= column.count()
          && !column.forbidden().contains(pv.getKey())
          && owners.allow(column, pv.getKey())) {
        return pv.getKey();
      }
    }
    return null;
  }

  private Placement clingByTags() {
    Placement cling = cling();
    if (cling instanceof Placement.Found) {
      return cling;
    }
    List<Run> columns = columns();
    Map<Integer, ImmutableSet<LvmUuid>> byTags = new HashMap<>();
    columns.forEach(column -> byTags.put(column.column(), column.kin()));
    Placement kin = within(byTags);
    if (kin instanceof Placement.Found) {
      return kin;
    }
    boolean certain = ((Placement.None) cling).certain() && ((Placement.None) kin).certain();
    long unplaced =
        Math.min(((Placement.None) cling).unplaced(), ((Placement.None) kin).unplaced());
    if (columns.size() > MAX_MIXED_COLUMNS) {
      return new Placement.None(unplaced, false);
    }
    int[] mixes = {0};
    Placement mixed = mixed(columns, 0, new HashMap<>(), mixes);
    return mixed != null ? mixed : new Placement.None(unplaced, certain && mixes[0] < MAX_MIXES);
  }

  /** Each column on one physical volume or by tags, in all ways. */
  private @Nullable Placement mixed(
      List<Run> columns, int next, Map<Integer, ImmutableSet<LvmUuid>> allowed, int[] mixes) {
    if (mixes[0] >= MAX_MIXES) {
      return null;
    }
    if (next == columns.size()) {
      mixes[0]++;
      return within(allowed) instanceof Placement.Found found ? found : null;
    }
    Run column = columns.get(next);
    List<ImmutableSet<LvmUuid>> ways = new ArrayList<>();
    ways.add(column.kin());
    for (Map.Entry<LvmUuid, Long> pv : freeByPv.entrySet()) {
      if (pv.getValue() >= column.count() && !column.forbidden().contains(pv.getKey())) {
        ways.add(ImmutableSet.of(pv.getKey()));
      }
    }
    for (ImmutableSet<LvmUuid> way : ways) {
      allowed.put(column.column(), way);
      Placement found = mixed(columns, next + 1, allowed, mixes);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  /** Places each run by {@code normal}, within what is allowed to its column. */
  private Placement within(Map<Integer, ImmutableSet<LvmUuid>> allowed) {
    List<Run> restricted = new ArrayList<>(runs.size());
    Map<Run, ImmutableSet<LvmUuid>> known = new HashMap<>();
    for (Run run : runs) {
      restricted.add(
          run.withForbidden(
              known.computeIfAbsent(
                  Run.sameRules(run),
                  rules ->
                      Sets.union(
                              rules.forbidden(),
                              Sets.difference(
                                  freeByPv.keySet(),
                                  allowed.getOrDefault(run.column(), ImmutableSet.of())))
                          .immutableCopy())));
    }
    return new Allocator(restricted, free).normal();
  }

  /** The runs of each column as one. */
  private List<Run> columns() {
    Map<Integer, Run> columns = new LinkedHashMap<>();
    for (Run run : runs) {
      columns.merge(run.column(), run, Allocator::together);
    }
    return List.copyOf(columns.values());
  }

  private static Run together(Run a, Run b) {
    Map<Integer, Integer> parts = new LinkedHashMap<>(a.parts());
    parts.putAll(b.parts());
    return new Run(
        a.count() + b.count(),
        a.forbidden().equals(b.forbidden())
            ? a.forbidden()
            : Sets.union(a.forbidden(), b.forbidden()).immutableCopy(),
        ImmutableMap.copyOf(parts),
        a.column(),
        a.kin().equals(b.kin()) ? a.kin() : Sets.intersection(a.kin(), b.kin()).immutableCopy());
  }

  private static Placement.@Nullable Found fewest(
      Placement.@Nullable Found one, Placement.@Nullable Found other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return one.pieceCount() < other.pieceCount() ? one : other;
  }

  private List<Integer> inOrder() {
    return IntStream.range(0, runs.size()).boxed().toList();
  }

  private List<Integer> longestFirst() {
    List<Integer> order = new ArrayList<>(inOrder());
    order.sort(Comparator.comparingLong(run -> -runs.get(run).count()));
    return order;
  }

  /** What may be done to find a place. */
  private enum Splitting {
    /** Nothing: a run goes where it fits as a whole. */
    NONE,
    /** A run may be split. */
    ALLOWED,
    /** A run may be split, and goes where it is forbidden if nothing else is left. */
    AND_FORBIDDEN_PLACES
  }

  /** Takes the runs one by one, each in its best place. */
  private Placement.@Nullable Found greedy(
      List<Integer> order, @Nullable Shares shares, Splitting splitting) {
    List<ImmutableList<PeRange>> placed =
        new ArrayList<>(Collections.nCopies(runs.size(), ImmutableList.of()));
    FreeAreas areas = new FreeAreas(free);
    Owners owners = new Owners();
    Choice choice = new Choice(areas, owners, shares, splitting);
    for (int index : order) {
      Run run = runs.get(index);
      ImmutableList.Builder<PeRange> pieces = ImmutableList.builder();
      for (long left = run.count(); left > 0; ) {
        PeRange piece = choice.best(run, left);
        if (piece == null) {
          return null;
        }
        areas.take(piece);
        if (shares != null) {
          shares.take(run, piece);
        }
        owners.add(run, piece.pv());
        choice.used.add(piece.pv());
        pieces.add(piece);
        left -= piece.count();
      }
      placed.set(index, pieces.build());
    }
    return new Placement.Found(ImmutableList.copyOf(placed));
  }

  /** Chooses the best piece for a run at a time when some are placed already. */
  private static final class Choice {
    private final FreeAreas free;
    private final Owners owners;
    private final @Nullable Shares shares;
    private final Splitting splitting;
    private final Set<LvmUuid> used = new HashSet<>();

    Choice(FreeAreas free, Owners owners, @Nullable Shares shares, Splitting splitting) {
      this.free = free;
      this.owners = owners;
      this.shares = shares;
      this.splitting = splitting;
    }

    /** The best piece for the rest of a run: whole if any area allows, else the largest. */
    @Nullable PeRange best(Run run, long count) {
      PeRange best = best(run, count, false);
      return best == null && splitting == Splitting.AND_FORBIDDEN_PLACES
          ? best(run, count, true)
          : best;
    }

    private @Nullable PeRange best(Run run, long count, boolean forbiddenToo) {
      PeRange best = null;
      for (LvmUuid pv : free.pvs()) {
        long most = shares == null ? count : Math.min(count, shares.left(run, pv));
        if (most == 0
            || (!forbiddenToo && (run.forbidden().contains(pv) || !owners.allow(run, pv)))) {
          continue;
        }
        PeRange offer = free.offer(pv, most);
        if (offer != null && (best == null || better(offer, best))) {
          best = offer;
          if (best.count() == count && used.contains(pv)) {
            // Nothing beats the whole rest where there is some of the move already.
            break;
          }
        }
      }
      return splitting == Splitting.NONE && best != null && best.count() < count ? null : best;
    }

    private boolean better(PeRange offer, PeRange best) {
      if (offer.count() != best.count()) {
        return offer.count() > best.count();
      }
      return used.contains(offer.pv()) && !used.contains(best.pv());
    }
  }
}
