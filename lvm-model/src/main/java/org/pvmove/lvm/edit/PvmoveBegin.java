// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.edit;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.Segments;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.StatusFlags;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.PvmoveEdits.Move;
import org.pvmove.lvm.edit.PvmoveEdits.Origin;

/**
 * How a move begins: each run gets a segment of a temporary volume, and the areas that use the
 * sources are cut and put onto it. See {@link PvmoveEdits#begin}.
 */
final class PvmoveBegin {
  /** LVM2's default granularity of mirror synchronisation, 2 MiB. */
  private static final long REGION_SECTORS = 4096;

  /** Areas that a segment may be cut into for a move: 128 stripes in thousands of pieces. */
  private static final long MAX_PLANNED_AREAS = 1 << 20;

  private PvmoveBegin() {}

  static VolumeGroup begin(VolumeGroup vg, Origin origin, List<Move> moves, boolean atomic) {
    if (moves.isEmpty()) {
      throw new IllegalArgumentException("expected at least one run to move, found none");
    }
    String name = PvmoveEdits.nextName(vg);
    Map<LvmUuid, Sorted> bySource = positions(moves);
    requireFree(vg, moves);
    Set<String> images = PvmoveEdits.images(vg);
    BitSet used = new BitSet(moves.size());
    List<LogicalVolume> lvs = new ArrayList<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      // The images of an atomic move are not marked as locked, but are no less.
      boolean locked = lv.isLocked() || images.contains(lv.name());
      lvs.add(redirect(lv, locked, name, bySource, used));
    }
    int unused = used.nextClearBit(0);
    if (unused < moves.size()) {
      throw new LvmException(
          "expected every run to be used by a logical volume, found %s unused"
              .formatted(moves.get(unused).source()));
    }
    lvs.addAll(temporaryVolumes(vg, name, origin, moves, atomic));
    return vg.toBuilder().logicalVolumes(lvs).build();
  }

  /**
   * A range to be found by its extents.
   *
   * @param first its first extent, beside the range because sorting asks for nothing else
   * @param range the range
   * @param number of the run it belongs to, in the order of the moves
   * @param position of the run in the temporary volume
   */
  private record Numbered(long first, PeRange range, int number, long position) {}

  /** Ranges on one physical volume, sorted, so that those that share extents are found fast. */
  private static final class Sorted {
    private final Numbered[] ranges;
    private final long[] firsts;
    private final long[] ends;

    Sorted(List<Numbered> unsorted) {
      ranges = unsorted.toArray(new Numbered[0]);
      Arrays.sort(ranges, Comparator.comparingLong(Numbered::first));
      firsts = new long[ranges.length];
      ends = new long[ranges.length];
      for (int i = 0; i < ranges.length; i++) {
        firsts[i] = ranges[i].first();
        ends[i] = ranges[i].range().end();
      }
    }

    /** The sources or destinations of moves, by physical volume. */
    static Map<LvmUuid, Sorted> of(List<Move> moves, Function<Move, PeRange> side) {
      Map<LvmUuid, List<Numbered>> unsorted = new HashMap<>();
      long position = 0;
      int number = 0;
      for (Move move : moves) {
        PeRange range = side.apply(move);
        unsorted
            .computeIfAbsent(range.pv(), pv -> new ArrayList<>())
            .add(new Numbered(range.first(), range, number++, position));
        position += range.count();
      }
      Map<LvmUuid, Sorted> sorted = new HashMap<>();
      unsorted.forEach((pv, ranges) -> sorted.put(pv, new Sorted(ranges)));
      return sorted;
    }

    /** Index of a range that shares extents with the one before it; -1 if none does. */
    int overlap() {
      for (int i = 1; i < ranges.length; i++) {
        if (firsts[i] < ends[i - 1]) {
          return i;
        }
      }
      return -1;
    }

    /** Index of the first range that shares extents with one, or lies behind it. */
    int from(PeRange range) {
      int found = Arrays.binarySearch(ends, range.first());
      return found >= 0 ? found + 1 : -found - 1;
    }

    /** Whether there is a range with that index, and it begins before the end of one. */
    boolean reaches(int index, PeRange range) {
      return index < firsts.length && firsts[index] < range.end();
    }
  }

  private static Map<LvmUuid, Sorted> positions(List<Move> moves) {
    Map<LvmUuid, Sorted> bySource = Sorted.of(moves, Move::source);
    for (Sorted sources : bySource.values()) {
      int overlap = sources.overlap();
      if (overlap >= 0) {
        throw new IllegalArgumentException(
            "expected runs that do not overlap, found %s and %s"
                .formatted(sources.ranges[overlap - 1].range(), sources.ranges[overlap].range()));
      }
    }
    return bySource;
  }

  /** Nothing may be copied over what is in use, nor over what another run is copied to. */
  private static void requireFree(VolumeGroup vg, List<Move> moves) {
    ExtentMap extents = ExtentMap.of(vg);
    Sorted.of(moves, Move::destination)
        .forEach((pv, wanted) -> requireFree(extents.free(pv), wanted));
  }

  private static void requireFree(List<PeRange> free, Sorted wanted) {
    int area = 0;
    for (int i = 0; i < wanted.ranges.length; i++) {
      Numbered range = wanted.ranges[i];
      if (i > 0 && wanted.firsts[i] < wanted.ends[i - 1]) {
        // The one that comes later finds its place taken.
        Numbered last = wanted.ranges[i - 1];
        throw notFree(last.number() > range.number() ? last.range() : range.range());
      }
      while (area < free.size() && free.get(area).end() <= wanted.firsts[i]) {
        area++;
      }
      if (area == free.size()
          || free.get(area).first() > wanted.firsts[i]
          || free.get(area).end() < wanted.ends[i]) {
        throw notFree(range.range());
      }
    }
  }

  private static LvmException notFree(PeRange wanted) {
    return new LvmException("expected free extents to move to, found " + wanted);
  }

  private static LogicalVolume redirect(
      LogicalVolume lv, boolean locked, String name, Map<LvmUuid, Sorted> bySource, BitSet used) {
    ImmutableList.Builder<Segment> segments = ImmutableList.builder();
    boolean anyChanged = false;
    // LVM2 reads adjacent segments as one, so it would cut the merged ones.
    for (Segment segment : locked ? lv.segments() : Segments.merge(lv.segments())) {
      for (Segment piece :
          PvmoveEdits.cut(lv, segment, cuts(segment, bySource), MAX_PLANNED_AREAS)) {
        ImmutableList.Builder<Area> areas = ImmutableList.builder();
        boolean changed = false;
        for (Area area : piece.areas()) {
          Numbered target = target(lv, piece, area, bySource);
          if (target != null) {
            if (!(piece.type() instanceof SegmentType.Striped) || locked) {
              throw new LvmException(
                  "%s, extent %d: expected an unlocked linear or striped segment, found %s%s"
                      .formatted(
                          lv.name(),
                          piece.firstExtent(),
                          locked ? "locked " : "",
                          piece.type().name()));
            }
            if (used.get(target.number())) {
              throw new LvmException(
                  "%s, extent %d: expected extents of its own, found run %s, which is used twice"
                      .formatted(lv.name(), piece.firstExtent(), target.range()));
            }
            used.set(target.number());
            changed = true;
          }
          areas.add(target == null ? area : new Area.Logical(name, target.position()));
        }
        segments.add(changed ? piece.with(piece.type().withAreas(areas.build())) : piece);
        anyChanged |= changed;
      }
    }
    if (!anyChanged) {
      return lv;
    }
    return lv.toBuilder()
        .segments(segments.build())
        .flags(lv.flags().with(StatusFlag.LOCKED))
        .build();
  }

  private static NavigableSet<Long> cuts(Segment segment, Map<LvmUuid, Sorted> bySource) {
    NavigableSet<Long> cuts = Collections.emptyNavigableSet();
    if (segment.type() instanceof SegmentType.Striped && segment.areaLength() > 0) {
      for (Area area : segment.areas()) {
        Sorted runs = area instanceof Area.Physical on ? bySource.get(on.pv()) : null;
        if (runs == null) {
          continue;
        }
        PeRange range = segment.physicalRange(area);
        for (int i = runs.from(range); runs.reaches(i, range); i++) {
          // Most runs are whole areas, where there is nothing to cut.
          if (runs.firsts[i] != range.first() || runs.ends[i] != range.end()) {
            cuts = cuts.isEmpty() ? new TreeSet<>() : cuts;
            cuts.add(runs.firsts[i] - range.first());
            cuts.add(runs.ends[i] - range.first());
          }
        }
      }
    }
    return cuts;
  }

  private static @Nullable Numbered target(
      LogicalVolume lv, Segment piece, Area area, Map<LvmUuid, Sorted> bySource) {
    Sorted runs = area instanceof Area.Physical on ? bySource.get(on.pv()) : null;
    if (runs == null || piece.areaLength() < 1) {
      return null;
    }
    PeRange range = piece.physicalRange(area);
    int found = runs.from(range);
    if (!runs.reaches(found, range)) {
      return null;
    }
    if (runs.firsts[found] != range.first() || runs.ends[found] != range.end()) {
      throw new LvmException(
          "%s, extent %d: expected runs that are whole areas, found run %s in area %s"
              .formatted(lv.name(), piece.firstExtent(), runs.ranges[found].range(), range));
    }
    return runs.ranges[found];
  }

  private static List<LogicalVolume> temporaryVolumes(
      VolumeGroup vg, String name, Origin origin, List<Move> moves, boolean atomic) {
    long extents = moves.stream().mapToLong(move -> move.source().count()).sum();
    Sectors region = regionSize(vg, extents);
    LogicalVolume.Builder pvmove =
        LogicalVolume.builder(name, origin.id())
            .flags(
                StatusFlags.of(
                    StatusFlag.READ, StatusFlag.WRITE, StatusFlag.PVMOVE, StatusFlag.LOCKED))
            .creationTime(origin.timeSeconds())
            .creationHost(origin.host())
            .allocationPolicy(AllocationPolicy.CONTIGUOUS);
    if (!atomic) {
      List<Segment> segments = new ArrayList<>();
      long next = 0;
      for (Move move : moves) {
        segments.add(
            Segment.of(
                next,
                move.source().count(),
                mirror(region, area(move.source()), area(move.destination()))));
        next += move.source().count();
      }
      return List.of(pvmove.segments(segments).build());
    }
    String from = name + "_mimage_0";
    String to = name + "_mimage_1";
    SegmentType mirror = mirror(region, new Area.Logical(from, 0), new Area.Logical(to, 0));
    return List.of(
        pvmove.segments(List.of(Segment.of(0, extents, mirror))).build(),
        image(from, origin, moves, 0),
        image(to, origin, moves, 1));
  }

  private static SegmentType.Mirror mirror(Sectors region, Area source, Area destination) {
    return new SegmentType.Mirror(0L, null, region, ImmutableList.of(source, destination));
  }

  private static Area area(PeRange range) {
    return new Area.Physical(range.pv(), range.first());
  }

  private static LogicalVolume image(String name, Origin origin, List<Move> moves, int leg) {
    List<Segment> segments = new ArrayList<>();
    long next = 0;
    for (Move move : moves) {
      PeRange range = leg == 0 ? move.source() : move.destination();
      segments.add(Segment.of(next, range.count(), SegmentType.Striped.linear(area(range))));
      next += range.count();
    }
    return LogicalVolume.builder(
            name, leg == 0 ? origin.sourceImageId() : origin.destinationImageId())
        .flags(StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE))
        .creationTime(origin.timeSeconds())
        .creationHost(origin.host())
        .segments(segments)
        .build();
  }

  /** The default region, or the largest power of two that is not larger than the volume. */
  static Sectors regionSize(VolumeGroup vg, long extents) {
    long size = Math.multiplyExact(extents, vg.extentSize().sectors());
    return Sectors.of(Math.min(REGION_SECTORS, Long.highestOneBit(size)));
  }
}
