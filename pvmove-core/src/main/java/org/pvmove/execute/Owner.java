// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.BoundType;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableRangeMap;
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
 * Which bytes of a logical volume a piece of a move, or a part of it, holds.
 *
 * @param logicalVolume its name
 * @param start byte in the volume where the stripe that holds the piece begins
 * @param offset byte in that stripe where the piece begins; below 0 where the piece begins before
 *     the stripe, with bytes of others
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

    /**
     * The owners of the bytes of a piece, counted from its start: the temporary volume itself where
     * no volume is mapped onto it. There may be several, since LVM2 reads segments that continue
     * each other as one.
     */
    ImmutableRangeMap<Long, Owner> of(Pvmove.Piece piece) {
      ImmutableRangeMap.Builder<Long, Owner> owners = ImmutableRangeMap.builder();
      long first = piece.firstExtent();
      long end = first + piece.source().count();
      for (long at = first; at < end; ) {
        Map.Entry<Long, Use> before = uses.floorEntry(at);
        long used = before == null ? at : before.getKey() + before.getValue().segment.areaLength();
        Long next = uses.higherKey(at);
        long until = Math.min(end, used > at ? used : next == null ? end : next);
        owners.put(
            Range.closedOpen(bytes(at - first), bytes(until - first)),
            before != null && used > at
                ? Owner.of(vg, before.getValue(), first - before.getKey())
                : new Owner(move.name(), bytes(first), 0, Long.MAX_VALUE, 1));
        at = until;
      }
      return owners.build();
    }

    private long bytes(long extents) {
      return vg.extentSize().toBytes(extents);
    }
  }

  private static Owner of(VolumeGroup vg, Index.Use use, long extent) {
    int stripes = use.type.areas().size();
    long chunk =
        stripes == 1 || use.type.stripeSize() == null
            ? Long.MAX_VALUE
            : use.type.stripeSize().toBytes();
    long start = vg.extentSize().toBytes(use.segment.firstExtent());
    return new Owner(
        use.lv.name(),
        stripes == 1 ? start : start + use.stripe * chunk,
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
