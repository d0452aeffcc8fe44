// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.edit;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.TreeMultimap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.Segments;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;

/**
 * Puts right what a move left behind that LVM2 itself cannot go on from, or leaves to the user; see
 * pvmove(8) about interrupted moves. In all of these states every logical extent has its place, so
 * that a repair copies nothing.
 *
 * <ul>
 *   <li>An atomic move that LVM2 before 2.03.38 was about to end: its temporary volume is plain by
 *       now, and the images stand beside it, one of them looking like a volume of its own. More
 *       generally: pieces of a temporary volume that have one place only.
 *   <li>A temporary volume that no volume uses: what is left between the last two commits of a
 *       move, or when the volumes that moved were removed.
 *   <li>Volumes whose areas are not exactly one piece of the temporary volume.
 *   <li>Forgotten locks, and pieces that do not say how much of them is moved, or say that a part
 *       of them is.
 * </ul>
 */
public final class PvmoveRepairs {
  private static final Pattern TEMPORARY =
      Pattern.compile("pvmove[0-9]{1,18}(_mimage_[0-9]{1,18})?");

  private final ImmutableList.Builder<String> done = ImmutableList.builder();
  private VolumeGroup vg;

  private PvmoveRepairs(VolumeGroup vg) {
    this.vg = vg;
  }

  /**
   * A volume group put right.
   *
   * @param volumeGroup the volume group with the repairs made
   * @param repairs what was done, each in a sentence; empty if there was nothing to do
   */
  public record Repaired(VolumeGroup volumeGroup, ImmutableList<String> repairs) {}

  /**
   * Makes all repairs that a volume group needs. Repaired again it stays as it is.
   *
   * @param vg a volume group that LVM2 could read, see {@link org.pvmove.lvm.check}
   * @throws org.pvmove.lvm.LvmException if a segment would have to be cut into too many
   */
  public static Repaired repair(VolumeGroup vg) {
    PvmoveRepairs repairs = new PvmoveRepairs(vg);
    repairs.countWhatIsMoved();
    repairs.cutAlike();
    repairs.settlePlaced();
    repairs.removeUnused();
    repairs.lock();
    return new Repaired(repairs.vg, repairs.done.build());
  }

  /**
   * Whether the volume is the temporary one of a move that was interrupted while it ended, so that
   * some of its pieces have one place only.
   */
  public static boolean isHalfEnded(LogicalVolume lv) {
    return lv.isPvmove() && lv.segments().stream().anyMatch(PvmoveRepairs::isPlaced);
  }

  private static boolean isPlaced(Segment segment) {
    return segment.type() instanceof SegmentType.Striped
        && segment.areas().size() == 1
        && segment.areas().get(0) instanceof Area.Physical;
  }

  /** Changes volumes, and says so if one was changed. */
  private void change(
      String repair, Iterable<LogicalVolume> lvs, UnaryOperator<LogicalVolume> change) {
    List<LogicalVolume> changed = new ArrayList<>();
    for (LogicalVolume lv : lvs) {
      LogicalVolume now = change.apply(lv);
      if (!now.equals(lv)) {
        changed.add(now);
      }
    }
    if (!changed.isEmpty()) {
      vg = vg.withLogicalVolumes(changed);
      done.add(repair);
    }
  }

  /** LVM2 takes a piece that is moved in part for one that is not; the source is always good. */
  private void countWhatIsMoved() {
    for (LogicalVolume move : vg.pvmoveVolumes()) {
      change(
          move.name() + " did not say of each piece whether it is moved; it counts as not moved",
          List.of(move),
          lv -> withSegments(lv, lv.segments().stream().map(PvmoveRepairs::counted).toList()));
    }
  }

  private static Segment counted(Segment segment) {
    if (segment.type() instanceof SegmentType.Mirror mirror && mirror.areas().size() == 2) {
      Long moved = mirror.extentsMoved();
      if (moved == null || (moved != 0 && moved != segment.extentCount())) {
        return segment.with(mirror.withExtentsMoved(0));
      }
    }
    return segment;
  }

  private static LogicalVolume withSegments(LogicalVolume lv, List<Segment> segments) {
    return lv.segments().equals(segments) ? lv : lv.toBuilder().segments(segments).build();
  }

