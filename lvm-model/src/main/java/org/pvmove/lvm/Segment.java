// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import com.google.common.collect.ImmutableList;

/**
 * A run of logical extents of a logical volume that is mapped in one way.
 *
 * @param firstExtent index of the first logical extent, counted from 0
 * @param extentCount number of logical extents, at least 1
 * @param typeFlags words behind {@code +} in the type, such as {@code METADATA_FORMAT}
 * @param tags the segment's tags
 * @param reshapeCount extents kept for a raid reshape, 0 if none
 * @param type how the extents are mapped
 * @param extras unknown fields of a known type
 */
public record Segment(
    long firstExtent,
    long extentCount,
    ImmutableList<String> typeFlags,
    ImmutableList<String> tags,
    long reshapeCount,
    SegmentType type,
    Extras extras) {
  public Segment {
    if (firstExtent < 0 || extentCount < 1 || firstExtent > Long.MAX_VALUE - extentCount) {
      throw new IllegalArgumentException(
          "expected a segment of at least one extent at 0 or later, found start %d count %d"
              .formatted(firstExtent, extentCount));
    }
  }

  /** A segment without flags, tags or anything unknown. */
  public static Segment of(long firstExtent, long extentCount, SegmentType type) {
    return new Segment(
        firstExtent, extentCount, ImmutableList.of(), ImmutableList.of(), 0, type, Extras.NONE);
  }

  /** Index of the logical extent behind the last one. */
  public long end() {
    return firstExtent + extentCount;
  }

  /** The areas the data stand on, stripe by stripe or leg by leg; empty for virtual segments. */
  public ImmutableList<Area> areas() {
    return type.areas();
  }

  /**
   * Extents that each area is long: as many as the segment has for a mirror, its share for stripes
   * and parity raid.
   */
  public long areaLength() {
    return type.areaLength(extentCount);
  }

  /**
   * The run of physical extents that an area covers.
   *
   * @throws IllegalArgumentException if the area is not on a physical volume
   */
  public PeRange physicalRange(Area area) {
    if (!(area instanceof Area.Physical physical)) {
      throw new IllegalArgumentException("expected an area on a physical volume, found " + area);
    }
    return new PeRange(physical.pv(), physical.extent(), areaLength());
  }

  /** The same mapping at another place in the logical volume. */
  public Segment at(long newFirstExtent) {
    return new Segment(newFirstExtent, extentCount, typeFlags, tags, reshapeCount, type, extras);
  }

  /** The same segment with another type and length. */
  public Segment with(long newFirstExtent, long newExtentCount, SegmentType newType) {
    return new Segment(
        newFirstExtent, newExtentCount, typeFlags, tags, reshapeCount, newType, extras);
  }

  /** The same segment mapped in another way. */
  public Segment with(SegmentType newType) {
    return with(firstExtent, extentCount, newType);
  }
}
