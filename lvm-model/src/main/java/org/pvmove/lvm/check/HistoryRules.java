// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import java.util.HashSet;
import java.util.Set;
import org.pvmove.lvm.HistoricalLogicalVolume;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.VolumeGroup;

/** What is asked of the memory of removed thin volumes. */
final class HistoryRules {
  private HistoryRules() {}

  static void check(VolumeGroup vg, Findings out) {
    if (vg.historicalLogicalVolumes().isEmpty()) {
      return;
    }
    Set<String> names = new HashSet<>();
    for (HistoricalLogicalVolume lv : vg.historicalLogicalVolumes()) {
      names.add(lv.name());
    }
    Set<LvmUuid> ids = new HashSet<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      ids.add(lv.id());
    }
    Set<String> seen = new HashSet<>();
    for (HistoricalLogicalVolume lv : vg.historicalLogicalVolumes()) {
      String name = lv.name();
      String object = "historical logical volume " + Names.shorten(name);
      if (!seen.add(name)) {
        out.unwritable(object, "a name of its own", "another of this name");
      }
      if (!Names.isLegal(name)) {
        out.unwritable(object, "a legal name", Names.quote(name));
      }
      if (vg.logicalVolume(name).isPresent()) {
        out.unwritable(object, "a name that no live volume has", "a live volume of this name");
      }
      if (!ids.add(lv.id())) {
        out.unwritable(object, "a uuid of its own", lv.id() + ", which another volume has");
      }
      if (lv.origin() == null && lv.descendants().isEmpty()) {
        out.unwritable(object, "an origin or descendants", "neither");
      }
      if (lv.origin() != null) {
        if (!isKnown(vg, names, lv.origin())) {
          out.unreadable(object, "an origin in this volume group", Names.quote(lv.origin()));
        }
      }
      for (String descendant : lv.descendants()) {
        if (!isKnown(vg, names, descendant)) {
          out.unreadable(object, "descendants in this volume group", Names.quote(descendant));
        }
      }
    }
  }

  /** Another historical volume is named with a dash in front. */
  private static boolean isKnown(VolumeGroup vg, Set<String> historical, String name) {
    return name.startsWith("-")
        ? historical.contains(name.substring(1))
        : vg.logicalVolume(name).isPresent();
  }
}