  /** Makes areas on a move's volume, and its pieces, end where the others end. */
  private void cutAlike() {
    TreeMultimap<String, Long> borders = TreeMultimap.create();
    Map<String, String> moveOfImage = new HashMap<>();
    for (LogicalVolume move : vg.pvmoveVolumes()) {
      NavigableSet<Long> own = borders.get(move.name());
      addBorders(move, own);
      for (String image : imagesOf(move)) {
        moveOfImage.put(image, move.name());
        vg.logicalVolume(image).ifPresent(lv -> addBorders(lv, own));
      }
    }
    for (LogicalVolume lv :
        borders.isEmpty() ? ImmutableList.<LogicalVolume>of() : vg.logicalVolumes()) {
      for (Segment segment : lv.segments()) {
        for (Area.Logical area : areasOnMoves(segment, borders.keySet())) {
          borders.get(area.lv()).add(area.extent());
          borders.get(area.lv()).add(area.extent() + segment.areaLength());
        }
      }
    }
    change(
        "the volumes on a move's volume were not cut as it is; they are now",
        vg.logicalVolumes(),
        lv -> {
          String move = lv.isPvmove() ? lv.name() : moveOfImage.get(lv.name());
          List<Segment> segments = new ArrayList<>();
          for (Segment segment : lv.segments()) {
            segments.addAll(cutUser(lv, segment, borders));
          }
          LogicalVolume cut = withSegments(lv, segments);
          return move == null ? cut : cutPieces(cut, borders.get(move));
        });
  }

  private static void addBorders(LogicalVolume lv, NavigableSet<Long> borders) {
    for (Segment segment : lv.segments()) {
      borders.add(segment.firstExtent());
      borders.add(segment.end());
    }
  }

  /** The images of an atomic move; of others none. */
  private static ImmutableSet<String> imagesOf(LogicalVolume move) {
    ImmutableSet.Builder<String> images = ImmutableSet.builder();
    for (Segment segment : move.segments()) {
      for (Area leg : segment.areas()) {
        if (leg instanceof Area.Logical image) {
          images.add(image.lv());
        }
      }
    }
    return images.build();
  }

  private static List<Area.Logical> areasOnMoves(Segment segment, Set<String> moves) {
    List<Area.Logical> areas = new ArrayList<>();
    if (segment.type() instanceof SegmentType.Striped && segment.areaLength() > 0) {
      for (Area area : segment.areas()) {
        if (area instanceof Area.Logical logical && moves.contains(logical.lv())) {
          areas.add(logical);
        }
      }
    }
    return areas;
  }

  private static List<Segment> cutUser(
      LogicalVolume lv, Segment segment, TreeMultimap<String, Long> borders) {
    NavigableSet<Long> cuts = new TreeSet<>();
    for (Area.Logical area : areasOnMoves(segment, borders.keySet())) {
      long end = area.extent() + segment.areaLength();
      for (long border : borders.get(area.lv()).subSet(area.extent(), false, end, false)) {
        cuts.add(border - area.extent());
      }
    }
    return PvmoveEdits.cut(lv, segment, cuts, PvmoveEdits.MAX_FOUND_AREAS);
  }

  /** An atomic move's own segment is one; its images are cut. */
  private static LogicalVolume cutPieces(LogicalVolume lv, NavigableSet<Long> borders) {
    List<Segment> segments = new ArrayList<>();
    for (Segment segment : lv.segments()) {
      if (!segment.areas().stream().allMatch(area -> area instanceof Area.Physical)) {
        segments.add(segment);
        continue;
      }
      long from = segment.firstExtent();
      for (long to : borders.subSet(from, false, segment.end(), true)) {
        segments.add(slice(segment, from, to));
        from = to;
      }
    }
    return withSegments(lv, segments);
  }

  private static Segment slice(Segment segment, long from, long to) {
    ImmutableList.Builder<Area> areas = ImmutableList.builder();
    for (Area area : segment.areas()) {
      areas.add(area.advance(from - segment.firstExtent()));
    }
    SegmentType type = segment.type().withAreas(areas.build());
    if (type instanceof SegmentType.Mirror mirror && mirror.extentsMoved() != null) {
      type = mirror.withExtentsMoved(mirror.extentsMoved() == 0 ? 0 : to - from);
    }
    return segment.with(from, to - from, type);
  }

  /** Takes pieces that have one place only out of their move. */
  private void settlePlaced() {
    for (LogicalVolume move : vg.pvmoveVolumes()) {
      if (isHalfEnded(move)) {
        Map<Long, Segment> pieces = new HashMap<>();
        Map<Long, Long> newFirst = new HashMap<>();
        List<Segment> rest = new ArrayList<>();
        long next = 0;
        for (Segment segment : move.segments()) {
          pieces.put(segment.firstExtent(), segment);
          if (!isPlaced(segment)) {
            newFirst.put(segment.firstExtent(), next);
            rest.add(segment.at(next));
            next += segment.extentCount();
          }
        }
        List<LogicalVolume> lvs = new ArrayList<>();
        for (LogicalVolume lv : vg.logicalVolumes()) {
          if (!lv.name().equals(move.name())) {
            lvs.add(settled(lv, move.name(), pieces, newFirst));
          } else if (!rest.isEmpty()) {
            lvs.add(lv.toBuilder().segments(withRegionFor(rest, next)).build());
          }
        }
        vg = vg.toBuilder().logicalVolumes(lvs).build();
        if (rest.isEmpty()) {
          removeImages(move.name());
        }
        done.add(
            move.name()
                + " was interrupted while it ended; what it had moved has its last place now");
      }
    }
  }

