// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.ScannedDevice;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.BlockDevice;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.disk.DiskWrite;
import org.pvmove.lvm.disk.PvFormat;
import org.pvmove.lvm.text.MetadataHeader;

/**
 * A volume group made for a test: metadata areas as small as LVM2 makes them, each physical volume
 * with a number of areas of its own, logical volumes laid out as the test says. Every extent is
 * filled: those of logical volumes with their {@linkplain LvContent pattern}, the others with
 * something else, so that a byte that comes from the wrong place is seen.
 */
public final class SmallGroup {
  /** The name of such a volume group, unless another is wanted. */
  public static final String NAME = "vg";

  /** Bytes in a metadata area: the least LVM2 makes. */
  public static final int AREA_BYTES = 32 << 10;

  private static final int ALIGNMENT = 4096;

  private final ImmutableList<BlockDevice> devices;
  private final List<Integer> areas = new ArrayList<>();
  private final List<LogicalVolume> lvs = new ArrayList<>();
  private final Random random;
  private final String name;
  private final List<LvmUuid> pvIds = new ArrayList<>();
  private ExtentSize extentSize = ExtentSize.ofBytes(16 << 10);
  private ImmutableList<String> tags = ImmutableList.of();
  private int commits = 1;

  private SmallGroup(String name, ImmutableList<BlockDevice> devices) {
    this.name = name;
    this.random = new Random(name.hashCode());
    this.devices = devices;
    devices.forEach(
        device -> {
          areas.add(1);
          pvIds.add(LvmUuid.random(random));
        });
  }

  /** A run of extents on the physical volume with that index. */
  public record Run(int pv, long first, long count) {}

  /** A volume group on these devices, with one metadata area on each and extents of 16 KiB. */
  public static SmallGroup on(BlockDevice... devices) {
    return on(List.of(devices));
  }

  /** A volume group on these devices, with one metadata area on each and extents of 16 KiB. */
  public static SmallGroup on(List<? extends BlockDevice> devices) {
    return named(NAME, devices);
  }

  /** The same by another name, with identities of its own. */
  public static SmallGroup named(String name, List<? extends BlockDevice> devices) {
    return new SmallGroup(name, ImmutableList.copyOf(devices));
  }

  /** Extents of the physical volume with that index, for {@link #volumes}. */
  public PeRange range(int pv, long first, long count) {
    return new PeRange(pvIds.get(pv), first, count);
  }

  /** With these logical volumes too. */
  public SmallGroup volumes(Iterable<LogicalVolume> more) {
    more.forEach(lvs::add);
    return this;
  }

  /** With extents of another size. */
  public SmallGroup extentBytes(long bytes) {
    extentSize = ExtentSize.ofBytes(bytes);
    return this;
  }

  /** With that many metadata areas on each device, in order. */
  public SmallGroup areas(List<Integer> counts) {
    areas.clear();
    areas.addAll(counts);
    return this;
  }

  /** With that many versions written, so that the ring is filled up to a certain place. */
  public SmallGroup commits(int count) {
    commits = count;
    return this;
  }

  /** With a tag of that many characters, which makes the metadata text so much longer. */
  public SmallGroup tagOf(int characters) {
    tags = ImmutableList.of("t".repeat(characters));
    return this;
  }

  /** With a linear logical volume of these runs. */
  public SmallGroup linear(String name, Run... runs) {
    List<Segment> segments = new ArrayList<>();
    long next = 0;
    for (Run run : runs) {
      segments.add(Segment.of(next, run.count(), SegmentType.Striped.linear(area(run))));
      next += run.count();
    }
    return lv(name, segments);
  }

  /** With a logical volume of one striped segment. */
  public SmallGroup striped(String name, long stripeBytes, Run... stripes) {
    ImmutableList.Builder<Area> on = ImmutableList.builder();
    for (Run run : stripes) {
      on.add(area(run));
    }
    return lv(
        name,
        List.of(
            Segment.of(
                0,
                stripes[0].count() * stripes.length,
                new SegmentType.Striped(Sectors.ofBytesExact(stripeBytes), on.build()))));
  }

  private SmallGroup lv(String name, List<Segment> segments) {
    lvs.add(
        LogicalVolume.builder(name, LvmUuid.random(random))
            .creationHost("test")
            .creationTime(1_700_000_000L)
            .segments(segments)
            .build());
    return this;
  }

  private Area area(Run run) {
    return new Area.Physical(pvIds.get(run.pv()), run.first());
  }

  /** Writes it all and makes it durable. */
  public StoredVolumeGroup create() throws IOException {
    List<PhysicalVolume> pvs = new ArrayList<>();
    for (int i = 0; i < devices.size(); i++) {
      pvs.add(format(i));
    }
    VolumeGroup vg =
        VolumeGroup.builder(name, LvmUuid.random(random), extentSize)
            .physicalVolumes(pvs)
            .seqno(0)
            .tags(tags)
            .build();
    DeviceSet set = DeviceSet.of(devices.toArray(new BlockDevice[0]));
    ImmutableMap.Builder<LvmUuid, ScannedDevice> byPv = ImmutableMap.builder();
    for (ScannedDevice device : set.scan().devices()) {
      byPv.put(device.label().pvUuid(), device);
    }
    StoredVolumeGroup stored =
        new StoredVolumeGroup(
            vg,
            header("empty"),
            byPv.buildOrThrow(),
            ImmutableList.of(),
            ImmutableList.of(),
            ImmutableList.of());
    VolumeGroup withLvs = vg.toBuilder().logicalVolumes(lvs).build();
    for (int i = 0; i < commits; i++) {
      stored = set.commit(stored, withLvs, header("made for a test"));
    }
    LvContent.fillAll(stored);
    for (BlockDevice device : set.devices()) {
      device.flush();
    }
    return stored;
  }

  private PhysicalVolume format(int index) throws IOException {
    BlockDevice device = devices.get(index);
    PvFormat format =
        PvFormat.builder(pvIds.get(index), device.size())
            .metadataAreas(areas.get(index))
            .metadataSize(AREA_BYTES)
            .dataAlignment(ALIGNMENT)
            .build();
    for (DiskWrite write : format.writes()) {
      device.write(write.offset(), write.bytes());
    }
    long extents = format.extentCount(extentSize.bytes());
    byte[] free = LvContent.pattern("free space of " + device.name(), extentSize.toBytes(extents));
    device.write(format.dataStart(), ByteBuffer.wrap(free));
    return PhysicalVolume.builder(
            "pv" + index, pvIds.get(index), Sectors.ofBytesExact(format.dataStart()), extents)
        .device(device.name())
        .deviceSize(Sectors.ofBytesExact(device.size()))
        .build();
  }

  /** A header with a fixed host and time. */
  public static MetadataHeader header(String description) {
    return MetadataHeader.of(description, "test", 1_700_000_000L);
  }
}
