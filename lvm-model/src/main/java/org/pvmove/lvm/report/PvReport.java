// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.disk.DiskArea;
import org.pvmove.lvm.disk.MetadataAreaHeader;
import org.pvmove.lvm.disk.PvLabel;

/** The rows of {@code pvs -a}. */
final class PvReport {
  private final DeviceNames names;
  private final SortedRows rows = new SortedRows();
  private final Map<LvmUuid, GroupView> groupOf = new HashMap<>();

  private PvReport(DeviceNames names) {
    this.names = names;
  }

  static List<ImmutableMap<String, String>> of(ImmutableList<GroupView> groups, DeviceNames names) {
    PvReport report = new PvReport(names);
    groups.forEach(report::addMembers);
    names.all().forEach(report::addOther);
    return report.rows.build();
  }

  private void addMembers(GroupView group) {
    for (PhysicalVolume pv : group.vg().physicalVolumes()) {
      groupOf.putIfAbsent(pv.id(), group);
      rows.add(names.name(pv.id()), "", 0, () -> member(group, pv));
    }
  }

  /** What no group stands for. */
  private void addOther(PvDevice device) {
    GroupView group = groupOf.get(device.label().pvUuid());
    if (device.duplicate()) {
      String name = group == null ? "" : group.name();
      rows.add(device.name(), "", 0, () -> duplicate(device, name));
    } else if (group == null) {
      rows.add(device.name(), "", 0, () -> orphan(device));
    }
  }

  private Row member(GroupView group, PhysicalVolume pv) {
    @Nullable PvDevice device = names.device(pv.id()).orElse(null);
    ExtentSize extentSize = group.vg().extentSize();
    long free = group.extents().freeCount(pv.id());
    long used = pv.peCount() - free;
    boolean allocatable = pv.flags().has(StatusFlag.ALLOCATABLE);
    boolean exported = group.vg().flags().has(StatusFlag.EXPORTED);
    boolean missing = GroupView.isMissing(pv, names);
    Row row = new Row();
    addIdentity(row, names.name(pv.id()), pv.id(), group.name());
    row.text("pv_attr", (allocatable ? "a" : "u") + (exported ? "x" : "-") + (missing ? "m" : "-"));
    row.size("pv_size", pv.peCount(), extentSize);
    row.size("pv_free", free, extentSize);
    row.size("pv_used", used, extentSize);
    row.number("dev_size", device == null ? 0 : device.size());
    row.size("pe_start", pv.peStart());
    row.number("pv_pe_count", pv.peCount());
    row.number("pv_pe_alloc_count", used);
    addMetadataAreas(row, device);
    if (pv.bootloaderStart() != null) {
      row.size("pv_ba_start", pv.bootloaderStart());
      row.size("pv_ba_size", pv.bootloaderSize());
    } else {
      addBootloaderArea(row, device);
    }
    row.text("pv_ext_vsn", device == null ? null : extensionVersion(device.label()));
    row.text("pv_in_use", "used");
    row.word("pv_allocatable", allocatable, "allocatable");
    row.word("pv_exported", exported, "exported");
    row.word("pv_missing", missing, "missing");
    row.empty("pv_duplicate");
    row.tags("pv_tags", pv.tags());
    return row;
  }

  /** A physical volume of no group, or, if its label says so, of a group that was not found. */
  private static Row orphan(PvDevice device) {
    PvLabel label = device.label();
    boolean used = label.isUsed();
    Row row = new Row();
    addIdentity(row, device.name(), label.pvUuid(), used ? DeviceNames.UNKNOWN : "");
    row.text("pv_attr", used ? "u--" : "---");
    row.number("pv_size", label.deviceSize());
    row.number("pv_free", used ? 0 : label.deviceSize());
    row.number("pv_used", 0);
    row.number("dev_size", device.size());
    row.number("pe_start", label.dataAreas().isEmpty() ? 0 : label.dataAreas().get(0).offset());
    row.number("pv_pe_count", 0);
    row.number("pv_pe_alloc_count", 0);
    addMetadataAreas(row, device);
    addBootloaderArea(row, device);
    row.text("pv_ext_vsn", extensionVersion(label));
    row.word("pv_in_use", used, "used");
    row.empty("pv_allocatable");
    row.empty("pv_exported");
    row.empty("pv_missing");
    row.empty("pv_duplicate");
    row.empty("pv_tags");
    return row;
  }

  /** A device that is passed over for another: LVM2 shows next to nothing of it. */
  private static Row duplicate(PvDevice device, String group) {
    Row row = new Row();
    addIdentity(row, device.name(), device.label().pvUuid(), group);
    row.text("pv_attr", "d--");
    row.number("pv_size", 0);
    row.number("pv_free", 0);
    row.number("pv_used", 0);
    row.number("dev_size", device.size());
    row.number("pe_start", 0);
    row.number("pv_pe_count", 0);
    row.number("pv_pe_alloc_count", 0);
    addMetadataAreas(row, null);
    addBootloaderArea(row, null);
    row.empty("pv_ext_vsn");
    row.word("pv_in_use", device.label().isUsed(), "used");
    row.empty("pv_allocatable");
    row.empty("pv_exported");
    row.empty("pv_missing");
    row.text("pv_duplicate", "duplicate");
    row.empty("pv_tags");
    return row;
  }

  private static void addIdentity(Row row, String name, LvmUuid pv, String group) {
    row.text("pv_name", name);
    row.text("pv_uuid", pv.toString());
    row.text("vg_name", group);
    row.text("pv_fmt", "lvm2");
  }

  private static void addMetadataAreas(Row row, @Nullable PvDevice device) {
    ImmutableList<MetadataAreaHeader> areas =
        device == null ? ImmutableList.of() : device.metadataAreas();
    MetadataAreas.add(row, "pv", areas, areas);
  }

  private static void addBootloaderArea(Row row, @Nullable PvDevice device) {
    DiskArea area =
        device == null || device.label().bootloaderAreas().isEmpty()
            ? null
            : device.label().bootloaderAreas().get(0);
    row.number("pv_ba_start", area == null ? 0 : area.offset());
    row.number("pv_ba_size", area == null ? 0 : area.size());
  }

  private static String extensionVersion(PvLabel label) {
    return Integer.toUnsignedString(label.extensionVersion());
  }
}
