// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pvmove.MoveLab.assertCompleted;
import static org.pvmove.ScenarioLab.assertSettled;
import static org.pvmove.ScenarioLab.killed;
import static org.pvmove.ScenarioLab.mover;
import static org.pvmove.ScenarioLab.moves;
import static org.pvmove.ScenarioLab.places;
import static org.pvmove.ScenarioLab.request;
import static org.pvmove.ScenarioLab.sound;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.lvm.VolumeGroup;

/**
 * Moves are given up: the scenarios of LVM2's own tests
 *
 * <ul>
 *   <li>pvmove-abort.sh: one of two moves to the same destination, then all;
 *   <li>pvmove-abort-all.sh: three moves in two volume groups.
 * </ul>
 *
 * There each is tried with a poller in the foreground and in the background. Here there is none:
 * the move was cut short before its first checkpoint, or behind it. And here the volumes need not
 * be active, without which LVM2 gives nothing up.
 */
class AbortScenariosTest {
  /** Two volumes on a disk each, and a third disk without a metadata area. */
  private static void createFirst(SimulatedDisks disks) throws IOException {
    ScenarioLab.create(
        disks,
        0,
        "vg",
        List.of(1, 1, 0),
        group ->
            group
                .linear("lv1", new SmallGroup.Run(0, 0, 5))
                .linear("lv2", new SmallGroup.Run(1, 3, 4)));
  }

  // pvmove-abort.sh

  @ParameterizedTest
  @CsvSource({"false, 0", "false, 1", "false, 2", "true, 0"})
  void givesUpTheMoveFromTheSourceGivenAndThenTheOther(boolean atomic, int checkpoints)
      throws IOException {
    SimulatedDisks disks = ScenarioLab.disks(3);
    createFirst(disks);
    disks = killed(disks, "vg", request("a", "c", atomic), checkpoints);
    disks = killed(disks, "vg", request("b", "c", atomic), atomic ? 0 : 1);
    assertThat(moves(sound(disks, "vg"))).containsExactly("pvmove0", "pvmove1");

    assertCompleted(mover(disks, "vg").abort("a"));

    VolumeGroup vg = sound(disks, "vg");
    assertThat(moves(vg)).containsExactly("pvmove1");
    assertThat(places(vg, "lv1"))
        .as("what was done stays, the rest is back")
        .isEqualTo(
            switch (checkpoints) {
              case 0 -> "a:0-4";
              case 1 -> "c:0-1 a:2-4";
              default -> "c:0-3 a:4-4";
            });
    assertThat(places(vg, "lv2")).contains("pvmove1");

    assertCompleted(mover(disks, "vg").abort());

    vg = sound(disks, "vg");
    assertSettled(vg);
    assertThat(places(vg, "lv2")).isEqualTo(atomic ? "b:3-6" : "c:5-6 b:5-6");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void movesAgainWhatWasGivenUp(boolean atomic) throws IOException {
    SimulatedDisks disks = ScenarioLab.disks(3);
    createFirst(disks);
    disks = killed(disks, "vg", request("a", "c", atomic), atomic ? 0 : 1);
    assertCompleted(mover(disks, "vg").abort("a"));

    PvMover mover = mover(disks, "vg");
    assertCompleted(mover.execute(mover.plan(request("a", "c", atomic)).orElseThrow()));

    VolumeGroup vg = sound(disks, "vg");
    assertSettled(vg);
    assertThat(places(vg, "lv1")).isEqualTo("c:0-4");
  }

  @Test
  void hasNothingToGiveUpFromAnotherSource() throws IOException {
    SimulatedDisks disks = ScenarioLab.disks(3);
    createFirst(disks);
    disks = killed(disks, "vg", request("a", "c", false), 1);

    assertCompleted(mover(disks, "vg").abort("b"));

    assertThat(moves(sound(disks, "vg"))).containsExactly("pvmove0");
  }

  // pvmove-abort-all.sh

  @ParameterizedTest
  @CsvSource({"false, 0", "false, 1", "true, 0"})
  void givesUpEveryMoveInEveryVolumeGroup(boolean atomic, int checkpoints) throws IOException {
    SimulatedDisks disks = ScenarioLab.disks(6);
    createFirst(disks);
    ScenarioLab.create(
        disks,
        3,
        "vg1",
        List.of(1, 1, 0),
        group ->
            group
                .linear(
                    "lv1",
                    new SmallGroup.Run(0, 0, 2),
                    new SmallGroup.Run(1, 0, 1),
                    new SmallGroup.Run(0, 9, 3))
                .linear("lv2", new SmallGroup.Run(0, 4, 2)));
    VolumeGroup vgBefore = sound(disks, "vg");
    VolumeGroup vg1Before = sound(disks, "vg1");
    disks = killed(disks, "vg", request("a", "c", atomic), checkpoints);
    disks = killed(disks, "vg", request("b", "c", atomic), checkpoints);
    disks = killed(disks, "vg1", request("d", "f", atomic, "vg1/lv1"), checkpoints);
    assertThat(moves(sound(disks, "vg"))).containsExactly("pvmove0", "pvmove1");
    assertThat(moves(sound(disks, "vg1"))).containsExactly("pvmove0");

    assertCompleted(mover(disks, "vg").abort());
    assertCompleted(mover(disks, "vg1").abort());

    assertSettled(sound(disks, "vg"));
    assertSettled(sound(disks, "vg1"));
    if (checkpoints == 0) {
      assertThat(sound(disks, "vg").logicalVolumes()).isEqualTo(vgBefore.logicalVolumes());
      assertThat(sound(disks, "vg1").logicalVolumes()).isEqualTo(vg1Before.logicalVolumes());
    } else {
      assertThat(places(sound(disks, "vg"), "lv1")).isEqualTo("c:0-1 a:2-4");
      assertThat(places(sound(disks, "vg"), "lv2")).isEqualTo("c:5-6 b:5-6");
      assertThat(places(sound(disks, "vg1"), "lv1")).isEqualTo("f:0-1 e:0-0 d:9-11");
    }
  }
}
