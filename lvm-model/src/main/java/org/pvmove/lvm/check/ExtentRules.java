// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import com.google.common.math.LongMath;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;

/** No extent is used twice, and none that is not there. */
final class ExtentRules {
  /** The largest number of an extent that has room beside the index of its use. */
  private static final long MAX_KEY = Integer.MAX_VALUE;

  private ExtentRules() {}

  /** Extents {@code first} to {@code end - 1} used by the segment of that index. */
  private record Use(long first, long end, LogicalVolume lv, int segment) {
    String name() {
      return LogicalVolumeRules.name(lv, segment);
    }
  }

  static void check(VolumeGroup vg, Findings out) {
    Map<LvmUuid, List<Use>> physical = new HashMap<>();
    Map<String, List<Use>> logical = new HashMap<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      for (int i = 0; i < lv.segments().size(); i++) {
        collect(lv, i, physical, logical);
      }
    }
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      // Another physical volume of the same uuid has been reported; it has no extents of its own.
      List<Use> uses = physical.remove(pv.id());
      if (uses != null) {
        checkWithin(pv, uses, out);
        for (Use[] pair : overlaps(uses)) {
          out.unreadable(
              PhysicalVolumeRules.name(pv), "every extent to be used once", describe(pair));
        }
      }
    }
    physical.forEach(
        (pv, uses) -> {
          for (Use use : uses) {
            out.unreadable(use.name(), "physical volumes of this volume group", pv);
          }
        });
    for (LogicalVolume lower : vg.logicalVolumes()) {
      List<Use> uses = logical.remove(lower.name());
      if (uses != null) {
        for (Use[] pair : overlaps(uses)) {
          out.unwritable(
              LogicalVolumeRules.name(lower),
              "every extent to be used by one volume on top",
              describe(pair));
        }
      }
    }
  }

  private static void collect(
      LogicalVolume lv,
      int index,
      Map<LvmUuid, List<Use>> physical,
      Map<String, List<Use>> logical) {
    Segment segment = lv.segments().get(index);
    if (!FamilyRules.hasSoundAreaLength(segment) || segment.areaLength() < 1) {
      return;
    }
    for (Area area : segment.areas()) {
      Use use =
          new Use(
              area.extent(), LongMath.saturatedAdd(area.extent(), segment.areaLength()), lv, index);
      if (area instanceof Area.Physical onPv) {
        physical.computeIfAbsent(onPv.pv(), pv -> new ArrayList<>()).add(use);
      } else if (area instanceof Area.Logical onLv
          && (segment.type() instanceof SegmentType.Striped
              || segment.type() instanceof SegmentType.Mirror)) {
        logical.computeIfAbsent(onLv.lv(), name -> new ArrayList<>()).add(use);
      }
    }
  }

  private static void checkWithin(PhysicalVolume pv, List<Use> uses, Findings out) {
    for (Use use : uses) {
      if (use.end() > pv.peCount()) {
        out.unreadable(
            use.name(),
            "areas within the %d extents of %s"
                .formatted(pv.peCount(), PhysicalVolumeRules.name(pv)),
            "extents %d to %d".formatted(use.first(), use.end() - 1));
      }
    }
  }

  /** Each use that begins before an earlier one ends, with the one that reaches furthest. */
  private static List<Use[]> overlaps(List<Use> uses) {
    List<Use[]> pairs = new ArrayList<>();
    Use furthest = null;
    for (Use use : byFirstExtent(uses)) {
      if (furthest == null) {
        furthest = use;
        continue;
      }
      if (use.first() < furthest.end()) {
        pairs.add(new Use[] {furthest, use});
      }
      if (use.end() > furthest.end()) {
        furthest = use;
      }
    }
    return pairs;
  }

  /**
   * Sorts the numbers of the extents, each with the index of its use: for large volume groups
   * sorting the uses would take as long as all other rules.
   */
  private static Use[] byFirstExtent(List<Use> uses) {
    long[] keys = new long[uses.size()];
    for (int i = 0; i < keys.length; i++) {
      long first = uses.get(i).first();
      if (first > MAX_KEY) {
        return uses.stream().sorted(Comparator.comparingLong(Use::first)).toArray(Use[]::new);
      }
      keys[i] = first << Integer.SIZE | i;
    }
    Arrays.sort(keys);
    Use[] sorted = new Use[keys.length];
    for (int i = 0; i < keys.length; i++) {
      sorted[i] = uses.get((int) keys[i]);
    }
    return sorted;
  }

  private static String describe(Use[] pair) {
    return "extents %d to %d used by %s and by %s"
        .formatted(
            pair[1].first(),
            Math.min(pair[0].end(), pair[1].end()) - 1,
            pair[0].name(),
            pair[1].name());
  }
}
