// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

/**
 * The size of the extents of a volume group; the only place where extents turn into sectors or
 * bytes.
 *
 * <p>LVM2 makes volume groups whose extent size is a power of two or a multiple of 128 KiB, but
 * reads any value; so does this type (the validator judges), except 0, which would make every
 * extent empty.
 *
 * @param sectors size of one extent in sectors of 512 bytes, 1 to 2^32-1
 */
public record ExtentSize(long sectors) {
  public ExtentSize {
    if (sectors < 1 || sectors > 0xFFFF_FFFFL) {
      throw new IllegalArgumentException(
          "expected an extent size of 1 to 4294967295 sectors, found " + sectors);
    }
  }

  /**
   * An extent size given in bytes.
   *
   * @throws IllegalArgumentException if it is not a positive multiple of 512
   */
  public static ExtentSize ofBytes(long bytes) {
    return new ExtentSize(Sectors.ofBytesExact(bytes).count());
  }

  /** Bytes in one extent. */
  public long bytes() {
    return sectors * Sectors.BYTES;
  }

  /**
   * Bytes in that many extents.
   *
   * @throws ArithmeticException if that exceeds 2^63-1
   */
  public long toBytes(long extents) {
    return Math.multiplyExact(extents, bytes());
  }

  /** Whether LVM2 would make a volume group with this extent size. */
  public boolean isUsual() {
    return Long.bitCount(sectors) == 1 || sectors % 256 == 0;
  }

  @Override
  public String toString() {
    return sectors + " sectors per extent";
  }
}
