// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import com.google.common.collect.ImmutableList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;

/**
 * Which physical extents logical volumes have, seen through the moves in progress: what a volume
 * has in a move is where it counts, the source or the destination, and the other one is held.
 *
 * @param places where volumes have their extents, in the order of the metadata
 * @param held what moves in progress keep besides
 */
record Places(ImmutableList<Place> places, ImmutableList<Held> held) {

  /**
   * A run of physical extents that holds data.
   *
   * @param lv the logical volume
   * @param first its first logical extent that has to do with the run
   * @param stripe which area of the segment it is, counted from 0
   * @param stripes how many logical extents there are to a physical one; 0 if that is not a whole
   *     number
   * @param range the physical extents
   */
  record Place(String lv, long first, int stripe, long stripes, PeRange range) {}

  /**
   * A run of physical extents that a move in progress keeps, while the data count elsewhere.
   *
   * @param range the physical extents
   * @param lv the logical volume that they are kept for; absent if it is not known
   */
  record Held(PeRange range, @Nullable String lv) {}

  /** Takes time proportional to the segments, times a logarithm, whatever is wrong with them. */
  static Places of(VolumeGroup vg) {
    Collector collector = new Collector(vg);
    vg.logicalVolumes().forEach(collector::add);
    return collector.finish();
  }

  private static final class Collector {
    private final ImmutableList.Builder<Place> places = ImmutableList.builder();
    private final ImmutableList.Builder<Held> held = ImmutableList.builder();

    /** What no volume has been found to stand on yet, by name of the move and first extent. */
    private final Map<String, NavigableMap<Long, Pvmove.Piece>> moves = new HashMap<>();

    private final Set<String> partsOfMoves = new HashSet<>();

    Collector(VolumeGroup vg) {
      for (LogicalVolume lv : vg.pvmoveVolumes()) {
        Pvmove move;
        try {
          move = Pvmove.of(vg, lv);
        } catch (LvmException e) {
          // Drawn like any other volume then; what is wrong with it, --list says.
          continue;
        }
        NavigableMap<Long, Pvmove.Piece> pieces = new TreeMap<>();
        move.pieces().forEach(piece -> pieces.put(piece.firstExtent(), piece));
        moves.put(lv.name(), pieces);
        partsOfMoves.add(lv.name());
        lv.segments().forEach(s -> s.type().references().forEach(i -> partsOfMoves.add(i.lv())));
      }
    }

    void add(LogicalVolume lv) {
      if (partsOfMoves.contains(lv.name())) {
        return;
      }
      for (Segment segment : lv.segments()) {
        long length = segment.areaLength();
        if (length < 1) {
          continue;
        }
        long stripes = segment.extentCount() % length == 0 ? segment.extentCount() / length : 0;
        for (int i = 0; i < segment.areas().size(); i++) {
          Area area = segment.areas().get(i);
          if (area instanceof Area.Physical) {
            places.add(
                new Place(
                    lv.name(), segment.firstExtent(), i, stripes, segment.physicalRange(area)));
          } else if (area instanceof Area.Logical on) {
            NavigableMap<Long, Pvmove.Piece> pieces = moves.get(on.lv());
            if (pieces != null) {
              addInMove(lv.name(), segment, i, stripes, on, pieces);
            }
          }
        }
      }
    }

    /** Each extent of a move is given out once, so that hostile areas cannot ask for more. */
    private void addInMove(
        String lv,
        Segment segment,
        int stripe,
        long stripes,
        Area.Logical area,
        NavigableMap<Long, Pvmove.Piece> pieces) {
      long end = area.extent() + segment.areaLength();
      long next = area.extent();
      while (next < end) {
        Map.Entry<Long, Pvmove.Piece> entry = pieces.floorEntry(next);
        if (entry == null || end(entry.getValue()) <= next) {
          return;
        }
        Pvmove.Piece piece = entry.getValue();
        long until = Math.min(end, end(piece));
        pieces.remove(entry.getKey());
        putPart(pieces, piece, piece.firstExtent(), next);
        putPart(pieces, piece, until, end(piece));
        Pvmove.Piece part = part(piece, next, until);
        places.add(
            new Place(
                lv,
                segment.firstExtent() + (next - area.extent()) * stripes,
                stripe,
                stripes,
                part.done() ? part.destination() : part.source()));
        held.add(new Held(part.done() ? part.source() : part.destination(), lv));
        next = until;
      }
    }

    private static void putPart(
        NavigableMap<Long, Pvmove.Piece> pieces, Pvmove.Piece piece, long first, long end) {
      if (first < end) {
        pieces.put(first, part(piece, first, end));
      }
    }

    private static Pvmove.Piece part(Pvmove.Piece piece, long first, long end) {
      long offset = first - piece.firstExtent();
      return new Pvmove.Piece(
          first,
          piece.source().slice(offset, end - first),
          piece.destination().slice(offset, end - first),
          piece.done());
    }

    private static long end(Pvmove.Piece piece) {
      return piece.firstExtent() + piece.source().count();
    }

    Places finish() {
      for (NavigableMap<Long, Pvmove.Piece> unused : moves.values()) {
        for (Pvmove.Piece piece : unused.values()) {
          held.add(new Held(piece.source(), null));
          held.add(new Held(piece.destination(), null));
        }
      }
      return new Places(places.build(), held.build());
    }
  }
}
