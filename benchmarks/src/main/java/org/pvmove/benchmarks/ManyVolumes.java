// SPDX-License-Identifier: Apache-2.0
package org.pvmove.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.NewVolumeGroup;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.lvm.text.MetadataText;

/**
 * Volume groups with many linear volumes of four segments that do not continue each other, on one
 * physical volume. The same numbers make the same bytes.
 */
final class ManyVolumes {
  /** Who writes the metadata. */
  static final MetadataHeader HEADER = MetadataHeader.of("benchmark", "host", 1_700_000_000L);

  /** Size of the device in bytes: enough for 100,000 volumes. */
  static final long DEVICE_BYTES = 64L << 30;

  private static final int SEGMENTS = 4;
  private static final long EXTENT_SECTORS = 128;
  private static final long METADATA_BYTES = 256L << 20;

  private ManyVolumes() {}

  /** Makes a volume group of that many logical volumes on an empty device. */
  static StoredVolumeGroup store(DeviceSet device, int logicalVolumes, Layout layout)
      throws IOException {
    NewVolumeGroup spec =
        NewVolumeGroup.named("vg")
            .extentSize(new ExtentSize(EXTENT_SECTORS))
            .metadataBytes(METADATA_BYTES)
            .random(new SplittableRandom(1));
    StoredVolumeGroup empty = device.create(spec, HEADER);
    return device.commit(empty, fill(empty.volumeGroup(), logicalVolumes, layout), HEADER);
  }

  /** The metadata text as it lies on the device. */
  static byte[] text(VolumeGroup vg) {
    return new MetadataText(vg, HEADER).toDiskBytes();
  }

  private static VolumeGroup fill(VolumeGroup empty, int logicalVolumes, Layout layout) {
    SplittableRandom random = new SplittableRandom(logicalVolumes);
    LvmUuid pv = empty.physicalVolumes().get(0).id();
    long[] extents = extents(logicalVolumes * SEGMENTS, layout, random);
    List<LogicalVolume> lvs = new ArrayList<>(logicalVolumes);
    for (int i = 0; i < logicalVolumes; i++) {
      List<Segment> segments = new ArrayList<>(SEGMENTS);
      for (int k = 0; k < SEGMENTS; k++) {
        Area area = new Area.Physical(pv, extents[i * SEGMENTS + k]);
        segments.add(Segment.of(k, 1, SegmentType.Striped.linear(area)));
      }
      lvs.add(
          LogicalVolume.builder("lv" + i, LvmUuid.random(random))
              .creationTime(1_700_000_000L)
              .creationHost("host")
              .segments(segments)
              .build());
    }
    return empty.toBuilder().logicalVolumes(lvs).build();
  }

  /** Every second extent, so that none continues another. */
  private static long[] extents(int count, Layout layout, SplittableRandom random) {
    long[] extents = new long[count];
    for (int i = 0; i < count; i++) {
      extents[i] = 2L * i;
    }
    if (layout == Layout.SCATTERED) {
      for (int i = count - 1; i > 0; i--) {
        int other = random.nextInt(i + 1);
        long extent = extents[i];
        extents[i] = extents[other];
        extents[other] = extent;
      }
    }
    return extents;
  }
}
