// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableList;
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
  /** The owner of a piece; the temporary volume itself if no volume is mapped onto it. */
  static Owner of(VolumeGroup vg, Pvmove move, Pvmove.Piece piece) {
    for (LogicalVolume lv : vg.logicalVolumes()) {
      for (Segment segment : lv.segments()) {
        if (segment.type() instanceof SegmentType.Striped striped) {
          for (int i = 0; i < striped.areas().size(); i++) {
            if (striped.areas().get(i) instanceof Area.Logical area
                && area.lv().equals(move.name())
                && area.extent() <= piece.firstExtent()
                && piece.firstExtent() < area.extent() + segment.areaLength()) {
              return of(vg, lv, segment, striped, i, piece.firstExtent() - area.extent());
            }
          }
        }
      }
    }
    long start = vg.extentSize().toBytes(piece.firstExtent());
    return new Owner(move.name(), start, 0, Long.MAX_VALUE, 1);
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
}
