// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.List;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;

/**
 * The rows of LVM2's reports. Column names, texts and the order of rows are those that {@code pvs},
 * {@code vgs} and {@code lvs} print with {@code --reportformat json --units b --nosuffix} and UTC
 * as the time zone; see lvmreport(7), lvs(8), pvs(8) and vgs(8). Each row is a map from the name of
 * the column to its text, in a fixed order of columns.
 *
 * <p>The rows say what the tools say where no kernel driver answers: columns that need the state of
 * an active volume are empty or unknown ({@code X} in {@code lv_attr}).
 *
 * <p>Reports can be made of volume groups that break LVM2's rules: what is missing is left empty,
 * and volumes that stand on themselves do no harm. Time and memory are linear in the size of the
 * metadata, except that {@code lv_ancestors} and {@code lv_descendants} may need 2 MiB in all;
 * lists that there is no room for then end with "…".
 *
 * <p>The lists cannot be modified. A row is made each time it is taken from its list, so that a
 * report can be printed row by row in little memory; copy the list to keep it.
 *
 * <p>Immutable and thread-safe.
 */
public final class Reports {
  private final ImmutableList<GroupView> groups;
  private final DeviceNames names;

  private Reports(ImmutableList<GroupView> groups, DeviceNames names) {
    this.groups = groups;
    this.names = names;
  }

  /**
   * Prepares the reports of what is on some devices. Volume groups that are not to be shown, such
   * as those of other hosts, are left out by the caller together with their devices.
   *
   * @param groups the volume groups, each in its newest version; those of the same name keep this
   *     order
   * @param devices all devices that carry a physical volume. A physical volume of a group that is
   *     on none of them is reported as missing; one that is in no group, as an orphan
   */
  public static Reports of(Iterable<VolumeGroup> groups, Iterable<PvDevice> devices) {
    DeviceNames names = DeviceNames.of(devices);
    ImmutableList.Builder<GroupView> views = ImmutableList.builder();
    for (VolumeGroup vg : groups) {
      views.add(GroupView.of(vg, names));
    }
    return new Reports(views.build(), names);
  }

  /** {@code pvs -a} without devices that carry no physical volume: sorted by name of the device. */
  public List<ImmutableMap<String, String>> physicalVolumes() {
    return PvReport.of(groups, names);
  }

  /** {@code pvs --segments}: used and free runs of extents, by name of the device and by start. */
  public List<ImmutableMap<String, String>> physicalVolumeSegments() {
    return PvSegmentReport.of(groups, names);
  }

  /** {@code vgs}: sorted by name. */
  public List<ImmutableMap<String, String>> volumeGroups() {
    SortedRows rows = new SortedRows();
    groups.forEach(group -> rows.add(group.name(), "", 0, () -> VgReport.row(group, names)));
    return rows.build();
  }

  /**
   * {@code lvs -a -H}: hidden and historical volumes too, sorted by group and name. Like the tool,
   * it shows none of an exported group.
   */
  public List<ImmutableMap<String, String>> logicalVolumes() {
    SortedRows rows = new SortedRows();
    groups.stream().filter(Reports::isInUse).forEach(group -> LvReport.addTo(rows, group));
    return rows.build();
  }

  /**
   * {@code lvs -a --segments}: hidden volumes too, sorted by group, name and start. Like the tool,
   * it shows none of an exported group.
   */
  public List<ImmutableMap<String, String>> logicalVolumeSegments() {
    SortedRows rows = new SortedRows();
    groups.stream().filter(Reports::isInUse).forEach(group -> LvSegmentReport.addTo(rows, group));
    return rows.build();
  }

  private static boolean isInUse(GroupView group) {
    return !group.vg().flags().has(StatusFlag.EXPORTED);
  }
}
