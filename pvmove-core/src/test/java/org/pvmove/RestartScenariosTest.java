// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pvmove.MoveLab.assertCompleted;
import static org.pvmove.ScenarioLab.assertSettled;
import static org.pvmove.ScenarioLab.killed;
import static org.pvmove.ScenarioLab.mover;
import static org.pvmove.ScenarioLab.moves;
import static org.pvmove.ScenarioLab.places;
import static org.pvmove.ScenarioLab.request;
import static org.pvmove.ScenarioLab.sound;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.device.AccessRefusedException;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.MoveEvent;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.report.Reports;

/**
 * Moves are cut short and go on: the scenarios of LVM2's own tests
 *
 * <ul>
 *   <li>pvmove-restart.sh: a volume of several segments, a reboot, then abort by source;
 *   <li>pvmove-resume-1.sh, -2.sh and -multiseg.sh: a move in each of two volume groups, two
 *       volumes in one move, two moves in one volume group;
 *   <li>pvmove-raid-restart.sh: two raids;
 *   <li>pvmove-lvs.sh: a report in the middle;
 *   <li>pvmove-background.sh: nobody waits for the move;
 *   <li>exported.sh: a volume group that is exported.
 * </ul>
 *
 * There moves go on when volumes are activated, or with pvmove(8) alone or with the source; each in
 * the foreground and in the background. Here it is the last two, and nothing needs to be active.
 */
class RestartScenariosTest {
  private static final int DISKS = 3;

  private static SimulatedDisks disksWith(ScenarioLab.Layout layout) throws IOException {
    SimulatedDisks disks = ScenarioLab.disks(DISKS);
    ScenarioLab.create(disks, 0, "vg", List.of(1, 1, 0), layout);
    return disks;
  }

  private static void severalSegments(SmallGroup group) {
    group.linear(
        "lv1",
        new SmallGroup.Run(0, 0, 3),
        new SmallGroup.Run(1, 0, 2),
        new SmallGroup.Run(0, 8, 3));
  }

  // pvmove-restart.sh

  @ParameterizedTest
  @CsvSource({
    "false, 0, a:0-2 b:0-1 a:8-10",
    "false, 1, c:0-1 a:2-2 b:0-1 a:8-10",
    "false, 3, c:0-2 b:0-1 c:3-4 a:10-10",
    "true, 0, a:0-2 b:0-1 a:8-10"
  })
  void givesUpBySourceWhatARebootInterrupted(boolean atomic, int checkpoints, String places)
      throws IOException {
    SimulatedDisks disks = disksWith(RestartScenariosTest::severalSegments);
    disks = killed(disks, "vg", request("a", "c", atomic), checkpoints);
    VolumeGroup vg = sound(disks, "vg");
    assertThat(moves(vg)).containsExactly("pvmove0");
    assertThat(Pvmove.allOf(vg).get(0).pieces())
        .filteredOn(Pvmove.Piece::done)
        .hasSize(checkpoints);

    assertCompleted(mover(disks, "vg").abort("a"));

    assertSettled(sound(disks, "vg"));
    assertThat(places(sound(disks, "vg"), "lv1")).isEqualTo(places);
  }

  // pvmove-resume-multiseg.sh

  @ParameterizedTest
  @CsvSource({"false, 0, false", "false, 2, false", "false, 2, true", "true, 0, true"})
  void carriesOnTwoMovesOfAVolumeGroup(boolean atomic, int checkpoints, boolean bySource)
      throws IOException {
    SimulatedDisks disks =
        disksWith(
            group -> {
              group.linear("lv1", new SmallGroup.Run(0, 0, 3), new SmallGroup.Run(0, 8, 3));
              group.linear("lv2", new SmallGroup.Run(1, 4, 5));
            });
    disks = killed(disks, "vg", request("a", "c", atomic), checkpoints);
    disks = killed(disks, "vg", request("b", "c", atomic), checkpoints);
    assertThat(moves(sound(disks, "vg"))).containsExactly("pvmove0", "pvmove1");

    if (bySource) {
      assertCompleted(mover(disks, "vg").resume("b"));
      assertThat(moves(sound(disks, "vg"))).containsExactly("pvmove0");
      assertCompleted(mover(disks, "vg").resume("a"));
    } else {
      assertCompleted(mover(disks, "vg").resume());
    }

    VolumeGroup vg = sound(disks, "vg");
    assertSettled(vg);
    assertThat(places(vg, "lv1")).isEqualTo("c:0-5");
    assertThat(places(vg, "lv2")).isEqualTo("c:6-10");
  }

