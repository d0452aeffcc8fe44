// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.HashSet;
import java.util.Set;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.PhysicalVolume;

/** The rows of {@code pvs --segments}: runs of extents, used or free. */
final class PvSegmentReport {
  private final DeviceNames names;
  private final SortedRows rows = new SortedRows();

  private PvSegmentReport(DeviceNames names) {
    this.names = names;
  }

  static ImmutableList<ImmutableMap<String, String>> of(
      ImmutableList<GroupView> groups, DeviceNames names) {
    PvSegmentReport report = new PvSegmentReport(names);
    Set<LvmUuid> members = new HashSet<>();
    for (GroupView group : groups) {
      for (PhysicalVolume pv : group.vg().physicalVolumes()) {
        members.add(pv.id());
        report.add(group, pv);
      }
    }
    for (PvDevice device : names.all()) {
      if (!device.duplicate() && !members.contains(device.label().pvUuid())) {
        report.addFree(device.label().pvUuid(), 0, 0);
      }
    }
    return report.rows.build();
  }

  private void add(GroupView group, PhysicalVolume pv) {
    for (ExtentMap.Use use : group.extents().uses(pv.id())) {
      add(
          pv.id(),
          use.range().first(),
          use.range().count(),
          group.displayName(use.lv()),
          LvSegmentReport.typeName(use.segment().type()),
          use.segment().firstExtent(),
          use.segment().extentCount());
    }
    for (PeRange free : group.extents().free(pv.id())) {
      addFree(pv.id(), free.first(), free.count());
    }
    if (pv.peCount() == 0) {
      addFree(pv.id(), 0, 0);
    }
  }

  /** Free extents; none at all is a row as well, so that every physical volume has one. */
  private void addFree(LvmUuid pv, long first, long count) {
    add(pv, first, count, "", "free", 0, count);
  }

  private void add(
      LvmUuid pv,
      long first,
      long count,
      String lv,
      String type,
      long segmentStart,
      long segmentSize) {
    String device = names.name(pv);
    Row row = new Row();
    row.text("pv_name", device);
    row.text("pv_uuid", pv.toString());
    row.number("pvseg_start", first);
    row.number("pvseg_size", count);
    row.text("lv_name", lv);
    row.text("segtype", type);
    row.number("seg_start_pe", segmentStart);
    row.number("seg_size_pe", segmentSize);
    rows.add(device, "", first, row);
  }
}