  /** A region must not be larger than the volume. */
  private List<Segment> withRegionFor(List<Segment> segments, long extents) {
    Sectors largest = PvmoveBegin.regionSize(vg, extents);
    List<Segment> fitting = new ArrayList<>();
    for (Segment segment : segments) {
      boolean tooLarge =
          segment.type() instanceof SegmentType.Mirror mirror
              && mirror.regionSize() != null
              && mirror.regionSize().compareTo(largest) > 0;
      fitting.add(
          tooLarge
              ? segment.with(((SegmentType.Mirror) segment.type()).withRegionSize(largest))
              : segment);
    }
    return fitting;
  }

  private LogicalVolume settled(
      LogicalVolume lv, String move, Map<Long, Segment> pieces, Map<Long, Long> newFirst) {
    List<Segment> segments = new ArrayList<>();
    boolean stillMoving = false;
    for (Segment segment : lv.segments()) {
      ImmutableList.Builder<Area> areas = ImmutableList.builder();
      for (Area area : segment.areas()) {
        Area now = area;
        if (area instanceof Area.Logical logical && logical.lv().equals(move)) {
          Segment piece = pieces.get(logical.extent());
          Long first = newFirst.get(logical.extent());
          if (first != null) {
            now = new Area.Logical(move, first);
          } else if (piece != null && piece.extentCount() == segment.areaLength()) {
            now = piece.areas().get(0);
          }
        }
        stillMoving |= Pvmove.isOnMove(vg, now);
        areas.add(now);
      }
      ImmutableList<Area> all = areas.build();
      segments.add(
          all.equals(segment.areas()) ? segment : segment.with(segment.type().withAreas(all)));
    }
    if (segments.equals(lv.segments())) {
      return lv;
    }
    return stillMoving
        ? lv.toBuilder().segments(segments).build()
        : lv.toBuilder()
            .segments(Segments.merge(segments))
            .flags(lv.flags().without(StatusFlag.LOCKED))
            .build();
  }

  private void removeImages(String move) {
    LvGraph graph = LvGraph.of(vg);
    Set<String> gone = new HashSet<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      if (lv.name().startsWith(move + "_mimage_") && graph.usersOf(lv.name()).isEmpty()) {
        gone.add(lv.name());
      }
    }
    remove(gone);
  }

  private void remove(Set<String> names) {
    if (!names.isEmpty()) {
      vg =
          vg.toBuilder()
              .logicalVolumes(
                  vg.logicalVolumes().stream().filter(lv -> !names.contains(lv.name())).toList())
              .build();
    }
  }

  private void removeUnused() {
    LvGraph graph = LvGraph.of(vg);
    Set<String> gone = new HashSet<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      if (!graph.usersOf(lv.name()).isEmpty()) {
        continue;
      }
      if (lv.isPvmove()) {
        gone.add(lv.name());
        for (String image : imagesOf(lv)) {
          if (graph.usersOf(image).stream().allMatch(user -> user.lv().equals(lv))
              && vg.logicalVolume(image).filter(PvmoveRepairs::isHidden).isPresent()) {
            gone.add(image);
          }
        }
        done.add(lv.name() + " was used by no volume any more; it is removed");
      } else if (TEMPORARY.matcher(lv.name()).matches() && isErrorOnly(lv)) {
        gone.add(lv.name());
        done.add(lv.name() + " was left over from a move; it is removed");
      }
    }
    remove(gone);
  }

  private static boolean isHidden(LogicalVolume lv) {
    return !lv.flags().has(StatusFlag.VISIBLE);
  }

  private static boolean isErrorOnly(LogicalVolume lv) {
    return lv.segments().stream()
        .allMatch(segment -> segment.type() instanceof SegmentType.ErrorTarget);
  }

  private void lock() {
    LvGraph graph = LvGraph.of(vg);
    Set<String> moving = new HashSet<>();
    for (LogicalVolume move : vg.pvmoveVolumes()) {
      moving.add(move.name());
      graph.usersOf(move.name()).forEach(user -> moving.add(user.lv().name()));
    }
    change(
        "a volume that is being moved was not locked; it is now",
        vg.logicalVolumes(),
        lv ->
            lv.isLocked() || !moving.contains(lv.name())
                ? lv
                : lv.toBuilder().flags(lv.flags().with(StatusFlag.LOCKED)).build());
  }
}
