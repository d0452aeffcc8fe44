// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.edit;

import java.util.HashMap;
import java.util.Map;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;

/** Where every logical extent has its bytes, extent by extent, told from the metadata alone. */
final class Mapping {
  /** A logical extent of a linear or striped volume: the row of stripes, and which of them. */
  record Logical(String lv, long row, int stripe) {}

  /** A physical extent. */
  record Physical(LvmUuid pv, long extent) {}

  private Mapping() {}

  /** The mapping of all volumes but those that moves have for themselves. */
  static Map<Logical, Physical> of(VolumeGroup vg) {
    Map<Logical, Physical> mapping = new HashMap<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      if (lv.name().startsWith("pvmove")) {
        continue;
      }
      for (Segment segment : lv.segments()) {
        if (segment.type() instanceof SegmentType.Striped striped) {
          int stripes = striped.areas().size();
          for (int stripe = 0; stripe < stripes; stripe++) {
            for (long i = 0; i < segment.extentCount() / stripes; i++) {
              mapping.put(
                  new Logical(lv.name(), segment.firstExtent() + i * stripes, stripe),
                  resolve(vg, striped.areas().get(stripe), i));
            }
          }
        }
      }
    }
    return mapping;
  }

  private static Physical resolve(VolumeGroup vg, Area area, long offset) {
    if (area instanceof Area.Physical physical) {
      return new Physical(physical.pv(), physical.extent() + offset);
    }
    Area.Logical logical = (Area.Logical) area;
    long extent = logical.extent() + offset;
    for (Segment segment : vg.logicalVolume(logical.lv()).orElseThrow().segments()) {
      if (segment.firstExtent() <= extent && extent < segment.end()) {
        int leg = 0;
        if (segment.type() instanceof SegmentType.Mirror mirror
            && mirror.extentsMoved() == segment.extentCount()) {
          leg = 1;
        }
        return resolve(vg, segment.areas().get(leg), extent - segment.firstExtent());
      }
    }
    throw new AssertionError(logical.lv() + " has no extent " + extent);
  }
}
