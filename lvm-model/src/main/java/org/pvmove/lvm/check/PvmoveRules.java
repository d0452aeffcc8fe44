// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import com.google.common.collect.ImmutableList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.Reference;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;

/**
 * What is asked of the temporary volumes of moves and of the volumes mapped onto them, so that LVM2
 * and this library can finish or abort the move.
 */
final class PvmoveRules {
  private PvmoveRules() {}

  static void check(VolumeGroup vg, LvGraph graph, Findings out) {
    Map<String, Map<Long, Long>> pieces = new HashMap<>();
    Set<String> onMove = new HashSet<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      if (lv.isPvmove()) {
        checkVolume(lv, graph, out);
        pieces.put(lv.name(), pieces(vg, lv));
      } else {
        checkPlain(lv, graph, out);
      }
    }
    for (LogicalVolume lv : vg.logicalVolumes()) {
      for (int i = 0; i < lv.segments().size(); i++) {
        checkMapped(lv, i, pieces, onMove, out);
      }
      if (lv.isLocked() && !lv.isPvmove() && !onMove.contains(lv.name())) {
        out.notice(
            LogicalVolumeRules.name(lv),
            "LOCKED on volumes that are being moved only",
            "no part of it on a move's volume");
      }
    }
  }

  private static void checkVolume(LogicalVolume lv, LvGraph graph, Findings out) {
    String object = LogicalVolumeRules.name(lv);
    if (!lv.isLocked()) {
      out.unwritable(object, "LOCKED with PVMOVE", lv.flags().status());
    }
    if (lv.flags().has(StatusFlag.VISIBLE)) {
      out.notice(object, "a move's volume to be hidden", "VISIBLE");
    }
    if (!Names.isPvmove(lv.name())) {
      out.notice(object, "a move's volume to be named pvmoveN", Names.quote(lv.name()));
    }
    if (graph.usersOf(lv.name()).isEmpty()) {
      // What is left when the volumes that moved are removed; ending the move removes it.
      out.notice(object, "a move's volume to be used by the volumes that move", "no user");
    }
    for (LvGraph.User user : graph.usersOf(lv.name())) {
      if (user.use() != Reference.Use.STRIPE) {
        out.unwritable(
            LogicalVolumeRules.name(user.lv()),
            "a move's volume to be used for stripes only",
            Names.quote(lv.name()) + " as " + user.use());
      }
    }
    Sectors region = null;
    for (int i = 0; i < lv.segments().size(); i++) {
      SegmentType type = lv.segments().get(i).type();
      checkSegment(lv, i, out);
      if (type instanceof SegmentType.Mirror mirror && mirror.regionSize() != null) {
        if (region != null && !region.equals(mirror.regionSize())) {
          out.notice(
              LogicalVolumeRules.name(lv, i),
              "one region_size in all segments of a move, " + region,
              mirror.regionSize());
        }
        region = mirror.regionSize();
      }
    }
  }

  private static void checkSegment(LogicalVolume lv, int index, Findings out) {
    String object = LogicalVolumeRules.name(lv, index);
    Segment segment = lv.segments().get(index);
    if (segment.type() instanceof SegmentType.Mirror mirror) {
      if (mirror.areas().size() != 2) {
        out.unwritable(object, "a source and a destination", mirror.areas().size() + " areas");
      } else if (mirror.areas().get(0) instanceof Area.Physical
          != mirror.areas().get(1) instanceof Area.Physical) {
        out.unwritable(
            object, "source and destination both physical or both logical volumes", mirror.areas());
      }
      Long moved = mirror.extentsMoved();
      if (moved == null) {
        out.unwritable(object, "extents_moved in a move's mirror", "none");
      } else if (moved < 0 || moved > segment.extentCount()) {
        out.unwritable(object, "extents_moved from 0 to " + segment.extentCount(), moved);
      } else if (moved > 0 && moved < segment.extentCount()) {
        out.notice(
            object,
            "extents_moved of 0 or %d (it counts as 0)".formatted(segment.extentCount()),
            moved);
      }
    } else if (!(segment.type() instanceof SegmentType.ErrorTarget)
        && segment.areas().size() != 1) {
      out.unwritable(
          object,
          "one area, or a mirror of two",
          segment.type().name() + " with " + segment.areas().size());
    }
  }

  /** Volumes without the flag may look like those of a move, and LVM2 then stumbles over them. */
  private static void checkPlain(LogicalVolume lv, LvGraph graph, Findings out) {
    boolean error = false;
    for (int i = 0; i < lv.segments().size(); i++) {
      SegmentType type = lv.segments().get(i).type();
      error |= type instanceof SegmentType.ErrorTarget;
      if (type instanceof SegmentType.Mirror mirror && mirror.extentsMoved() != null) {
        out.unwritable(
            LogicalVolumeRules.name(lv, i),
            "extents_moved in volumes with PVMOVE only",
            mirror.extentsMoved());
      }
    }
    if (error
        && lv.name().startsWith("pvmove")
        && (lv.segments().size() != 1 || !graph.usersOf(lv.name()).isEmpty())) {
      out.unreadable(
          LogicalVolumeRules.name(lv),
          "one segment and no user where a finished move left an error volume",
          "%d segments, %d users".formatted(lv.segments().size(), graph.usersOf(lv.name()).size()));
    }
  }

  /**
   * Where the pieces of a move begin and how long they are. All or nothing moves have one mirror of
   * two volumes; the pieces are then the segments of the first.
   */
  private static Map<Long, Long> pieces(VolumeGroup vg, LogicalVolume pvmove) {
    ImmutableList<Segment> segments = pvmove.segments();
    if (segments.size() == 1
        && segments.get(0).type() instanceof SegmentType.Mirror mirror
        && mirror.areas().get(0) instanceof Area.Logical image) {
      segments = vg.logicalVolume(image.lv()).map(LogicalVolume::segments).orElse(segments);
    }
    Map<Long, Long> pieces = new HashMap<>();
    for (Segment segment : segments) {
      pieces.putIfAbsent(segment.firstExtent(), segment.extentCount());
    }
    return pieces;
  }

  /** LVM2 can end a move only if every area on it covers exactly one piece. */
  private static void checkMapped(
      LogicalVolume lv,
      int index,
      Map<String, Map<Long, Long>> pieces,
      Set<String> onMove,
      Findings out) {
    Segment segment = lv.segments().get(index);
    for (Area area : segment.areas()) {
      if (!(area instanceof Area.Logical logical) || !pieces.containsKey(logical.lv())) {
        continue;
      }
      String object = LogicalVolumeRules.name(lv, index);
      if (onMove.add(lv.name()) && !lv.isLocked()) {
        out.notice(object, "LOCKED on a volume that is being moved", lv.flags().status());
      }
      @Nullable Long length = pieces.get(logical.lv()).get(logical.extent());
      if (length == null) {
        out.unwritable(
            object,
            "areas that begin where a segment of " + Names.quote(logical.lv()) + " begins",
            "extent " + logical.extent());
      } else if (FamilyRules.hasSoundAreaLength(segment) && length != segment.areaLength()) {
        out.unwritable(
            object,
            "areas as long as the segment of %s at extent %d, %d extents"
                .formatted(Names.quote(logical.lv()), logical.extent(), length),
            segment.areaLength());
      }
    }
  }
}
