// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableRangeSet;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Interner;
import com.google.common.collect.Interners;
import com.google.common.collect.Range;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.place.Allocator;
import org.pvmove.place.Placement;
import org.pvmove.place.Run;

/** One attempt at a plan: what takes part, where it may go, where it goes, what it costs. */
final class Attempt {
  /** The policies from the strictest on. */
  static final ImmutableList<AllocationPolicy> LADDER =
      ImmutableList.of(
          AllocationPolicy.CONTIGUOUS,
          AllocationPolicy.CLING,
          AllocationPolicy.CLING_BY_TAGS,
          AllocationPolicy.NORMAL,
          AllocationPolicy.ANYWHERE);

  private final VolumeGroup vg;
  private final MoveRequest request;
  private final Surroundings surroundings;
  private final AllocationPolicy policy;
  private final Arguments arguments;
  private final LvGraph graph;
  private final Map<String, String> unused = new LinkedHashMap<>();

  Attempt(VolumeGroup vg, MoveRequest request, Surroundings surroundings) {
    this.vg = vg;
    this.request = request;
    // A remedy may have added a physical volume.
    this.surroundings = surroundings.in(vg);
    this.policy = policy(vg, request);
    this.arguments = new Arguments(vg, request, this.surroundings.names());
    this.graph = LvGraph.of(vg);
  }

  private static AllocationPolicy policy(VolumeGroup vg, MoveRequest request) {
    if (request.policy() != AllocationPolicy.INHERIT) {
      return request.policy();
    }
    AllocationPolicy inherited = vg.allocationPolicy();
    if (inherited == null || inherited == AllocationPolicy.INHERIT) {
      return AllocationPolicy.NORMAL;
    }
    // LVM2 reads it so in a volume group.
    return inherited == AllocationPolicy.CLING_BY_TAGS ? AllocationPolicy.CLING : inherited;
  }

  /** The plan or the reasons, without remedies. */
  PlanResult run() {
    return run(true);
  }

  /** Whether there is a plan; why not it does not find out, which may take long. */
  boolean succeeds() {
    return run(false) instanceof PlanResult.Accepted;
  }

  private PlanResult run(boolean explain) {
    List<Rejection> reasons = new ArrayList<>(arguments.problems());
    if (!reasons.isEmpty()) {
      return rejected(reasons);
    }
    Selection selection =
        Selection.of(vg, graph, arguments.sources(), arguments.only(), arguments.excluded());
    PlanResult joined =
        new Joining(vg, graph, request, policy, surroundings, arguments, selection).result();
    if (joined != null) {
      return joined;
    }
    if (request.strict()) {
      Rejection.LeavesSomething.of(selection.skipped()).ifPresent(reasons::add);
    }
    if (selection.sources().isEmpty()) {
      reasons.add(
          new Rejection.NothingToMove(
              arguments.sources().keySet().stream()
                  .map(surroundings.names()::of)
                  .collect(ImmutableList.toImmutableList()),
              selection.skipped()));
      return rejected(reasons);
    }
    return place(selection, reasons, explain);
  }

  private PlanResult place(Selection selection, List<Rejection> reasons, boolean explain) {
    List<PeRange> free = candidates();
    ImmutableList<Separation.Rules> rules = Separation.of(vg, graph, selection.sources());
    List<Run> runs = runs(selection.sources(), rules);
    Placement placement = Allocator.place(runs, free, arguments.sources().keySet(), policy);
    if (placement instanceof Placement.None none && explain) {
      reasons.add(notEnoughSpace(selection.sources(), rules, runs, free, none));
    }
    if (!(placement instanceof Placement.Found found) || !reasons.isEmpty()) {
      return rejected(reasons);
    }
    return fitting(selection, found.pieces());
  }

  private static PlanResult rejected(List<Rejection> reasons) {
    return new PlanResult.Rejected(ImmutableList.copyOf(reasons), ImmutableList.of());
  }

