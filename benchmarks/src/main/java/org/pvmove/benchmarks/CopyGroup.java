// SPDX-License-Identifier: Apache-2.0
package org.pvmove.benchmarks;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.NewVolumeGroup;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.plan.MoveRequest;
import org.pvmove.plan.Planner;

/**
 * A volume group of two devices, one logical volume on the first of them and room for it on the
 * second. It can be put back to how it was before a move, whose destination is free again then.
 */
final class CopyGroup {
  /** Name of the volume group. */
  static final String NAME = "pvmovecompare";

  /** Size of an extent in bytes. */
  static final long EXTENT_BYTES = 4 << 20;

  private static final int BUFFER_BYTES = 1 << 20;

  /** Room for the metadata of a thousand segments many times over. */
  private static final long METADATA_BYTES = 16 << 20;

  private static final long HEAD_BYTES = 32 << 20;

  private static final MetadataHeader HEADER = MetadataHeader.of("compare", "host", 1_700_000_000L);

  private final ImmutableList<Run> runs;

  /** What lies before the data: the metadata. */
  private final byte[] sourceHead;

  private final byte[] destinationHead;

  private CopyGroup(ImmutableList<Run> runs, byte[] sourceHead, byte[] destinationHead) {
    this.runs = runs;
    this.sourceHead = sourceHead;
    this.destinationHead = destinationHead;
  }

  /** Bytes that move, as offsets on the devices. */
  record Run(long source, long destination, long count) {}

  /**
   * Makes the volume group on two empty devices.
   *
   * @param extents how many extents the logical volume has
   * @param gaps whether each extent is a run of its own with a free one behind it
   */
  static CopyGroup create(Path source, Path destination, int extents, boolean gaps)
      throws IOException {
    try (DeviceSet devices = DeviceSet.open(source, destination)) {
      return create(devices, source.toString(), destination.toString(), extents, gaps);
    }
  }

