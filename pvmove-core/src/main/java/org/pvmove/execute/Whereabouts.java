// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.plan.MovePlan;

/** Where the segments of a plan lie in some version of the volume group. */
final class Whereabouts {
  /** Where a segment of a plan lies. */
  enum Place {
    /** All of it where it was. */
    SOURCE,
    /** All of it where it shall be. */
    DESTINATION,
    /** All of it on moves under way, from where it was to where it shall be. */
    UNDER_WAY,
    /** None of these, or there is no such extent any more. */
    ELSEWHERE
  }

  private final VolumeGroup vg;
  private final Map<String, NavigableMap<Long, Segment>> segmentsOf = new HashMap<>();
  private final Map<String, NavigableMap<Long, Pvmove.Piece>> piecesOf = new HashMap<>();

  Whereabouts(VolumeGroup vg) {
    this.vg = vg;
    for (Pvmove move : Pvmove.allOf(vg)) {
      NavigableMap<Long, Pvmove.Piece> pieces = new TreeMap<>();
      move.pieces().forEach(piece -> pieces.put(piece.firstExtent(), piece));
      piecesOf.put(move.name(), pieces);
    }
  }

  Place of(MovePlan.Segment segment) {
    if (isAll(segment, (area, from, count) -> isAt(area, segment.destination(), from))) {
      return Place.DESTINATION;
    }
    if (isAll(segment, (area, from, count) -> isAt(area, segment.source(), from))) {
      return Place.SOURCE;
    }
    return isAll(segment, (area, from, count) -> isUnderWay(area, segment, from, count))
        ? Place.UNDER_WAY
        : Place.ELSEWHERE;
  }

  private interface Test {
    boolean of(Area area, long from, long count);
  }

  /** Whether something is true of each run of a segment, as the logical volume is cut now. */
  private boolean isAll(MovePlan.Segment segment, Test test) {
    NavigableMap<Long, Segment> all =
        segmentsOf.computeIfAbsent(segment.logicalVolume(), this::segments);
    long extent = segment.logicalExtent();
    long done = 0;
    while (done < segment.source().count()) {
      Map.Entry<Long, Segment> entry = all.floorEntry(extent);
      if (entry == null || segment.stripe() >= entry.getValue().areas().size()) {
        return false;
      }
      Segment on = entry.getValue();
      int stripes = on.areas().size();
      long offset = (extent - on.firstExtent()) / stripes;
      long count = Math.min(segment.source().count() - done, on.areaLength() - offset);
      if (count < 1
          || on.firstExtent() + offset * stripes != extent
          || !test.of(on.areas().get(segment.stripe()).advance(offset), done, count)) {
        return false;
      }
      done += count;
      extent += count * stripes;
    }
    return true;
  }

  private NavigableMap<Long, Segment> segments(String name) {
    NavigableMap<Long, Segment> all = new TreeMap<>();
    vg.logicalVolume(name).stream()
        .map(LogicalVolume::segments)
        .forEach(segments -> segments.forEach(each -> all.put(each.firstExtent(), each)));
    return all;
  }

  private static boolean isAt(Area area, PeRange range, long from) {
    return area instanceof Area.Physical physical
        && physical.pv().equals(range.pv())
        && physical.extent() == range.first() + from;
  }

  private boolean isUnderWay(Area area, MovePlan.Segment segment, long from, long count) {
    NavigableMap<Long, Pvmove.Piece> pieces =
        area instanceof Area.Logical logical ? piecesOf.get(logical.lv()) : null;
    for (long done = 0; pieces != null && done < count; ) {
      long extent = area.extent() + done;
      Map.Entry<Long, Pvmove.Piece> entry = pieces.floorEntry(extent);
      if (entry == null) {
        return false;
      }
      Pvmove.Piece piece = entry.getValue();
      long offset = extent - piece.firstExtent();
      if (offset >= piece.source().count()
          || !isAt(from(piece.source(), offset), segment.source(), from + done)
          || !isAt(from(piece.destination(), offset), segment.destination(), from + done)) {
        return false;
      }
      done += piece.source().count() - offset;
    }
    return pieces != null;
  }

  private static Area from(PeRange range, long offset) {
    return new Area.Physical(range.pv(), range.first() + offset);
  }
}
