// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import com.google.common.collect.ImmutableList;
import com.google.common.math.LongMath;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Reference;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;

/** What is asked of logical volumes that stand on others. */
final class StackRules {
  private StackRules() {}

  static void check(VolumeGroup vg, Findings out) {
    Set<String> handles = new HashSet<>();
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      handles.add(pv.handle());
    }
    for (LogicalVolume lv : vg.logicalVolumes()) {
      for (int i = 0; i < lv.segments().size(); i++) {
        Segment segment = lv.segments().get(i);
        for (Reference reference : segment.type().references()) {
          checkReference(vg, lv, i, reference, out);
        }
        if (segment.type() instanceof SegmentType.Striped
            || segment.type() instanceof SegmentType.Mirror) {
          checkNames(lv, i, segment, handles, out);
        }
        checkEnds(vg, lv, i, segment, out);
      }
    }
    checkCycles(vg, out);
  }

  private static void checkReference(
      VolumeGroup vg, LogicalVolume lv, int index, Reference reference, Findings out) {
    LogicalVolume lower = vg.logicalVolume(reference.lv()).orElse(null);
    if (lower == null) {
      out.unreadable(
          LogicalVolumeRules.name(lv, index),
          "logical volumes of this volume group",
          Names.quote(reference.lv()));
    } else if (reference.lv().equals(lv.name())) {
      out.unreadable(
          LogicalVolumeRules.name(lv, index), "another logical volume to stand on", "itself");
    } else if (reference.use() == Reference.Use.STRIPE
        && lower.flags().has(StatusFlag.VISIBLE)
        && !lower.isPvmove()) {
      out.notice(
          LogicalVolumeRules.name(lv, index),
          "to stand on hidden volumes",
          "visible " + LogicalVolumeRules.name(lower));
    }
  }

  /** In a list of areas a reader looks for physical volumes first. */
  private static void checkNames(
      LogicalVolume lv, int index, Segment segment, Set<String> handles, Findings out) {
    for (Area area : segment.areas()) {
      if (area instanceof Area.Logical logical && handles.contains(logical.lv())) {
        out.unwritable(
            LogicalVolumeRules.name(lv, index),
            "areas in logical volumes that are not called like the section of a physical volume",
            Names.quote(logical.lv()));
      }
    }
  }

  private static void checkEnds(
      VolumeGroup vg, LogicalVolume lv, int index, Segment segment, Findings out) {
    if (!FamilyRules.hasSoundAreaLength(segment)) {
      return;
    }
    long length = segment.areaLength();
    for (Area area : segment.areas()) {
      if (area instanceof Area.Logical logical) {
        LogicalVolume lower = vg.logicalVolume(logical.lv()).orElse(null);
        long end = LongMath.saturatedAdd(logical.extent(), length);
        if (lower != null && end > lower.extentCount()) {
          out.unwritable(
              LogicalVolumeRules.name(lv, index),
              "areas within the %d extents of %s"
                  .formatted(lower.extentCount(), LogicalVolumeRules.name(lower)),
              "extents %d to %d".formatted(logical.extent(), end - 1));
        }
      }
    }
  }

  /**
   * Walks down every volume once, without recursion: a hostile text may stack volumes as deep as it
   * has any.
   */
  private static void checkCycles(VolumeGroup vg, Findings out) {
    Set<String> done = new HashSet<>();
    for (LogicalVolume start : vg.logicalVolumes()) {
      if (lowerOf(start).isEmpty()) {
        // As most volumes: it is in no cycle.
        continue;
      }
      Set<String> path = new LinkedHashSet<>();
      Deque<Iterator<String>> todo = new ArrayDeque<>();
      todo.push(ImmutableList.of(start.name()).iterator());
      Deque<String> names = new ArrayDeque<>();
      while (!todo.isEmpty()) {
        Iterator<String> lower = todo.element();
        if (!lower.hasNext()) {
          todo.pop();
          if (!names.isEmpty()) {
            String name = names.pop();
            path.remove(name);
            done.add(name);
          }
          continue;
        }
        String name = lower.next();
        if (path.contains(name)) {
          String upper = names.element();
          // Standing on itself is reported with the segment.
          if (!upper.equals(name)) {
            out.unreadable(
                "logical volume " + Names.shorten(upper),
                "volumes that stand on each other in one direction only",
                Names.quote(name) + ", which stands on it in turn");
          }
        } else if (!done.contains(name)) {
          path.add(name);
          names.push(name);
          todo.push(vg.logicalVolume(name).map(StackRules::lowerOf).orElse(List.of()).iterator());
        }
      }
    }
  }

  private static List<String> lowerOf(LogicalVolume lv) {
    List<String> lower = new ArrayList<>();
    for (Segment segment : lv.segments()) {
      for (Reference reference : segment.type().references()) {
        lower.add(reference.lv());
      }
    }
    return lower;
  }
}