  /** Makes the volume group on a set of two empty devices with these names. */
  static CopyGroup create(
      DeviceSet devices, String source, String destination, int extents, boolean gaps)
      throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    NewVolumeGroup spec =
        NewVolumeGroup.named(NAME)
            .extentSize(ExtentSize.ofBytes(EXTENT_BYTES))
            .metadataBytes(METADATA_BYTES)
            .random(random);
    StoredVolumeGroup empty = devices.create(spec, HEADER);
    LvmUuid pv = empty.volumeGroup().physicalVolumes().get(0).id();
    List<Segment> segments = new ArrayList<>();
    for (int i = 0; i < (gaps ? extents : 1); i++) {
      Area area = new Area.Physical(pv, 2L * i);
      segments.add(Segment.of(i, gaps ? 1 : extents, SegmentType.Striped.linear(area)));
    }
    LogicalVolume lv =
        LogicalVolume.builder("lv", LvmUuid.random(random)).segments(segments).build();
    VolumeGroup vg =
        devices
            .commit(
                empty,
                empty.volumeGroup().toBuilder().logicalVolumes(ImmutableList.of(lv)).build(),
                HEADER)
            .volumeGroup();
    ImmutableList<Run> runs =
        Planner.plan(vg, MoveRequest.from(source).to(destination).build())
            .orElseThrow()
            .segments()
            .stream()
            .map(
                segment ->
                    new Run(
                        vg.byteOffset(segment.source().pv(), segment.source().first()),
                        vg.byteOffset(segment.destination().pv(), segment.destination().first()),
                        segment.source().count() * EXTENT_BYTES))
            .collect(ImmutableList.toImmutableList());
    long head = vg.byteOffset(pv, 0);
    return new CopyGroup(
        runs, head(devices.devices().get(0), head), head(devices.devices().get(1), head));
  }

  private static byte[] head(BlockDevice device, long length) throws IOException {
    byte[] head = new byte[(int) length];
    device.read(0, ByteBuffer.wrap(head));
    return head;
  }

  /** Where the bytes are and where a move brings them. */
  ImmutableList<Run> runs() {
    return runs;
  }

  /** How large a device must be for that many extents. */
  static long deviceBytes(long extents) {
    return HEAD_BYTES + extents * EXTENT_BYTES;
  }

  /** Bytes that move in all. */
  long bytes() {
    return runs.stream().mapToLong(Run::count).sum();
  }

  /** Runs as long as can be: neighbours on both devices are one, whatever segments a plan has. */
  ImmutableList<Run> longRuns() {
    List<Run> joined = new ArrayList<>();
    for (Run run : runs) {
      Run last = joined.isEmpty() ? null : joined.get(joined.size() - 1);
      if (last != null
          && last.source() + last.count() == run.source()
          && last.destination() + last.count() == run.destination()) {
        joined.set(
            joined.size() - 1,
            new Run(last.source(), last.destination(), last.count() + run.count()));
      } else {
        joined.add(run);
      }
    }
    return ImmutableList.copyOf(joined);
  }

  /** Fills the source with bytes by chance; the same every time. */
  void fillSource(Path source) throws IOException {
    SplittableRandom random = new SplittableRandom(2);
    try (FileChannel channel = FileChannel.open(source, StandardOpenOption.WRITE)) {
      for (Run run : longRuns()) {
        fill(channel, run.source(), run.count(), random);
      }
      channel.force(true);
    }
  }

  /** Fills a part of the source here and there, a MiB each. */
  void fillSome(Path source, long bytes) throws IOException {
    SplittableRandom random = new SplittableRandom(3);
    long places = bytes() / BUFFER_BYTES;
    long wanted = bytes / BUFFER_BYTES;
    long first = runs.get(0).source();
    try (FileChannel channel = FileChannel.open(source, StandardOpenOption.WRITE)) {
      for (long i = 0; i < wanted; i++) {
        // One place in each of so many equal parts.
        long place = places * i / wanted + random.nextLong(Math.max(1, places / wanted));
        fill(channel, first + place * BUFFER_BYTES, BUFFER_BYTES, random);
      }
      channel.force(true);
    }
  }

  /** Makes a file of as many bytes by chance as move. */
  static void makePlain(Path file, long bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      fill(channel, 0, bytes, new SplittableRandom(4));
      channel.force(true);
    }
  }

  /** Fills the places at the destination, so that all of them have been used before. */
  void fillDestination(Path destination) throws IOException {
    SplittableRandom random = new SplittableRandom(5);
    try (FileChannel channel = FileChannel.open(destination, StandardOpenOption.WRITE)) {
      for (Run run : longRuns()) {
        fill(channel, run.destination(), run.count(), random);
      }
      channel.force(true);
    }
  }

  private static void fill(FileChannel channel, long offset, long count, SplittableRandom random)
      throws IOException {
    byte[] bytes = new byte[BUFFER_BYTES];
    for (long done = 0; done < count; done += bytes.length) {
      random.nextBytes(bytes);
      int length = (int) Math.min(bytes.length, count - done);
      write(channel, offset + done, ByteBuffer.wrap(bytes, 0, length));
    }
  }

  private static void write(FileChannel channel, long offset, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes, offset + bytes.position());
    }
  }

  /** Writes the metadata from before the move again, on the devices they were made on. */
  void putBack(DeviceSet devices) throws IOException {
    devices.devices().get(0).write(0, ByteBuffer.wrap(sourceHead));
    devices.devices().get(1).write(0, ByteBuffer.wrap(destinationHead));
  }

  /** Writes the metadata from before the move again. */
  void putBack(Path source, Path destination) throws IOException {
    putBack(source, sourceHead);
    putBack(destination, destinationHead);
  }

  private static void putBack(Path device, byte[] head) throws IOException {
    try (FileChannel channel = FileChannel.open(device, StandardOpenOption.WRITE)) {
      write(channel, 0, ByteBuffer.wrap(head));
      channel.force(true);
    }
  }

  /**
   * Makes the destination hold other bytes in every MiB, so that a copy left from before is none.
   */
  void spoil(Path destination) throws IOException {
    byte[] other = new byte[4096];
    new SplittableRandom(6).nextBytes(other);
    try (FileChannel channel = FileChannel.open(destination, StandardOpenOption.WRITE)) {
      for (Run run : longRuns()) {
        for (long done = 0; done < run.count(); done += BUFFER_BYTES) {
          write(channel, run.destination() + done, ByteBuffer.wrap(other));
        }
      }
      channel.force(true);
    }
  }

  /**
   * Compares what has been copied.
   *
   * @throws IOException if bytes differ, which it names
   */
  void requireCopied(Path source, Path destination) throws IOException {
    ByteBuffer expected = ByteBuffer.allocateDirect(BUFFER_BYTES);
    ByteBuffer found = ByteBuffer.allocateDirect(BUFFER_BYTES);
    try (FileChannel from = FileChannel.open(source, StandardOpenOption.READ);
        FileChannel to = FileChannel.open(destination, StandardOpenOption.READ)) {
      for (Run run : longRuns()) {
        for (long done = 0; done < run.count(); done += BUFFER_BYTES) {
          read(from, run.source() + done, expected);
          read(to, run.destination() + done, found);
          int differs = expected.mismatch(found);
          if (differs >= 0) {
            throw new IOException(
                "expected byte %d of %s to be byte %d of %s, found another"
                    .formatted(
                        run.destination() + done + differs,
                        destination,
                        run.source() + done + differs,
                        source));
          }
        }
      }
    }
  }

  private static void read(FileChannel channel, long offset, ByteBuffer target) throws IOException {
    target.clear();
    while (target.hasRemaining()) {
      if (channel.read(target, offset + target.position()) < 0) {
        throw new IOException("expected a byte at %d, found the end".formatted(offset));
      }
    }
    target.flip();
  }

  /** Makes an image file of that size without contents. */
  static void makeImage(Path image, long bytes) throws IOException {
    Files.deleteIfExists(image);
    try (FileChannel channel =
        FileChannel.open(image, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(1), bytes - 1);
    }
  }

  /** A device in memory, large enough for that many extents. */
  static BlockDevice inMemory(String name, long extents) {
    return BlockDevices.inMemory(name, deviceBytes(extents));
  }
}
