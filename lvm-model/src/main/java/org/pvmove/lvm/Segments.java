// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Set;

/** Cutting and merging of striped segments, as LVM2 does both. */
public final class Segments {
  private Segments() {}

  /**
   * Cuts a striped segment.
   *
   * @param segment a segment of type striped
   * @param areaOffsets where to cut, in extents of an area counted from the segment's start; those
   *     at the ends or outside do not matter
   * @return the pieces in order, at least one
   * @throws IllegalArgumentException if a segment that would have to be cut is not striped
   */
  public static ImmutableList<Segment> cut(Segment segment, NavigableSet<Long> areaOffsets) {
    NavigableSet<Long> inside = areaOffsets.subSet(0L, false, segment.areaLength(), false);
    if (inside.isEmpty()) {
      return ImmutableList.of(segment);
    }
    if (!(segment.type() instanceof SegmentType.Striped striped)) {
      throw new IllegalArgumentException(
          "expected a striped segment to cut, found " + segment.type().name());
    }
    ImmutableList.Builder<Segment> pieces = ImmutableList.builder();
    long from = 0;
    for (long to : inside) {
      pieces.add(piece(segment, striped, from, to));
      from = to;
    }
    return pieces.add(piece(segment, striped, from, segment.areaLength())).build();
  }

  private static Segment piece(Segment segment, SegmentType.Striped striped, long from, long to) {
    int stripes = striped.areas().size();
    ImmutableList.Builder<Area> areas = ImmutableList.builderWithExpectedSize(stripes);
    for (Area area : striped.areas()) {
      areas.add(area.advance(from));
    }
    return segment.with(
        segment.firstExtent() + from * stripes,
        (to - from) * stripes,
        striped.withAreas(areas.build()));
  }

  /**
   * Merges neighbours that continue each other: same stripes on the same physical volumes, one
   * behind the other, with the same tags, or both zeros, or both errors. LVM2 sees such neighbours
   * as one segment, except in volumes that are locked by a move.
   */
  public static ImmutableList<Segment> merge(Iterable<Segment> segments) {
    List<Segment> merged = new ArrayList<>();
    for (Segment next : segments) {
      Segment last = merged.isEmpty() ? null : merged.get(merged.size() - 1);
      if (last != null && continues(last, next)) {
        merged.set(
            merged.size() - 1,
            last.with(last.firstExtent(), last.extentCount() + next.extentCount(), last.type()));
      } else {
        merged.add(next);
      }
    }
    return ImmutableList.copyOf(merged);
  }

  /**
   * A volume group as LVM2 sees it once it has read its text, with neighbours merged; except in
   * volumes that a move has locked, in its temporary volume, and in mirror images of these, whose
   * segments must match.
   */
  public static VolumeGroup mergedAsRead(VolumeGroup vg) {
    Set<String> imagesInMoves = new HashSet<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      if (lv.isLocked() || lv.isPvmove()) {
        for (Segment segment : lv.segments()) {
          if (segment.type() instanceof SegmentType.Mirror mirror) {
            mirror.references().forEach(image -> imagesInMoves.add(image.lv()));
          }
        }
      }
    }
    List<LogicalVolume> lvs = new ArrayList<>(vg.logicalVolumes().size());
    boolean changed = false;
    for (LogicalVolume lv : vg.logicalVolumes()) {
      if (lv.isLocked() || lv.isPvmove() || imagesInMoves.contains(lv.name())) {
        lvs.add(lv);
        continue;
      }
      ImmutableList<Segment> merged = merge(lv.segments());
      boolean fewer = merged.size() < lv.segments().size();
      changed |= fewer;
      lvs.add(fewer ? lv.toBuilder().segments(merged).build() : lv);
    }
    return changed ? vg.toBuilder().logicalVolumes(lvs).build() : vg;
  }

  private static boolean continues(Segment last, Segment next) {
    if (last.end() != next.firstExtent()
        || !last.tags().equals(next.tags())
        || !last.typeFlags().equals(next.typeFlags())
        || !last.extras().isEmpty()
        || !next.extras().isEmpty()) {
      return false;
    }
    if (last.type() instanceof SegmentType.ZeroTarget
        || last.type() instanceof SegmentType.ErrorTarget) {
      return last.type().equals(next.type());
    }
    if (!(last.type() instanceof SegmentType.Striped a)
        || !(next.type() instanceof SegmentType.Striped b)
        || a.areas().size() != b.areas().size()
        || !Objects.equals(a.stripeSize(), b.stripeSize())) {
      return false;
    }
    for (int i = 0; i < a.areas().size(); i++) {
      if (!(a.areas().get(i) instanceof Area.Physical from)
          || !from.advance(last.areaLength()).equals(b.areas().get(i))) {
        return false;
      }
    }
    return true;
  }
}
