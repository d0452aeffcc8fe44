// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableRangeSet;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Range;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.Segments;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;

/**
 * Which runs of extents take part in a move, in LVM2's order: volumes as in the text, their
 * extents, of equal extents the stripes. And which volumes with extents on the source are left out,
 * and why.
 */
final class Selection {
  /**
   * A run of extents on a source, used by one area of one segment.
   *
   * @param lv the logical volume
   * @param segment its segment, as LVM2 sees it: neighbours that continue each other are one
   * @param stripe index of the area in the segment
   * @param offset how many extents behind the area's begin it begins
   * @param range the extents
   */
  record Source(LogicalVolume lv, Segment segment, int stripe, long offset, PeRange range) {
    /** The first logical extent of the row of stripes that the run begins with. */
    long logicalExtent() {
      return segment.firstExtent() + offset * segment.areas().size();
    }

    private boolean isSisterOf(Source other) {
      return lv.name().equals(other.lv().name()) && logicalExtent() == other.logicalExtent();
    }
  }

  /** Runs in the order of a selection, in groups that are stripes of the same rows. */
  static ImmutableList<List<Source>> sisters(List<Source> sources) {
    ImmutableList.Builder<List<Source>> groups = ImmutableList.builder();
    int next = 0;
    while (next < sources.size()) {
      int until = next + 1;
      while (until < sources.size() && sources.get(next).isSisterOf(sources.get(until))) {
        until++;
      }
      groups.add(sources.subList(next, until));
      next = until;
    }
    return groups.build();
  }

  /** LVM2 gives such names to the images of atomic moves, and lets nobody else use them. */
  private static final Pattern IMAGE_NAME = Pattern.compile("pvmove[0-9]+_mimage_[0-9]+");

  private final VolumeGroup vg;
  private final LvGraph graph;
  private final Vetoes vetoes;
  private final ImmutableList<Source> sources;
  private final ImmutableList<MovePlan.Skipped> skipped;
  private final ImmutableList<Source> locked;

