// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Lists;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pvmove.io.BlockDevice;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.disk.PvLabel;
import org.pvmove.lvm.text.MetadataText;

/**
 * Reads a set of devices by LVM2's rules: which device is a physical volume, which copy of the
 * metadata counts (the highest version; among equals the first), which devices belong to it.
 */
final class Scanner {
  private final @Nullable String systemId;
  private final DeviceReader reader = new DeviceReader();

  Scanner(@Nullable String systemId) {
    this.systemId = systemId;
  }

  DeviceScan scan(List<BlockDevice> blockDevices) {
    ImmutableList.Builder<ScannedDevice> all = ImmutableList.builder();
    for (BlockDevice device : blockDevices) {
      all.add(reader.read(device));
    }
    ImmutableList<ScannedDevice> devices = all.build();
    Map<LvmUuid, MetadataText> newest = new LinkedHashMap<>();
    for (ScannedDevice device : devices) {
      for (MetadataAreaState area : device.areas()) {
        MetadataText text = area.text();
        if (text != null) {
          newest.merge(
              text.volumeGroup().id(),
              text,
              (a, b) -> b.volumeGroup().seqno() > a.volumeGroup().seqno() ? b : a);
        }
      }
    }
    ImmutableList.Builder<StoredVolumeGroup> groups = ImmutableList.builder();
    Set<BlockDevice> inGroups = new HashSet<>();
    for (MetadataText text : newest.values()) {
      StoredVolumeGroup group = volumeGroup(text, devices, newest);
      groups.add(group);
      group.devices().values().forEach(device -> inGroups.add(device.device()));
    }
    ImmutableList.Builder<ScannedDevice> explained = ImmutableList.builder();
    for (ScannedDevice device : devices) {
      explained.add(inGroups.contains(device.device()) ? device : explained(device, newest));
    }
    return new DeviceScan(explained.build(), groups.build());
  }

  /** A device that is in no volume group, with the reason, unless it is simply not used yet. */
  private static ScannedDevice explained(ScannedDevice device, Map<LvmUuid, MetadataText> newest) {
    PvLabel label = device.label();
    if (label == null || device.leftOut() != null) {
      return device;
    }
    List<String> reasons = new ArrayList<>();
    for (MetadataText text : newest.values()) {
      if (text.volumeGroup().physicalVolume(label.pvUuid()).isPresent()) {
        reasons.add(
            "physical volume %s of volume group %s is on another device too"
                .formatted(label.pvUuid(), text.volumeGroup().name()));
      } else if (device.areas().stream().anyMatch(area -> isOf(area, text.volumeGroup()))) {
        reasons.add(
            "it was removed from volume group %s while it was absent"
                .formatted(text.volumeGroup().name()));
      }
    }
    for (MetadataAreaState area : device.areas()) {
      if (area.problem() != null) {
        reasons.add("metadata area at byte %d: %s".formatted(area.area().offset(), area.problem()));
      }
    }
    if (reasons.isEmpty() && label.isUsed()) {
      reasons.add("its label says that it belongs to a volume group, but none was found");
    }
    return reasons.isEmpty()
        ? device
        : new ScannedDevice(
            device.device(), device.labelScan(), device.areas(), String.join("; ", reasons));
  }

  private StoredVolumeGroup volumeGroup(
      MetadataText text, List<ScannedDevice> all, Map<LvmUuid, MetadataText> newest) {
    VolumeGroup vg = withReturned(text.volumeGroup());
    List<String> findings = new ArrayList<>();
    List<String> refusals = new ArrayList<>();
    Map<LvmUuid, ScannedDevice> devices = new LinkedHashMap<>();
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      ScannedDevice device = deviceOf(pv, all, refusals);
      if (device == null) {
        refusals.add("physical volume " + pv.label() + " is missing" + leftOut(all));
        continue;
      }
      devices.put(pv.id(), device);
      DeviceFindings.describe(text.volumeGroup(), vg, pv, device, newest, findings, refusals);
    }
    for (ScannedDevice device : all) {
      PvLabel label = device.label();
      if (label != null
          && vg.physicalVolume(label.pvUuid()).isEmpty()
          && device.areas().stream().anyMatch(area -> isOf(area, vg))) {
        findings.add(
            device.name()
                + ": it was removed from the volume group while it was absent; its metadata is out"
                + " of date");
      }
    }
    DeviceFindings.addAccessRules(vg, systemId, refusals);
    if (devices.values().stream()
        .flatMap(device -> device.areas().stream())
        .noneMatch(MetadataAreaState::isWritten)) {
      refusals.add("no metadata area of it is in use");
    }
    return new StoredVolumeGroup(
        vg,
        text.header(),
        ImmutableMap.copyOf(devices),
        ImmutableList.copyOf(findings),
        ImmutableList.copyOf(refusals),
        DeviceFindings.violations(vg));
  }

  /**
   * Like LVM2, forgets that a physical volume was missing if nothing stands on it: then nothing can
   * be out of date on it. If it is missing still, that is found anew.
   */
  private static VolumeGroup withReturned(VolumeGroup vg) {
    if (vg.physicalVolumes().stream().noneMatch(PhysicalVolume::isMissing)) {
      return vg;
    }
    ExtentMap extents = ExtentMap.of(vg);
    return vg.toBuilder()
        .physicalVolumes(
            Lists.transform(
                vg.physicalVolumes(),
                pv ->
                    pv.isMissing() && extents.uses(pv.id()).isEmpty()
                        ? pv.toBuilder().flags(pv.flags().without(StatusFlag.MISSING)).build()
                        : pv))
        .build();
  }

  /** What might be the missing device. */
  private static String leftOut(List<ScannedDevice> devices) {
    List<String> reasons = new ArrayList<>();
    for (ScannedDevice device : devices) {
      if (device.leftOut() != null) {
        reasons.add(device.name() + ": " + device.leftOut());
      }
    }
    return reasons.isEmpty() ? "" : " (left out: " + String.join("; ", reasons) + ")";
  }

  static boolean isOf(MetadataAreaState area, VolumeGroup vg) {
    return area.text() != null && area.text().volumeGroup().id().equals(vg.id());
  }

  private static @Nullable ScannedDevice deviceOf(
      PhysicalVolume pv, List<ScannedDevice> all, List<String> refusals) {
    List<ScannedDevice> found = new ArrayList<>();
    for (ScannedDevice device : all) {
      PvLabel label = device.label();
      if (label != null && device.leftOut() == null && label.pvUuid().equals(pv.id())) {
        found.add(device);
      }
    }
    if (found.size() > 1) {
      refusals.add(
          "physical volume %s is on several devices: %s"
              .formatted(
                  pv.id(), String.join(", ", found.stream().map(ScannedDevice::name).toList())));
      return found.stream().max(Comparator.comparingInt(device -> likeness(pv, device))).get();
    }
    return found.isEmpty() ? null : found.get(0);
  }

  /** How much a device looks like the one that the metadata remember; size counts most. */
  private static int likeness(PhysicalVolume pv, ScannedDevice device) {
    boolean size =
        pv.deviceSize() != null
            && device.device().size() / Sectors.BYTES == pv.deviceSize().count();
    return (size ? 2 : 0) + (device.name().equals(pv.device()) ? 1 : 0);
  }
}
