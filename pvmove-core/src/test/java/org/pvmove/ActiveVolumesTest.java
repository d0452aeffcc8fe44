// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.device.AccessRefusedException;
import org.pvmove.device.ActiveVolumes;
import org.pvmove.device.RawCommit;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.device.VolumeGroupChangedException;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.execute.RequiredExecutor;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.plan.MovePlan;
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

  private RequiredExecutor executorFor(String source) throws IOException {
    PvMover mover = mover();
    return mover.executorFor(mover.plan(MoveRequest.from(source).build()).orElseThrow());
  }

  @Test
  void tellsWhoCanCarryAPlanOut() throws Exception {
    activate("CRYPT-LUKS2-00000000000000000000000000000000-home", 5);
    assertThat(executorFor("a")).isEqualTo(new RequiredExecutor.Library());

    activate("two", "", 4);
    activate("frag", "", 3);
    assertThat(executorFor("a"))
        .isEqualTo(new RequiredExecutor.Lvm(ImmutableList.of("frag", "two")));
  }

  @Test
  void leavesPlansForOtherVersionsToNobody() throws Exception {
    PvMover mover = mover();
    MovePlan plan = mover.plan(MoveRequest.from("a").build()).orElseThrow();
    MoveLab.assertCompleted(move(mover, "two"));

    assertThatThrownBy(() -> mover.executorFor(plan))
        .isInstanceOf(VolumeGroupChangedException.class);
  }

  @Test
  void leavesAMoveBelowAnActiveVolumeToLvm() throws Exception {
    stopAtTheBeginning(false);
    activate("pvmove0", "", 3);

    assertThat(executorFor("a")).isEqualTo(new RequiredExecutor.Lvm(ImmutableList.of("pvmove0")));
  }

  @Test
  void countsWhatStandsOnWhatMoves() throws Exception {
    SimulatedDisks stacked = new SimulatedDisks(1);
    stacked.add("a", MoveLab.DISK_BYTES);
    stacked.add("b", MoveLab.DISK_BYTES);
    stacked.add("c", MoveLab.DISK_BYTES);
    SmallGroup group = SmallGroup.on(stacked.disks());
    VolumeGroup vg =
        group
            .volumes(
                new StackedVolumes()
                    .raid("raid1", "pool_tdata", false, group.range(0, 0, 4), group.range(1, 0, 4))
                    .hidden("pool_tmeta", group.range(1, 10, 1))
                    .thinPool("pool")
                    .thin("thin", "pool", 9)
                    .linear("other", group.range(2, 0, 1))
                    .build())
            .create()
            .volumeGroup();
    for (String active : List.of("thin", "other")) {
      String id = vg.logicalVolume(active).orElseThrow().id().value();
      activate("LVM-" + vg.id().value() + id, active.length());
    }
    PvMover mover = MoveLab.moverOn(stacked.disks()).activeVolumes(ActiveVolumes.in(sysfs)).build();
    MovePlan plan = mover.plan(MoveRequest.from("a").to("c").build()).orElseThrow();

    assertThat(mover.executorFor(plan))
        .isEqualTo(new RequiredExecutor.Lvm(ImmutableList.of("thin")));
    assertThatThrownBy(() -> mover.execute(plan))
        .isInstanceOf(AccessRefusedException.class)
        .hasMessageContaining("thin is active")
        .hasMessageContaining("SystemPvmove");
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
                      && checkpoint.segments().containsKey(1)) {
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

  private void stopAtTheBeginning(boolean atomic) throws IOException {
    AtomicReference<PvMover> stopping = new AtomicReference<>();
    PvMover mover = MoveLab.moverOn(disks.disks()).listener(event -> stopping.get().stop()).build();
    stopping.set(mover);
    assertThat(
            mover.execute(
                mover.plan(MoveRequest.from("a").to("b").atomic(atomic).build()).orElseThrow()))
        .isInstanceOf(MoveOutcome.Stopped.class);
  }

  @Test
  void copiesNothingOfAMoveThatStandsBelowAnActiveVolume() throws Exception {
    stopAtTheBeginning(false);
    activate("two", "", 3);
    long writes = disks.writeCount();

    MoveOutcome outcome = mover().resume();

    assertThat(((MoveOutcome.Stopped) outcome).reason()).contains("volume two is active");
    assertThat(outcome.work().bytesCopied()).isZero();
    assertThat(disks.writeCount()).isEqualTo(writes);
  }

  @Test
  void leavesAnAtomicMoveAloneWhoseImagesAreActive() throws Exception {
    stopAtTheBeginning(true);
    activate("pvmove0_mimage_1", "", 3);

    MoveOutcome outcome = mover().resume();

    assertThat(((MoveOutcome.Stopped) outcome).reason())
        .contains("volume pvmove0_mimage_1 is active");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pvmove0", "frag"})
  void repairsNothingThatIsActiveOrBelowWhatIs(String active) throws Exception {
    stopAtTheBeginning(false);
    StoredVolumeGroup stored = MoveLab.soundMetadata(disks);
    RawCommit.commit(
        stored, withoutLock(stored.volumeGroup(), "pvmove0"), SmallGroup.header("a test"));
    String id = stored.volumeGroup().logicalVolume(active).orElseThrow().id().value();
    activate("LVM-" + stored.volumeGroup().id().value() + id, 3);
    long writes = disks.writeCount();

    assertThatThrownBy(() -> mover().resume())
        .isInstanceOf(AccessRefusedException.class)
        .hasMessageContaining("logical volume " + active + " is active");

    assertThat(disks.writeCount()).isEqualTo(writes);
  }

  private static VolumeGroup withoutLock(VolumeGroup vg, String name) {
    return vg.toBuilder()
        .logicalVolumes(
            vg.logicalVolumes().stream()
                .map(
                    lv ->
                        lv.name().equals(name)
                            ? lv.toBuilder().flags(lv.flags().without(StatusFlag.LOCKED)).build()
                            : lv)
                .toList())
        .build();
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
