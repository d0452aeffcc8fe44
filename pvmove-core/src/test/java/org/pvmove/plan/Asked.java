// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.Segments;
import org.pvmove.lvm.VolumeGroup;

/** What a wish means for the extents of its volume group, told without the planner. */
final class Asked {
  /**
   * A run that moves: consecutive rows of one stripe of a segment, as LVM2 reads segments, which it
   * cuts where a stripe begins or ceases to be asked for.
   *
   * @param block the segment and its rows, which sister stripes have in common
   * @param stripe which stripe
   * @param extents where it is, in order
   */
  record Run(Block block, int stripe, List<Layout.Extent> extents) {
    LvmUuid source() {
      return extents.get(0).pv();
    }
  }

  /**
   * Rows of a segment that are treated alike.
   *
   * @param row the first logical extent of the first row
   * @param rows how many
   * @param stripes the physical volumes of all stripes, in order
   */
  record Block(String lv, long row, long rows, List<LvmUuid> stripes) {}

  private final Wish wish;
  private final VolumeGroup vg;
  private final List<Run> runs = new ArrayList<>();
  private final Set<String> excluded;
  private final Set<String> skipped = new LinkedHashSet<>();

  private Asked(Wish wish) {
    this.wish = wish;
    this.vg = wish.vg();
    Set<String> only = wish.only() == null ? null : withParts(wish.only());
    this.excluded = withParts(wish.excluded());
    Set<String> stuck = stuck();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      if (only != null && !only.contains(lv.name())) {
        continue;
      }
      boolean stays =
          excluded.contains(lv.name())
              || lv.isLocked()
              || lv.isPvmove()
              || Layout.isImageOfMove(lv.name())
              || stuck.contains(lv.name());
      for (Segment segment : stays ? lv.segments() : Segments.merge(lv.segments())) {
        List<Run> here = runs(lv, segment);
        if (stays && !here.isEmpty()) {
          skipped.add(lv.name());
        } else {
          runs.addAll(here);
        }
      }
    }
  }

  static Asked of(Wish wish) {
    return new Asked(wish);
  }

  /** What moves, in LVM2's order. */
  List<Run> runs() {
    return runs;
  }

  /** Volumes with extents that were asked for, but stay. */
  Set<String> skipped() {
    return skipped;
  }

  /** Volumes that the wish excludes, with all that they are made of. */
  Set<String> excluded() {
    return excluded;
  }

  /** All extents that move. */
  Set<Layout.Extent> extents() {
    Set<Layout.Extent> extents = new LinkedHashSet<>();
    runs.forEach(run -> extents.addAll(run.extents()));
    return extents;
  }

  /** The free extents that may be used, by physical volume in order of preference. */
  Map<LvmUuid, BitSet> free() {
    Map<LvmUuid, BitSet> free = new LinkedHashMap<>();
    List<LvmUuid> order = new ArrayList<>();
    if (wish.destinations() == null) {
      vg.physicalVolumes().forEach(pv -> order.add(pv.id()));
    } else {
      order.addAll(wish.destinations().keySet());
    }
    for (LvmUuid id : order) {
      PhysicalVolume pv = vg.physicalVolume(id).orElseThrow();
      if (!pv.isAllocatable() || pv.isMissing() || !mayGoTo(id)) {
        continue;
      }
      BitSet extents = new BitSet();
      ExtentMap.of(vg).free(id).forEach(run -> extents.set((int) run.first(), (int) run.end()));
      if (wish.destinations() != null) {
        extents.and(wish.destinations().get(id));
      }
      if (!extents.isEmpty()) {
        free.put(id, extents);
      }
    }
    return free;
  }

  private boolean mayGoTo(LvmUuid pv) {
    boolean source = wish.sources().containsKey(pv);
    boolean grows =
        wish.sources().keySet().stream().anyMatch(from -> blockSize(from) < blockSize(pv));
    return (!source || wish.policy() == AllocationPolicy.ANYWHERE)
        && (!grows || wish.request().largerBlocks());
  }

  private int blockSize(LvmUuid pv) {
    return wish.surroundings().logicalBlockSizes().getOrDefault(pv, 512);
  }

  private Set<String> withParts(Set<String> tops) {
    Set<String> all = new HashSet<>();
    tops.forEach(top -> all.addAll(Layout.withParts(vg, top)));
    return all;
  }

  /** The caches of writecaches, and raids with integrity, with all that they are made of. */
  private Set<String> stuck() {
    Set<String> stuck = new HashSet<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      for (Segment segment : lv.segments()) {
        if (segment.type() instanceof SegmentType.Writecache writecache) {
          stuck.addAll(Layout.withParts(vg, writecache.cache()));
        }
        if (segment.type() instanceof SegmentType.Raid) {
          Set<String> parts = Layout.withParts(vg, lv.name());
          boolean integrity =
              parts.stream()
                  .flatMap(part -> vg.logicalVolume(part).orElseThrow().segments().stream())
                  .anyMatch(part -> part.type() instanceof SegmentType.Integrity);
          stuck.addAll(integrity ? parts : Set.of());
        }
      }
    }
    return stuck;
  }

  private List<Run> runs(LogicalVolume lv, Segment segment) {
    List<Run> here = new ArrayList<>();
    List<LvmUuid> stripes = new ArrayList<>();
    for (Area area : segment.areas()) {
      // What stands on a move in progress is on no physical volume by itself.
      stripes.add(area instanceof Area.Physical physical ? physical.pv() : vg.id());
    }
    long from = 0;
    while (from < segment.areaLength() && !stripes.isEmpty()) {
      List<Integer> moving = moving(segment, from);
      long to = from + 1;
      while (to < segment.areaLength() && moving(segment, to).equals(moving)) {
        to++;
      }
      Block block =
          new Block(lv.name(), segment.firstExtent() + from * stripes.size(), to - from, stripes);
      for (int stripe : moving) {
        List<Layout.Extent> extents = new ArrayList<>();
        for (long i = from; i < to; i++) {
          Area.Physical area = (Area.Physical) segment.areas().get(stripe).advance(i);
          extents.add(new Layout.Extent(area.pv(), area.extent()));
        }
        here.add(new Run(block, stripe, extents));
      }
      from = to;
    }
    return here;
  }

  /** Which stripes of a row are asked for. */
  private List<Integer> moving(Segment segment, long offset) {
    List<Integer> moving = new ArrayList<>();
    for (int stripe = 0; stripe < segment.areas().size(); stripe++) {
      if (segment.areas().get(stripe).advance(offset) instanceof Area.Physical extent
          && wish.sources().containsKey(extent.pv())
          && wish.sources().get(extent.pv()).get((int) extent.extent())) {
        moving.add(stripe);
      }
    }
    return moving;
  }
}
