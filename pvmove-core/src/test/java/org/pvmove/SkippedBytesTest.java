// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pvmove.MoveLab.assertCompleted;

import com.google.common.collect.ImmutableRangeSet;
import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.execute.Receipt;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.plan.MoveRequest;
import org.pvmove.volume.LiveVolumes;

/** What need not be copied is not, and yet reads as it did. */
class SkippedBytesTest {
  private static final int MIB = 1 << 20;
  private static final int UNIT = 64 << 10;
  private static final int BYTES = 24 * MIB;

  @TempDir Path directory;
  private Path a;
  private Path b;

  @BeforeEach
  void makeGroup() throws IOException {
    a = directory.resolve("a.img");
    b = directory.resolve("b.img");
    for (Path file : new Path[] {a, b}) {
      try (RandomAccessFile image = new RandomAccessFile(file.toFile(), "rw")) {
        image.setLength(40L * MIB);
      }
    }
    try (DeviceSet devices = DeviceSet.open(a, b)) {
      SmallGroup.on(devices.devices())
          .extentBytes(MIB)
          .linear("home", new SmallGroup.Run(0, 0, 24))
          .create();
    }
  }

  private static PvMover.Builder mover(DeviceSet devices) {
    return PvMover.builder(devices, SmallGroup.NAME);
  }

  private static MoveOutcome move(PvMover mover, DeviceSet devices) throws IOException {
    return mover.execute(
        mover
            .plan(
                MoveRequest.from(devices.devices().get(0).name()).maxSegmentBytes(7 * MIB).build())
            .orElseThrow());
  }

  private static long start(DeviceSet devices, int pv) {
    StoredVolumeGroup stored = devices.scan().volumeGroup(SmallGroup.NAME);
    return stored.volumeGroup().byteOffset(stored.volumeGroup().physicalVolumes().get(pv).id(), 0);
  }

  private static long skipped(MoveOutcome outcome) {
    return outcome.work().receipts().stream().mapToLong(Receipt::bytesSkipped).sum();
  }

  /** Data here and there, at borders of units and in the middle of them. */
  private static byte[] sparse(Random random) {
    byte[] bytes = new byte[BYTES];
    for (int i = 0; i < 6; i++) {
      int at = random.nextInt(BYTES - MIB);
      byte[] data = new byte[1 + random.nextInt(MIB / 2)];
      random.nextBytes(data);
      System.arraycopy(data, 0, bytes, at, data.length);
    }
    return bytes;
  }

  /** Writes what is not zeros, and makes holes of the rest. */
  private static void write(BlockDevice device, long start, byte[] bytes) throws IOException {
    device.writeZeroes(start, bytes.length);
    for (int at = 0; at < bytes.length; at += 512) {
      byte[] sector = Arrays.copyOfRange(bytes, at, at + 512);
      if (!Arrays.equals(sector, new byte[512])) {
        device.write(start + at, ByteBuffer.wrap(sector));
      }
    }
    device.flush();
  }

  private static byte[] read(BlockDevice device, long start) throws IOException {
    byte[] bytes = new byte[BYTES];
    device.read(start, ByteBuffer.wrap(bytes));
    return bytes;
  }

