// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import com.google.common.collect.ImmutableList;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.SegmentType;

/** How reports count and name the areas of a segment. */
final class Stripes {
  private Stripes() {}

  /** The areas as reports show them: a vdo volume stands on its pool. */
  static ImmutableList<Area> areas(SegmentType type) {
    return type instanceof SegmentType.Vdo vdo
        ? ImmutableList.of(new Area.Logical(vdo.pool(), vdo.offset()))
        : type.areas();
  }

  /** Areas that hold data rather than copies of data or parity; each image of a mirror counts. */
  static long data(SegmentType type) {
    long areas = areas(type).size();
    if (!(type instanceof SegmentType.Raid raid)) {
      return areas;
    }
    return isRaid10(raid) ? areas / Math.max(1, copies(raid)) : areas - raid.parityImages();
  }

  /** How many images hold the same data; as LVM2 has it, parity counts as a copy. */
  static long copies(SegmentType type) {
    if (!(type instanceof SegmentType.Raid raid)) {
      return 1;
    }
    if (raid.name().equals("raid1")) {
      return raid.images().size();
    }
    if (isRaid10(raid)) {
      return raid.dataCopies() == null ? 2 : raid.dataCopies();
    }
    return raid.parityImages() + 1L;
  }

  /** Whether its layout could be reshaped: all striped raids but raid0. */
  static boolean isReshapable(SegmentType type) {
    return type instanceof SegmentType.Raid raid && (raid.parityImages() > 0 || isRaid10(raid));
  }

  private static boolean isRaid10(SegmentType.Raid raid) {
    return raid.name().startsWith("raid10");
  }
}
