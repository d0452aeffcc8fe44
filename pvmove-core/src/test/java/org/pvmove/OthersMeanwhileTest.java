// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pvmove.MoveLab.assertCompleted;
import static org.pvmove.MoveLab.assertSettled;
import static org.pvmove.MoveLab.assertSourceIsEmpty;
import static org.pvmove.MoveLab.mover;
import static org.pvmove.MoveLab.sound;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.pvmove.device.AccessRefusedException;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.device.VolumeGroupChangedException;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveInUseException;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.RangeLock;
import org.pvmove.io.testing.ForwardingDevice;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;

/** What others do to the volume group, or to the move itself, while it is under way. */
class OthersMeanwhileTest {
  private static final MoveRequest EVERYTHING =
      MoveRequest.from("a").to("b").maxSegmentBytes(MoveLab.SEGMENT_BYTES).build();

  private final SimulatedDisks disks = disks();

  private static SimulatedDisks disks() {
    try {
      return MoveLab.Scenario.ONE_AREA_EACH.disks(5);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Something done by others. */
  private interface Deed {
    void run() throws IOException;
  }

  /** Does something when the copying of a segment is reported. */
  private static MoveListener whenCopied(int segment, Deed deed) {
    return event -> {
      if (event instanceof MoveEvent.Copied copied && copied.segment() == segment) {
        run(deed);
      }
    };
  }

  private static void run(Deed deed) {
    try {
      deed.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What another program might do, which knows nothing of our claims. */
  private void change(UnaryOperator<VolumeGroup> edit) throws IOException {
    DeviceSet set = DeviceSet.of(disks.disks().toArray(new BlockDevice[0]));
    StoredVolumeGroup stored = set.scan().volumeGroup(SmallGroup.NAME);
    set.commit(stored, edit.apply(stored.volumeGroup()), SmallGroup.header("another program"));
  }

  private MoveOutcome execute(MoveListener listener) throws IOException {
    PvMover mover = mover(disks.disks(), listener);
    return mover.execute(mover.plan(EVERYTHING).orElseThrow());
  }

  /** A move that is under way, with that many segments done. */
  private void stopAfter(int checkpoints) throws IOException {
    AtomicReference<@Nullable PvMover> stopping = new AtomicReference<>();
    PvMover mover =
        mover(
            disks.disks(),
            event -> {
              if (checkpoints == 0
                  ? event instanceof MoveEvent.Started
                  : event instanceof MoveEvent.Checkpoint done
                      && done.segments().containsKey(checkpoints - 1)) {
                stopping.get().stop();
              }
            });
    stopping.set(mover);
    assertThat(
            Pvmove.allOf(sound(disks).volumeGroup()).isEmpty()
                ? mover.execute(mover.plan(EVERYTHING).orElseThrow())
                : mover.resume())
        .isInstanceOf(MoveOutcome.Stopped.class);
  }

  @Test
  void aMoveThatAnotherMoverWorksOnIsLeftToIt() throws Exception {
    List<MoveOutcome> others = new ArrayList<>();

    MoveOutcome outcome =
        execute(
            whenCopied(
                1,
                () -> {
                  others.add(mover(disks.disks(), MoveListener.NONE).resume());
                  others.add(mover(disks.disks(), MoveListener.NONE).abort());
                }));

    assertCompleted(outcome);
    assertThat(others)
        .hasSize(2)
        .allSatisfy(
            other -> {
              assertThat(other).isInstanceOf(MoveOutcome.Stopped.class);
              assertThat(((MoveOutcome.Stopped) other).failure())
                  .isInstanceOf(MoveInUseException.class);
              assertThat(other.work().bytesCopied()).isZero();
            });
    assertSourceIsEmpty(sound(disks.crashImage(Unflushed.LOST)).volumeGroup());
  }

  /** Ends the move and begins one with these runs, by the same name. */
  private static VolumeGroup begunAgain(
      VolumeGroup vg, @Nullable LvmUuid id, UnaryOperator<List<PvmoveEdits.Move>> runs) {
    Pvmove move = Pvmove.allOf(vg).get(0);
    List<PvmoveEdits.Move> left =
        move.pieces().stream()
            .filter(piece -> !piece.done())
            .map(piece -> new PvmoveEdits.Move(piece.source(), piece.destination()))
            .toList();
    PvmoveEdits.Origin random = PvmoveEdits.Origin.random(new Random(11), "other", 1_800_000_000L);
    PvmoveEdits.Origin origin =
        new PvmoveEdits.Origin(
            id == null ? random.id() : id,
            random.sourceImageId(),
            random.destinationImageId(),
            random.host(),
            random.timeSeconds());
    return PvmoveEdits.begin(PvmoveEdits.end(vg, move, false), origin, runs.apply(left), false);
  }

  private static LvmUuid idOfMove(VolumeGroup vg) {
    return Pvmove.allOf(vg).get(0).id();
  }

  private void assertStoppedAsChanged(MoveOutcome outcome, String reason) throws IOException {
    assertThat(outcome).isInstanceOf(MoveOutcome.Stopped.class);
    assertThat(((MoveOutcome.Stopped) outcome).failure())
        .isInstanceOf(VolumeGroupChangedException.class)
        .hasMessageContaining(reason);
    sound(disks.crashImage(Unflushed.LOST));
    assertCompleted(mover(disks.disks(), MoveListener.NONE).abort());
    assertSettled(sound(disks.crashImage(Unflushed.LOST)).volumeGroup());
  }

  @Test
  void aMoveOfTheSameNameIsNotTakenForTheOneThatWasBegun() throws Exception {
    MoveOutcome outcome =
        execute(whenCopied(0, () -> change(vg -> begunAgain(vg, null, left -> left))));

    assertStoppedAsChanged(outcome, "someone else has ended it");
  }

  @Test
  void aMoveWhoseSegmentsHaveOtherPlacesIsNotCheckpointed() throws Exception {
    MoveOutcome outcome =
        execute(
            whenCopied(
                0, () -> change(vg -> begunAgain(vg, idOfMove(vg), left -> Lists.reverse(left)))));

    assertStoppedAsChanged(outcome, "someone else has changed the move");
  }

  @Test
  void aMoveThatHasFewerSegmentsThanItHadIsNotCheckpointed() throws Exception {
    MoveOutcome outcome =
        execute(
            whenCopied(
                1, () -> change(vg -> begunAgain(vg, idOfMove(vg), left -> left.subList(0, 1)))));

    assertStoppedAsChanged(outcome, "someone else has changed the move");
  }

  /** Does something at the moment in which a mover claims a move. */
  private List<BlockDevice> whenClaimed(Deed deed) {
    return whenLocked(1, new AtomicReference<>(deed));
  }

  /** Does something once, right before so many bytes are locked. */
  private List<BlockDevice> whenLocked(long bytes, AtomicReference<@Nullable Deed> once) {
    ImmutableList.Builder<BlockDevice> view = ImmutableList.builder();
    for (BlockDevice disk : disks.disks()) {
      view.add(
          new ForwardingDevice(disk) {
            @Override
            public @Nullable RangeLock tryLock(long byteOffset, long byteCount) throws IOException {
              // What users of volumes lock is behind the end.
              boolean meant = byteCount == bytes && byteOffset < disk.size();
              Deed now = meant ? once.getAndSet(null) : null;
              if (now != null) {
                now.run();
              }
              return disk.tryLock(byteOffset, byteCount);
            }
          });
    }
    return view.build();
  }

  @Test
  void whatWasDoneUntilTheMoveIsClaimedIsNotDoneAgain() throws Exception {
    stopAfter(0);
    Pvmove move = Pvmove.allOf(sound(disks).volumeGroup()).get(0);

    MoveOutcome outcome = mover(whenClaimed(() -> stopAfter(1)), MoveListener.NONE).resume();

    assertCompleted(outcome);
    assertThat(outcome.work().receipts()).hasSize(move.pieces().size() - 1);
    assertSourceIsEmpty(sound(disks.crashImage(Unflushed.LOST)).volumeGroup());
  }

  @Test
  void whatOthersCommitUntilTheVolumeGroupIsLockedIsKept() throws Exception {
    AtomicReference<@Nullable Deed> beforeTheLock = new AtomicReference<>();
    Deed addTag = () -> change(vg -> vg.toBuilder().tags(List.of("meanwhile")).build());
    PvMover mover =
        mover(
            whenLocked(512, beforeTheLock),
            whenCopied(1, () -> assertThat(beforeTheLock.getAndSet(addTag)).isNull()));

    assertCompleted(mover.execute(mover.plan(EVERYTHING).orElseThrow()));

    VolumeGroup now = sound(disks.crashImage(Unflushed.LOST)).volumeGroup();
    assertThat(now.tags()).containsExactly("meanwhile");
    assertSourceIsEmpty(now);
  }

  @Test
  void nothingIsCopiedInAVolumeGroupThatIsExportedBeforeTheMoveIsClaimed() throws Exception {
    stopAfter(0);

    MoveOutcome outcome =
        mover(
                whenClaimed(
                    () ->
                        change(
                            vg ->
                                vg.toBuilder()
                                    .flags(vg.flags().with(StatusFlag.EXPORTED))
                                    .build())),
                MoveListener.NONE)
            .resume();

    assertThat(outcome).isInstanceOf(MoveOutcome.Stopped.class);
    assertThat(((MoveOutcome.Stopped) outcome).failure())
        .isInstanceOf(AccessRefusedException.class);
    assertThat(outcome.work().bytesCopied()).isZero();
  }

  @Test
  void aPlanForAnotherVolumeGroupIsRefused() throws Exception {
    MovePlan plan = mover(disks.disks(), MoveListener.NONE).plan(EVERYTHING).orElseThrow();
    // The same by name, version and physical volumes.
    SimulatedDisks others = withAnotherIdentity(plan);
    long writes = others.writeCount();

    assertThatThrownBy(() -> mover(others.disks(), MoveListener.NONE).execute(plan))
        .isInstanceOf(VolumeGroupChangedException.class);

    assertThat(others.writeCount()).isEqualTo(writes);
  }

  private static SimulatedDisks withAnotherIdentity(MovePlan plan) throws IOException {
    SimulatedDisks others = disks();
    DeviceSet set = DeviceSet.of(others.disks().toArray(new BlockDevice[0]));
    StoredVolumeGroup stored = set.scan().volumeGroup(SmallGroup.NAME);
    VolumeGroup vg = stored.volumeGroup();
    VolumeGroup other =
        VolumeGroup.builder(vg.name(), LvmUuid.random(new Random(13)), vg.extentSize())
            .physicalVolumes(vg.physicalVolumes())
            .logicalVolumes(vg.logicalVolumes())
            .seqno(plan.seqno() - 1)
            .build();
    StoredVolumeGroup renumbered =
        new StoredVolumeGroup(
            other,
            stored.header(),
            stored.devices(),
            ImmutableList.of(),
            ImmutableList.of(),
            ImmutableList.of());
    set.commit(renumbered, other, SmallGroup.header("another identity"));
    return others;
  }

  @Test
  void aPlanToCarryOnIsRefusedOnceTheVolumeGroupHasChanged() throws Exception {
    stopAfter(1);
    PvMover mover = mover(disks.disks(), MoveListener.NONE);
    MovePlan plan = mover.plan(EVERYTHING).orElseThrow();
    assertThat(plan.joined()).isTrue();
    change(vg -> vg.toBuilder().tags(List.of("meanwhile")).build());
    long writes = disks.writeCount();

    assertThatThrownBy(() -> mover.execute(plan)).isInstanceOf(VolumeGroupChangedException.class);

    assertThat(disks.writeCount()).isEqualTo(writes);
  }
}