  // pvmove-resume-1.sh

  @ParameterizedTest
  @CsvSource({"false, 1", "true, 0"})
  void carriesOnOneMoveInEachOfTwoVolumeGroups(boolean atomic, int checkpoints) throws IOException {
    SimulatedDisks disks = ScenarioLab.disks(2 * DISKS);
    for (String vg : List.of("vg", "vg1")) {
      int first = vg.equals("vg") ? 0 : DISKS;
      ScenarioLab.create(
          disks,
          first,
          vg,
          List.of(1, 1, 0),
          group -> group.linear("lv1", new SmallGroup.Run(0, 2, 6)));
    }
    disks = killed(disks, "vg", request("a", "b", atomic), checkpoints);
    disks = killed(disks, "vg1", request("d", "f", atomic), checkpoints);

    assertCompleted(mover(disks, "vg").resume());
    assertThat(moves(sound(disks, "vg1"))).as("the other group's move").hasSize(1);
    assertCompleted(mover(disks, "vg1").resume("d"));

    assertSettled(sound(disks, "vg"));
    assertSettled(sound(disks, "vg1"));
    assertThat(places(sound(disks, "vg"), "lv1")).isEqualTo("b:0-5");
    assertThat(places(sound(disks, "vg1"), "lv1")).isEqualTo("f:0-5");
  }

  // pvmove-resume-2.sh

  @ParameterizedTest
  @CsvSource({"false, 1", "false, 3", "true, 0"})
  void carriesOnTheMoveOfTwoVolumes(boolean atomic, int checkpoints) throws IOException {
    SimulatedDisks disks =
        disksWith(
            group -> {
              group.linear("lv1", new SmallGroup.Run(0, 0, 4));
              group.linear("lv2", new SmallGroup.Run(0, 4, 4));
            });
    disks = killed(disks, "vg", request("a", "b", atomic), checkpoints);

    List<MoveEvent> events = new ArrayList<>();
    assertCompleted(mover(disks, "vg", events::add).resume("a"));

    assertThat(events).filteredOn(MoveEvent.Finished.class::isInstance).hasSize(1);
    assertThat(events)
        .as("what is done is not done again")
        .filteredOn(MoveEvent.Checkpoint.class::isInstance)
        .hasSize(atomic ? 0 : 4 - checkpoints);
    VolumeGroup vg = sound(disks, "vg");
    assertSettled(vg);
    assertThat(places(vg, "lv1")).isEqualTo("b:0-3");
    assertThat(places(vg, "lv2")).isEqualTo("b:4-7");
  }

  @Test
  void carriesNothingOnTwice() throws IOException {
    SimulatedDisks disks = disksWith(RestartScenariosTest::severalSegments);
    disks = killed(disks, "vg", request("a", "c", false), 1);
    assertCompleted(mover(disks, "vg").resume());
    VolumeGroup moved = sound(disks, "vg");

    assertCompleted(mover(disks, "vg").resume());

    assertThat(sound(disks, "vg")).isEqualTo(moved);
  }

  // pvmove-raid-restart.sh

