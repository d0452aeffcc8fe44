// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.pvmove.io.BlockDevice;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.lvm.disk.DiskWrite;
import org.pvmove.lvm.disk.LabelScan;
import org.pvmove.lvm.disk.PvFormat;
import org.pvmove.lvm.disk.PvLabel;
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.lvm.text.MetadataText;

/**
 * Makes devices physical volumes, and a volume group of them, as pvcreate(8) and vgcreate(8) do.
 */
final class Creation {
  private Creation() {}

  /** See {@link DeviceSet#create}. */
  static StoredVolumeGroup of(DeviceSet devices, NewVolumeGroup spec, MetadataHeader header)
      throws IOException {
    for (ScannedDevice found : devices.scan().devices()) {
      requireEmpty(found);
    }
    List<PvFormat> formats = new ArrayList<>();
    List<PhysicalVolume> pvs = new ArrayList<>();
    for (BlockDevice device : devices.devices()) {
      PvFormat format =
          PvFormat.builder(LvmUuid.random(spec.random()), device.size())
              .metadataAreas(spec.metadataAreas())
              .metadataSize(spec.metadataBytes())
              .build();
      formats.add(format);
      pvs.add(
          PhysicalVolume.builder(
                  "pv" + pvs.size(),
                  format.label().pvUuid(),
                  Sectors.ofBytesExact(format.dataStart()),
                  format.extentCount(spec.extentSize().bytes()))
              .device(device.name())
              .deviceSize(Sectors.ofBytesExact(device.size()))
              .build());
    }
    VolumeGroup vg =
        VolumeGroup.builder(spec.name(), LvmUuid.random(spec.random()), spec.extentSize())
            .physicalVolumes(pvs)
            .build();
    VolumeGroupCheck.requireWritable(vg);
    for (int i = 0; i < formats.size(); i++) {
      BlockDevice device = devices.devices().get(i);
      for (DiskWrite write : formats.get(i).writes()) {
        device.write(write.offset(), write.bytes());
      }
      device.flush();
    }
    ImmutableMap.Builder<LvmUuid, ScannedDevice> byPv = ImmutableMap.builder();
    for (ScannedDevice found : devices.scan().devices()) {
      PvLabel label = found.label();
      if (label == null) {
        throw new IOException(
            "%s: expected the physical volume just made, found none: %s"
                .formatted(found.name(), found.leftOut()));
      }
      byPv.put(label.pvUuid(), found);
    }
    StoredVolumeGroup formatted =
        new StoredVolumeGroup(
            vg,
            header,
            byPv.buildOrThrow(),
            ImmutableList.of(),
            ImmutableList.of(),
            ImmutableList.of());
    return Committer.commit(formatted, new MetadataText(vg, header));
  }

  /** What is there need not be in use, but whoever wants it overwritten shall say so elsewhere. */
  private static void requireEmpty(ScannedDevice found) throws IOException {
    LabelScan scan = found.labelScan();
    PvLabel label = found.label();
    if (found.device().readOnly()) {
      throw new LvmException(found.name() + " is open for reading only");
    }
    if (label != null) {
      throw new LvmException(
          "%s: expected a device that is no physical volume, found physical volume %s"
              .formatted(found.name(), label.pvUuid()));
    }
    if (scan != null && !scan.findings().isEmpty()) {
      throw new LvmException(
          "%s: expected a device that is no physical volume, found remains of one: %s"
              .formatted(found.name(), found.leftOut()));
    }
    if (scan == null && found.device().size() >= DeviceReader.MIN_DEVICE_SIZE) {
      throw new IOException(found.name() + ": " + found.leftOut());
    }
  }
}
