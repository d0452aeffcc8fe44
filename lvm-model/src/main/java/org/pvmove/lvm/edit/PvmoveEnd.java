// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.edit;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.Segments;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;

/**
 * How a move ends: the areas on the temporary volume get the authoritative place of each piece. See
 * {@link PvmoveEdits#end}.
 */
final class PvmoveEnd {
  private PvmoveEnd() {}

  /**
   * Ends a move.
   *
   * @param temporary its temporary volume
   */
  static VolumeGroup end(VolumeGroup vg, LogicalVolume temporary, boolean toDestination) {
    Pvmove current = Pvmove.of(vg, temporary);
    Places places = new Places(current, toDestination);
    Set<String> gone = new HashSet<>();
    gone.add(temporary.name());
    if (current.atomic()) {
      temporary.segments().get(0).type().references().forEach(image -> gone.add(image.lv()));
    }
    List<LogicalVolume> lvs = new ArrayList<>();
    Set<Long> passed = new HashSet<>();
    Set<String> images = PvmoveEdits.images(vg);
    for (LogicalVolume lv : vg.logicalVolumes()) {
      if (!gone.contains(lv.name())) {
        lvs.add(settle(vg, lv, images, temporary.name(), places, passed));
      }
    }
    return vg.toBuilder().logicalVolumes(lvs).build();
  }

  /** The authoritative places of a move's pieces, by their extents in the temporary volume. */
  private static final class Places {
    private final long[] firsts;
    private final PeRange[] ranges;

    Places(Pvmove move, boolean toDestination) {
      List<Pvmove.Piece> pieces = new ArrayList<>(move.pieces());
      pieces.sort(Comparator.comparingLong(Pvmove.Piece::firstExtent));
      firsts = pieces.stream().mapToLong(Pvmove.Piece::firstExtent).toArray();
      ranges = new PeRange[firsts.length];
      for (int i = 0; i < firsts.length; i++) {
        Pvmove.Piece piece = pieces.get(i);
        boolean moved = piece.done() || (move.atomic() && toDestination);
        ranges[i] = moved ? piece.destination() : piece.source();
      }
    }

    /** Index of the piece that has an extent if any has; -1 if all begin behind it. */
    int at(long extent) {
      int found = Arrays.binarySearch(firsts, extent);
      return found >= 0 ? found : -found - 2;
    }
  }

  /** Puts the places of a move's pieces where a volume uses the temporary volume. */
  private static LogicalVolume settle(
      VolumeGroup vg,
      LogicalVolume lv,
      Set<String> images,
      String name,
      Places places,
      Set<Long> passed) {
    List<Segment> segments = new ArrayList<>();
    boolean changed = false;
    boolean inAnotherMove = false;
    for (Segment segment : lv.segments()) {
      for (Segment piece :
          PvmoveEdits.cut(
              lv,
              segment,
              boundaries(lv, segment, name, places, passed),
              PvmoveEdits.MAX_FOUND_AREAS)) {
        ImmutableList.Builder<Area> areas = ImmutableList.builder();
        boolean here = false;
        for (Area area : piece.areas()) {
          if (area instanceof Area.Logical logical && logical.lv().equals(name)) {
            areas.add(place(lv, piece, logical, places));
            here = true;
          } else {
            inAnotherMove |= Pvmove.isOnMove(vg, area);
            areas.add(area);
          }
        }
        segments.add(here ? piece.with(piece.type().withAreas(areas.build())) : piece);
        changed |= here;
      }
    }
    if (!changed) {
      return lv;
    }
    if (inAnotherMove) {
      // Merging waits for the last move: LVM2 never merges in a locked volume.
      return lv.toBuilder().segments(segments).build();
    }
    return lv.toBuilder()
        // The images of a move stay cut as its pieces are.
        .segments(images.contains(lv.name()) ? segments : Segments.merge(segments))
        .flags(lv.flags().without(StatusFlag.LOCKED))
        .build();
  }

  /**
   * LVM2 writes areas that are whole pieces; others may not, so cut where the pieces end.
   *
   * @param passed the ends of pieces inside other areas, to which those in this segment are added
   */
  private static NavigableSet<Long> boundaries(
      LogicalVolume lv, Segment segment, String name, Places places, Set<Long> passed) {
    NavigableSet<Long> cuts = Collections.emptyNavigableSet();
    for (Area area : segment.areas()) {
      if (area instanceof Area.Logical logical && logical.lv().equals(name)) {
        if (!(segment.type() instanceof SegmentType.Striped) || segment.areaLength() < 1) {
          throw new LvmException(
              "%s, extent %d: expected a linear or striped segment on %s, found %d extents of type"
                      .formatted(lv.name(), segment.firstExtent(), name, segment.extentCount())
                  + " "
                  + segment.type().name());
        }
        long end = logical.extent() + segment.areaLength();
        for (int i = places.at(logical.extent()) + 1;
            i < places.firsts.length && places.firsts[i] < end;
            i++) {
          long start = places.firsts[i];
          // Areas that share extents could ask for the product of their number and the pieces'.
          if (!passed.add(start)) {
            throw new LvmException(
                "%s, extent %d: expected extents of %s that no other area uses, found %d in use"
                    .formatted(lv.name(), segment.firstExtent(), name, start));
          }
          cuts = cuts.isEmpty() ? new TreeSet<>() : cuts;
          cuts.add(start - logical.extent());
        }
      }
    }
    return cuts;
  }

  private static Area place(LogicalVolume lv, Segment piece, Area.Logical area, Places places) {
    int found = places.at(area.extent());
    long offset = found < 0 ? 0 : area.extent() - places.firsts[found];
    if (found < 0 || offset + piece.areaLength() > places.ranges[found].count()) {
      throw new LvmException(
          "%s, extent %d: expected extents of %s, found %d extents at %d, which it does not have"
              .formatted(
                  lv.name(), piece.firstExtent(), area.lv(), piece.areaLength(), area.extent()));
    }
    PeRange range = places.ranges[found];
    return new Area.Physical(range.pv(), range.first() + offset);
  }
}
