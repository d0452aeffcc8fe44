// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pvmove.lvm.testing.Tank.id;
import static org.pvmove.lvm.testing.Tank.linear;
import static org.pvmove.lvm.testing.Tank.pvs;
import static org.pvmove.lvm.testing.Tank.run;
import static org.pvmove.lvm.testing.Tank.striped;
import static org.pvmove.plan.Played.devices;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.Severity;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.lvm.edit.PvmoveEdits;

/**
 * What is asked for in which words: the scenarios of LVM2's own tests
 *
 * <ul>
 *   <li>pvmove-single.sh: a volume group of one physical volume;
 *   <li>pv-range-overflow.sh: a name and a number that are not there;
 *   <li>pvmove-segment-size-limit.sh: how long segments may be;
 *   <li>lvcreate-usage.sh: names that are kept for moves.
 * </ul>
 */
class RequestScenariosTest {
  private static final long MIB = 1 << 20;

  private static List<Rejection> rejected(VolumeGroup vg, MoveRequest.Builder request) {
    PlanResult result = Planner.plan(vg, request.build());
    assertThat(result).isInstanceOf(PlanResult.Rejected.class);
    return ((PlanResult.Rejected) result).reasons();
  }

  // pvmove-single.sh

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void movesARangeOverTwoVolumesWithinTheOnlyPhysicalVolume(boolean atomic) {
    VolumeGroup vg = pvs(64).lv("lv1", linear(0, 0, 5)).lv("lv2", linear(0, 5, 5)).build();
    for (String destination : new String[] {"/dev/sda", "/dev/sda:10-14", "/dev/sda:10-"}) {
      MoveRequest.Builder request =
          MoveRequest.from("/dev/sda:3-7")
              .to(destination)
              .policy(AllocationPolicy.ANYWHERE)
              .atomic(atomic);
      assertThat(devices(Played.moved(vg, request)))
          .isEqualTo(Map.of("lv1", "sda:0 sda:10", "lv2", "sda:12 sda:8"));
    }
  }

  // pv-range-overflow.sh

  @Test
  void namesTheLogicalVolumeThatIsNotThere() {
    VolumeGroup vg = pvs(64, 64).lv("lv1", linear(0, 0, 5)).build();
    assertThat(rejected(vg, MoveRequest.from("/dev/sda").logicalVolume("bogus")))
        .extracting(Rejection::message)
        .containsExactly("logical volume \"bogus\" was not found in volume group \"tank\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/dev/sda:4294967296 | character 10: expected a number up to 4294967295, found 4294967296",
        "/dev/sda:0-4294967296 | character 12: expected a number up to 4294967295, found 4294967296",
        "/dev/sda:4294967295 | expected a range within the extents 0 to 63, found 4294967295 to"
            + " 4294967295",
        "/dev/sda:1+4294967295 | expected a range within the extents 0 to 63, found 1 to"
            + " 4294967295",
        "/dev/sda:99999999999999999999 | character 10: expected a number up to 4294967295, found"
            + " 99999999999999999999"
      })
  void refusesANumberThatIsTooLarge(String source, String message) {
    VolumeGroup vg = pvs(64, 64).lv("lv1", linear(0, 0, 5)).build();
    assertThat(rejected(vg, MoveRequest.from(source)))
        .singleElement()
        .satisfies(reason -> assertThat(reason.message()).endsWith(message).contains(source));
    assertThat(rejected(vg, MoveRequest.from("/dev/sda").to(source.replace("sda", "sdb"))))
        .hasSize(1);
  }

  // pvmove-segment-size-limit.sh

  /** As there: 36 MiB in three stripes, extents of 4 MiB; no limit is as much as can be. */
  @ParameterizedTest
  @CsvSource({
    "4, 2, false",
    "4, 2, true",
    "64, 0, false",
    "64, 0, true",
    "8796093022207, 0, false",
    "8796093022207, 0, true"
  })
  void cutsAsOftenAsTheLimitDemands(long limitMib, int cuts, boolean atomic) {
    VolumeGroup vg =
        pvs(64, 64, 64, 64).lv("lv1", striped(run(0, 0, 3), run(1, 0, 3), run(2, 0, 3))).build();
    MoveRequest.Builder request =
        MoveRequest.from("/dev/sdb").atomic(atomic).maxSegmentBytes(limitMib * MIB);
    MovePlan plan = Planner.plan(vg, request.build()).orElseThrow();
    assertThat(plan.segments()).hasSize(cuts + 1);
    VolumeGroup begun =
        plan.replay(vg, new PvmoveEdits.Origin(id("move"), id("from"), id("to"), "host", 0))
            .iterator()
            .next();
    assertThat(begun.logicalVolume("lv1").orElseThrow().segments()).hasSize(cuts + 1);
    assertThat(devices(Played.moved(vg, request))).isEqualTo(Map.of("lv1", "sda:0+sdd:0+sdc:0"));
  }

  // lvcreate-usage.sh

  /** This library makes no volumes; it says of one that there is that its name is kept. */
  @Test
  void keepsTheNamesOfMovesForMoves() {
    VolumeGroup vg = pvs(64, 64).lv("pvmove_me", linear(0, 0, 5)).build();
    assertThat(VolumeGroupCheck.check(vg))
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.severity()).isEqualTo(Severity.NOTICE);
              assertThat(violation)
                  .hasToString(
                      "logical volume pvmove_me: expected a name that LVM2 does not keep for parts of"
                          + " volumes, found \"pvmove_me\"");
            });
    assertThat(devices(Played.moved(vg, MoveRequest.from("/dev/sda"))))
        .as("it moves like any other")
        .isEqualTo(Map.of("pvmove_me", "sdb:0"));
  }

  @Test
  void takesTheVolumeOfAMoveForNoVolumeOfUsers() {
    VolumeGroup vg = pvs(64, 64, 64).lv("lv1", linear(0, 0, 5)).lv("lv2", linear(1, 0, 5)).build();
    VolumeGroup begun =
        PvmoveEdits.begin(
            vg,
            new PvmoveEdits.Origin(id("move"), id("from"), id("to"), "host", 0),
            List.of(new PvmoveEdits.Move(run(0, 0, 5), run(2, 0, 5))),
            false);
    assertThat(rejected(begun, MoveRequest.from("/dev/sdb").logicalVolume("pvmove0")))
        .containsExactly(new Rejection.NoSuchLogicalVolume("pvmove0", "tank"));
    assertThat(begun.logicalVolumes())
        .extracting(LogicalVolume::name)
        .containsExactly("lv1", "lv2", "pvmove0");
  }
}
