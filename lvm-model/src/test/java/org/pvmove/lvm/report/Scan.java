// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import com.google.common.collect.ImmutableList;
import com.google.common.io.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pvmove.lvm.Fixtures;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.disk.DiskArea;
import org.pvmove.lvm.disk.LabelScan;
import org.pvmove.lvm.disk.MetadataAreaHeader;
import org.pvmove.lvm.disk.PvFormat;
import org.pvmove.lvm.disk.PvLabel;
import org.pvmove.lvm.text.MetadataText;

/** Finds out what reports need to know about test disks, in place of the scan of real devices. */
final class Scan {
  private final List<PvDevice> devices = new ArrayList<>();
  private final Map<LvmUuid, VolumeGroup> newest = new LinkedHashMap<>();
  private final Map<LvmUuid, LvmUuid> groupOf = new LinkedHashMap<>();

  private Scan() {}

  /** The reports of a fixture's images. */
  static Reports images(String fixture) {
    Scan scan = new Scan();
    for (Fixtures.Image image : Fixtures.images(fixture)) {
      scan.read(image.device(), image.content());
    }
    scan.leaveOutForeignAndOutdated();
    return scan.reports();
  }

  /** The reports of a group of which only the text is stored; see the README beside it. */
  static Reports text(String directory, Set<String> absentDevices) {
    byte[] text = resource(directory, "metadata.txt");
    ByteBuffer withNul = ByteBuffer.allocate(text.length + 1).put(text).clear();
    VolumeGroup vg = MetadataText.parse(text).volumeGroup();
    List<PvDevice> devices = new ArrayList<>();
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      if (!absentDevices.contains(pv.device())) {
        devices.add(plainDevice(pv, withNul));
      }
    }
    return Reports.of(ImmutableList.of(vg), devices);
  }

  static String expected(String directory, String file) {
    return new String(resource(directory, file), StandardCharsets.UTF_8);
  }

  /** What pvcreate makes of a device of 48 MiB, and vgcfgrestore puts into it. */
  private static PvDevice plainDevice(PhysicalVolume pv, ByteBuffer text) {
    long size = 48L << 20;
    PvLabel label = PvFormat.builder(pv.id(), size).build().label().withUsed(true);
    MetadataAreaHeader empty = MetadataAreaHeader.empty(label.metadataAreas().get(0));
    MetadataAreaHeader header = empty.commit(empty.place(text).location());
    return new PvDevice(String.valueOf(pv.device()), size, label, ImmutableList.of(header), false);
  }

  private void read(String name, ByteBuffer device) {
    PvLabel label = LabelScan.of(device.slice(0, 2048)).label().orElseThrow();
    boolean duplicate =
        devices.stream().anyMatch(other -> other.label().pvUuid().equals(label.pvUuid()));
    ImmutableList.Builder<MetadataAreaHeader> headers = ImmutableList.builder();
    for (DiskArea area : label.metadataAreas()) {
      MetadataAreaHeader header =
          MetadataAreaHeader.parse(slice(device, area.offset(), 512), area.offset());
      headers.add(header);
      if (!header.isIgnored() && !header.committed().isEmpty()) {
        VolumeGroup vg = MetadataText.parse(text(device, header)).volumeGroup();
        groupOf.put(label.pvUuid(), vg.id());
        newest.merge(vg.id(), vg, (a, b) -> a.seqno() >= b.seqno() ? a : b);
      }
    }
    devices.add(new PvDevice(name, device.limit(), label, headers.build(), duplicate));
  }

  /** Not shown: other hosts' groups, and devices that their group has done without since. */
  private void leaveOutForeignAndOutdated() {
    Set<LvmUuid> members = new HashSet<>();
    for (VolumeGroup vg : newest.values()) {
      if (vg.systemId() == null) {
        vg.physicalVolumes().forEach(pv -> members.add(pv.id()));
      }
    }
    devices.removeIf(
        device -> {
          LvmUuid pv = device.label().pvUuid();
          return groupOf.containsKey(pv) && !members.contains(pv);
        });
    newest.values().removeIf(vg -> vg.systemId() != null);
  }

  private Reports reports() {
    // Among groups of the same name LVM2 shows the one it found last first.
    return Reports.of(ImmutableList.copyOf(newest.values()).reverse(), devices);
  }

  private static byte[] text(ByteBuffer device, MetadataAreaHeader header) {
    ByteBuffer text = ByteBuffer.allocate(Math.toIntExact(header.committed().size()));
    for (DiskArea piece : header.pieces(header.committed())) {
      text.put(slice(device, piece.offset(), piece.size()));
    }
    return text.array();
  }

  private static ByteBuffer slice(ByteBuffer device, long offset, long size) {
    return device.slice(Math.toIntExact(offset), Math.toIntExact(size));
  }

  private static byte[] resource(String directory, String file) {
    try {
      return Resources.toByteArray(Resources.getResource("reports/" + directory + "/" + file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