  @ParameterizedTest
  @CsvSource({"false, 2, true", "false, 2, false", "true, 0, true", "true, 0, false"})
  void goesOnWithOrGivesUpTheMoveOfTwoRaids(boolean atomic, int checkpoints, boolean givesUp)
      throws IOException {
    SimulatedDisks disks = ScenarioLab.disks(4);
    ScenarioLab.create(
        disks,
        0,
        "vg",
        List.of(1, 1, 1, 1),
        group ->
            group.volumes(
                new StackedVolumes()
                    .raid(
                        "raid5_ls",
                        "r1",
                        true,
                        group.range(0, 0, 4),
                        group.range(1, 0, 4),
                        group.range(2, 0, 4))
                    .raid(
                        "raid5_ls",
                        "r2",
                        true,
                        group.range(0, 9, 4),
                        group.range(1, 9, 4),
                        group.range(2, 9, 4))
                    .build()));
    VolumeGroup before = sound(disks, "vg");
    disks = killed(disks, "vg", request("a", "d", atomic), checkpoints);
    assertThat(moves(sound(disks, "vg"))).hasSize(1);

    PvMover mover = mover(disks, "vg");
    assertCompleted(givesUp ? mover.abort("a") : mover.resume("a"));

    VolumeGroup vg = sound(disks, "vg");
    assertSettled(vg);
    for (String raid : List.of("r1", "r2")) {
      assertThat(vg.logicalVolume(raid)).isEqualTo(before.logicalVolume(raid));
      if (!givesUp) {
        assertThat(places(vg, raid + "_rmeta_0") + places(vg, raid + "_rimage_0"))
            .contains("d:")
            .doesNotContain("a:");
      } else if (atomic) {
        assertThat(places(vg, raid + "_rimage_0")).isEqualTo(places(before, raid + "_rimage_0"));
      }
    }
  }

  // pvmove-lvs.sh

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void isReportedInTheMiddleAndThenGivenUp(boolean atomic) throws IOException {
    SimulatedDisks disks = disksWith(RestartScenariosTest::severalSegments);
    disks = killed(disks, "vg", request("a", "c", atomic), atomic ? 0 : 2);

    assertThat(report(disks)).contains("pvmove0").contains("lv1");

    assertCompleted(mover(disks, "vg").abort());
    assertSettled(sound(disks, "vg"));
    assertThat(report(disks)).doesNotContain("pvmove0").contains("lv1");
  }

  private static String report(SimulatedDisks disks) {
    return Reports.of(List.of(sound(disks, "vg")), List.of()).logicalVolumes().toString();
  }

  // pvmove-background.sh

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void leavesNoTraceWhenItEndsUnwatched(boolean atomic) throws Exception {
    SimulatedDisks disks = disksWith(RestartScenariosTest::severalSegments);
    List<Throwable> failures = new ArrayList<>();
    Thread background =
        new Thread(
            () -> {
              PvMover mover = mover(disks, "vg");
              try {
                assertCompleted(mover.execute(mover.plan(request("a", "c", atomic)).orElseThrow()));
              } catch (IOException | AssertionError e) {
                failures.add(e);
              }
            });
    background.start();
    background.join();

    assertThat(failures).isEmpty();
    assertSettled(sound(disks, "vg"));
    assertThat(places(sound(disks, "vg"), "lv1")).isEqualTo("c:0-2 b:0-1 c:3-5");
  }

  // exported.sh

  @Test
  void movesNothingInAVolumeGroupThatIsExported() throws IOException {
    SimulatedDisks disks = disksWith(RestartScenariosTest::severalSegments);
    DeviceSet devices = DeviceSet.of(disks.disks().toArray(new BlockDevice[0]));
    StoredVolumeGroup stored = devices.scan().volumeGroup("vg");
    VolumeGroup vg = stored.volumeGroup();
    devices.commit(
        stored,
        vg.toBuilder().flags(vg.flags().with(StatusFlag.EXPORTED)).build(),
        SmallGroup.header("export"));
    long writes = disks.writeCount();

    assertThatThrownBy(() -> mover(disks, "vg").plan(request("a", "c", false)))
        .isInstanceOf(AccessRefusedException.class)
        .hasMessageContaining("exported");
    assertThat(disks.writeCount()).isEqualTo(writes);
  }
}
