// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.BoundType;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;

/**
 * Which bytes of which logical volume a piece of a move holds.
 *
 * @param logicalVolume its name
 * @param start byte in the volume where the stripe that holds the piece begins
 * @param offset byte in that stripe where the piece begins
 * @param chunk bytes that lie together in a stripe
 * @param stripes number of stripes
 */
record Owner(String logicalVolume, long start, long offset, long chunk, int stripes) {
  /** Finds the owners of a move's pieces. */
  static final class Index {
    private final VolumeGroup vg;
    private final Pvmove move;

    /** The areas on the temporary volume by their first extent there. */
    private final NavigableMap<Long, Use> uses = new TreeMap<>();

    private record Use(LogicalVolume lv, Segment segment, SegmentType.Striped type, int stripe) {}

    Index(VolumeGroup vg, Pvmove move) {
      this.vg = vg;
      this.move = move;
      for (LogicalVolume lv : vg.logicalVolumes()) {
        for (Segment segment : lv.segments()) {
          if (segment.type() instanceof SegmentType.Striped striped) {
            for (int i = 0; i < striped.areas().size(); i++) {
              if (striped.areas().get(i) instanceof Area.Logical area
                  && area.lv().equals(move.name())) {
                uses.putIfAbsent(area.extent(), new Use(lv, segment, striped, i));
              }
            }
          }
        }
      }
    }

    /** Whether a piece belongs to one volume, as one run of it, as far as is known. */
    boolean isWhole(Pvmove.Piece piece) {
      Map.Entry<Long, Use> found = uses.floorEntry(piece.firstExtent());
      return found != null
          && piece.firstExtent() + piece.source().count()
              <= found.getKey() + found.getValue().segment.areaLength();
    }

    /** The owner of a piece; the temporary volume itself if no volume is mapped onto it. */
    Owner of(Pvmove.Piece piece) {
      Map.Entry<Long, Use> found = uses.floorEntry(piece.firstExtent());
      if (found != null) {
        Use use = found.getValue();
        long extent = piece.firstExtent() - found.getKey();
        if (extent < use.segment.areaLength()) {
          return Owner.of(vg, use.lv, use.segment, use.type, use.stripe, extent);
        }
      }
      long start = vg.extentSize().toBytes(piece.firstExtent());
      return new Owner(move.name(), start, 0, Long.MAX_VALUE, 1);
    }
  }

  private static Owner of(
      VolumeGroup vg,
      LogicalVolume lv,
      Segment segment,
      SegmentType.Striped striped,
      int stripe,
      long extent) {
    int stripes = striped.areas().size();
    long chunk =
        stripes == 1 || striped.stripeSize() == null
            ? Long.MAX_VALUE
            : striped.stripeSize().toBytes();
    long start = vg.extentSize().toBytes(segment.firstExtent());
    return new Owner(
        lv.name(),
        stripes == 1 ? start : start + stripe * chunk,
        vg.extentSize().toBytes(extent),
        chunk,
        stripes);
  }

  /**
   * The ranges, each in one piece in the volume too, of bytes of the piece.
   *
   * @param device name of the device that the piece is on
   * @param pieceStart where the piece begins on the device, in bytes
   * @param from first byte, counted from the start of the piece
   * @param count how many bytes
   */
  ImmutableList<BadRange> ranges(String device, long pieceStart, long from, long count) {
    ImmutableList.Builder<BadRange> ranges = ImmutableList.builder();
    for (long at = from; at < from + count; ) {
      long inStripe = offset + at;
      long length = Math.min(from + count - at, chunk - inStripe % chunk);
      ranges.add(
          new BadRange(
              device,
              pieceStart + at,
              length,
              logicalVolume,
              start + inStripe / chunk * (stripes == 1 ? 0 : chunk * stripes) + inStripe % chunk));
      at += length;
    }
    return ranges.build();
  }

  /**
   * Where a run of ranges of the volume ends that has a byte of the piece in it.
   *
   * @param ranges ranges of the volume
   * @param from the byte, counted from the start of the piece
   * @param limit where to stop looking
   * @return the first byte at or behind {@code from} that is in none of the ranges; {@code limit}
   *     if there is none before
   */
  long endOfRun(RangeSet<Long> ranges, long from, long limit) {
    long at = from;
    while (at < limit) {
      long inStripe = offset + at;
      long inVolume =
          start + inStripe / chunk * (stripes == 1 ? 0 : chunk * stripes) + inStripe % chunk;
      Range<Long> range = ranges.rangeContaining(inVolume);
      if (range == null) {
        return at;
      }
      long left = chunk - inStripe % chunk;
      if (range.hasUpperBound()) {
        long end = range.upperEndpoint() + (range.upperBoundType() == BoundType.CLOSED ? 1 : 0);
        if (end - inVolume < left) {
          return Math.min(limit, at + end - inVolume);
        }
      }
      at = left > limit - at ? limit : at + left;
    }
    return limit;
  }
}
