// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

/**
 * A run of bytes on a device: a data, metadata or bootloader area as the physical volume header
 * lists it, or a piece of one to read.
 *
 * @param offset first byte, counted from the start of the device; at least 1, because offset 0 ends
 *     a list on disk
 * @param size number of bytes, not negative; in the list of data areas 0 means up to the end of the
 *     device
 */
public record DiskArea(long offset, long size) {
  public DiskArea {
    if (offset <= 0) {
      throw new IllegalArgumentException("expected an area offset > 0, found " + offset);
    }
    if (size < 0 || size > Long.MAX_VALUE - offset) {
      throw new IllegalArgumentException(
          "expected an area at byte %d to end below 2^63, found size %s"
              .formatted(offset, Long.toUnsignedString(size)));
    }
  }

  /** The byte after the last one. */
  public long end() {
    return offset + size;
  }

  /** Whether a byte belongs to both. */
  public boolean overlaps(DiskArea other) {
    return offset < other.end() && other.offset < end();
  }

  @Override
  public String toString() {
    return size + " bytes at byte " + offset;
  }
}
