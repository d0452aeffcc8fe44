// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pvmove.lvm.testing.Tank.id;
import static org.pvmove.lvm.testing.Tank.inRow;
import static org.pvmove.lvm.testing.Tank.linear;
import static org.pvmove.lvm.testing.Tank.pvs;
import static org.pvmove.lvm.testing.Tank.run;
import static org.pvmove.lvm.testing.Tank.striped;
import static org.pvmove.plan.Played.carriedOut;
import static org.pvmove.plan.Played.devices;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.StatusFlags;
import org.pvmove.lvm.VolumeGroup;

/**
 * The cases that LVM2's own basic test of pvmove (pvmove-basic.sh) goes through: three volumes, of
 * which the first is linear in four pieces on three physical volumes, the second has three stripes
 * and the third is linear; plain and atomic. After each the moved volume has the right devices, the
 * others the same as before, and no temporary volume is left. That every byte is in place, the
 * scenarios on disks check.
 *
 * <p>LVM2's test goes through some cases once more with inactive volumes; here all are inactive.
 */
class BasicScenariosTest {
  private static final String LV1 = "sda:0 sdb:0 sdc:0 sda:10";
  private static final String LV2 = "sdb:10+sdc:10+sdd:0";
  private static final String LV3 = "sdb:20";

  private static VolumeGroup group() {
    return pvs(64, 64, 64, 64, 64)
        .extentSectors(256)
        .lv("lv1", linear(0, 0, 2), linear(1, 0, 3), linear(2, 0, 2), linear(0, 10, 3))
        .lv("lv2", striped(run(1, 10, 5), run(2, 10, 5), run(3, 0, 5)))
        .lv("lv3", linear(1, 20, 2))
        .build();
  }

  private static VolumeGroup moved(boolean atomic, MoveRequest.Builder request) {
    return Played.moved(group(), request.atomic(atomic));
  }

  private static void assertDevices(VolumeGroup vg, String lv1, String lv2, String lv3) {
    assertThat(devices(vg)).isEqualTo(Map.of("lv1", lv1, "lv2", lv2, "lv3", lv3));
  }

