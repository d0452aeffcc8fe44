// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedMap;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.plan.PlanResult;

/**
 * What {@code --explain} tells: what stands on a physical volume, and what moving it takes.
 *
 * @param name the physical volume
 * @param id its identity
 * @param volumeGroup the name of its volume group
 * @param extentSize the size of its extents
 * @param extents number of its extents
 * @param used how many of them are in use
 * @param allocatable whether extents of it may be given to volumes
 * @param standing what uses them, by the first extent
 * @param result what came of planning to move what was asked for
 * @param checkpointBytes short segments share a checkpoint until so many bytes are copied
 * @param destinations how many extents would go where; empty if there is no plan
 */
record Explanation(
    String name,
    LvmUuid id,
    String volumeGroup,
    ExtentSize extentSize,
    long extents,
    long used,
    boolean allocatable,
    ImmutableList<Standing> standing,
    PlanResult result,
    long checkpointBytes,
    ImmutableSortedMap<String, Long> destinations) {

  /**
   * A logical volume with extents on the physical volume.
   *
   * @param runs the extents
   * @param carries the volumes that users see and that lose data with this one
   */
  record Standing(
      String logicalVolume, ImmutableList<PeRange> runs, ImmutableList<String> carries) {
    long extents() {
      return runs.stream().mapToLong(PeRange::count).sum();
    }
  }

  /**
   * Explains a physical volume.
   *
   * @param result what came of planning to move what was asked for
   * @param checkpointBytes short segments share a checkpoint until so many bytes are copied
   */
  static Explanation of(
      StoredVolumeGroup group, PhysicalVolume pv, PlanResult result, long checkpointBytes) {
    VolumeGroup vg = group.volumeGroup();
    ExtentMap extents = ExtentMap.of(vg);
    return new Explanation(
        group.nameOf(pv.id()),
        pv.id(),
        vg.name(),
        vg.extentSize(),
        pv.peCount(),
        pv.peCount() - extents.freeCount(pv.id()),
        pv.isAllocatable(),
        standing(vg, extents.uses(pv.id())),
        result,
        checkpointBytes,
        destinations(group, result));
  }

  long free() {
    return extents - used;
  }

  private static ImmutableList<Standing> standing(VolumeGroup vg, List<ExtentMap.Use> uses) {
    Map<String, List<PeRange>> runs = new LinkedHashMap<>();
    for (ExtentMap.Use use : uses) {
      runs.computeIfAbsent(use.lv().name(), name -> new ArrayList<>()).add(use.range());
    }
    LvGraph graph = LvGraph.of(vg);
    ImmutableList.Builder<Standing> standing = ImmutableList.builder();
    runs.forEach(
        (lv, here) ->
            standing.add(new Standing(lv, ImmutableList.copyOf(here), carries(vg, graph, lv))));
    return standing.build();
  }

  private static ImmutableList<String> carries(VolumeGroup vg, LvGraph graph, String lv) {
    return graph.above(lv).stream()
        .filter(name -> !name.equals(lv))
        .filter(
            name ->
                vg.logicalVolume(name)
                    .filter(above -> above.flags().has(StatusFlag.VISIBLE))
                    .isPresent())
        .collect(ImmutableList.toImmutableList());
  }

  private static ImmutableSortedMap<String, Long> destinations(
      StoredVolumeGroup group, PlanResult result) {
    return result instanceof PlanResult.Accepted accepted
        ? accepted.plan().segments().stream()
            .collect(
                ImmutableSortedMap.toImmutableSortedMap(
                    Comparator.<String>naturalOrder(),
                    segment -> group.nameOf(segment.destination().pv()),
                    segment -> segment.destination().count(),
                    Long::sum))
        : ImmutableSortedMap.of();
  }
}
