// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.edit.PvmoveEdits;

/**
 * What will be moved where, for one version of a volume group. A plain value: it can be compared,
 * printed, and played on the volume group with {@link PvmoveEdits} without any device.
 *
 * @param volumeGroup name of the volume group
 * @param volumeGroupId its identity
 * @param seqno the version the plan was made for; it is refused on any other
 * @param extentBytes bytes in an extent
 * @param segments what moves, in the order of copying: logical volumes as in the metadata, their
 *     extents in order, of equal extents the stripes in order
 * @param skipped logical volumes on the source that stay, and why
 */
public record MovePlan(
    String volumeGroup,
    LvmUuid volumeGroupId,
    long seqno,
    long extentBytes,
    ImmutableList<Segment> segments,
    ImmutableList<Skipped> skipped) {

  /**
   * A run of extents that moves in one piece: one segment of the temporary volume, one checkpoint.
   *
   * @param logicalVolume the logical volume the extents belong to
   * @param logicalExtent the segment's first logical extent in it; for a stripe, that of the row of
   *     stripes
   * @param stripe index of the stripe that moves; 0 for linear
   * @param source where the extents are
   * @param destination where they go
   */
  public record Segment(
      String logicalVolume, long logicalExtent, int stripe, PeRange source, PeRange destination) {}

  /** A logical volume that has extents to move but stays, and why. */
  public record Skipped(String logicalVolume, String reason) {}

  /** Number of extents that move. */
  public long extentCount() {
    return segments.stream().mapToLong(segment -> segment.source().count()).sum();
  }

  /** Number of bytes that are copied. */
  public long byteCount() {
    return Math.multiplyExact(extentCount(), extentBytes);
  }

  /** Number of metadata commits: one to begin, one for each segment, one to finish. */
  public long commitCount() {
    return segments.size() + 2L;
  }

  /** The moves as the edit that begins the move wants them. */
  public ImmutableList<PvmoveEdits.Move> moves() {
    return segments.stream()
        .map(segment -> new PvmoveEdits.Move(segment.source(), segment.destination()))
        .collect(ImmutableList.toImmutableList());
  }
}
