// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.StatusFlags;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.volume.LiveVolumes;
import org.pvmove.volume.LogicalVolumeDevice;

/** Bytes of a logical volume are where LVM2 has them, read and written through a device. */
class LogicalVolumeDeviceTest {
  private static final int EXTENT = 16 << 10;

  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);
  private final SimulatedDisks disks = new SimulatedDisks(1);
  private final SmallGroup group;

  LogicalVolumeDeviceTest() {
    System.out.println("logical volume devices with seed " + seed);
    disks.add("a", 2 << 20);
    disks.add("b", 2 << 20);
    disks.add("c", 2 << 20, 4096);
    group = SmallGroup.on(disks.disks());
  }

  private DeviceSet devices() {
    return DeviceSet.of(disks.disks().toArray(new BlockDevice[0]));
  }

  private LiveVolumes open() throws IOException {
    return LiveVolumes.builder(devices(), SmallGroup.NAME).open();
  }

  private static byte[] read(LogicalVolumeDevice device) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate((int) device.size());
    device.read(0, bytes);
    return bytes.array();
  }

  private byte[] randomBytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Where the extent with that number of a volume on one run begins on its disk. */
  private static long byteOffset(StoredVolumeGroup stored, String lv) {
    VolumeGroup vg = stored.volumeGroup();
    Segment segment = vg.logicalVolume(lv).orElseThrow().segments().get(0);
    PeRange range = segment.physicalRange(segment.areas().get(0));
    return vg.byteOffset(range.pv(), range.first());
  }

  /** Reads and writes ranges of all sizes and compares what is there with what LvContent finds. */
  private void behavesLikeAnArray(StoredVolumeGroup stored, String lv) throws IOException {
    try (LiveVolumes volumes = open();
        LogicalVolumeDevice device = volumes.open(lv)) {
      byte[] model = LvContent.read(stored, lv);
      assertThat(device.size()).isEqualTo(model.length);
      for (int i = 0; i < 200; i++) {
        int from = random.nextInt(model.length);
        int most = random.nextBoolean() ? 600 : model.length;
        int count = random.nextInt(Math.min(most, model.length - from) + 1);
        ByteBuffer range = ByteBuffer.wrap(model, from, count);
        if (random.nextBoolean()) {
          range.put(randomBytes(count)).position(from);
          device.write(from, range);
        } else {
          ByteBuffer found = ByteBuffer.allocate(count);
          device.read(from, found);
          assertThat(found.flip())
              .as("seed %s, %s: %s bytes at %s", seed, lv, count, from)
              .isEqualTo(range);
        }
      }
      assertThat(LvContent.read(stored, lv)).as("seed %s, %s", seed, lv).isEqualTo(model);
      assertThat(read(device)).isEqualTo(model);
    }
  }

  @Test
  void readsAndWritesLinearAndStripedVolumes() throws Exception {
    StoredVolumeGroup stored =
        group
            .linear(
                "linear",
                new SmallGroup.Run(1, 9, 2),
                new SmallGroup.Run(0, 0, 1),
                new SmallGroup.Run(0, 3, 3),
                new SmallGroup.Run(2, 1, 1))
            .striped("two4k", 4 << 10, new SmallGroup.Run(0, 10, 3), new SmallGroup.Run(1, 20, 3))
            .striped("two16k", 16 << 10, new SmallGroup.Run(1, 30, 2), new SmallGroup.Run(2, 9, 2))
            .striped(
                "three8k",
                8 << 10,
                new SmallGroup.Run(2, 20, 2),
                new SmallGroup.Run(0, 20, 2),
                new SmallGroup.Run(1, 40, 2))
            .create();

    for (String lv : List.of("linear", "two4k", "two16k", "three8k")) {
      behavesLikeAnArray(stored, lv);
    }
  }

  @Test
  void tellsNameSizeAndBlockSize() throws Exception {
    group
        .linear("small", new SmallGroup.Run(0, 0, 3))
        .linear("large", new SmallGroup.Run(1, 0, 1), new SmallGroup.Run(2, 0, 1))
        .create();

    try (LiveVolumes volumes = open();
        LogicalVolumeDevice small = volumes.open("small");
        LogicalVolumeDevice large = volumes.open("large")) {
      assertThat(small.name()).isEqualTo("vg/small");
      assertThat(small.size()).isEqualTo(3 * EXTENT);
      assertThat(small.readOnly()).isFalse();
      assertThat(small.logicalBlockSize()).isEqualTo(512);
      assertThat(large.logicalBlockSize()).isEqualTo(4096);
      assertThatThrownBy(() -> volumes.open("none"))
          .isInstanceOf(LvmException.class)
          .hasMessageContaining("\"none\"");
    }
  }

  @Test
  void closesOneDeviceOfAVolumeAlone() throws Exception {
    group.linear("lv", new SmallGroup.Run(0, 0, 1)).create();

    try (LiveVolumes volumes = open()) {
      LogicalVolumeDevice first = volumes.open("lv");
      LogicalVolumeDevice second = volumes.open("lv");
      first.close();

      assertThatThrownBy(() -> read(first)).isInstanceOf(IOException.class);
      second.write(3, ByteBuffer.wrap(new byte[] {1, 2}));
      assertThat(read(second)).startsWith('v', 'g', '/', 1, 2);
    }
  }

  private static void leaves(ByteBuffer buffer, int position, Call call) {
    assertThatThrownBy(call::run).isInstanceOf(IOException.class);
    assertThat(buffer.position()).isEqualTo(position);
  }

  private interface Call {
    void run() throws IOException;
  }

  @Test
  void leavesThePositionWhereItWasIfADiskFails() throws Exception {
    StoredVolumeGroup stored =
        group.linear("lv", new SmallGroup.Run(0, 0, 1), new SmallGroup.Run(1, 0, 1)).create();
    PeRange second = group.range(1, 0, 1);
    long bad = stored.volumeGroup().byteOffset(second.pv(), second.first());
    disks.disk("b").failReads(bad, 512, 1);
    disks.disk("b").failWrites(bad, 512, 1);

    try (LiveVolumes volumes = open();
        LogicalVolumeDevice device = volumes.open("lv")) {
      ByteBuffer bytes = ByteBuffer.allocate(100).position(7);
      leaves(bytes, 7, () -> device.read(EXTENT - 10, bytes));
      leaves(bytes, 7, () -> device.write(EXTENT - 10, bytes));
      disks.disk("a").failFlushes(1);
      leaves(bytes, 7, device::flush);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mirror", "raid1"})
  void writesAllLegsAndReadsTheFirstThatCanBeRead(String type) throws Exception {
    StackedVolumes stacked = new StackedVolumes();
    PeRange[] runs = {group.range(0, 2, 4), group.range(1, 8, 4), group.range(2, 20, 4)};
    StoredVolumeGroup stored =
        group
            .volumes(
                (type.equals("mirror")
                        ? stacked.mirror("lv", group.range(2, 0, 1), runs)
                        : stacked.raid(type, "lv", true, runs))
                    .build())
            .create();
    String image = type.equals("mirror") ? "lv_mimage_" : "lv_rimage_";

    try (LiveVolumes volumes = open();
        LogicalVolumeDevice device = volumes.open("lv")) {
      assertThat(read(device)).isEqualTo(LvContent.read(stored, image + 0));
      byte[] written = randomBytes((int) device.size());
      device.write(0, ByteBuffer.wrap(written));
      for (int i = 0; i < 3; i++) {
        assertThat(LvContent.read(stored, image + i)).isEqualTo(written);
      }

      // To tell the legs apart.
      for (int i = 0; i < 3; i++) {
        LvContent.fill(stored, stored.volumeGroup().logicalVolume(image + i).orElseThrow());
      }
      disks.disk("a").failReads(byteOffset(stored, image + 0), 512);
      assertThat(read(device)).isEqualTo(LvContent.read(stored, image + 1));
      disks.disk("b").failReads(byteOffset(stored, image + 1) + 512, 512);
      assertThat(read(device)).isEqualTo(LvContent.read(stored, image + 2));
      disks.disk("c").failReads(byteOffset(stored, image + 2) + 1024, 512, 1);
      assertThatThrownBy(() -> read(device)).isInstanceOf(IOException.class);

      disks.disk("b").failWrites(byteOffset(stored, image + 1), 512, 1);
      assertThatThrownBy(() -> device.write(0, ByteBuffer.wrap(written)))
          .isInstanceOf(IOException.class);
      device.write(0, ByteBuffer.wrap(written));
      assertThat(LvContent.read(stored, image + 2)).isEqualTo(written);
    }
  }

  private LogicalVolume volume(StatusFlags flags, Segment... segments) {
    return LogicalVolume.builder("lv", LvmUuid.random(new Random(2)))
        .flags(flags)
        .segments(List.of(segments))
        .build();
  }

  @Test
  void readsZerosAndErrorsWhereSegmentsAreOfThatType() throws Exception {
    StatusFlags flags = StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE, StatusFlag.VISIBLE);
    group
        .volumes(
            List.of(
                volume(
                    flags,
                    Segment.of(0, 2, new SegmentType.ZeroTarget()),
                    Segment.of(2, 1, new SegmentType.ErrorTarget()))))
        .create();

    try (LiveVolumes volumes = open();
        LogicalVolumeDevice device = volumes.open("lv")) {
      device.write(100, ByteBuffer.wrap(randomBytes(EXTENT)));
      ByteBuffer zeros = ByteBuffer.wrap(randomBytes(2 * EXTENT - 3));
      device.read(3, zeros);
      assertThat(zeros.array()).containsOnly(0);
      for (Call call :
          List.<Call>of(
              () -> device.read(2 * EXTENT - 5, ByteBuffer.allocate(10)),
              () -> device.write(2 * EXTENT - 5, ByteBuffer.allocate(10)))) {
        assertThatThrownBy(call::run)
            .isInstanceOf(IOException.class)
            .hasMessageContaining(
                "bytes %d to %d of the volume".formatted(2 * EXTENT, 2 * EXTENT + 4));
      }
    }
  }

  @Test
  void refusesToWriteWhereThePermissionIsReadOnly() throws Exception {
    group.linear("lv", new SmallGroup.Run(0, 0, 2)).create();
    DeviceSet set = devices();
    StoredVolumeGroup base = set.scan().volumeGroup(SmallGroup.NAME);
    LogicalVolume lv = base.volumeGroup().logicalVolume("lv").orElseThrow();
    LogicalVolume changed = lv.toBuilder().flags(lv.flags().without(StatusFlag.WRITE)).build();
    set.commit(
        base,
        base.volumeGroup().toBuilder().logicalVolumes(List.of(changed)).build(),
        SmallGroup.header("lvchange"));

    try (LiveVolumes volumes = open();
        LogicalVolumeDevice device = volumes.open("lv")) {
      assertThat(device.readOnly()).isTrue();
      long writes = disks.writeCount();
      assertThatThrownBy(() -> device.write(0, ByteBuffer.allocate(1)))
          .isInstanceOf(IllegalStateException.class);
      assertThat(read(device)).isEqualTo(LvContent.pattern("vg/lv", 2 * EXTENT));
      assertThat(disks.writeCount()).isEqualTo(writes);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void goesToThePlaceThatCountsInTheMiddleOfAMove(boolean atomic) throws Exception {
    group
        .linear("lin", new SmallGroup.Run(0, 0, 3), new SmallGroup.Run(1, 0, 1))
        .striped("str", 4 << 10, new SmallGroup.Run(0, 8, 2), new SmallGroup.Run(2, 0, 2))
        .create();
    DeviceSet set = devices();
    StoredVolumeGroup stored = set.scan().volumeGroup(SmallGroup.NAME);
    VolumeGroup begun =
        PvmoveEdits.begin(
            stored.volumeGroup(),
            PvmoveEdits.Origin.random(new Random(5), "test", 0),
            List.of(
                new PvmoveEdits.Move(group.range(0, 0, 2), group.range(1, 10, 2)),
                new PvmoveEdits.Move(group.range(0, 2, 1), group.range(2, 20, 1)),
                new PvmoveEdits.Move(group.range(0, 8, 2), group.range(1, 20, 2))),
            atomic);
    stored = set.commit(stored, begun, SmallGroup.header("begun"));
    for (String lv : List.of("lin", "str")) {
      assertThat(LvContent.read(stored, lv)).isEqualTo(LvContent.pattern("vg/" + lv, 4 * EXTENT));
      behavesLikeAnArray(stored, lv);
    }

    for (int piece : atomic ? new int[0] : new int[] {0, 2}) {
      byte[] before = LvContent.read(stored, "lin");
      Pvmove move = Pvmove.allOf(stored.volumeGroup()).get(0);
      VolumeGroup next = PvmoveEdits.pieceDone(stored.volumeGroup(), move, piece);
      stored = set.commit(stored, next, SmallGroup.header("done"));
      // Nothing was copied: what the volume holds now shows where it is.
      assertThat(Arrays.equals(LvContent.read(stored, "lin"), before)).isEqualTo(piece == 2);
      behavesLikeAnArray(stored, "lin");
      behavesLikeAnArray(stored, "str");
    }
  }
}
