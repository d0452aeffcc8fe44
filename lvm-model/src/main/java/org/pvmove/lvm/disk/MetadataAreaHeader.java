// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;

/**
 * The sector at the start of a metadata area, LVM2's {@code mda_header}: it says which bytes of the
 * area are the metadata text in force. The rest of the area is a ring of texts, each written after
 * the one before; a new text takes effect when this sector is rewritten to point to it.
 *
 * <p>An update of an area goes: {@linkplain #place place} the text and write it, {@linkplain
 * #precommit precommit}, {@linkplain #commit commit}, each made durable before the next, and each
 * in all areas of the volume group before the next begins in any.
 *
 * @param start where this header is, in bytes from the start of the device
 * @param size bytes of the area including this sector; has precedence over the size in the label
 * @param committed the text in force
 * @param precommitted the text that an update is about to put in force. Readers ignore it: after a
 *     crash it may be anything, so it is not checked
 */
public record MetadataAreaHeader(
    long start, long size, TextLocation committed, TextLocation precommitted) {

  private static final byte[] MAGIC = OnDisk.ascii(" LVM2 x[5A%r0N*>");
  private static final int MAGIC_AT = 4;
  private static final int VERSION_AT = 20;
  private static final int VERSION = 1;
  private static final int START_AT = 24;
  private static final int SIZE_AT = 32;
  private static final int SLOTS_AT = 40;

  /**
   * Checks that the area and the committed text are possible.
   *
   * @throws IllegalArgumentException if {@code start} is not positive or the area ends beyond 2^63
   * @throws CorruptHeaderException if the size is less than a sector, or the committed text does
   *     not lie in the area
   */
  public MetadataAreaHeader {
    if (size < OnDisk.SECTOR) {
      throw new CorruptHeaderException(
          "metadata area header's size",
          "at least 512",
          Long.toUnsignedString(size),
          start + SIZE_AT);
    }
    DiskArea area = new DiskArea(start, size);
    MetadataRing.check(area, committed, start + SLOTS_AT);
  }

  /** The header of an area that holds no text yet. */
  public static MetadataAreaHeader empty(DiskArea area) {
    return new MetadataAreaHeader(
        area.offset(), area.size(), TextLocation.EMPTY, TextLocation.EMPTY);
  }

  /**
   * Reads a header.
   *
   * @param from at least the 512 bytes of the header; position and limit stay as they are
   * @param deviceOffset where they were read, in bytes from the start of the device: the offset of
   *     the metadata area in the label
   * @throws CorruptHeaderException if the checksum, magic, version, start, size or committed slot
   *     is wrong. LVM2 then leaves the area out, both reading and writing
   */
  public static MetadataAreaHeader parse(ByteBuffer from, long deviceOffset) {
    ByteBuffer sector = OnDisk.sector(from, 0);
    int checksum = sector.getInt(0);
    int computed = OnDisk.checksum(sector, MAGIC_AT);
    if (checksum != computed) {
      throw corrupt("checksum", OnDisk.hex(computed), OnDisk.hex(checksum), deviceOffset);
    }
    if (!OnDisk.holds(sector, MAGIC_AT, MAGIC)) {
      throw corrupt(
          "magic",
          OnDisk.quote(MAGIC),
          OnDisk.quote(OnDisk.bytes(sector, MAGIC_AT, MAGIC.length)),
          deviceOffset + MAGIC_AT);
    }
    int version = sector.getInt(VERSION_AT);
    if (version != VERSION) {
      throw corrupt(
          "version",
          Integer.toString(VERSION),
          Integer.toUnsignedString(version),
          deviceOffset + VERSION_AT);
    }
    long start = sector.getLong(START_AT);
    if (start != deviceOffset) {
      throw corrupt(
          "start",
          Long.toString(deviceOffset),
          Long.toUnsignedString(start),
          deviceOffset + START_AT);
    }
    long size = sector.getLong(SIZE_AT);
    if (size < OnDisk.SECTOR || size > Long.MAX_VALUE - deviceOffset) {
      throw corrupt(
          "size",
          "at least 512 and an end below 2^63",
          Long.toUnsignedString(size),
          deviceOffset + SIZE_AT);
    }
    sector.position(SLOTS_AT);
    return new MetadataAreaHeader(
        start, size, TextLocation.read(sector), TextLocation.read(sector));
  }

  /** The 512 bytes of the header, with the right checksum, in a new buffer. */
  public ByteBuffer encode() {
    ByteBuffer to = OnDisk.newSector();
    to.putInt(0).put(MAGIC).putInt(VERSION).putLong(start).putLong(size);
    committed.write(to);
    precommitted.write(to);
    to.putInt(0, OnDisk.checksum(to, MAGIC_AT));
    return to.clear();
  }

  /** The whole area, header included. */
  public DiskArea area() {
    return new DiskArea(start, size);
  }

  /** Whether the area is marked as not in use: neither read nor written. */
  public boolean isIgnored() {
    return committed.isIgnored();
  }

  /**
   * Where to read a text on the device, in order: one piece, or two when it continues at the start
   * of the ring, or none when the slot is empty.
   *
   * @throws CorruptHeaderException if the text does not lie in the area (not for the committed one)
   */
  public ImmutableList<DiskArea> pieces(TextLocation text) {
    int slot = text.equals(committed) ? 0 : 1;
    MetadataRing.check(area(), text, start + SLOTS_AT + (long) slot * TextLocation.BYTES);
    return MetadataRing.pieces(area(), text);
  }

  /**
   * The largest text LVM2 allows in this area, in bytes including its NUL: somewhat less than half
   * of the ring, so that an old and a new text always fit together. 0 if the area is too small for
   * any.
   */
  public long maxTextSize() {
    return MetadataRing.maxTextSize(size);
  }

  /**
   * The largest text that can be placed now, in bytes including its NUL: {@link #maxTextSize}
   * unless the committed text is itself larger than that and leaves less.
   */
  public long room() {
    return MetadataRing.room(size, committed);
  }

  /**
   * The free space as LVM2 reports it ({@code pv_mda_free}): how many bytes the committed text
   * could still grow, in whole sectors. 0 for an ignored area.
   */
  public long freeSize() {
    if (isIgnored()) {
      return 0;
    }
    long used = committed.isEmpty() ? 0 : committed.size();
    long free = Math.max(0, maxTextSize() - used);
    return free - free % OnDisk.SECTOR;
  }

  /**
   * Places a new text after the committed one, as LVM2 does. No write of the placement touches a
   * byte of the committed text, unless the area is ignored, where LVM2 starts afresh.
   *
   * @param text the text including its NUL; position and limit stay as they are
   * @throws MetadataTooLargeException if it is longer than {@link #room}
   * @throws IllegalArgumentException if it is empty or does not end with a NUL
   */
  public TextPlacement place(ByteBuffer text) {
    int length = text.remaining();
    if (length == 0 || text.get(text.limit() - 1) != 0) {
      throw new IllegalArgumentException(
          "expected a text that ends with a NUL, found %d bytes without".formatted(length));
    }
    long room = room();
    if (length > room) {
      throw new MetadataTooLargeException(length, room, area());
    }
    TextLocation location =
        new TextLocation(MetadataRing.nextOffset(size, committed), length, LvmChecksum.of(text), 0);
    return new TextPlacement(location, MetadataRing.writes(area(), committed, location, text));
  }

  /**
   * This header with {@code next} announced. The committed text stays in force; the slot of an
   * ignored area is cleared first, as LVM2 does.
   *
   * @throws CorruptHeaderException if {@code next} does not lie in the area
   */
  public MetadataAreaHeader precommit(TextLocation next) {
    MetadataRing.check(area(), next, start + SLOTS_AT + TextLocation.BYTES);
    boolean unused = committed.isEmpty() || committed.isIgnored();
    return new MetadataAreaHeader(start, size, unused ? TextLocation.EMPTY : committed, next);
  }

  /**
   * This header with {@code next} in force and nothing announced.
   *
   * @throws CorruptHeaderException if {@code next} does not lie in the area
   */
  public MetadataAreaHeader commit(TextLocation next) {
    return new MetadataAreaHeader(start, size, next, TextLocation.EMPTY);
  }

  private static CorruptHeaderException corrupt(
      String field, String expected, String found, long at) {
    return new CorruptHeaderException("metadata area header's " + field, expected, found, at);
  }
}
