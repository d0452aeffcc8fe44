// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.HostName;
import org.pvmove.device.NewVolumeGroup;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.BlockDevice;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.text.MetadataHeader;

/** Makes volume groups whose logical volumes lie just where one wants them, full of a pattern. */
final class SampleVolumeGroup {
  private static final Sectors STRIPE_SIZE = Sectors.ofBytesExact(64 << 10);

  private final String name;
  private final ExtentSize extentSize;
  private final RandomGenerator random = new SecureRandom();
  private final List<Volume> volumes = new ArrayList<>();

  SampleVolumeGroup(String name, ExtentSize extentSize) {
    this.name = name;
    this.extentSize = extentSize;
  }

  /** Where a run begins: on which physical volume, counted from 0, and at which extent. */
  record At(int pv, long extent) {}

  /** A logical volume to be: runs one behind the other. */
  static final class Volume {
    private final String name;
    private final List<Run> runs = new ArrayList<>();

    private Volume(String name) {
      this.name = name;
    }

    private record Run(long areaLength, List<At> areas) {}

    /** A linear run of extents. */
    Volume linear(int pv, long firstExtent, long count) {
      return striped(count, new At(pv, firstExtent));
    }

    /** A run of extents in stripes, each that long. */
    Volume striped(long areaLength, At... stripes) {
      runs.add(new Run(areaLength, List.of(stripes)));
      return this;
    }

    private LogicalVolume build(LvmUuid id, List<PhysicalVolume> pvs) {
      ImmutableList.Builder<Segment> segments = ImmutableList.builder();
      long next = 0;
      for (Run run : runs) {
        ImmutableList<Area> areas =
            run.areas().stream()
                .map(at -> new Area.Physical(pvs.get(at.pv()).id(), at.extent()))
                .collect(ImmutableList.toImmutableList());
        long count = run.areaLength() * areas.size();
        segments.add(
            Segment.of(
                next,
                count,
                new SegmentType.Striped(areas.size() == 1 ? null : STRIPE_SIZE, areas)));
        next += count;
      }
      return LogicalVolume.builder(name, id).segments(segments.build()).build();
    }
  }

  /** Adds a logical volume. */
  Volume add(String volume) {
    Volume added = new Volume(volume);
    volumes.add(added);
    return added;
  }

  /** Makes image files of that size, without contents yet. */
  static void makeImages(List<Path> images, long byteCount) throws IOException {
    for (Path image : images) {
      try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
        file.setLength(byteCount);
      }
    }
  }

  /** Makes the volume group on the devices and fills its logical volumes. */
  StoredVolumeGroup create(DeviceSet devices) throws IOException {
    StoredVolumeGroup empty =
        devices.create(NewVolumeGroup.named(name).extentSize(extentSize), header("create"));
    VolumeGroup vg = empty.volumeGroup();
    List<LogicalVolume> lvs =
        volumes.stream()
            .map(volume -> volume.build(LvmUuid.random(random), vg.physicalVolumes()))
            .toList();
    StoredVolumeGroup group =
        devices.commit(empty, vg.toBuilder().logicalVolumes(lvs).build(), header("add volumes"));
    for (LogicalVolume lv : lvs) {
      SectorPattern.fill(new LogicalVolumeBytes(group, lv.name()), fullName(group, lv));
    }
    for (BlockDevice device : devices.devices()) {
      device.flush();
    }
    return group;
  }

  private static MetadataHeader header(String what) {
    return MetadataHeader.of(
        "Sample for pvmove for Java: " + what, HostName.get(), Instant.now().getEpochSecond());
  }

  /**
   * The first sector of any linear or striped logical volume that is not as it was filled, also in
   * the middle of a move; absent if every one is right.
   */
  static Optional<String> firstDifference(StoredVolumeGroup group) throws IOException {
    for (LogicalVolume lv : group.volumeGroup().logicalVolumes()) {
      if (isFilled(lv)) {
        Optional<String> difference =
            SectorPattern.firstDifference(
                new LogicalVolumeBytes(group, lv.name()), fullName(group, lv));
        if (difference.isPresent()) {
          return difference;
        }
      }
    }
    return Optional.empty();
  }

  /** Parts of other volumes and temporary volumes are not visible. */
  private static boolean isFilled(LogicalVolume lv) {
    return lv.flags().has(StatusFlag.VISIBLE)
        && lv.segments().stream()
            .allMatch(segment -> segment.type() instanceof SegmentType.Striped);
  }

  private static String fullName(StoredVolumeGroup group, LogicalVolume lv) {
    return group.volumeGroup().name() + "/" + lv.name();
  }
}
