// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pvmove.MoveLab.assertCompleted;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.execute.Receipt;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.testing.ForwardingDevice;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.plan.MoveRequest;

/** What was copied of a segment before its checkpoint is used again where it is equal. */
class PartialProgressTest {
  private static final int MIB = 1 << 20;

  private static SimulatedDisks disks() throws IOException {
    SimulatedDisks disks = new SimulatedDisks(8);
    disks.add("a", 16 << 20);
    disks.add("b", 16 << 20);
    SmallGroup.on(disks.disks())
        .extentBytes(MIB)
        .linear("home", new SmallGroup.Run(0, 2, 8))
        .create();
    return disks;
  }

  /** Moves until five of eight MiB of the only segment are copied, then stops as asked. */
  private static MoveOutcome stopAfterFive(List<? extends BlockDevice> disks) throws IOException {
    AtomicReference<PvMover> stopping = new AtomicReference<>();
    PvMover mover =
        MoveLab.moverOn(disks)
            .listener(
                event -> {
                  if (event instanceof MoveEvent.Copied copied && copied.bytesDone() == 5 * MIB) {
                    stopping.get().stop();
                  }
                })
            .build();
    stopping.set(mover);
    MoveOutcome outcome =
        mover.execute(mover.plan(MoveRequest.from("a").to("b").build()).orElseThrow());
    assertThat(outcome).isInstanceOf(MoveOutcome.Stopped.class);
    assertThat(((MoveOutcome.Stopped) outcome).failure()).isNull();
    return outcome;
  }

  /** Restarts, and gives the receipt of the only segment. */
  private static Receipt restart(SimulatedDisks disks) throws IOException {
    return restart(disks, disks.disks());
  }

  private static Receipt restart(SimulatedDisks disks, List<? extends BlockDevice> view)
      throws IOException {
    MoveOutcome outcome = MoveLab.mover(view, MoveListener.NONE).resume();
    assertCompleted(outcome);
    MoveLab.assertSourceIsEmpty(MoveLab.sound(disks.crashImage(Unflushed.LOST)).volumeGroup());
    assertThat(outcome.work().receipts()).hasSize(1);
    return outcome.work().receipts().get(0);
  }

  @Test
  void doesNotWriteAgainWhatIsThere() throws Exception {
    SimulatedDisks disks = disks();
    stopAfterFive(disks.disks());

    assertThat(restart(disks).bytesFound()).isEqualTo(5 * MIB);
  }

  @Test
  void stopsBetweenTwoBuffers() throws Exception {
    SimulatedDisks disks = disks();

    MoveOutcome outcome = stopAfterFive(disks.disks());

    assertThat(outcome.work().receipts()).isEmpty();
    long copied =
        disks.trace().stream()
            .filter(operation -> operation.byteCount() == MIB && operation.disk().equals("b"))
            .count();
    assertThat(copied).isEqualTo(5);
  }

  @Test
  void writesAgainWhatAPowerCutTook() throws Exception {
    SimulatedDisks disks = disks();
    stopAfterFive(disks.disks());

    assertThat(restart(disks.crashImage(Unflushed.LOST)).bytesFound()).isZero();
  }

  @Test
  void writesAgainFromTheFirstDifferenceOn() throws Exception {
    SimulatedDisks disks = disks();
    stopAfterFive(disks.disks());
    long third = restart(disks.crashImage(Unflushed.KEPT)).destinationOffset() + 2 * MIB;
    disks.disk("b").write(third + 12_345, ByteBuffer.wrap(new byte[] {1}));

    assertThat(restart(disks).bytesFound()).isEqualTo(2 * MIB);
  }

  @Test
  void trustsNoCache() throws Exception {
    SimulatedDisks disks = disks();
    stopAfterFive(disks.disks());

    // These do not know whether what they read is on the disk.
    assertThat(
            restart(disks, disks.disks().stream().map(ForwardingDevice::new).toList()).bytesFound())
        .isZero();
  }

  @Test
  void looksAtNothingInAFirstAttempt() throws Exception {
    SimulatedDisks disks = disks();
    PvMover mover = MoveLab.mover(disks.disks(), MoveListener.NONE);

    MoveOutcome outcome =
        mover.execute(mover.plan(MoveRequest.from("a").to("b").build()).orElseThrow());

    assertThat(outcome.work().receipts().get(0).bytesFound()).isZero();
  }

  @Test
  void comparesNothingInAFirstAttemptThoughItBeThere() throws Exception {
    SimulatedDisks disks = disks();
    stopAfterFive(disks.disks());
    assertCompleted(MoveLab.mover(disks.disks(), MoveListener.NONE).abort());
    PvMover mover = MoveLab.mover(disks.disks(), MoveListener.NONE);

    MoveOutcome outcome =
        mover.execute(mover.plan(MoveRequest.from("a").to("b").build()).orElseThrow());

    assertThat(outcome.work().receipts().get(0).bytesFound()).isZero();
  }

  @Test
  void writesWhatCannotBeReadWhereItShallBe() throws Exception {
    SimulatedDisks disks = disks();
    stopAfterFive(disks.disks());
    long begin = restart(disks.crashImage(Unflushed.KEPT)).destinationOffset();
    // As bytes would be that a disk lost: what is written over them is read well again.
    disks.disk("b").write(begin + 2 * MIB, ByteBuffer.wrap(new byte[4096]));
    disks.disk("b").failReads(begin + 2 * MIB, 512, 1);

    assertThat(restart(disks).bytesFound()).isEqualTo(2 * MIB);
  }
}
