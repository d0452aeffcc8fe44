// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which physical extents of a volume group are used by what, and which are free. Immutable; built
 * in time proportional to the segments (times a logarithm for sorting them).
 *
 * <p>In a damaged volume group uses may overlap or lie outside their physical volume; they are
 * listed as they are, and the validator reports them.
 */
public final class ExtentMap {
  private final Map<LvmUuid, PvExtents> byPv;

  private ExtentMap(Map<LvmUuid, PvExtents> byPv) {
    this.byPv = byPv;
  }

  /**
   * A run of physical extents used by one area of one segment.
   *
   * @param range the extents
   * @param lv the logical volume whose segment uses them
   * @param segment the segment
   * @param area index of the area in the segment, counted from 0
   */
  public record Use(PeRange range, LogicalVolume lv, Segment segment, int area) {}

  private record PvExtents(ImmutableList<Use> uses, ImmutableList<PeRange> free, long freeCount) {
    static final PvExtents NONE = new PvExtents(ImmutableList.of(), ImmutableList.of(), 0);
  }

  /** The map of a volume group. */
  public static ExtentMap of(VolumeGroup vg) {
    Map<LvmUuid, List<Use>> uses = new HashMap<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      for (Segment segment : lv.segments()) {
        if (segment.areaLength() < 1) {
          continue;
        }
        ImmutableList<Area> areas = segment.areas();
        for (int i = 0; i < areas.size(); i++) {
          if (areas.get(i) instanceof Area.Physical physical) {
            uses.computeIfAbsent(physical.pv(), pv -> new ArrayList<>())
                .add(new Use(segment.physicalRange(physical), lv, segment, i));
          }
        }
      }
    }
    Map<LvmUuid, PvExtents> byPv = new HashMap<>();
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      byPv.putIfAbsent(pv.id(), pvExtents(pv, uses.getOrDefault(pv.id(), List.of())));
    }
    return new ExtentMap(byPv);
  }

  private static PvExtents pvExtents(PhysicalVolume pv, List<Use> uses) {
    ImmutableList<Use> sorted =
        ImmutableList.sortedCopyOf(Comparator.comparingLong(use -> use.range().first()), uses);
    ImmutableList.Builder<PeRange> free = ImmutableList.builder();
    long freeCount = 0;
    long next = 0;
    for (Use use : sorted) {
      long until = Math.min(use.range().first(), pv.peCount());
      if (until > next) {
        free.add(new PeRange(pv.id(), next, until - next));
        freeCount += until - next;
      }
      next = Math.max(next, use.range().end());
    }
    if (next < pv.peCount()) {
      free.add(new PeRange(pv.id(), next, pv.peCount() - next));
      freeCount += pv.peCount() - next;
    }
    return new PvExtents(sorted, free.build(), freeCount);
  }

  /** What uses extents of the physical volume, by first extent; empty if it is not in the group. */
  public ImmutableList<Use> uses(LvmUuid pv) {
    return byPv.getOrDefault(pv, PvExtents.NONE).uses();
  }

  /** The maximal runs of free extents of the physical volume, by first extent. */
  public ImmutableList<PeRange> free(LvmUuid pv) {
    return byPv.getOrDefault(pv, PvExtents.NONE).free();
  }

  /** Number of free extents of the physical volume. */
  public long freeCount(LvmUuid pv) {
    return byPv.getOrDefault(pv, PvExtents.NONE).freeCount();
  }
}
