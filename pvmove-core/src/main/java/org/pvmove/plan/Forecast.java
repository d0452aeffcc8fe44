// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.primitives.ImmutableLongArray;
import java.util.ArrayList;
import java.util.List;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.lvm.text.MetadataText;

/**
 * How large the metadata text is at each commit of a move. Only the first and the last are printed,
 * once each: the ones between differ from the first in a few numbers.
 */
final class Forecast {
  private final ImmutableLongArray sizes;

  private Forecast(ImmutableLongArray sizes) {
    this.sizes = sizes;
  }

  /** Of a move that is to begin. */
  static Forecast of(
      VolumeGroup vg, Surroundings surroundings, List<MovePlan.Segment> segments, boolean atomic) {
    LvmUuid anyId = vg.id();
    PvmoveEdits.Origin origin =
        new PvmoveEdits.Origin(
            anyId, anyId, anyId, surroundings.writer().host(), surroundings.timeSeconds());
    VolumeGroup begun =
        PvmoveEdits.begin(
            vg,
            origin,
            segments.stream()
                .map(segment -> new PvmoveEdits.Move(segment.source(), segment.destination()))
                .toList(),
            atomic);
    String name = PvmoveEdits.nextName(vg);
    ImmutableLongArray.Builder sizes = ImmutableLongArray.builder();
    long seqno = vg.seqno() + 1;
    String description = MetadataWriter.begin(name);
    long first = size(begun, seqno, surroundings, description);
    sizes.add(first);
    return rest(
        begun, name, seqno, first - digits(seqno) - description.length(), surroundings, sizes);
  }

  /** Of a move that is under way. */
  static Forecast ofRest(VolumeGroup vg, String name, Surroundings surroundings) {
    long common = size(vg, 0, surroundings, "") - digits(0);
    return rest(vg, name, vg.seqno(), common, surroundings, ImmutableLongArray.builder());
  }

  /**
   * Of all commits but the first.
   *
   * @param vg the version in force before them
   * @param common the size of its text without what differs from commit to commit: version number
   *     and description
   */
  private static Forecast rest(
      VolumeGroup vg,
      String name,
      long seqno,
      long common,
      Surroundings surroundings,
      ImmutableLongArray.Builder sizes) {
    Pvmove move = Pvmove.of(vg, vg.logicalVolume(name).orElseThrow());
    long number = seqno;
    if (!move.atomic()) {
      long now = common;
      for (int i = 0; i < move.pieces().size(); i++) {
        if (move.pieces().get(i).done()) {
          continue;
        }
        number++;
        // extents_moved was 0 and becomes the length of the piece.
        now += digits(move.pieces().get(i).source().count()) - digits(0);
        sizes.add(now + digits(number) + MetadataWriter.segmentDone(name, i).length());
      }
    }
    sizes.add(size(finished(vg, move), number + 1, surroundings, MetadataWriter.finish(name)));
    return new Forecast(sizes.build());
  }

  private static VolumeGroup finished(VolumeGroup vg, Pvmove move) {
    if (move.atomic()) {
      return PvmoveEdits.end(vg, move, true);
    }
    LogicalVolume temporary = vg.logicalVolume(move.name()).orElseThrow();
    List<Segment> done = new ArrayList<>();
    for (Segment segment : temporary.segments()) {
      SegmentType.Mirror mirror = (SegmentType.Mirror) segment.type();
      done.add(segment.with(mirror.withExtentsMoved(segment.extentCount())));
    }
    return PvmoveEdits.end(
        vg.withLogicalVolumes(List.of(temporary.toBuilder().segments(done).build())), move, true);
  }

  private static long digits(long number) {
    return Long.toString(number).length();
  }

  private static long size(
      VolumeGroup vg, long seqno, Surroundings surroundings, String description) {
    return new MetadataText(
            vg.toBuilder().seqno(seqno).build(),
            surroundings.writer().header(description, surroundings.timeSeconds()))
        .diskByteCount();
  }

  long largest() {
    return sizes.stream().max().orElse(0);
  }

  Cost cost(List<MovePlan.Segment> segments, ExtentSize extentSize, boolean atomic) {
    long extents = segments.stream().mapToLong(segment -> segment.source().count()).sum();
    long longest = segments.stream().mapToLong(segment -> segment.source().count()).max().orElse(0);
    return new Cost(
        extents,
        extentSize.toBytes(extents),
        extentSize.toBytes(atomic ? extents : longest),
        sizes);
  }
}
