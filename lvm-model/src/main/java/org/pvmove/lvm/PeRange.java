// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

/**
 * A run of physical extents on one physical volume, at least one extent long.
 *
 * @param pv the physical volume
 * @param first index of the first extent, counted from 0
 * @param count number of extents, at least 1
 */
public record PeRange(LvmUuid pv, long first, long count) {
  public PeRange {
    if (first < 0 || count < 1 || first > Long.MAX_VALUE - count) {
      throw new IllegalArgumentException(
          "expected a run of extents (first >= 0, count >= 1), found first %d count %d"
              .formatted(first, count));
    }
  }

  /** Index of the extent behind the last one. */
  public long end() {
    return first + count;
  }

  /** Whether the two runs share an extent. */
  public boolean overlaps(PeRange other) {
    return pv.equals(other.pv) && first < other.end() && other.first < end();
  }

  /** The part of this run that starts {@code offset} extents in and is {@code length} long. */
  public PeRange slice(long offset, long length) {
    if (offset < 0 || length < 1 || offset > count - length) {
      throw new IllegalArgumentException(
          "expected a slice of %s, found offset %d length %d".formatted(this, offset, length));
    }
    return new PeRange(pv, first + offset, length);
  }

  /** As LVM2 writes ranges: {@code uuid:first-last}. */
  @Override
  public String toString() {
    return pv + ":" + first + "-" + (end() - 1);
  }
}
