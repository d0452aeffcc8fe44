// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.VolumeGroup;

/** Looks for what would make a rejected request acceptable, by trying. */
final class Remedies {
  /** How many volumes it is tried to leave out, those with the most extents to move first. */
  private static final int MAX_LEFT_OUT = 16;

  private static final int MAX_MADE_ALLOCATABLE = 8;

  /** More runs than that, in all attempts together, would take too long. */
  private static final long MAX_RUNS = 500_000;

  private final VolumeGroup vg;
  private final MoveRequest request;
  private final Surroundings surroundings;
  private final Rejection.NotEnoughSpace reason;
  private final ImmutableList.Builder<Remedy> found = ImmutableList.builder();
  private final long runs;
  private long triedRuns;

  private Remedies(
      VolumeGroup vg,
      MoveRequest request,
      Surroundings surroundings,
      Rejection.NotEnoughSpace reason) {
    this.vg = vg;
    this.request = request;
    this.surroundings = surroundings;
    this.reason = reason;
    this.runs = Math.max(1, selection().sources().size());
  }

  static ImmutableList<Remedy> of(
      VolumeGroup vg, MoveRequest request, Surroundings surroundings, List<Rejection> reasons) {
    // What is wrong with the request itself, the reasons tell; and no space makes it right.
    if (reasons.size() == 1 && reasons.get(0) instanceof Rejection.NotEnoughSpace reason) {
      return new Remedies(vg, request, surroundings, reason).find();
    }
    return ImmutableList.of();
  }

  private ImmutableList<Remedy> find() {
    for (AllocationPolicy policy :
        Attempt.LADDER.subList(
            Attempt.LADDER.indexOf(reason.policy()) + 1, Attempt.LADDER.size())) {
      if (keepIfItHelps(new Remedy.UsePolicy(policy))) {
        break;
      }
    }
    if (!request.destinations().isEmpty()) {
      keepIfItHelps(new Remedy.AnyDestination());
    }
    if (!request.largerBlocks()) {
      keepIfItHelps(new Remedy.LargerBlocks());
    }
    vg.physicalVolumes().stream()
        .filter(pv -> !pv.isAllocatable() && !pv.isMissing())
        .map(PhysicalVolume::id)
        .map(pv -> new Remedy.MakeAllocatable(pv, surroundings.names().of(pv)))
        .filter(remedy -> reason.unused().containsKey(remedy.name()))
        .limit(MAX_MADE_ALLOCATABLE)
        .forEach(this::keepIfItHelps);
    addSpace();
    leaveOut();
    return found.build();
  }

  private boolean keepIfItHelps(Remedy remedy) {
    boolean helps = helps(remedy);
    if (helps) {
      found.add(remedy);
    }
    return helps;
  }

  private boolean helps(Remedy remedy) {
    triedRuns += runs;
    if (triedRuns > MAX_RUNS) {
      return false;
    }
    Remedy.Applied applied = remedy.apply(vg, request);
    return new Attempt(applied.volumeGroup(), applied.request(), surroundings).succeeds();
  }

  /** The least space on a new physical volume that is enough. */
  private void addSpace() {
    long enough = reason.needed();
    if (!helps(new Remedy.AddSpace(enough))) {
      return;
    }
    long tooLittle = 0;
    while (enough - tooLittle > 1) {
      long middle = tooLittle + (enough - tooLittle) / 2;
      if (helps(new Remedy.AddSpace(middle))) {
        enough = middle;
      } else {
        tooLittle = middle;
      }
    }
    if (triedRuns <= MAX_RUNS) {
      found.add(new Remedy.AddSpace(enough));
    }
  }

  private void leaveOut() {
    Map<String, Long> extents = new LinkedHashMap<>();
    for (Selection.Source source : selection().sources()) {
      extents.merge(source.lv().name(), source.range().count(), Long::sum);
    }
    if (extents.size() < 2) {
      return;
    }
    LvGraph graph = LvGraph.of(vg);
    ImmutableSet.Builder<String> tops = ImmutableSet.builder();
    extents.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .limit(MAX_LEFT_OUT)
        .forEach(entry -> tops.add(visibleAbove(graph, entry.getKey())));
    for (String lv : tops.build()) {
      keepIfItHelps(new Remedy.LeaveOut(lv));
    }
  }

  private Selection selection() {
    Arguments arguments = new Arguments(vg, request, surroundings.names());
    return Selection.of(
        vg, LvGraph.of(vg), arguments.sources(), arguments.only(), arguments.excluded());
  }

  /** The nearest volume that users know; without one the part itself. */
  private String visibleAbove(LvGraph graph, String part) {
    return Stacks.above(graph, part).stream()
        .filter(name -> vg.logicalVolume(name).filter(Selection::isVisible).isPresent())
        .findFirst()
        .orElse(part);
  }
}