  /** How many units of a range have something else than zeros, as the device knows. */
  private static int dataUnits(BlockDevice device, long start) throws IOException {
    int units = 0;
    for (long at = start; at < start + BYTES; at += UNIT) {
      units += device.nextData(at, at + UNIT) < at + UNIT ? 1 : 0;
    }
    return units;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void imagesStaySparse(long seed) throws Exception {
    byte[] bytes = sparse(new Random(seed));
    try (DeviceSet devices = DeviceSet.open(a, b)) {
      BlockDevice from = devices.devices().get(0);
      BlockDevice to = devices.devices().get(1);
      write(from, start(devices, 0), bytes);

      MoveOutcome outcome = move(mover(devices).verify(true).build(), devices);

      assertCompleted(outcome);
      long target = target(outcome);
      assertThat(read(to, target)).isEqualTo(bytes);
      assertThat(skipped(outcome)).isGreaterThan(BYTES / 3);
      // Of two neighbours in a block one may be written for the other.
      assertThat(dataUnits(to, target))
          .isLessThanOrEqualTo(dataUnits(from, start(devices, 0)) + 24);
    }
  }

  private static long target(MoveOutcome outcome) {
    return outcome.work().receipts().get(0).destinationOffset();
  }

  @Test
  void zerosReplaceWhatWasAtTheDestination() throws Exception {
    byte[] bytes = sparse(new Random(9));
    try (DeviceSet devices = DeviceSet.open(a, b)) {
      write(devices.devices().get(0), start(devices, 0), bytes);
      byte[] old = new byte[BYTES];
      Arrays.fill(old, (byte) 7);
      devices.devices().get(1).write(start(devices, 1), ByteBuffer.wrap(old));

      MoveOutcome outcome = move(mover(devices).verify(true).build(), devices);

      assertThat(read(devices.devices().get(1), target(outcome))).isEqualTo(bytes);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void holesSurviveAPowerCut(int seed) throws Exception {
    Random random = new Random(seed);
    SimulatedDisks made = new SimulatedDisks(seed);
    made.add("a", 40 * MIB);
    made.add("b", 40 * MIB);
    SmallGroup.on(made.disks())
        .extentBytes(MIB)
        .linear("home", new SmallGroup.Run(0, 0, 24))
        .create();
    byte[] bytes = sparse(random);
    byte[] old = new byte[BYTES];
    random.nextBytes(old);
    DeviceSet before = DeviceSet.of(made.disks().toArray(new BlockDevice[0]));
    write(made.disk("a"), start(before, 0), bytes);
    made.disk("b").write(start(before, 1), ByteBuffer.wrap(old));
    SimulatedDisks disks = made.crashImage(Unflushed.KEPT);
    disks.disks().forEach(disk -> disk.sparse(true));
    disks.cutPowerAfterWrite(disks.writeCount() + 1 + random.nextInt(60));
    DeviceSet devices = DeviceSet.of(disks.disks().toArray(new BlockDevice[0]));
    try {
      MoveOutcome unused = move(mover(devices).build(), devices);
    } catch (IOException e) {
      // The power went at the first commit.
    }

    SimulatedDisks after = disks.crashImage(Unflushed.RANDOM);
    after.disks().forEach(disk -> disk.sparse(true));
    DeviceSet again = DeviceSet.of(after.disks().toArray(new BlockDevice[0]));
    assertCompleted(mover(again).build().resume());
    assertThat(LvContent.read(again.scan().volumeGroup(SmallGroup.NAME), "home")).isEqualTo(bytes);
  }

  @Test
  void freeBlocksAreNotCopiedAndAllOthersAre() throws Exception {
    RangeSet<Long> free = TreeRangeSet.create();
    free.add(Range.closedOpen(2L * MIB, 9L * MIB));
    free.add(Range.closedOpen(20L * MIB, 100L * MIB));
    try (DeviceSet devices = DeviceSet.open(a, b)) {
      byte[] expected = read(devices.devices().get(0), start(devices, 0));
      byte[] old = read(devices.devices().get(1), start(devices, 1));

      MoveOutcome outcome =
          move(
              mover(devices)
                  .verify(true)
                  .usedBlocks(lv -> lv.equals("home") ? free : ImmutableRangeSet.of())
                  .build(),
              devices);

      assertCompleted(outcome);
      assertThat(skipped(outcome)).isEqualTo(11L * MIB);
      byte[] now = read(devices.devices().get(1), target(outcome));
      for (int at = 0; at < BYTES; at += UNIT) {
        byte[] unit = Arrays.copyOfRange(now, at, at + UNIT);
        byte[] there = free.contains((long) at) ? old : expected;
        assertThat(unit).as("at %d", at).isEqualTo(Arrays.copyOfRange(there, at, at + UNIT));
      }
    }
  }

  @Test
  void blocksOfVolumesInUseAreNeverTakenForFree() throws Exception {
    try (DeviceSet devices = DeviceSet.open(a, b);
        LiveVolumes volumes = LiveVolumes.builder(devices, SmallGroup.NAME).open()) {
      PvMover.Builder builder =
          mover(devices).volumes(volumes).usedBlocks(lv -> ImmutableRangeSet.of());

      assertThatThrownBy(builder::build)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("users may begin to use them");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theSourceIsDiscardedOnceTheMoveIsOver(boolean atomic) throws Exception {
    try (DeviceSet devices = DeviceSet.open(a, b)) {
      BlockDevice from = devices.devices().get(0);
      long start = start(devices, 0);
      assertThat(dataUnits(from, start)).isEqualTo(BYTES / UNIT);
      PvMover mover = mover(devices).discardSource(true).build();

      MoveOutcome outcome =
          mover.execute(
              mover.plan(MoveRequest.from(from.name()).atomic(atomic).build()).orElseThrow());

      assertCompleted(outcome);
      LvContent.verifyAll(devices.scan().volumeGroup(SmallGroup.NAME));
      assertThat(dataUnits(from, start)).isZero();
    }
  }

  @Test
  void aMoveThatIsGivenUpDiscardsNothing() throws Exception {
    try (DeviceSet devices = DeviceSet.open(a, b)) {
      PvMover[] running = {null};
      running[0] = mover(devices).discardSource(true).listener(event -> running[0].stop()).build();
      MoveOutcome unused = move(running[0], devices);

      assertCompleted(mover(devices).discardSource(true).build().abort());

      LvContent.verifyAll(devices.scan().volumeGroup(SmallGroup.NAME));
    }
  }

  @Test
  void whatOthersHaveOnTheSourceStays() throws Exception {
    try (DeviceSet devices = DeviceSet.open(a, b)) {
      PvMover mover = mover(devices).discardSource(true).build();
      String range = a + ":4-9";

      assertCompleted(mover.execute(mover.plan(MoveRequest.from(range).build()).orElseThrow()));

      LvContent.verifyAll(devices.scan().volumeGroup(SmallGroup.NAME));
      assertThat(dataUnits(devices.devices().get(0), start(devices, 0)))
          .isEqualTo((BYTES - 6 * MIB) / UNIT);
    }
  }
}
