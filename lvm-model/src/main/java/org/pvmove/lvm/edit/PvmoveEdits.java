// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.edit;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.HistoricalLogicalVolume;
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

/**
 * The steps of a move as pure functions from volume group to volume group, in the shapes real LVM2
 * writes and accepts (see pvmove(8)). None of them touches the version number: that is the
 * committer's.
 *
 * <p>At every step the metadata map each logical extent to exactly one authoritative place: the
 * source of a piece until it is done, its destination from then on.
 */
public final class PvmoveEdits {
  /** What LVM2 takes for a number in use, also in the names of images. */
  private static final Pattern NUMBER = Pattern.compile("pvmove([0-9]{1,18})(?![0-9])");

  /** LVM2's default granularity of mirror synchronisation, 2 MiB. */
  private static final long REGION_SECTORS = 4096;

  /** Areas that a segment may be cut into for a move: 128 stripes in thousands of pieces. */
  private static final long MAX_PLANNED_AREAS = 1 << 20;

  /** The same at the end of a move: whoever began it has cut the segments already, as LVM2 does. */
  static final long MAX_FOUND_AREAS = 1 << 16;

  private PvmoveEdits() {}

  /**
   * A run to move.
   *
   * @param source where the data are
   * @param destination where they shall go; as many extents, none of them in use
   */
  public record Move(PeRange source, PeRange destination) {
    public Move {
      if (source.count() != destination.count() || source.overlaps(destination)) {
        throw new IllegalArgumentException(
            "expected two separate runs of equal length, found %s and %s"
                .formatted(source, destination));
      }
    }
  }

  /**
   * Who starts a move and when, for the temporary volumes.
   *
   * @param id identity of the temporary volume
   * @param sourceImageId identity of the image of the sources, in an atomic move
   * @param destinationImageId identity of the image of the destinations, in an atomic move
   * @param host name of the host
   * @param timeSeconds seconds since 1970
   */
  public record Origin(
      LvmUuid id,
      LvmUuid sourceImageId,
      LvmUuid destinationImageId,
      String host,
      long timeSeconds) {
    /** New identities. */
    public static Origin random(RandomGenerator random, String host, long timeSeconds) {
      return new Origin(
          LvmUuid.random(random),
          LvmUuid.random(random),
          LvmUuid.random(random),
          host,
          timeSeconds);
    }
  }

  /** The name of the next move: one above the highest number in use, as LVM2 counts. */
  public static String nextName(VolumeGroup vg) {
    long next = 0;
    for (LogicalVolume lv : vg.logicalVolumes()) {
      next = Math.max(next, numberBehind(lv.name()));
    }
    for (HistoricalLogicalVolume lv : vg.historicalLogicalVolumes()) {
      next = Math.max(next, numberBehind(lv.name() == null ? lv.key() : lv.name()));
    }
    return "pvmove" + next;
  }

  private static long numberBehind(String name) {
    Matcher matcher = NUMBER.matcher(name);
    return matcher.lookingAt() ? Long.parseLong(matcher.group(1)) + 1 : 0;
  }

