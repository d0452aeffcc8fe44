// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.NewVolumeGroup;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.testing.ForwardingDevice;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.text.MetadataText;

/**
 * A volume group made at random on disks that real LVM2 sees, and a move to be asked for there.
 *
 * @param disks the disks that it lies on
 * @param vg what lies there
 * @param request the move
 */
record RandomCase(List<Path> disks, VolumeGroup vg, RandomRequest request) {
  /** The name of the volume group. */
  static final String VG = "vg";

  private static final int MIN_DISKS = 3;
  private static final int MAX_DISKS = 6;
  private static final ExtentSize EXTENT = ExtentSize.ofBytes(128 << 10);
  private static final long DISK_BYTES = (2L << 20) + EXTENT.toBytes(RandomGroup.MAX_EXTENTS);

  /** Disks for as many cases as are wanted, one after the other. */
  static LvmTools startLvm(Path directory) throws Exception {
    long[] sizes = new long[MAX_DISKS];
    Arrays.fill(sizes, DISK_BYTES);
    return LvmTools.start(directory, sizes);
  }

  /** Does something with the disks, which are closed afterwards. */
  interface DiskUse<T> {
    T on(DeviceSet disks) throws IOException;
  }

  /** Without flushes a case takes a tenth of the time; LVM2 sees the writes all the same. */
  private static final class Unflushed extends ForwardingDevice {
    Unflushed(BlockDevice device) {
      super(device);
    }

    @Override
    public void flush() {}
  }

  static <T> T with(List<Path> paths, DiskUse<T> use) throws IOException {
    try (DeviceSet opened = DeviceSet.open(paths.toArray(new Path[0]))) {
      return use.on(
          DeviceSet.of(opened.devices().stream().map(Unflushed::new).toArray(BlockDevice[]::new)));
    }
  }

  static RandomCase make(LvmTools lvm, Random random) throws IOException {
    List<Path> disks = new ArrayList<>(lvm.disks());
    for (Path disk : disks) {
      with(List.of(disk), set -> erase(set.devices().get(0)));
    }
    Collections.shuffle(disks, random);
    List<Path> some =
        List.copyOf(disks.subList(0, MIN_DISKS + random.nextInt(MAX_DISKS - MIN_DISKS + 1)));
    VolumeGroup vg =
        with(
            some,
            set -> {
              StoredVolumeGroup empty =
                  set.create(
                      NewVolumeGroup.named(VG).extentSize(EXTENT).random(random),
                      SmallGroup.header("vgcreate"));
              return set.commit(
                      empty,
                      RandomGroup.on(empty.volumeGroup(), random),
                      SmallGroup.header("made at random"))
                  .volumeGroup();
            });
    return new RandomCase(some, vg, RandomRequest.in(vg, random));
  }

  /** Erases label and metadata area header. */
  private static BlockDevice erase(BlockDevice device) throws IOException {
    device.write(0, ByteBuffer.wrap(new byte[8192]));
    return device;
  }

  /** What lies on the disks now. */
  VolumeGroup now() throws IOException {
    return with(disks, set -> set.scan().volumeGroup(VG)).volumeGroup();
  }

  String describe() {
    byte[] text = new MetadataText(vg, SmallGroup.header("made")).toDiskBytes();
    return "%s%n%s"
        .formatted(
            String.join(" ", request.command()),
            new String(text, StandardCharsets.ISO_8859_1).trim());
  }
}
