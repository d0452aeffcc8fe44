// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import java.nio.ByteBuffer;

/**
 * One of the two slots of a metadata area header: where a metadata text lies in the area. LVM2
 * calls it {@code raw_locn}. The values are as found on disk, unsigned and unchecked; {@link
 * MetadataAreaHeader#pieces} checks them.
 *
 * @param offset first byte of the text, counted from the start of the <em>area</em>; 0 when the
 *     slot is empty
 * @param size number of bytes of the text including the NUL at its end
 * @param checksum {@linkplain LvmChecksum checksum} of those bytes
 * @param flags bit 0: the area is ignored (meaningful in the committed slot only)
 */
public record TextLocation(long offset, long size, int checksum, int flags) {
  /** A slot that points nowhere. */
  public static final TextLocation EMPTY = new TextLocation(0, 0, 0, 0);

  /** Bytes of a slot on disk. */
  static final int BYTES = 24;

  private static final int IGNORED = 1;

  /** Whether the slot points to no text. Its flags may still say that the area is ignored. */
  public boolean isEmpty() {
    return offset == 0;
  }

  /** Whether the slot marks its area as not in use: neither read nor written. */
  boolean isIgnored() {
    return (flags & IGNORED) != 0;
  }

  static TextLocation read(ByteBuffer from) {
    return new TextLocation(from.getLong(), from.getLong(), from.getInt(), from.getInt());
  }

  void write(ByteBuffer to) {
    to.putLong(offset).putLong(size).putInt(checksum).putInt(flags);
  }

  @Override
  public String toString() {
    return "offset %s, size %s, checksum %08x, flags 0x%x"
        .formatted(Long.toUnsignedString(offset), Long.toUnsignedString(size), checksum, flags);
  }
}
