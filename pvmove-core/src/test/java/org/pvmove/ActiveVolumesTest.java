// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.device.AccessRefusedException;
import org.pvmove.device.ActiveVolumes;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.plan.MoveRequest;

/** Volumes that the kernel has active are left alone. */
class ActiveVolumesTest {
  @TempDir Path sysfs;

  private final SimulatedDisks disks = disks();

  private static SimulatedDisks disks() {
    try {
      return MoveLab.Scenario.ONE_AREA_EACH.disks(1);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void activate(String uuid, int minor) {
    try {
      Path dm = Files.createDirectories(sysfs.resolve("dm-" + minor + "/dm"));
      Files.writeString(dm.resolve("uuid"), uuid + "\n");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void activate(String lv, String layer, int minor) {
    VolumeGroup vg = MoveLab.soundMetadata(disks).volumeGroup();
    activate(
        "LVM-" + vg.id().value() + vg.logicalVolume(lv).orElseThrow().id().value() + layer, minor);
  }

  private PvMover mover() {
    return MoveLab.moverOn(disks.disks()).activeVolumes(ActiveVolumes.in(sysfs)).build();
  }

  private MoveOutcome move(PvMover mover, String... lvs) throws IOException {
    return mover.execute(
        mover
            .plan(MoveRequest.from("a").to("b").logicalVolumes(List.of(lvs)).build())
            .orElseThrow());
  }

  @Test
  void refusesToMoveAnActiveVolumeAndNamesAllOfThem() throws Exception {
    activate("frag", "", 3);
    activate("two", "-real", 4);
    VolumeGroup before = MoveLab.soundMetadata(disks).volumeGroup();

    assertThatThrownBy(() -> move(mover()))
        .isInstanceOf(AccessRefusedException.class)
        .hasMessageContaining("logical volume frag is active")
        .hasMessageContaining("logical volume two is active");
    assertThat(MoveLab.sound(disks).volumeGroup()).isEqualTo(before);
  }

  @Test
  void movesOtherVolumesOfTheGroup() throws Exception {
    activate("frag", "", 3);
    activate("CRYPT-LUKS2-00000000000000000000000000000000-home", 5);

    MoveLab.assertCompleted(move(mover(), "str", "two"));
  }

  @Test
  void commitsNothingMoreOnceAVolumeWasActivated() throws Exception {
    PvMover mover =
        MoveLab.moverOn(disks.disks())
            .activeVolumes(ActiveVolumes.in(sysfs))
            .listener(
                event -> {
                  if (event instanceof MoveEvent.Checkpoint checkpoint
                      && checkpoint.segment() == 1) {
                    activate("str", "", 7);
                  }
                })
            .build();

    MoveOutcome.Stopped outcome = (MoveOutcome.Stopped) move(mover);

    assertThat(outcome.reason()).contains("logical volume str is active");
    MoveLab.sound(disks.crashImage(Unflushed.LOST));
    assertThat(mover().resume()).isInstanceOf(MoveOutcome.Stopped.class);
    assertThat(mover().abort()).isInstanceOf(MoveOutcome.Stopped.class);
    Files.delete(sysfs.resolve("dm-7/dm/uuid"));
    MoveLab.assertCompleted(mover().resume());
    MoveLab.assertSettled(MoveLab.sound(disks.crashImage(Unflushed.LOST)).volumeGroup());
  }

  @Test
  void findsNoneWhereThereIsNoSysfs() {
    VolumeGroup vg = MoveLab.soundMetadata(disks).volumeGroup();
    assertThatCode(
            () ->
                ActiveVolumes.in(sysfs.resolve("nowhere"))
                    .requireInactive(vg, Set.of("frag", "two")))
        .doesNotThrowAnyException();
  }
}
