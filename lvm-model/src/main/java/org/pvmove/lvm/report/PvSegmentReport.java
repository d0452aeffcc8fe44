// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.HashSet;
import java.util.List;
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

  static List<ImmutableMap<String, String>> of(ImmutableList<GroupView> groups, DeviceNames names) {
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
    String device = names.name(pv.id());
    for (ExtentMap.Use use : group.extents().uses(pv.id())) {
      rows.add(device, "", use.range().first(), () -> used(group, device, use));
    }
    for (PeRange free : group.extents().free(pv.id())) {
      addFree(pv.id(), free.first(), free.count());
    }
    if (pv.peCount() == 0) {
      addFree(pv.id(), 0, 0);
    }
  }

  private static Row used(GroupView group, String device, ExtentMap.Use use) {
    return row(
        device,
        use.range().pv(),
        use.range().first(),
        use.range().count(),
        group.displayName(use.lv()),
        LvSegmentReport.typeName(use.segment().type()),
        use.segment().firstExtent(),
        use.segment().extentCount());
  }

  /** Free extents; none at all is a row as well, so that every physical volume has one. */
  private void addFree(LvmUuid pv, long first, long count) {
    String device = names.name(pv);
    rows.add(device, "", first, () -> row(device, pv, first, count, "", "free", 0, count));
  }

  private static Row row(
      String device,
      LvmUuid pv,
      long first,
      long count,
      String lv,
      String type,
      long segmentStart,
      long segmentSize) {
    Row row = new Row();
    row.text("pv_name", device);
    row.text("pv_uuid", pv.toString());
    row.number("pvseg_start", first);
    row.number("pvseg_size", count);
    row.text("lv_name", lv);
    row.text("segtype", type);
    row.number("seg_start_pe", segmentStart);
    row.number("seg_size_pe", segmentSize);
    return row;
  }
}
