// SPDX-License-Identifier: Apache-2.0
package org.pvmove.place;

import com.google.common.collect.HashMultimap;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.SetMultimap;
import com.google.common.collect.Sets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;

/**
 * Places runs wherever there is room, but does what is not wanted only where nothing else is left.
 * The runs are taken in order. If one finds no room by its rules, the rest of it goes to the
 * reserve. If it finds none there either, it has no rules any more: one extent where none must be
 * is as bad as all, so that it need not be split for that.
 */
final class Anywhere {
  /** All or some extents of a run, by rules that can be obeyed. */
  private record Part(int run, Run rules, boolean ruleless, ImmutableList<PeRange> greedy) {}

  /** A part of a group where it must not be. */
  private record Intruder(int part, LvmUuid pv) {}

  private final List<Run> runs;
  private final List<PeRange> all;
  private final ImmutableSet<LvmUuid> pvs;
  private final ImmutableSet<LvmUuid> reserve;
  private final Greedy greedy;
  private final Map<LvmUuid, Long> left = new LinkedHashMap<>();
  private final List<Part> parts = new ArrayList<>();
  private final SetMultimap<Integer, Intruder> intruders = HashMultimap.create();

  private Anywhere(List<Run> runs, List<PeRange> free, List<PeRange> reserve) {
    this.runs = runs;
    this.all = ImmutableList.<PeRange>builder().addAll(free).addAll(reserve).build();
    this.reserve = reserve.stream().map(PeRange::pv).collect(ImmutableSet.toImmutableSet());
    this.greedy = new Greedy(all, null, true);
    all.forEach(area -> left.merge(area.pv(), area.count(), Long::sum));
    this.pvs = ImmutableSet.copyOf(left.keySet());
  }

  /** Places the runs, for which there is room in all. */
  static Placement.Found place(List<Run> runs, List<PeRange> free, List<PeRange> reserve) {
    return new Anywhere(runs, free, reserve).place();
  }

  private Placement.Found place() {
    for (int i = 0; i < runs.size(); i++) {
      Run run = awayFromIntruders(runs.get(i), ImmutableSet.of());
      if (!take(i, run, false)) {
        Run ruleless =
            new Run(run.count(), ImmutableSet.of(), ImmutableMap.of(), run.column(), run.kin());
        take(i, ruleless, true);
      }
    }
    Placement.Found found =
        new Placement.Found(
            parts.stream().map(Part::greedy).collect(ImmutableList.toImmutableList()));
    List<Run> rules = parts.stream().map(this::lastingRules).toList();
    if (new Allocator(rules, all).normal() instanceof Placement.Found other
        && other.pieceCount() < found.pieceCount()) {
      found = other;
    }
    return byRun(found);
  }

  /** Takes a run, as little as possible of it from the reserve, if there is room for it. */
  private boolean take(int index, Run run, boolean ruleless) {
    ImmutableSet<LvmUuid> elsewhere = Sets.difference(pvs, reserve).immutableCopy();
    long first = Math.min(run.count(), room(run, elsewhere));
    if (run.count() - first > room(run, reserve)) {
      return false;
    }
    take(index, run, first, elsewhere, ruleless);
    take(index, run, run.count() - first, reserve, ruleless);
    return true;
  }

  private long room(Run run, Set<LvmUuid> where) {
    return where.stream()
        .filter(pv -> greedy.allows(run, pv))
        .mapToLong(pv -> left.getOrDefault(pv, 0L))
        .sum();
  }

  private void take(int index, Run run, long count, Set<LvmUuid> where, boolean ruleless) {
    if (count == 0) {
      return;
    }
    ImmutableSet<LvmUuid> forbidden =
        Sets.union(run.forbidden(), Sets.difference(pvs, where)).immutableCopy();
    Run rules = new Run(count, forbidden, run.parts(), run.column(), run.kin());
    ImmutableList<PeRange> pieces = Objects.requireNonNull(greedy.take(rules));
    for (PeRange piece : pieces) {
      left.merge(piece.pv(), -piece.count(), Long::sum);
      if (ruleless) {
        runs.get(index)
            .parts()
            .forEach((group, part) -> intruders.put(group, new Intruder(part, piece.pv())));
      }
    }
    parts.add(new Part(index, rules, ruleless, pieces));
  }

  /** What has no rules stays where it is, and what can keeps away from it. */
  private Run lastingRules(Part part) {
    Set<LvmUuid> places = new HashSet<>();
    part.greedy().forEach(piece -> places.add(piece.pv()));
    return part.ruleless()
        ? part.rules().withForbidden(Sets.difference(pvs, places).immutableCopy())
        : awayFromIntruders(part.rules(), places);
  }

  private Run awayFromIntruders(Run run, Set<LvmUuid> places) {
    Set<LvmUuid> away = new HashSet<>();
    run.parts()
        .forEach(
            (group, part) ->
                intruders.get(group).stream()
                    .filter(intruder -> intruder.part() != part)
                    .map(Intruder::pv)
                    .filter(pv -> !places.contains(pv))
                    .forEach(away::add));
    return away.isEmpty()
        ? run
        : run.withForbidden(Sets.union(run.forbidden(), away).immutableCopy());
  }

  private Placement.Found byRun(Placement.Found found) {
    Map<Integer, ImmutableList.Builder<PeRange>> pieces = new HashMap<>();
    for (int i = 0; i < parts.size(); i++) {
      pieces
          .computeIfAbsent(parts.get(i).run(), run -> ImmutableList.builder())
          .addAll(found.pieces().get(i));
    }
    ImmutableList.Builder<ImmutableList<PeRange>> all = ImmutableList.builder();
    for (int i = 0; i < runs.size(); i++) {
      all.add(Objects.requireNonNull(pieces.get(i)).build());
    }
    return new Placement.Found(all.build());
  }
}
