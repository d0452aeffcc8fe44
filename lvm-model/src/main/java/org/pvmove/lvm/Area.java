// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

/**
 * Where a stripe or a mirror leg of a segment begins: on a physical volume or in another logical
 * volume. Its length follows from the segment (see {@link Segment#areaLength()}).
 */
public sealed interface Area {
  /** Index of the first extent used, counted from 0 on the physical or logical volume. */
  long extent();

  /** The same area, {@code extents} further on. */
  Area advance(long extents);

  /**
   * An area on a physical volume.
   *
   * @param pv identity of the physical volume
   * @param extent index of its first physical extent
   */
  record Physical(LvmUuid pv, long extent) implements Area {
    public Physical {
      checkExtent(extent);
    }

    @Override
    public Physical advance(long extents) {
      return new Physical(pv, extent + extents);
    }

    @Override
    public String toString() {
      return pv + ":" + extent;
    }
  }

  /**
   * An area in another logical volume of the same volume group.
   *
   * @param lv name of that logical volume
   * @param extent index of its first logical extent
   */
  record Logical(String lv, long extent) implements Area {
    public Logical {
      checkExtent(extent);
    }

    @Override
    public Logical advance(long extents) {
      return new Logical(lv, extent + extents);
    }

    @Override
    public String toString() {
      return lv + ":" + extent;
    }
  }

  private static void checkExtent(long extent) {
    if (extent < 0) {
      throw new IllegalArgumentException("expected an extent index >= 0, found " + extent);
    }
  }
}
