// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.Iterables;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.lvm.testing.VolumeGroups;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;
import org.pvmove.plan.PlanResult;
import org.pvmove.plan.Planner;

/**
 * How a rule about allocation is tested on all kinds of volume groups, without any disk: the
 * arbitraries are the library's own, in the test jar of {@code lvm-model}.
 */
class AllocationRuleTest {
  @Provide
  Arbitrary<VolumeGroup> groups() {
    return VolumeGroups.volumeGroupsAtRest();
  }

  /** Where the volume group is after everything that can be moved off its first disk was. */
  private static Optional<VolumeGroup> emptied(VolumeGroup vg) {
    String first = vg.physicalVolumes().get(0).id().toString();
    PlanResult result =
        Planner.plan(vg, MoveRequest.from(first).policy(AllocationPolicy.NORMAL).build());
    Statistics.label("planned").collect(result instanceof PlanResult.Accepted);
    if (!(result instanceof PlanResult.Accepted accepted)) {
      return Optional.empty();
    }
    MovePlan plan = accepted.plan();
    return Optional.of(
        Iterables.getLast(plan.replay(vg, PvmoveEdits.Origin.random(new Random(1), "test", 1))));
  }

  @Property(tries = 300)
  void imagesOfARaidThatWereApartStayApart(@ForAll("groups") VolumeGroup vg) {
    emptied(vg)
        .ifPresent(
            after -> {
              for (LogicalVolume lv : vg.logicalVolumes()) {
                if (lv.segments().stream().anyMatch(s -> s.type() instanceof SegmentType.Raid)) {
                  assertThat(togetherness(after, lv.name()))
                      .as(lv.name())
                      .isLessThanOrEqualTo(togetherness(vg, lv.name()));
                }
              }
            });
  }

  @Property(tries = 300)
  void noExtentIsLostAndNoneIsUsedTwice(@ForAll("groups") VolumeGroup vg) {
    emptied(vg)
        .ifPresent(
            after -> {
              assertThat(usedExtents(after)).isEqualTo(usedExtents(vg));
              assertThat(after.logicalVolumes().stream().map(LogicalVolume::extentCount))
                  .containsExactlyElementsOf(
                      vg.logicalVolumes().stream().map(LogicalVolume::extentCount).toList());
            });
  }

  /** How many pairs of a raid's images, each with its metadata, have a disk in common. */
  private static long togetherness(VolumeGroup vg, String raid) {
    LvGraph graph = LvGraph.of(vg);
    long pairs = 0;
    for (Segment segment : vg.logicalVolume(raid).orElseThrow().segments()) {
      if (segment.type() instanceof SegmentType.Raid type) {
        List<Set<LvmUuid>> images =
            type.images().stream().map(image -> disks(graph, image)).toList();
        for (int i = 0; i < images.size(); i++) {
          for (int j = 0; j < i; j++) {
            pairs += Collections.disjoint(images.get(i), images.get(j)) ? 0 : 1;
          }
        }
      }
    }
    return pairs;
  }

  private static Set<LvmUuid> disks(LvGraph graph, SegmentType.RaidImage image) {
    Set<LvmUuid> disks = new HashSet<>();
    if (image.metadata() != null) {
      graph.extentsBelow(image.metadata()).forEach(range -> disks.add(range.pv()));
    }
    if (image.data() instanceof Area.Logical data) {
      graph.extentsBelow(data.lv()).forEach(range -> disks.add(range.pv()));
    }
    return disks;
  }

  private static long usedExtents(VolumeGroup vg) {
    ExtentMap extents = ExtentMap.of(vg);
    return vg.physicalVolumes().stream()
        .map(PhysicalVolume::id)
        .flatMap(pv -> extents.uses(pv).stream())
        .mapToLong(use -> use.range().count())
        .sum();
  }
}
