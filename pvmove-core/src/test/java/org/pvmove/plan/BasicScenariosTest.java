// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.pvmove.plan.Tank.id;
import static org.pvmove.plan.Tank.linear;
import static org.pvmove.plan.Tank.pvs;
import static org.pvmove.plan.Tank.run;
import static org.pvmove.plan.Tank.striped;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;

/**
 * The cases that LVM2's own basic test of pvmove goes through, as far as they need no extent ranges
 * and no allocation policy: three volumes, of which the first is linear in four pieces on three
 * physical volumes, the second has three stripes and the third is linear; plain and atomic. After
 * each the moved volume has the right devices, the others the same as before, and no temporary
 * volume is left.
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

  private static VolumeGroup carriedOut(VolumeGroup vg, MovePlan plan, boolean atomic) {
    PvmoveEdits.Origin origin = new PvmoveEdits.Origin(id("move"), id("from"), id("to"), "host", 0);
    VolumeGroup next = PvmoveEdits.begin(vg, origin, plan.moves(), atomic);
    assertThat(VolumeGroupCheck.check(next)).isEmpty();
    Pvmove move = Pvmove.allOf(next).get(0);
    for (int i = 0; i < move.pieces().size() && !atomic; i++) {
      next = PvmoveEdits.pieceDone(next, move, i);
    }
    next = PvmoveEdits.end(next, move, true);
    assertThat(VolumeGroupCheck.check(next)).isEmpty();
    return next;
  }

  private static VolumeGroup moved(boolean atomic, MoveRequest.Builder request) {
    VolumeGroup vg = group();
    return carriedOut(vg, Planner.plan(vg, request.build()).orElseThrow(), atomic);
  }

  /** The devices of each volume: device and first extent of each segment's stripes. */
  private static Map<String, String> devices(VolumeGroup vg) {
    Map<String, String> devices = new TreeMap<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      devices.put(
          lv.name(),
          lv.segments().stream()
              .map(
                  segment ->
                      segment.areas().stream()
                          .map(area -> device(vg, (Area.Physical) area))
                          .collect(Collectors.joining("+")))
              .collect(Collectors.joining(" ")));
    }
    return devices;
  }

  private static String device(VolumeGroup vg, Area.Physical area) {
    return vg.physicalVolume(area.pv()).orElseThrow().label().replace("/dev/", "")
        + ":"
        + area.extent();
  }

  private static void assertDevices(VolumeGroup vg, String lv1, String lv2, String lv3) {
    assertThat(devices(vg)).isEqualTo(Map.of("lv1", lv1, "lv2", lv2, "lv3", lv3));
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
  @ValueSource(booleans = {false, true})
  void splitsWhereTheDestinationIsSplitInTwo(boolean atomic) {
    VolumeGroup vg =
        pvs(64, 12)
            .extentSectors(256)
            .lv("lv1", linear(0, 0, 9))
            .lv("between", linear(1, 5, 2))
            .build();
    MovePlan plan = Planner.plan(vg, MoveRequest.from("/dev/sda").build()).orElseThrow();
    assertThat(devices(carriedOut(vg, plan, atomic)))
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
    MovePlan plan = Planner.plan(vg, MoveRequest.from("/dev/sda").build()).orElseThrow();
    assertThat(devices(carriedOut(vg, plan, atomic)))
        .isEqualTo(Map.of("lv1", "sdb:0 sdb:7 sdb:12", "between", "sdb:5 sdb:9"));
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
    MovePlan plan =
        Planner.plan(vg, MoveRequest.from("/dev/sda").to("/dev/sdc").build()).orElseThrow();
    assertThat(devices(carriedOut(vg, plan, atomic)))
        .isEqualTo(Map.of("lv1", "sdc:0 sdb:0", "lv2", "sdc:4"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void findsNothingLeftOnTheSourceTheSecondTime(boolean atomic) {
    VolumeGroup once = moved(atomic, MoveRequest.from("/dev/sdb").to("/dev/sde"));
    assertThatExceptionOfType(PlanRejectedException.class)
        .isThrownBy(() -> Planner.plan(once, MoveRequest.from("/dev/sdb").build()).orElseThrow())
        .withMessage("no data to move on \"/dev/sdb\"");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void comesBackToWhereItWas(boolean atomic) {
    VolumeGroup there = moved(atomic, MoveRequest.from("/dev/sdd").to("/dev/sde"));
    MovePlan back =
        Planner.plan(there, MoveRequest.from("/dev/sde").to("/dev/sdd").build()).orElseThrow();
    assertThat(carriedOut(there, back, atomic)).isEqualTo(group());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/dev/sdb", "/dev/sdd"})
  void refusesToMoveToTheSourceItself(String source) {
    assertThatExceptionOfType(PlanRejectedException.class)
        .isThrownBy(
            () -> Planner.plan(group(), MoveRequest.from(source).to(source).build()).orElseThrow())
        .withMessageStartingWith("insufficient free space");
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
    assertThatExceptionOfType(PlanRejectedException.class)
        .isThrownBy(
            () ->
                Planner.plan(
                        full,
                        MoveRequest.from(lv.equals("lv1") ? "/dev/sda" : "/dev/sdb")
                            .to("/dev/sde")
                            .build())
                    .orElseThrow())
        .withMessageStartingWith("insufficient free space: ")
        .withMessageContaining("but only 0 available; not used: /dev/sde: it is full");
  }
}