  /** Nothing changes where nothing can be planned; what is to be seen is why not. */
  private static String rejected(VolumeGroup vg, MoveRequest.Builder request) {
    PlanResult result = Planner.plan(vg, request.build());
    assertThat(result).isInstanceOf(PlanResult.Rejected.class);
    ImmutableList<Rejection> reasons = ((PlanResult.Rejected) result).reasons();
    assertThat(reasons).hasSize(1);
    return reasons.get(0).message();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void movesALogicalVolumeByName(boolean atomic) {
    assertDevices(
        moved(atomic, MoveRequest.from("/dev/sdb").to("/dev/sde").logicalVolume("lv1")),
        "sda:0 sde:0 sdc:0 sda:10",
        LV2,
        LV3);
    assertDevices(
        moved(atomic, MoveRequest.from("/dev/sdb").to("/dev/sde").logicalVolume("lv3")),
        LV1,
        LV2,
        "sde:0");
  }

  @ParameterizedTest
  @CsvSource({
    "/dev/sda:0-1, sde:0 sdb:0 sdc:0 sda:10, false",
    "/dev/sda:0-1, sde:0 sdb:0 sdc:0 sda:10, true",
    "/dev/sdb, sda:0 sde:0 sdc:0 sda:10, false",
    "/dev/sdb, sda:0 sde:0 sdc:0 sda:10, true",
    "/dev/sdc, sda:0 sdb:0 sde:0 sda:10, false",
    "/dev/sdc, sda:0 sdb:0 sde:0 sda:10, true",
    "/dev/sda:10-12, sda:0 sdb:0 sdc:0 sde:0, false",
    "/dev/sda:10-12, sda:0 sdb:0 sdc:0 sde:0, true"
  })
  void movesEachSegmentOfALogicalVolumeAlone(String source, String devices, boolean atomic) {
    assertDevices(
        moved(atomic, MoveRequest.from(source).to("/dev/sde").logicalVolume("lv1")),
        devices,
        LV2,
        LV3);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void movesAPhysicalVolumeWithOneLogicalVolume(boolean atomic) {
    assertDevices(
        moved(atomic, MoveRequest.from("/dev/sda").to("/dev/sde")),
        "sde:0 sdb:0 sdc:0 sde:2",
        LV2,
        LV3);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void movesAPhysicalVolumeWithTwoLogicalVolumes(boolean atomic) {
    assertDevices(
        moved(atomic, MoveRequest.from("/dev/sdc").to("/dev/sde")),
        "sda:0 sdb:0 sde:0 sda:10",
        "sdb:10+sde:2+sdd:0",
        LV3);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void movesAPhysicalVolumeWithThreeLogicalVolumes(boolean atomic) {
    assertDevices(
        moved(atomic, MoveRequest.from("/dev/sdb").to("/dev/sde")),
        "sda:0 sde:0 sdc:0 sda:10",
        "sde:3+sdc:10+sdd:0",
        "sde:8");
  }

  @ParameterizedTest
  @CsvSource({
    "sdb, sde:0+sdc:10+sdd:0, false",
    "sdb, sde:0+sdc:10+sdd:0, true",
    "sdc, sdb:10+sde:0+sdd:0, false",
    "sdc, sdb:10+sde:0+sdd:0, true",
    "sdd, sdb:10+sdc:10+sde:0, false",
    "sdd, sdb:10+sdc:10+sde:0, true"
  })
  void movesEachStripeAlone(String source, String devices, boolean atomic) {
    assertDevices(
        moved(atomic, MoveRequest.from("/dev/" + source).to("/dev/sde").logicalVolume("lv2")),
        LV1,
        devices,
        LV3);
  }

  @ParameterizedTest
  @CsvSource({
    // At the start, in the middle, at the end of a segment of three extents, and all of it.
    "0-0, sde:0 sdb:1, false",
    "0-0, sde:0 sdb:1, true",
    "1-1, sdb:0 sde:0 sdb:2, false",
    "1-1, sdb:0 sde:0 sdb:2, true",
    "2-2, sdb:0 sde:0, false",
    "2-2, sdb:0 sde:0, true",
    "0-2, sde:0, false",
    "0-2, sde:0, true",
    // Of two ranges that touch LVM2 makes two segments, and merges them at the end.
    "0-1:2-2, sde:0, false",
    "0-1:2-2, sde:0, true",
    "0-0:2-2, sde:0 sdb:1 sde:1, false",
    "0-0:2-2, sde:0 sdb:1 sde:1, true"
  })
  void movesARangeOfASegment(String range, String devices, boolean atomic) {
    assertDevices(
        moved(atomic, MoveRequest.from("/dev/sdb:" + range).to("/dev/sde").logicalVolume("lv1")),
        "sda:0 " + devices + " sdc:0 sda:10",
        LV2,
        LV3);
  }

  @ParameterizedTest
  @CsvSource({
    "10-10, sde:0+sdc:10+sdd:0 sdb:11+sdc:11+sdd:1, false",
    "10-10, sde:0+sdc:10+sdd:0 sdb:11+sdc:11+sdd:1, true",
    "11-12, sdb:10+sdc:10+sdd:0 sde:0+sdc:11+sdd:1 sdb:13+sdc:13+sdd:3, false",
    "11-12, sdb:10+sdc:10+sdd:0 sde:0+sdc:11+sdd:1 sdb:13+sdc:13+sdd:3, true",
    "14-14, sdb:10+sdc:10+sdd:0 sde:0+sdc:14+sdd:4, false",
    "14-14, sdb:10+sdc:10+sdd:0 sde:0+sdc:14+sdd:4, true"
  })
  void movesARangeOfAStripe(String range, String devices, boolean atomic) {
    assertDevices(
        moved(atomic, MoveRequest.from("/dev/sdb:" + range).to("/dev/sde")), LV1, devices, LV3);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void movesARangeOverSeveralLogicalVolumes(boolean atomic) {
    assertDevices(
        moved(atomic, MoveRequest.from("/dev/sdb:2-20").to("/dev/sde")),
        "sda:0 sdb:0 sde:0 sdc:0 sda:10",
        "sde:1+sdc:10+sdd:0",
        "sde:6 sdb:21");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void movesOnlyToTheRangeGiven(boolean atomic) {
    assertDevices(
        moved(atomic, MoveRequest.from("/dev/sdb").to("/dev/sde:7-11").logicalVolume("lv1", "lv3")),
        "sda:0 sde:7 sdc:0 sda:10",
        LV2,
        "sde:10");
  }

  @ParameterizedTest
  @CsvSource({
    "/dev/sde:30-31 /dev/sde:40-40, sde:30 sde:40, false",
    "/dev/sde:30-31 /dev/sde:40-40, sde:30 sde:40, true",
    "/dev/sde:30-30:40-40:50-50, sde:30 sde:40 sde:50, false",
    "/dev/sde:30-30:40-40:50-50, sde:30 sde:40 sde:50, true",
    "/dev/sdd:30-30 /dev/sde:40-40 /dev/sdc:50-50, sdd:30 sde:40 sdc:50, false",
    "/dev/sdd:30-30 /dev/sde:40-40 /dev/sdc:50-50, sdd:30 sde:40 sdc:50, true"
  })
  void splitsByPolicyAnywhereWhereTheRangesAreTooShort(
      String destinations, String devices, boolean atomic) {
    assertDevices(
        moved(
            atomic,
            MoveRequest.from("/dev/sdb:0-2")
                .to(destinations.split(" ", -1))
                .policy(AllocationPolicy.ANYWHERE)),
        "sda:0 " + devices + " sdc:0 sda:10",
        LV2,
        LV3);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void splitsWhereTheDestinationIsSplitInTwo(boolean atomic) {
    VolumeGroup vg =
        pvs(64, 12)
            .extentSectors(256)
            .lv("lv1", linear(0, 0, 9))
            .lv("between", linear(1, 5, 2))
            .build();
    assertThat(devices(Played.moved(vg, MoveRequest.from("/dev/sda").atomic(atomic))))
        .isEqualTo(Map.of("lv1", "sdb:0 sdb:7", "between", "sdb:5"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void splitsWhereTheDestinationIsSplitInThree(boolean atomic) {
    VolumeGroup vg =
        pvs(64, 14)
            .extentSectors(256)
            .lv("lv1", linear(0, 0, 9))
            .lv("between", linear(1, 5, 2), linear(1, 9, 3))
            .build();
    assertThat(devices(Played.moved(vg, MoveRequest.from("/dev/sda").atomic(atomic))))
        .isEqualTo(Map.of("lv1", "sdb:0 sdb:7 sdb:12", "between", "sdb:5 sdb:9"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void movesWithinAPhysicalVolumeByPolicyAnywhereOnly(boolean atomic) {
    MoveRequest.Builder request =
        MoveRequest.from("/dev/sdb:0-2").to("/dev/sdb:40-50").atomic(atomic);
    assertThat(rejected(group(), request))
        .isEqualTo(
            "insufficient free space: 3 extents needed, but only 0 available; not used: /dev/sdb:"
                + " it is the source");
    assertDevices(
        moved(atomic, request.policy(AllocationPolicy.ANYWHERE)),
        "sda:0 sdb:40 sdc:0 sda:10",
        LV2,
        LV3);
    assertDevices(
        moved(
            atomic, MoveRequest.from("/dev/sdb").to("/dev/sdb").policy(AllocationPolicy.ANYWHERE)),
        "sda:0 sdb:15 sdc:0 sda:10",
        "sdb:3+sdc:10+sdd:0",
        "sdb:8");
  }

  /** LVM2 splits here, since it looks at one physical volume at a time; its test wonders at it. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void takesTheBetterAreaByPolicyAnywhere(boolean atomic) {
    assertDevices(
        moved(
            atomic,
            MoveRequest.from("/dev/sdb:0-2")
                .to("/dev/sdb:40-41", "/dev/sdd:30-32")
                .policy(AllocationPolicy.ANYWHERE)),
        "sda:0 sdd:30 sdc:0 sda:10",
        LV2,
        LV3);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void movesByPolicyContiguousIfAnAreaFits(boolean atomic) {
    MoveRequest.Builder request =
        MoveRequest.from("/dev/sdb").logicalVolume("lv1").policy(AllocationPolicy.CONTIGUOUS);
    assertDevices(
        moved(atomic, request.to("/dev/sde:0-1", "/dev/sdd:20-22")),
        "sda:0 sdd:20 sdc:0 sda:10",
        LV2,
        LV3);
    assertThat(rejected(group(), request.to("/dev/sde:0-1", "/dev/sdd:20-21").atomic(atomic)))
        .isEqualTo(
            "insufficient suitable free space: 3 extents needed and 4 free, but by policy"
                + " contiguous at least 3 find no place; /dev/sde has 2 free, /dev/sdd has 2 free");
  }

  /** LVM2 can do that for one segment only. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void movesSeveralSegmentsByPolicyContiguous(boolean atomic) {
    assertDevices(
        moved(
            atomic,
            MoveRequest.from("/dev/sdb").to("/dev/sde").policy(AllocationPolicy.CONTIGUOUS)),
        "sda:0 sde:0 sdc:0 sda:10",
        "sde:3+sdc:10+sdd:0",
        "sde:8");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void mergesTwoSegmentsFromTheSourceAtTheDestination(boolean atomic) {
    VolumeGroup vg =
        pvs(64, 64, 64)
            .extentSectors(256)
            .lv("lv1", linear(0, 0, 2), linear(0, 20, 2), linear(1, 0, 2))
            .lv("lv2", linear(0, 4, 2))
            .build();
    assertThat(
            devices(Played.moved(vg, MoveRequest.from("/dev/sda").to("/dev/sdc").atomic(atomic))))
        .isEqualTo(Map.of("lv1", "sdc:0 sdb:0", "lv2", "sdc:4"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void findsNothingLeftOnTheSourceTheSecondTime(boolean atomic) {
    VolumeGroup once = moved(atomic, MoveRequest.from("/dev/sdb").to("/dev/sde"));
    assertThat(rejected(once, MoveRequest.from("/dev/sdb").atomic(atomic)))
        .isEqualTo("no data to move on \"/dev/sdb\"");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void comesBackToWhereItWas(boolean atomic) {
    VolumeGroup there = moved(atomic, MoveRequest.from("/dev/sdd").to("/dev/sde"));
    MovePlan back =
        Planner.plan(there, MoveRequest.from("/dev/sde").to("/dev/sdd").atomic(atomic).build())
            .orElseThrow();
    assertThat(carriedOut(there, back).logicalVolumes()).isEqualTo(group().logicalVolumes());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/dev/sdb", "/dev/sdd"})
  void refusesToMoveToTheSourceItself(String source) {
    assertThat(rejected(group(), MoveRequest.from(source).to(source)))
        .startsWith("insufficient free space")
        .endsWith("not used: %s: it is the source".formatted(source));
  }

  @Test
  void refusesADestinationRangeThatIsOccupied() {
    assertThat(rejected(group(), MoveRequest.from("/dev/sdb:0-2").to("/dev/sda:10-12")))
        .isEqualTo(
            "insufficient free space: 3 extents needed, but only 0 available; not used: /dev/sda:"
                + " it has no free extents in the given range");
    assertThat(rejected(group(), MoveRequest.from("/dev/sdb:0-2").to("/dev/sda:9-13")))
        .isEqualTo(
            "insufficient free space: 3 extents needed, but only 2 available; /dev/sda has 2"
                + " free");
  }

  /** The extents that move are not free until they have moved. */
  @Test
  void refusesARangeThatOverlapsTheSourceAndHasTooLittleRoomBeside() {
    assertThat(
            rejected(
                group(),
                MoveRequest.from("/dev/sdb:0-2")
                    .to("/dev/sdb:0-4")
                    .policy(AllocationPolicy.ANYWHERE)))
        .isEqualTo(
            "insufficient free space: 3 extents needed, but only 2 available; /dev/sdb has 2"
                + " free");
  }

  @ParameterizedTest
  @ValueSource(strings = {"lv1", "lv2", "lv3"})
  void refusesADestinationThatIsFull(String lv) {
    VolumeGroup full =
        group().toBuilder()
            .logicalVolumes(
                List.of(
                    group().logicalVolume(lv).orElseThrow(),
                    LogicalVolume.builder("filler", id("filler"))
                        .segments(List.of(linear(4, 0, 64)))
                        .build()))
            .build();
    assertThat(
            rejected(
                full, MoveRequest.from(lv.equals("lv1") ? "/dev/sda" : "/dev/sdb").to("/dev/sde")))
        .startsWith("insufficient free space: ")
        .contains("but only 0 available; not used: /dev/sde: it is full");
  }

  /**
   * In LVM2's test the kernel has a device of that name already, and the move must leave no trace.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void takesTheNextNameWhereThatOfTheTemporaryVolumeIsTaken(boolean atomic) {
    LogicalVolume taken =
        LogicalVolume.builder("pvmove0", id("taken"))
            .flags(StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE, StatusFlag.VISIBLE))
            .segments(inRow(Segment.of(0, 1, new SegmentType.ErrorTarget())))
            .build();
    VolumeGroup vg =
        group().toBuilder()
            .logicalVolumes(Iterables.concat(group().logicalVolumes(), List.of(taken)))
            .build();
    MovePlan plan =
        Planner.plan(vg, MoveRequest.from("/dev/sdd").to("/dev/sde").atomic(atomic).build())
            .orElseThrow();
    assertThat(plan.move()).isEqualTo("pvmove1");
    VolumeGroup after = carriedOut(vg, plan);
    assertDevices(after, LV1, "sdb:10+sdc:10+sde:0", LV3);
    assertThat(after.logicalVolume("pvmove0")).contains(taken);
  }
}