  /** The free areas that may be used, in order of preference. */
  private List<PeRange> candidates() {
    arguments.unknownTags().forEach(tag -> unused.put(tag, "no physical volume has this tag"));
    Map<LvmUuid, ImmutableRangeSet<Long>> wanted = arguments.destinations();
    if (wanted.isEmpty() && request.destinations().isEmpty()) {
      wanted = new LinkedHashMap<>();
      for (PhysicalVolume pv : vg.physicalVolumes()) {
        wanted.put(pv.id(), ImmutableRangeSet.of(Range.closedOpen(0L, Math.max(0, pv.peCount()))));
      }
    }
    ExtentMap extents = ExtentMap.of(vg);
    List<PeRange> free = new ArrayList<>();
    for (Map.Entry<LvmUuid, ImmutableRangeSet<Long>> candidate : wanted.entrySet()) {
      PhysicalVolume pv = vg.physicalVolume(candidate.getKey()).orElseThrow();
      String reason = unusable(pv);
      List<PeRange> areas =
          reason == null
              ? free(pv.id(), writable(pv.id(), candidate.getValue()), extents)
              : List.of();
      if (reason == null && areas.isEmpty()) {
        reason =
            extents.freeCount(pv.id()) == 0
                ? "it is full"
                : "it has no free extents in the given range";
      }
      if (reason != null) {
        unused.put(surroundings.names().of(pv.id()), reason);
      }
      free.addAll(areas);
    }
    return free;
  }

  private @Nullable String unusable(PhysicalVolume pv) {
    if (pv.isMissing()) {
      return "it is missing";
    }
    if (policy != AllocationPolicy.ANYWHERE && arguments.sources().containsKey(pv.id())) {
      // Whether a disk that is being emptied is allocatable does not matter.
      return "it is the source";
    }
    if (blockSizeGrows(pv)) {
      return "its logical blocks of %d bytes are larger than those of the source"
          .formatted(surroundings.logicalBlockSize(pv.id()));
    }
    return pv.isAllocatable() ? null : "it is not allocatable";
  }

  private boolean blockSizeGrows(PhysicalVolume pv) {
    int size = surroundings.logicalBlockSize(pv.id());
    return !request.largerBlocks()
        && arguments.sources().keySet().stream()
            .anyMatch(source -> surroundings.logicalBlockSize(source) < size);
  }

  private ImmutableRangeSet<Long> writable(LvmUuid pv, ImmutableRangeSet<Long> wanted) {
    ImmutableRangeSet<Long> writable = wanted;
    for (PeRange bad : surroundings.unwritable()) {
      if (bad.pv().equals(pv)) {
        writable =
            writable.difference(ImmutableRangeSet.of(Range.closedOpen(bad.first(), bad.end())));
      }
    }
    return writable;
  }

  private static List<PeRange> free(LvmUuid pv, ImmutableRangeSet<Long> wanted, ExtentMap extents) {
    List<PeRange> areas = new ArrayList<>();
    for (PeRange area : extents.free(pv)) {
      Range<Long> whole = Range.closedOpen(area.first(), area.end());
      if (wanted.encloses(whole)) {
        areas.add(area);
        continue;
      }
      for (Range<Long> part : wanted.subRangeSet(whole).asRanges()) {
        long first = part.lowerEndpoint();
        areas.add(new PeRange(pv, first, part.upperEndpoint() - first));
      }
    }
    return areas;
  }

  private List<Run> runs(List<Selection.Source> sources, List<Separation.Rules> rules) {
    Map<String, Map<Integer, Integer>> columns = new HashMap<>();
    int[] next = {0};
    Map<LvmUuid, ImmutableSet<LvmUuid>> kin = new HashMap<>();
    Interner<ImmutableSet<LvmUuid>> forbidden = Interners.newStrongInterner();
    List<Run> runs = new ArrayList<>(sources.size());
    for (int i = 0; i < sources.size(); i++) {
      Selection.Source source = sources.get(i);
      int column =
          columns
              .computeIfAbsent(source.lv().name(), lv -> new HashMap<>())
              .computeIfAbsent(source.stripe(), stripe -> next[0]++);
      runs.add(
          new Run(
              source.range().count(),
              forbidden.intern(rules.get(i).forbidden().keySet()),
              rules.get(i).parts(),
              column,
              kin.computeIfAbsent(source.range().pv(), this::kin)));
    }
    return runs;
  }

