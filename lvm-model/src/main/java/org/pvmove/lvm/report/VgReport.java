// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import static com.google.common.collect.ImmutableList.toImmutableList;

import com.google.common.collect.ImmutableList;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.disk.MetadataAreaHeader;

/** The rows of {@code vgs}. */
final class VgReport {
  private VgReport() {}

  static Row row(GroupView group, DeviceNames names) {
    VolumeGroup vg = group.vg();
    long missing =
        vg.physicalVolumes().stream().filter(pv -> GroupView.isMissing(pv, names)).count();
    Row row = new Row();
    row.text("vg_name", vg.name());
    row.text("vg_uuid", vg.id().toString());
    row.text("vg_fmt", vg.format() == null ? "lvm2" : vg.format());
    addAttributes(row, vg, missing > 0);
    row.number("vg_seqno", vg.seqno());
    addSpace(row, group);
    row.number("max_lv", vg.maxLv());
    row.number("max_pv", vg.maxPv());
    row.number("pv_count", vg.physicalVolumes().size());
    row.number("vg_missing_pv_count", missing);
    row.number("lv_count", group.listed().stream().filter(group::isVisible).count());
    row.number(
        "snap_count",
        group.listed().stream().filter(lv -> group.is(lv, LvKind.THICK_SNAPSHOT)).count());
    row.text("vg_profile", vg.profile());
    row.tags("vg_tags", vg.tags());
    ImmutableList<MetadataAreaHeader> areas =
        vg.physicalVolumes().stream()
            .flatMap(pv -> names.device(pv.id()).stream())
            .flatMap(device -> device.metadataAreas().stream())
            .collect(toImmutableList());
    MetadataAreas.add(row, "vg", areas, MetadataAreas.inUse(areas));
    Long copies = vg.metadataCopies();
    row.text("vg_mda_copies", copies == null || copies == 0 ? "unmanaged" : copies.toString());
    return row;
  }

  private static void addAttributes(Row row, VolumeGroup vg, boolean partial) {
    boolean resizeable = vg.flags().has(StatusFlag.RESIZEABLE);
    boolean exported = vg.flags().has(StatusFlag.EXPORTED);
    boolean clustered = vg.flags().has(StatusFlag.CLUSTERED);
    row.text(
        "vg_attr",
        String.valueOf(
            new char[] {
              vg.isWritable() ? 'w' : 'r',
              resizeable ? 'z' : '-',
              exported ? 'x' : '-',
              partial ? 'p' : '-',
              Allocation.letter(vg.allocationPolicy(), AllocationPolicy.NORMAL),
              clustered ? 'c' : vg.isShared() ? 's' : '-'
            }));
    row.text("vg_permissions", vg.isWritable() ? "writeable" : "read-only");
    row.word("vg_extendable", resizeable, "extendable");
    row.word("vg_exported", exported, "exported");
    row.word("vg_partial", partial, "partial");
    row.text(
        "vg_allocation_policy", Allocation.word(vg.allocationPolicy(), AllocationPolicy.NORMAL));
    row.word("vg_clustered", clustered, "clustered");
    row.word("vg_shared", vg.isShared(), "shared");
  }

  private static void addSpace(Row row, GroupView group) {
    VolumeGroup vg = group.vg();
    long extents = vg.physicalVolumes().stream().mapToLong(PhysicalVolume::peCount).sum();
    long free =
        vg.physicalVolumes().stream().mapToLong(pv -> group.extents().freeCount(pv.id())).sum();
    row.size("vg_size", extents, vg.extentSize());
    row.size("vg_free", free, vg.extentSize());
    row.text("vg_sysid", vg.systemId());
    row.text("vg_lock_type", vg.lockType());
    row.text("vg_lock_args", vg.lockArgs());
    row.number("vg_extent_size", vg.extentSize().bytes());
    row.number("vg_extent_count", extents);
    row.number("vg_free_count", free);
  }
}