  /**
   * Begins a move: adds the temporary volume with one mirror segment for each run (for an atomic
   * move one mirror over two images), cuts the volumes that use the sources so that each area is
   * exactly one run, maps these areas onto the temporary volume and locks the volumes.
   *
   * @param vg the volume group; no move under way may have to do with a volume that uses a source
   * @param origin identity, host and time for the temporary volume
   * @param moves the runs, in the order in which they shall be copied; each within one area of one
   *     linear or striped segment
   * @param atomic whether the move takes effect as a whole or not at all
   * @throws LvmException if a source is not used as a whole by one area of an unlocked striped
   *     segment, or a destination is not free
   */
  public static VolumeGroup begin(VolumeGroup vg, Origin origin, List<Move> moves, boolean atomic) {
    if (moves.isEmpty()) {
      throw new IllegalArgumentException("expected at least one run to move, found none");
    }
    String name = nextName(vg);
    Map<LvmUuid, Sorted> bySource = positions(moves);
    requireFree(vg, moves);
    Set<String> images = images(vg);
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
      for (Segment piece : cut(lv, segment, cuts(segment, bySource), MAX_PLANNED_AREAS)) {
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

  /** Each cut multiplies the areas: a hostile text could ask for more than there is memory for. */
  static ImmutableList<Segment> cut(
      LogicalVolume lv, Segment segment, NavigableSet<Long> cuts, long maxAreas) {
    if (cuts.isEmpty()) {
      return ImmutableList.of(segment);
    }
    long areas = (cuts.size() + 1L) * segment.areas().size();
    if (areas > maxAreas) {
      throw new LvmException(
          "%s, extent %d: expected at most %d areas after cutting the segment, found %d"
              .formatted(lv.name(), segment.firstExtent(), maxAreas, areas));
    }
    return Segments.cut(segment, cuts);
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

  /** Marks a piece as done, see {@link #piecesDone}. */
  public static VolumeGroup pieceDone(VolumeGroup vg, Pvmove move, int piece) {
    return piecesDone(vg, move, List.of(piece));
  }

  /**
   * Marks pieces as done: from the commit of this on their destinations are authoritative. Done
   * again it changes nothing.
   *
   * @param vg the volume group
   * @param move the move, not atomic
   * @param pieces which of its pieces, counted from 0, in any order
   * @throws IndexOutOfBoundsException if it has no such piece
   * @throws LvmException if the volume group has no such move
   */
  public static VolumeGroup piecesDone(VolumeGroup vg, Pvmove move, Iterable<Integer> pieces) {
    LogicalVolume lv = temporaryVolume(vg, move);
    if (move.atomic()) {
      throw new IllegalArgumentException(move.name() + ": pieces of an atomic move end together");
    }
    List<Segment> segments = new ArrayList<>(lv.segments());
    for (int piece : pieces) {
      Segment segment = segments.get(piece);
      if (!(segment.type() instanceof SegmentType.Mirror mirror) || !mirror.isPvmove()) {
        throw new LvmException(
            "%s, segment %d: expected a segment of a move, found type %s"
                .formatted(lv.name(), piece + 1, segment.type().name()));
      }
      segments.set(piece, segment.with(mirror.withExtentsMoved(segment.extentCount())));
    }
    return vg.withLogicalVolumes(List.of(lv.toBuilder().segments(segments).build()));
  }

  /**
   * Ends a move: the volumes that used the temporary volume get the authoritative place of each
   * piece, are merged where pieces continue each other and unlocked, and the temporary volume goes.
   * Ending a plain move whose pieces are not all done gives the rest back to the source: that is
   * LVM2's abort.
   *
   * @param vg the volume group; what it says about the move counts, not an older reading of it
   * @param move the move
   * @param toDestination for an atomic move, whether it ends at the destination; a plain move's
   *     pieces say so themselves
   * @throws LvmException if the volume group has no such move, or it or its users are not of a form
   *     a move has
   */
  public static VolumeGroup end(VolumeGroup vg, Pvmove move, boolean toDestination) {
    LogicalVolume temporary = temporaryVolume(vg, move);
    Pvmove current = Pvmove.of(vg, temporary);
    Places places = new Places(current, toDestination);
    Set<String> gone = new HashSet<>();
    gone.add(temporary.name());
    if (current.atomic()) {
      temporary.segments().get(0).type().references().forEach(image -> gone.add(image.lv()));
    }
    List<LogicalVolume> lvs = new ArrayList<>();
    Set<Long> passed = new HashSet<>();
    Set<String> images = images(vg);
    for (LogicalVolume lv : vg.logicalVolumes()) {
      if (!gone.contains(lv.name())) {
        lvs.add(settle(vg, lv, images, temporary.name(), places, passed));
      }
    }
    return vg.toBuilder().logicalVolumes(lvs).build();
  }

  /** The authoritative places of a move's pieces, by their extents in the temporary volume. */
  private static final class Places {
    private final long[] firsts;
    private final PeRange[] ranges;

    Places(Pvmove move, boolean toDestination) {
      List<Pvmove.Piece> pieces = new ArrayList<>(move.pieces());
      pieces.sort(Comparator.comparingLong(Pvmove.Piece::firstExtent));
      firsts = pieces.stream().mapToLong(Pvmove.Piece::firstExtent).toArray();
      ranges = new PeRange[firsts.length];
      for (int i = 0; i < firsts.length; i++) {
        Pvmove.Piece piece = pieces.get(i);
        boolean moved = piece.done() || (move.atomic() && toDestination);
        ranges[i] = moved ? piece.destination() : piece.source();
      }
    }

    /** Index of the piece that has an extent if any has; -1 if all begin behind it. */
    int at(long extent) {
      int found = Arrays.binarySearch(firsts, extent);
      return found >= 0 ? found : -found - 2;
    }
  }

  /** The volumes that moves are made of: the images of atomic ones. */
  private static Set<String> images(VolumeGroup vg) {
    Set<String> images = new HashSet<>();
    for (LogicalVolume pvmove : vg.pvmoveVolumes()) {
      pvmove.segments().forEach(s -> s.type().references().forEach(i -> images.add(i.lv())));
    }
    return images;
  }

  /** Puts the places of a move's pieces where a volume uses the temporary volume. */
  private static LogicalVolume settle(
      VolumeGroup vg,
      LogicalVolume lv,
      Set<String> images,
      String name,
      Places places,
      Set<Long> passed) {
    List<Segment> segments = new ArrayList<>();
    boolean changed = false;
    boolean inAnotherMove = false;
    for (Segment segment : lv.segments()) {
      for (Segment piece :
          cut(lv, segment, boundaries(lv, segment, name, places, passed), MAX_FOUND_AREAS)) {
        ImmutableList.Builder<Area> areas = ImmutableList.builder();
        boolean here = false;
        for (Area area : piece.areas()) {
          if (area instanceof Area.Logical logical && logical.lv().equals(name)) {
            areas.add(place(lv, piece, logical, places));
            here = true;
          } else {
            inAnotherMove |=
                area instanceof Area.Logical other
                    && vg.logicalVolume(other.lv()).filter(LogicalVolume::isPvmove).isPresent();
            areas.add(area);
          }
        }
        segments.add(here ? piece.with(piece.type().withAreas(areas.build())) : piece);
        changed |= here;
      }
    }
    if (!changed) {
      return lv;
    }
    if (inAnotherMove) {
      // Merging waits for the last move: LVM2 never merges in a locked volume.
      return lv.toBuilder().segments(segments).build();
    }
    return lv.toBuilder()
        // The images of a move stay cut as its pieces are.
        .segments(images.contains(lv.name()) ? segments : Segments.merge(segments))
        .flags(lv.flags().without(StatusFlag.LOCKED))
        .build();
  }

  /**
   * LVM2 writes areas that are whole pieces; others may not, so cut where the pieces end.
   *
   * @param passed the ends of pieces inside other areas, to which those in this segment are added
   */
  private static NavigableSet<Long> boundaries(
      LogicalVolume lv, Segment segment, String name, Places places, Set<Long> passed) {
    NavigableSet<Long> cuts = Collections.emptyNavigableSet();
    for (Area area : segment.areas()) {
      if (area instanceof Area.Logical logical && logical.lv().equals(name)) {
        if (!(segment.type() instanceof SegmentType.Striped) || segment.areaLength() < 1) {
          throw new LvmException(
              "%s, extent %d: expected a linear or striped segment on %s, found %d extents of type"
                      .formatted(lv.name(), segment.firstExtent(), name, segment.extentCount())
                  + " "
                  + segment.type().name());
        }
        long end = logical.extent() + segment.areaLength();
        for (int i = places.at(logical.extent()) + 1;
            i < places.firsts.length && places.firsts[i] < end;
            i++) {
          long start = places.firsts[i];
          // Areas that share extents could ask for the product of their number and the pieces'.
          if (!passed.add(start)) {
            throw new LvmException(
                "%s, extent %d: expected extents of %s that no other area uses, found %d in use"
                    .formatted(lv.name(), segment.firstExtent(), name, start));
          }
          cuts = cuts.isEmpty() ? new TreeSet<>() : cuts;
          cuts.add(start - logical.extent());
        }
      }
    }
    return cuts;
  }

  private static Area place(LogicalVolume lv, Segment piece, Area.Logical area, Places places) {
    int found = places.at(area.extent());
    long offset = found < 0 ? 0 : area.extent() - places.firsts[found];
    if (found < 0 || offset + piece.areaLength() > places.ranges[found].count()) {
      throw new LvmException(
          "%s, extent %d: expected extents of %s, found %d extents at %d, which it does not have"
              .formatted(
                  lv.name(), piece.firstExtent(), area.lv(), piece.areaLength(), area.extent()));
    }
    PeRange range = places.ranges[found];
    return new Area.Physical(range.pv(), range.first() + offset);
  }

  private static LogicalVolume temporaryVolume(VolumeGroup vg, Pvmove move) {
    LogicalVolume lv =
        vg.logicalVolume(move.name())
            .filter(LogicalVolume::isPvmove)
            .orElseThrow(
                () ->
                    new LvmException(
                        "expected the temporary volume %s in %s, found none"
                            .formatted(move.name(), vg.name())));
    if (!lv.id().equals(move.id())) {
      throw new LvmException(
          "expected %s to be %s, found %s: another move".formatted(lv.name(), move.id(), lv.id()));
    }
    return lv;
  }
}
