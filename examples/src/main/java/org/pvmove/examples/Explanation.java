// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.PlanResult;
import org.pvmove.plan.Rejection;
import org.pvmove.plan.Remedy;

/** What {@code --explain} prints: what stands on a physical volume, and what emptying it takes. */
final class Explanation {
  /** More than a line holds is counted only. */
  private static final int RANGES_SHOWN = 4;

  private final StoredVolumeGroup group;
  private final PhysicalVolume pv;
  private final ExtentMap extents;

  private Explanation(StoredVolumeGroup group, PhysicalVolume pv) {
    this.group = group;
    this.pv = pv;
    this.extents = ExtentMap.of(group.volumeGroup());
  }

  /**
   * Explains a physical volume.
   *
   * @param result what came of planning to move what was asked for
   * @param checkpointBytes short segments share a checkpoint until so many bytes are copied
   */
  static ImmutableList<String> lines(
      StoredVolumeGroup group, PhysicalVolume pv, PlanResult result, long checkpointBytes) {
    Explanation explanation = new Explanation(group, pv);
    ImmutableList.Builder<String> lines = ImmutableList.builder();
    lines.add(explanation.heading());
    lines.addAll(explanation.standing());
    lines.addAll(
        result instanceof PlanResult.Rejected rejected
            ? rejection(rejected)
            : explanation.plan(result.orElseThrow(), checkpointBytes));
    return lines.build();
  }

  private String heading() {
    long free = extents.freeCount(pv.id());
    return "%s of volume group %s: %s, %s, %d used, %d free%s"
        .formatted(
            group.nameOf(pv.id()),
            group.volumeGroup().name(),
            Texts.size(group.volumeGroup().extentSize().toBytes(pv.peCount())),
            Texts.count(pv.peCount(), "extent"),
            pv.peCount() - free,
            free,
            pv.isAllocatable() ? "" : ", not allocatable");
  }

  private ImmutableList<String> standing() {
    Map<String, List<ExtentMap.Use>> uses = new LinkedHashMap<>();
    for (ExtentMap.Use use : extents.uses(pv.id())) {
      uses.computeIfAbsent(use.lv().name(), name -> new ArrayList<>()).add(use);
    }
    if (uses.isEmpty()) {
      return ImmutableList.of("Nothing stands on it.");
    }
    LvGraph graph = LvGraph.of(group.volumeGroup());
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"LV", "extents here", "where", "carries"});
    uses.forEach(
        (lv, here) ->
            rows.add(
                new String[] {
                  lv,
                  Long.toString(here.stream().mapToLong(use -> use.range().count()).sum()),
                  ranges(here),
                  carries(graph, lv)
                }));
    return ImmutableList.<String>builder()
        .add("What stands on it:")
        .addAll(Texts.table(rows))
        .build();
  }

  private static String ranges(List<ExtentMap.Use> uses) {
    String shown =
        uses.stream()
            .limit(RANGES_SHOWN)
            .map(use -> Texts.extents(use.range().first(), use.range().count()))
            .collect(Collectors.joining(", "));
    int more = uses.size() - RANGES_SHOWN;
    return more > 0 ? shown + " and " + Texts.count(more, "run") + " more" : shown;
  }

  /** The volumes that users see and that lose data with this one. */
  private String carries(LvGraph graph, String lv) {
    VolumeGroup vg = group.volumeGroup();
    return graph.above(lv).stream()
        .filter(name -> !name.equals(lv))
        .filter(name -> vg.logicalVolume(name).filter(Explanation::isVisible).isPresent())
        .collect(Collectors.joining(", "));
  }

  private static boolean isVisible(LogicalVolume lv) {
    return lv.flags().has(StatusFlag.VISIBLE);
  }

  private ImmutableList<String> plan(MovePlan plan, long checkpointBytes) {
    ImmutableList.Builder<String> lines = ImmutableList.builder();
    Map<String, Long> destinations = new TreeMap<>();
    for (MovePlan.Segment segment : plan.segments()) {
      destinations.merge(
          group.nameOf(segment.destination().pv()), segment.destination().count(), Long::sum);
    }
    lines.add(
        "What moving takes: %s (%s) in %s, %s; a crash makes %s be copied again at most."
            .formatted(
                Texts.count(plan.cost().extents(), "extent"),
                Texts.size(plan.cost().bytes()),
                Texts.count(plan.segments().size(), "segment"),
                Texts.count(plan.commits(checkpointBytes), "metadata commit"),
                Texts.size(plan.repeatedBytes(checkpointBytes))));
    destinations.forEach(
        (name, count) -> lines.add("  to %s: %s".formatted(name, Texts.count(count, "extent"))));
    for (MovePlan.Skipped skip : plan.skipped()) {
      lines.add("  %s would stay: %s".formatted(skip.logicalVolume(), skip.reason().text()));
    }
    return lines.build();
  }

  private static ImmutableList<String> rejection(PlanResult.Rejected rejected) {
    ImmutableList.Builder<String> lines = ImmutableList.builder();
    lines.add("What is in the way of moving:");
    for (Rejection reason : rejected.reasons()) {
      lines.add("  " + reason.message());
    }
    for (Remedy remedy : rejected.remedies()) {
      lines.add("  What would help: " + remedy.message() + PlanText.option(remedy));
    }
    return lines.build();
  }
}
