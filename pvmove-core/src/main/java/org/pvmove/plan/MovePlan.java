// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.AbstractIterator;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;

/**
 * What will be moved where, for one version of a volume group. A plain value: it can be compared,
 * printed, and {@linkplain #replay played} on the volume group without any device.
 *
 * @param volumeGroup name of the volume group
 * @param volumeGroupId its identity
 * @param seqno the version the plan was made for; it is refused on any other
 * @param extentBytes bytes in an extent
 * @param move name of the temporary volume: the next one that is free, or that of the move joined
 * @param joined whether the request comes to a move that is under way already; then the segments
 *     are what is left of it
 * @param atomic whether the move takes effect as a whole or not at all
 * @param segments what moves, in the order of copying: logical volumes as in the metadata, their
 *     extents in order, of equal extents the stripes in order
 * @param skipped logical volumes on the source that stay, and why
 * @param unused what was named as destination, or might be one, but is not used, and why; by name
 * @param cost what it takes
 */
public record MovePlan(
    String volumeGroup,
    LvmUuid volumeGroupId,
    long seqno,
    long extentBytes,
    String move,
    boolean joined,
    boolean atomic,
    ImmutableList<Segment> segments,
    ImmutableList<Skipped> skipped,
    ImmutableMap<String, String> unused,
    Cost cost) {

  /**
   * A run of extents that moves in one piece: one segment of the temporary volume.
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
  public record Skipped(String logicalVolume, SkipReason reason) {}

  /** The moves as the edit that begins the move wants them. */
  public ImmutableList<PvmoveEdits.Move> moves() {
    return segments.stream()
        .map(segment -> new PvmoveEdits.Move(segment.source(), segment.destination()))
        .collect(ImmutableList.toImmutableList());
  }

  /**
   * What it takes if the plan is carried out in other surroundings than it was made for.
   *
   * @param vg the version the plan was made for
   */
  public Cost costIn(VolumeGroup vg, Surroundings surroundings) {
    requireVersion(vg);
    Forecast forecast =
        joined
            ? Forecast.ofRest(vg, move, surroundings)
            : Forecast.of(vg, surroundings, segments, atomic);
    return forecast.cost(segments, vg.extentSize(), atomic);
  }

  /**
   * The most metadata commits that it takes where short segments share checkpoints, copied one
   * after the other. There are fewer where a source has holes.
   *
   * @param checkpointBytes after how many bytes there is a checkpoint behind the next segment that
   *     ends; 0 for one behind each segment
   */
  public int commits(long checkpointBytes) {
    if (atomic) {
      return cost.commits();
    }
    int checkpoints = 0;
    long pending = 0;
    for (Segment segment : segments) {
      pending += segment.source().count() * extentBytes;
      if (pending >= checkpointBytes) {
        checkpoints++;
        pending = 0;
      }
    }
    return cost.commits() - segments.size() + checkpoints + (pending > 0 ? 1 : 0);
  }

  /**
   * How many bytes are copied once more at worst if the move is interrupted, where short segments
   * share checkpoints, copied one after the other.
   *
   * @param checkpointBytes after how many bytes there is a checkpoint behind the next segment that
   *     ends; 0 for one behind each segment
   */
  public long repeatedBytes(long checkpointBytes) {
    return Math.min(cost.bytes(), Math.max(checkpointBytes - 1, 0) + cost.repeatedBytes());
  }

  /** Checks that the plan was made for this version. */
  void requireVersion(VolumeGroup vg) {
    if (!vg.id().equals(volumeGroupId) || vg.seqno() != seqno) {
      throw new IllegalArgumentException(
          "expected version %d of volume group %s, found version %d of %s"
              .formatted(seqno, volumeGroup, vg.seqno(), vg.name()));
    }
  }

  /**
   * The versions of the volume group that carrying the plan out goes through, each with the number
   * of the next: the first with the move begun, the last with everything at its new place. Each is
   * made when it is asked for.
   *
   * @param vg the version the plan was made for
   * @param origin identity, host and time of the move
   * @throws IllegalArgumentException if the plan was made for another version
   */
  public Iterable<VolumeGroup> replay(VolumeGroup vg, PvmoveEdits.Origin origin) {
    requireVersion(vg);
    return () -> new Replay(vg, origin);
  }

  private final class Replay extends AbstractIterator<VolumeGroup> {
    private final PvmoveEdits.Origin origin;
    private VolumeGroup now;
    private boolean begun = joined;
    private int piece;

    Replay(VolumeGroup vg, PvmoveEdits.Origin origin) {
      this.now = vg;
      this.origin = origin;
    }

    @Override
    protected @Nullable VolumeGroup computeNext() {
      if (!begun) {
        begun = true;
        return next(PvmoveEdits.begin(now, origin, moves(), atomic));
      }
      LogicalVolume temporary = now.logicalVolume(move).orElse(null);
      if (temporary == null) {
        return endOfData();
      }
      Pvmove pvmove = Pvmove.of(now, temporary);
      while (!atomic && piece < pvmove.pieces().size()) {
        int index = piece++;
        if (!pvmove.pieces().get(index).done()) {
          return next(PvmoveEdits.pieceDone(now, pvmove, index));
        }
      }
      return next(PvmoveEdits.end(now, pvmove, true));
    }

    private VolumeGroup next(VolumeGroup version) {
      now = version.toBuilder().seqno(now.seqno() + 1).build();
      return now;
    }
  }
}
