// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pvmove.MoveLab.assertCompleted;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32;
import java.util.zip.Checksum;
import org.junit.jupiter.api.Test;
import org.pvmove.execute.BadRange;
import org.pvmove.execute.CopyFailedException;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.execute.Receipt;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.testing.ForwardingDevice;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.plan.MoveRequest;

/** Each segment has a receipt, and is read back if asked for. */
class VerifiedCopyTest {
  /** A disk that damages one byte of what is written over it, and says nothing. */
  private static final class Liar extends ForwardingDevice {
    private final BlockDevice disk;
    private final long bad;

    Liar(BlockDevice disk, long bad) {
      super(disk);
      this.disk = disk;
      this.bad = bad;
    }

    @Override
    public void write(long byteOffset, ByteBuffer source) throws IOException {
      ByteBuffer bytes = ByteBuffer.allocate(source.remaining());
      bytes.put(source).flip();
      if (byteOffset <= bad && bad < byteOffset + bytes.limit()) {
        int at = Math.toIntExact(bad - byteOffset);
        bytes.put(at, (byte) (bytes.get(at) ^ 4));
      }
      super.write(byteOffset, bytes);
    }

    @Override
    public boolean readFromDisk(long byteOffset, ByteBuffer target) throws IOException {
      return disk.readFromDisk(byteOffset, target);
    }
  }

  private static SimulatedDisks disks() throws IOException {
    return MoveLab.Scenario.ONE_AREA_EACH.disks(3);
  }

  private static MoveOutcome move(List<? extends BlockDevice> disks, boolean verify)
      throws IOException {
    PvMover mover = MoveLab.moverOn(disks).verify(verify).build();
    return mover.execute(
        mover
            .plan(MoveRequest.from("a").to("b").maxSegmentBytes(MoveLab.SEGMENT_BYTES).build())
            .orElseThrow());
  }

  @Test
  void givesAReceiptForEachSegment() throws Exception {
    SimulatedDisks disks = disks();

    MoveOutcome outcome = move(disks.disks(), false);

    assertCompleted(outcome);
    ImmutableList<Receipt> receipts = outcome.work().receipts();
    assertThat(receipts).hasSizeGreaterThan(5);
    assertThat(receipts.stream().mapToLong(Receipt::byteCount).sum())
        .isEqualTo(outcome.work().bytesCopied());
    for (int i = 0; i < receipts.size(); i++) {
      Receipt receipt = receipts.get(i);
      assertThat(receipt.segment()).isEqualTo(i);
      assertThat(receipt.move()).isEqualTo("pvmove0");
      assertThat(receipt.source()).isEqualTo("a");
      assertThat(receipt.destination()).isEqualTo("b");
      assertThat(receipt.bytesFound()).isZero();
      assertThat(receipt.verified()).isEqualTo(Receipt.Verified.NO);
      byte[] bytes = new byte[Math.toIntExact(receipt.byteCount())];
      disks.disk("b").read(receipt.destinationOffset(), ByteBuffer.wrap(bytes));
      assertThat(receipt.checksum().crc32()).isEqualTo(sum(new CRC32(), bytes));
      disks.disk("a").read(receipt.sourceOffset(), ByteBuffer.wrap(bytes));
      assertThat(receipt.checksum().crc32()).isEqualTo(sum(new CRC32(), bytes));
    }
  }

  private static long sum(Checksum checksum, byte[] bytes) {
    checksum.update(bytes);
    return checksum.getValue();
  }

  @Test
  void saysWhetherACopyWasReadBackFromTheDiskOrPerhapsFromACache() throws Exception {
    SimulatedDisks disks = disks();
    assertThat(move(disks.disks(), true).work().receipts())
        .extracting(Receipt::verified)
        .containsOnly(Receipt.Verified.ON_DISK);

    disks = disks();
    List<ForwardingDevice> cached = disks.disks().stream().map(ForwardingDevice::new).toList();
    assertThat(move(cached, true).work().receipts())
        .extracting(Receipt::verified)
        .containsOnly(Receipt.Verified.AS_READ);
  }

  @Test
  void stopsBeforeTheCheckpointIfACopyIsReadBackDifferently() throws Exception {
    SimulatedDisks disks = disks();
    Receipt third = move(disks().disks(), false).work().receipts().get(2);
    long bad = third.destinationOffset() + 1000;

    MoveOutcome.Stopped outcome =
        (MoveOutcome.Stopped)
            move(List.of(disks.disk("a"), new Liar(disks.disk("b"), bad), disks.disk("c")), true);

    assertThat(outcome.reason()).contains("were not read back as they were written");
    ImmutableList<BadRange> ranges = ((CopyFailedException) outcome.failure()).ranges();
    assertThat(ranges).hasSize(1);
    assertThat(ranges.get(0).device()).isEqualTo("b");
    assertThat(ranges.get(0).byteOffset()).isEqualTo(bad / 512 * 512);
    assertThat(ranges.get(0).byteCount()).isEqualTo(512);
    assertThat(outcome.work().receipts()).hasSize(2);
    // Nothing is lost, and on a disk that does what it says the move goes on.
    MoveLab.sound(disks.crashImage(Unflushed.LOST));
    assertCompleted(MoveLab.mover(disks.disks(), MoveListener.NONE).resume());
    MoveLab.sound(disks.crashImage(Unflushed.LOST));
  }

  @Test
  void readsBackOnlyWhatWasFlushed() throws Exception {
    SimulatedDisks disks = disks();
    AtomicBoolean flushed = new AtomicBoolean(true);
    BlockDevice destination =
        new ForwardingDevice(disks.disk("b")) {
          @Override
          public void write(long byteOffset, ByteBuffer source) throws IOException {
            flushed.set(false);
            super.write(byteOffset, source);
          }

          @Override
          public void flush() throws IOException {
            flushed.set(true);
            super.flush();
          }

          @Override
          public boolean readFromDisk(long byteOffset, ByteBuffer target) throws IOException {
            assertThat(flushed).as("flushed before it is read back").isTrue();
            return disks.disk("b").readFromDisk(byteOffset, target);
          }
        };

    MoveOutcome outcome = move(List.of(disks.disk("a"), destination, disks.disk("c")), true);

    assertCompleted(outcome);
    assertThat(outcome.work().receipts())
        .extracting(Receipt::verified)
        .containsOnly(Receipt.Verified.ON_DISK);
  }
}
