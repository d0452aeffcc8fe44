// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

/**
 * A size or an offset in sectors of 512 bytes, LVM2's unit for everything below the extent,
 * whatever block size the device has.
 *
 * @param count number of sectors, not negative
 */
public record Sectors(long count) implements Comparable<Sectors> {
  /** Bytes in a sector. */
  public static final int BYTES = 512;

  /** No sectors. */
  public static final Sectors ZERO = new Sectors(0);

  public Sectors {
    if (count < 0) {
      throw new IllegalArgumentException("expected a number of sectors >= 0, found " + count);
    }
  }

  /** The given number of sectors. */
  public static Sectors of(long count) {
    return new Sectors(count);
  }

  /**
   * The given number of bytes in sectors.
   *
   * @throws IllegalArgumentException if it is not a multiple of 512
   */
  public static Sectors ofBytesExact(long bytes) {
    if (bytes % BYTES != 0) {
      throw new IllegalArgumentException("expected a multiple of 512 bytes, found " + bytes);
    }
    return new Sectors(bytes / BYTES);
  }

  /**
   * The same size in bytes.
   *
   * @throws ArithmeticException if that exceeds 2^63-1
   */
  public long toBytes() {
    return Math.multiplyExact(count, BYTES);
  }

  @Override
  public int compareTo(Sectors other) {
    return Long.compare(count, other.count);
  }

  @Override
  public String toString() {
    return count == 1 ? "1 sector" : count + " sectors";
  }
}
