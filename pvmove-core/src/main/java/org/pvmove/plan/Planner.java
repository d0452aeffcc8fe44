// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.Segments;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.place.Allocator;
import org.pvmove.place.Run;

/**
 * Plans moves by pvmove(8)'s rules, as a pure function: the same volume group and request give the
 * same plan.
 */
public final class Planner {
  private final VolumeGroup vg;
  private final MoveRequest request;
  private final PvNames names;

  private Planner(VolumeGroup vg, MoveRequest request, PvNames names) {
    this.vg = vg;
    this.request = request;
    this.names = names;
  }

  /** Plans a move, with physical volumes called as the metadata remembers them. */
  public static PlanResult plan(VolumeGroup vg, MoveRequest request) {
    return plan(vg, request, PvNames.of(vg));
  }

  /**
   * Plans a move.
   *
   * @param vg the volume group; nothing may be wrong with it
   * @param request what to move where
   * @param names what the physical volumes are called in the request, and in the answer
   * @throws org.pvmove.lvm.LvmException if a move under way is not of a form that is known
   */
  public static PlanResult plan(VolumeGroup vg, MoveRequest request, PvNames names) {
    return new Planner(vg, request, names).plan();
  }

  /** A run of extents on the source, used by one area of one segment. */
  private record Source(LogicalVolume lv, Segment segment, int stripe, PeRange range) {}

  private PlanResult plan() {
    List<Rejection> reasons = new ArrayList<>();
    Optional<PhysicalVolume> source = resolve(request.source(), reasons);
    List<PhysicalVolume> destinations = new ArrayList<>();
    for (String name : request.destinations()) {
      resolve(name, reasons).ifPresent(destinations::add);
    }
    String only = request.logicalVolume();
    if (only != null && vg.logicalVolume(only).isEmpty()) {
      reasons.add(new Rejection.NoSuchLogicalVolume(only, vg.name()));
    }
    if (!reasons.isEmpty() || source.isEmpty()) {
      return new PlanResult.Rejected(ImmutableList.copyOf(reasons));
    }
    LvmUuid from = source.get().id();
    for (Pvmove move : Pvmove.allOf(vg)) {
      if (move.pieces().stream().anyMatch(piece -> piece.source().pv().equals(from))) {
        return PlanResult.rejected(new Rejection.MoveInProgress(names.of(from), move.name()));
      }
    }
    ImmutableList.Builder<MovePlan.Skipped> skips = ImmutableList.builder();
    List<Source> sources = sources(from, skips);
    ImmutableList<MovePlan.Skipped> skipped = skips.build();
    if (sources.isEmpty()) {
      return PlanResult.rejected(new Rejection.NothingToMove(names.of(from), skipped));
    }
    return place(from, destinations, sources, skipped);
  }

  private Optional<PhysicalVolume> resolve(String name, List<Rejection> reasons) {
    Optional<PhysicalVolume> pv = names.resolve(name);
    if (pv.isEmpty()) {
      reasons.add(new Rejection.NoSuchPhysicalVolume(name, vg.name()));
    }
    return pv;
  }

