// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;

/**
 * The arithmetic of the ring of texts behind a metadata area header: bytes 512 to the end of the
 * area. A text that reaches the end continues at byte 512. Offsets are counted from the start of
 * the area unless a name says otherwise.
 */
final class MetadataRing {
  /** Where the ring begins: after the header. */
  private static final long RING_AT = OnDisk.SECTOR;

  private MetadataRing() {}

  /** Checks that a text lies in the ring, once around at most. */
  static void check(DiskArea area, TextLocation text, long slotDeviceOffset) {
    if (text.isEmpty()) {
      return;
    }
    if (text.offset() < RING_AT || text.offset() >= area.size()) {
      throw new CorruptHeaderException(
          "metadata area header's text offset",
          "%d to %d".formatted(RING_AT, area.size() - 1),
          Long.toUnsignedString(text.offset()),
          slotDeviceOffset);
    }
    if (text.size() <= 0 || text.size() > area.size() - RING_AT) {
      throw new CorruptHeaderException(
          "metadata area header's text size",
          "1 to %d".formatted(area.size() - RING_AT),
          Long.toUnsignedString(text.size()),
          slotDeviceOffset + Long.BYTES);
    }
  }

  static ImmutableList<DiskArea> pieces(DiskArea area, TextLocation text) {
    if (text.isEmpty()) {
      return ImmutableList.of();
    }
    long wrap = wrap(area.size(), text);
    DiskArea first = new DiskArea(area.offset() + text.offset(), text.size() - wrap);
    return wrap == 0
        ? ImmutableList.of(first)
        : ImmutableList.of(first, new DiskArea(area.offset() + RING_AT, wrap));
  }

  static long maxTextSize(long areaSize) {
    return Math.max(0, (areaSize - RING_AT) / 2 - OnDisk.SECTOR);
  }

  /**
   * Where the next text begins: in the first sector after the committed one that has a sector's
   * worth of ring behind it, otherwise at the start of the ring.
   */
  static long nextOffset(long areaSize, TextLocation committed) {
    if (committed.isEmpty() || committed.isIgnored()) {
      return RING_AT;
    }
    long wrap = wrap(areaSize, committed);
    long end = wrap == 0 ? committed.offset() + committed.size() : RING_AT + wrap;
    if (areaSize - (end - 1) < OnDisk.SECTOR) {
      return RING_AT;
    }
    long next = roundUp(end);
    return next > areaSize - OnDisk.SECTOR ? RING_AT : next;
  }

  /** How long the next text may be without reaching the committed one. */
  static long room(long areaSize, TextLocation committed) {
    long max = maxTextSize(areaSize);
    if (committed.isEmpty() || committed.isIgnored()) {
      return max;
    }
    long ring = areaSize - RING_AT;
    long next = nextOffset(areaSize, committed);
    // How far behind the start of the committed text, going around the ring, the next one begins.
    long behind = Math.floorMod(next - committed.offset(), ring);
    return behind < committed.size() ? 0 : Math.min(max, ring - behind);
  }

  static ImmutableList<DiskWrite> writes(
      DiskArea area, TextLocation committed, TextLocation next, ByteBuffer text) {
    ImmutableList.Builder<DiskWrite> writes = ImmutableList.builder();
    ByteBuffer rest = text.slice();
    ImmutableList<DiskArea> pieces = pieces(area, next);
    if (pieces.size() == 2) {
      int first = (int) pieces.get(0).size();
      writes.add(new DiskWrite(pieces.get(0).offset(), rest.slice(0, first)));
      rest.position(first);
    }
    long offset = pieces.get(pieces.size() - 1).offset();
    int zeros =
        (int) (zeroFillEnd(area, committed, next) - (offset - area.offset())) - rest.remaining();
    ByteBuffer last = ByteBuffer.allocate(rest.remaining() + zeros).put(rest).clear();
    return writes.add(new DiskWrite(offset, last)).build();
  }

  /**
   * Where the zeros after the text end: at the next sector, but not beyond the end of the area, and
   * not in a committed text that begins in the middle of a sector. LVM2 never writes such a text,
   * but reads it.
   */
  private static long zeroFillEnd(DiskArea area, TextLocation committed, TextLocation next) {
    long wrap = wrap(area.size(), next);
    long end = wrap == 0 ? next.offset() + next.size() : RING_AT + wrap;
    long filled = end + Math.min(-end & (OnDisk.SECTOR - 1), area.size() - end);
    boolean inTheWay =
        !committed.isEmpty()
            && !committed.isIgnored()
            && committed.offset() >= end
            && committed.offset() < filled;
    return inTheWay ? committed.offset() : filled;
  }

  /** How many bytes of a text are at the start of the ring. */
  private static long wrap(long areaSize, TextLocation text) {
    return Math.max(0, text.size() - (areaSize - text.offset()));
  }

  private static long roundUp(long offset) {
    return (offset + OnDisk.SECTOR - 1) / OnDisk.SECTOR * OnDisk.SECTOR;
  }
}