  /** The physical volumes that share a tag that counts with one. */
  private ImmutableSet<LvmUuid> kin(LvmUuid pv) {
    Set<String> tags =
        vg.physicalVolume(pv).stream()
            .flatMap(known -> known.tags().stream())
            .filter(tag -> request.clingTags().isEmpty() || request.clingTags().contains(tag))
            .collect(ImmutableSet.toImmutableSet());
    return vg.physicalVolumes().stream()
        .filter(other -> other.tags().stream().anyMatch(tags::contains))
        .map(PhysicalVolume::id)
        .collect(ImmutableSet.toImmutableSet());
  }

  private Rejection notEnoughSpace(
      List<Selection.Source> sources,
      List<Separation.Rules> rules,
      List<Run> runs,
      List<PeRange> free,
      Placement.None none) {
    Map<String, Long> freeByName = new LinkedHashMap<>();
    free.forEach(
        area -> freeByName.merge(surroundings.names().of(area.pv()), area.count(), Long::sum));
    ImmutableMap.Builder<AllocationPolicy, Long> unplaced = ImmutableMap.builder();
    for (AllocationPolicy stricter : LADDER.subList(0, LADDER.indexOf(policy))) {
      if (Allocator.place(runs, free, arguments.sources().keySet(), stricter)
          instanceof Placement.None less) {
        unplaced.put(stricter, less.unplaced());
      }
    }
    unplaced.put(policy, none.unplaced());
    ImmutableSet.Builder<Rejection.Blocked> blocked = ImmutableSet.builder();
    for (int i = 0; i < sources.size() && policy != AllocationPolicy.ANYWHERE; i++) {
      Selection.Source source = sources.get(i);
      rules
          .get(i)
          .forbidden()
          .forEach(
              (pv, whole) -> {
                String name = surroundings.names().of(pv);
                if (freeByName.containsKey(name)) {
                  blocked.add(new Rejection.Blocked(source.lv().name(), name, whole));
                }
              });
    }
    return new Rejection.NotEnoughSpace(
        runs.stream().mapToLong(Run::count).sum(),
        policy,
        ImmutableMap.copyOf(freeByName),
        ImmutableMap.copyOf(unused),
        unplaced.buildOrThrow(),
        blocked.build().asList(),
        none.certain());
  }

  /** Cuts long runs into segments, as long as the metadata of so many fit. */
  private PlanResult fitting(Selection selection, List<ImmutableList<PeRange>> placed) {
    long most = Math.max(1, request.maxSegmentBytes() / vg.extentSize().bytes());
    ImmutableList<MovePlan.Segment> segments = Cutting.cut(selection.sources(), placed, most);
    while (true) {
      Forecast forecast = Forecast.of(vg, surroundings, segments, request.atomic());
      if (forecast.largest() <= surroundings.metadataRoom()) {
        return new PlanResult.Accepted(
            new MovePlan(
                vg.name(),
                vg.id(),
                vg.seqno(),
                vg.extentSize().bytes(),
                PvmoveEdits.nextName(vg),
                false,
                request.atomic(),
                segments,
                selection.skipped(),
                ImmutableMap.copyOf(unused),
                forecast.cost(segments, vg.extentSize(), request.atomic())));
      }
      int segmentsBefore = segments.size();
      most *= 2;
      segments = Cutting.cut(selection.sources(), placed, most);
      if (segments.size() == segmentsBefore) {
        // Cuts at twice the length are some of those before; as many of them are the same.
        return PlanResult.rejected(
            new Rejection.MetadataTooLarge(forecast.largest(), surroundings.metadataRoom()));
      }
    }
  }
}
