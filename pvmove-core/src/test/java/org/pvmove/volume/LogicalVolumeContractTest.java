// SPDX-License-Identifier: Apache-2.0
package org.pvmove.volume;

import com.google.common.io.Closer;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.pvmove.SmallGroup;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.NewVolumeGroup;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDeviceContract;
import org.pvmove.io.BlockDevices;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;

/** A logical volume does what every block device does. */
class LogicalVolumeContractTest extends BlockDeviceContract {
  private static final long ROOM = 1 << 20;

  private final Closer closer = Closer.create();

  @AfterEach
  void closeVolumes() throws IOException {
    closer.close();
  }

  /** A volume of two segments, the first half of it on one disk and the rest on another. */
  @Override
  protected BlockDevice create(long size) throws Exception {
    DeviceSet devices =
        DeviceSet.of(
            BlockDevices.inMemory("a", size + 2 * ROOM),
            BlockDevices.inMemory("b", size + 2 * ROOM));
    ExtentSize extent = ExtentSize.ofBytes(size % (64 << 10) == 0 ? 64 << 10 : 8 << 10);
    StoredVolumeGroup empty =
        devices.create(
            NewVolumeGroup.named("vg").extentSize(extent).random(new Random(3)),
            SmallGroup.header("empty"));
    VolumeGroup vg = empty.volumeGroup();
    long half = size / extent.bytes() / 2;
    LogicalVolume lv =
        LogicalVolume.builder("lv", LvmUuid.random(new Random(4)))
            .segments(
                List.of(
                    Segment.of(0, half, on(vg, 0)),
                    Segment.of(half, size / extent.bytes() - half, on(vg, 1))))
            .build();
    devices.commit(
        empty,
        vg.toBuilder().logicalVolumes(List.of(lv)).build(),
        SmallGroup.header("for a contract"));
    LiveVolumes volumes = closer.register(LiveVolumes.builder(devices, "vg").open());
    return volumes.open("lv");
  }

  private static SegmentType on(VolumeGroup vg, int index) {
    PhysicalVolume pv = vg.physicalVolumes().get(index);
    return SegmentType.Striped.linear(new Area.Physical(pv.id(), 3));
  }
}