  private Selection(
      VolumeGroup vg,
      LvGraph graph,
      Map<LvmUuid, ImmutableRangeSet<Long>> from,
      @Nullable Set<String> only,
      Set<String> excluded) {
    this.vg = vg;
    this.graph = graph;
    this.vetoes = new Vetoes(vg, graph);
    ImmutableList.Builder<Source> taken = ImmutableList.builder();
    ImmutableList.Builder<MovePlan.Skipped> left = ImmutableList.builder();
    ImmutableList.Builder<Source> leftLocked = ImmutableList.builder();
    Map<String, SkipReason> reasons = new HashMap<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      if (only != null && !only.contains(lv.name())) {
        continue;
      }
      List<Source> here = runs(lv, from);
      if (here.isEmpty()) {
        continue;
      }
      SkipReason reason = excluded.contains(lv.name()) ? SkipReason.EXCLUDED : whyNot(lv, reasons);
      if (reason == null) {
        taken.addAll(here);
      } else {
        left.add(new MovePlan.Skipped(lv.name(), reason));
        leftLocked.addAll(reason == SkipReason.LOCKED ? here : List.of());
      }
    }
    sources = taken.build();
    skipped = left.build();
    locked = leftLocked.build();
  }

  /**
   * Selects.
   *
   * @param from the extents to move, by physical volume
   * @param only the volumes to move, with what is below them; absent for all
   * @param excluded volumes that stay, with what is below them
   */
  static Selection of(
      VolumeGroup vg,
      LvGraph graph,
      Map<LvmUuid, ImmutableRangeSet<Long>> from,
      @Nullable Set<String> only,
      Set<String> excluded) {
    return new Selection(vg, graph, from, only, excluded);
  }

  ImmutableList<Source> sources() {
    return sources;
  }

  ImmutableList<MovePlan.Skipped> skipped() {
    return skipped;
  }

  /** The runs that would take part if no move in progress had locked their volumes. */
  ImmutableList<Source> locked() {
    return locked;
  }

  /** The runs of a volume, cut at the borders of ranges; a cut goes through all stripes. */
  private static List<Source> runs(LogicalVolume lv, Map<LvmUuid, ImmutableRangeSet<Long>> from) {
    List<Source> runs = new ArrayList<>();
    for (Segment segment : lv.segments().size() > 1 ? merged(lv) : lv.segments()) {
      ImmutableList<Area> areas = segment.areas();
      NavigableSet<Long> cuts = null;
      for (Area area : areas) {
        if (area instanceof Area.Physical physical && from.containsKey(physical.pv())) {
          cuts = cuts == null ? new TreeSet<>() : cuts;
          addCuts(segment, physical, from.get(physical.pv()), cuts);
        }
      }
      if (cuts == null || segment.areaLength() < 1) {
        continue;
      }
      cuts.add(0L);
      long end = segment.areaLength();
      for (long offset : cuts) {
        Long next = cuts.higher(offset);
        long length = (next == null ? end : next) - offset;
        for (int i = 0; i < areas.size(); i++) {
          if (areas.get(i) instanceof Area.Physical area
              && from.containsKey(area.pv())
              && from.get(area.pv()).contains(area.extent() + offset)) {
            PeRange range = new PeRange(area.pv(), area.extent() + offset, length);
            runs.add(new Source(lv, segment, i, offset, range));
          }
        }
      }
    }
    return runs;
  }

  /** As the metadata are read; what a move has locked stays as it is. */
  private static ImmutableList<Segment> merged(LogicalVolume lv) {
    return lv.isLocked() || lv.isPvmove() ? lv.segments() : Segments.merge(lv.segments());
  }

  private static void addCuts(
      Segment segment, Area.Physical area, ImmutableRangeSet<Long> wanted, Set<Long> cuts) {
    long length = segment.areaLength();
    Range<Long> whole = Range.closedOpen(area.extent(), area.extent() + length);
    if (length < 1 || wanted.encloses(whole)) {
      return;
    }
    for (Range<Long> part : wanted.subRangeSet(whole).asRanges()) {
      for (long border : new long[] {part.lowerEndpoint(), part.upperEndpoint()}) {
        if (border > area.extent() && border < area.extent() + length) {
          cuts.add(border - area.extent());
        }
      }
    }
  }

  private @Nullable SkipReason whyNot(LogicalVolume lv, Map<String, SkipReason> known) {
    if (lv.isLocked() || lv.isPvmove()) {
      return SkipReason.LOCKED;
    }
    if (graph.usersOf(lv.name()).stream().anyMatch(user -> user.lv().isPvmove())) {
      // LVM2 does not lock it, and then moves it out of the move that it belongs to.
      return SkipReason.IMAGE_OF_A_MOVE;
    }
    if (IMAGE_NAME.matcher(lv.name()).matches()) {
      return SkipReason.LEFT_OVER;
    }
    for (Segment segment : lv.segments()) {
      if (!(segment.type() instanceof SegmentType.Striped)) {
        return SkipReason.SEGMENT_TYPE;
      }
    }
    for (String whole : Stacks.above(graph, lv.name())) {
      SkipReason reason = known.get(whole);
      if (reason == null && !known.containsKey(whole)) {
        reason = vg.logicalVolume(whole).map(vetoes::of).orElse(null);
        known.put(whole, reason);
      }
      if (reason != null) {
        return reason;
      }
    }
    return null;
  }

  /** The volumes of a request and all that they are made of. */
  static ImmutableSet<String> withParts(VolumeGroup vg, Iterable<String> names) {
    ImmutableSet.Builder<String> all = ImmutableSet.builder();
    for (String name : names) {
      all.addAll(Stacks.below(vg, name));
    }
    return all.build();
  }

  /** Whether users see the volume. */
  static boolean isVisible(LogicalVolume lv) {
    return lv.flags().has(StatusFlag.VISIBLE);
  }
}
