// SPDX-License-Identifier: Apache-2.0
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.NewVolumeGroup;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.Access;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.text.MetadataHeader;

/**
 * Makes a volume group for the runs by which the script "image" learns what classes the program
 * needs. Not part of the program: it is run from its source, with the program's jar.
 */
final class MakeSample {
  private static final int IMAGE_BYTES = 64 << 20;

  /** Where the extents of a physical volume begin unless told otherwise. */
  private static final int EXTENTS = 1 << 20;

  /**
   * Makes volume group "vg" with one logical volume in two segments, both on the first image.
   *
   * @param arguments the images to make
   */
  public static void main(String... arguments) throws IOException {
    byte[] data = new byte[1 << 20];
    Arrays.fill(data, (byte) 1);
    List<Path> images = List.of(arguments).stream().map(Path::of).toList();
    for (Path image : images) {
      try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
        file.setLength(IMAGE_BYTES);
        file.seek(EXTENTS);
        file.write(data);
      }
    }
    MetadataHeader header = MetadataHeader.of("Sample for pvmove for Java", "localhost", 0);
    try (DeviceSet devices = DeviceSet.open(Access.READ_WRITE, images)) {
      StoredVolumeGroup empty = devices.create(NewVolumeGroup.named("vg"), header);
      VolumeGroup vg = empty.volumeGroup();
      PhysicalVolume first = vg.physicalVolumes().get(0);
      LogicalVolume home =
          LogicalVolume.builder("home", LvmUuid.random(new SecureRandom()))
              .segments(List.of(linear(0, first, 0), linear(2, first, 5)))
              .build();
      devices.commit(empty, vg.toBuilder().logicalVolumes(List.of(home)).build(), header);
    }
  }

  private static Segment linear(long extent, PhysicalVolume pv, long physicalExtent) {
    return Segment.of(
        extent,
        2,
        new SegmentType.Striped(
            null, ImmutableList.of(new Area.Physical(pv.id(), physicalExtent))));
  }
}