  /** What moves, in the order of LVM2: volumes as in the text, their extents, their stripes. */
  private List<Source> sources(LvmUuid from, ImmutableList.Builder<MovePlan.Skipped> skips) {
    LvGraph graph = LvGraph.of(vg);
    List<Source> sources = new ArrayList<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      if (request.logicalVolume() != null && !request.logicalVolume().equals(lv.name())) {
        continue;
      }
      List<Source> here = new ArrayList<>();
      for (Segment segment : Segments.merge(lv.segments())) {
        ImmutableList<Area> areas = segment.areas();
        for (int i = 0; i < areas.size(); i++) {
          if (areas.get(i) instanceof Area.Physical area
              && area.pv().equals(from)
              && segment.areaLength() > 0) {
            here.add(new Source(lv, segment, i, segment.physicalRange(area)));
          }
        }
      }
      if (here.isEmpty()) {
        continue;
      }
      String reason = whyNot(lv, graph);
      if (reason == null) {
        sources.addAll(here);
      } else {
        skips.add(new MovePlan.Skipped(lv.name(), reason));
      }
    }
    return sources;
  }

  private static @Nullable String whyNot(LogicalVolume lv, LvGraph graph) {
    if (lv.isLocked()) {
      return "it is locked by a move in progress";
    }
    for (Segment segment : lv.segments()) {
      if (!(segment.type() instanceof SegmentType.Striped)) {
        return "its segments are of type " + segment.type().name();
      }
    }
    ImmutableList<LvGraph.User> users = graph.usersOf(lv.name());
    if (!users.isEmpty()) {
      LvGraph.User user = users.get(0);
      return "it is part of %s (%s)".formatted(user.lv().name(), user.segment().type().name());
    }
    return null;
  }

  private PlanResult place(
      LvmUuid from,
      List<PhysicalVolume> destinations,
      List<Source> sources,
      ImmutableList<MovePlan.Skipped> skipped) {
    ExtentMap extents = ExtentMap.of(vg);
    List<PhysicalVolume> candidates = destinations.isEmpty() ? vg.physicalVolumes() : destinations;
    List<PeRange> free = new ArrayList<>();
    ImmutableMap.Builder<String, Long> freeByName = ImmutableMap.builder();
    ImmutableMap.Builder<String, String> unusable = ImmutableMap.builder();
    Set<LvmUuid> seen = new LinkedHashSet<>();
    for (PhysicalVolume pv : candidates) {
      if (!seen.add(pv.id())) {
        continue;
      }
      String reason = unusable(pv, from);
      if (reason == null) {
        free.addAll(extents.free(pv.id()));
        freeByName.put(names.of(pv.id()), extents.freeCount(pv.id()));
      } else {
        unusable.put(names.of(pv.id()), reason);
      }
    }
    List<Run> runs = new ArrayList<>();
    long needed = 0;
    for (Source source : sources) {
      runs.add(new Run(source.range().count(), forbidden(source)));
      needed += source.range().count();
    }
    Optional<ImmutableList<ImmutableList<PeRange>>> placed = Allocator.place(runs, free);
    if (placed.isEmpty()) {
      return PlanResult.rejected(
          new Rejection.NotEnoughSpace(
              needed, freeByName.buildKeepingLast(), unusable.buildKeepingLast()));
    }
    return new PlanResult.Accepted(
        new MovePlan(
            vg.name(),
            vg.id(),
            vg.seqno(),
            vg.extentSize().bytes(),
            segments(sources, placed.get()),
            skipped));
  }

  private static @Nullable String unusable(PhysicalVolume pv, LvmUuid from) {
    if (pv.id().equals(from)) {
      return "it is the source";
    }
    if (pv.isMissing()) {
      return "it is missing";
    }
    return pv.isAllocatable() ? null : "it is not allocatable";
  }

  /** The stripes of a segment stay on different physical volumes. */
  private static ImmutableSet<LvmUuid> forbidden(Source source) {
    ImmutableSet.Builder<LvmUuid> pvs = ImmutableSet.builder();
    for (Area area : source.segment().areas()) {
      if (area instanceof Area.Physical physical) {
        pvs.add(physical.pv());
      }
    }
    return pvs.build();
  }

  /** Cuts the runs where their places end, where their sister stripes are cut, and to size. */
  private ImmutableList<MovePlan.Segment> segments(
      List<Source> sources, List<ImmutableList<PeRange>> placed) {
    ImmutableList.Builder<MovePlan.Segment> segments = ImmutableList.builder();
    int next = 0;
    while (next < sources.size()) {
      int until = next + 1;
      while (until < sources.size() && sisters(sources.get(next), sources.get(until))) {
        until++;
      }
      addSegments(sources.subList(next, until), placed.subList(next, until), segments);
      next = until;
    }
    return segments.build();
  }

  /** Whether two runs are stripes of one segment. */
  private static boolean sisters(Source a, Source b) {
    return a.lv().name().equals(b.lv().name())
        && a.segment().firstExtent() == b.segment().firstExtent();
  }

  private void addSegments(
      List<Source> sisters,
      List<ImmutableList<PeRange>> placed,
      ImmutableList.Builder<MovePlan.Segment> segments) {
    long most = Math.max(1, request.maxSegmentBytes() / vg.extentSize().bytes());
    NavigableSet<Long> cuts = new TreeSet<>();
    List<NavigableMap<Long, PeRange>> placesByOffset = new ArrayList<>();
    for (ImmutableList<PeRange> places : placed) {
      NavigableMap<Long, PeRange> byOffset = new TreeMap<>();
      long offset = 0;
      for (PeRange place : places) {
        byOffset.put(offset, place);
        for (long at = offset; at < offset + place.count(); at += most) {
          cuts.add(at);
        }
        offset += place.count();
      }
      placesByOffset.add(byOffset);
    }
    for (long from : cuts) {
      Long cut = cuts.higher(from);
      for (int i = 0; i < sisters.size(); i++) {
        Source source = sisters.get(i);
        long count = (cut == null ? source.range().count() : cut) - from;
        Map.Entry<Long, PeRange> place = placesByOffset.get(i).floorEntry(from);
        segments.add(
            new MovePlan.Segment(
                source.lv().name(),
                source.segment().firstExtent() + from * source.segment().areas().size(),
                source.stripe(),
                source.range().slice(from, count),
                place.getValue().slice(from - place.getKey(), count)));
      }
    }
  }
}
