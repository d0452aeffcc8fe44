// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;

/**
 * Where the extents of the logical volumes that users see are, and where they must be once the
 * moves under way have ended; like {@link LvContent} without the code under test.
 */
final class Places {
  /** How moves end. */
  enum Ending {
    /** Not at all: a piece that is done is at its destination, another one at its source. */
    AS_THEY_ARE,
    /** All is at the destination. */
    COMPLETED,
    /** What was not done is at its source; of an atomic move all is. */
    ABORTED
  }

  private Places() {}

  /**
   * The extents of every visible volume by its name, in the order of the logical extents: of
   * stripes row by row, so that it does not matter how the volume is cut into segments.
   */
  static ImmutableMap<String, ImmutableList<Area.Physical>> of(VolumeGroup vg, Ending ending) {
    ImmutableMap.Builder<String, ImmutableList<Area.Physical>> places = ImmutableMap.builder();
    for (LogicalVolume lv : LvContent.holders(vg)) {
      ImmutableList.Builder<Area.Physical> extents = ImmutableList.builder();
      for (Segment segment : lv.segments()) {
        for (long row = 0; row < segment.areaLength(); row++) {
          for (Area area : segment.areas()) {
            extents.add(place(vg, area.advance(row), ending));
          }
        }
      }
      places.put(lv.name(), extents.build());
    }
    return places.buildOrThrow();
  }

  private static Area.Physical place(VolumeGroup vg, Area area, Ending ending) {
    if (area instanceof Area.Physical physical) {
      return physical;
    }
    Area.Logical logical = (Area.Logical) area;
    for (Segment segment : vg.logicalVolume(logical.lv()).orElseThrow().segments()) {
      long offset = logical.extent() - segment.firstExtent();
      if (offset >= 0 && offset < segment.extentCount()) {
        int leg =
            segment.type() instanceof SegmentType.Mirror mirror ? leg(segment, mirror, ending) : 0;
        return place(vg, segment.areas().get(leg).advance(offset), ending);
      }
    }
    throw new AssertionError("nothing maps " + area);
  }

  private static int leg(Segment segment, SegmentType.Mirror mirror, Ending ending) {
    boolean done = mirror.extentsMoved() == segment.extentCount();
    boolean atomic = mirror.areas().get(0) instanceof Area.Logical;
    return switch (ending) {
      case AS_THEY_ARE -> done ? 1 : 0;
      case COMPLETED -> 1;
      case ABORTED -> done && !atomic ? 1 : 0;
    };
  }
}
