// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;
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
import org.pvmove.lvm.testing.VolumeGroups;

/** What LVM2 would do with the calls, as pvmove(8) tells it, is what the plan says. */
class SystemPlanPropertyTest {
  @Provide
  Arbitrary<Wish> wishes() {
    return Combinators.combine(
            Arbitraries.oneOf(VolumeGroups.volumeGroupsAtRest(), VolumeGroups.volumeGroups()),
            Arbitraries.longs().between(0, Long.MAX_VALUE))
        .as(Wish::of)
        .withoutEdgeCases();
  }

  private static PvNames names(VolumeGroup vg) {
    Map<LvmUuid, String> names = new HashMap<>();
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      names.put(pv.id(), "/dev/a:1@" + names.size());
    }
    return PvNames.of(vg, names);
  }

  /** A call as LVM2 reads it. */
  private record Read(PhysicalVolume from, List<PeRange> sources, PeRange to, String name) {
    static Read of(VolumeGroup vg, LvmCommand command) throws PvArgument.SyntaxException {
      List<String> words = command.arguments();
      PvArgument from = PvArgument.parse(words.get(words.size() - 2));
      PvArgument to = PvArgument.parse(words.get(words.size() - 1));
      PhysicalVolume source = names(vg).resolve(from.name()).orElseThrow();
      PhysicalVolume destination = names(vg).resolve(to.name()).orElseThrow();
      assertThat(to.ranges()).hasSize(1);
      int named = words.indexOf("-n");
      return new Read(
          source,
          from.ranges().stream().map(range -> range(source, range)).toList(),
          range(destination, to.ranges().get(0)),
          named < 0 ? "" : words.get(named + 1));
    }

    private static PeRange range(PhysicalVolume pv, PvArgument.Range range) {
      assertThat(range.last()).isNotNull().isLessThan(pv.peCount());
      return new PeRange(pv.id(), range.first(), range.last() - range.first() + 1);
    }
  }

  @Property(tries = 1000)
  void theCallsMoveWhatThePlanMovesAndNothingElse(@ForAll("wishes") Wish wish) throws Exception {
    if (!(wish.plan() instanceof PlanResult.Accepted accepted) || accepted.plan().joined()) {
      return;
    }
    MovePlan plan = accepted.plan();
    VolumeGroup vg = wish.vg();
    SystemPlan how = SystemPlan.of(vg, plan, names(vg));
    Statistics.label("calls")
        .collect(
            how instanceof SystemPlan.Possible possible
                ? possible.commands().size() == 1 ? "one" : "several"
                : "impossible");
    if (how instanceof SystemPlan.Impossible) {
      assertThat(plan.atomic()).isTrue();
      return;
    }
    ImmutableList<LvmCommand> commands = how.orElseThrow();
    if (plan.atomic()) {
      assertThat(commands).hasSize(1);
    }
    assertThat(commands.stream().flatMap(command -> command.segments().stream()))
        .containsExactlyInAnyOrderElementsOf(plan.segments());
    Set<Layout.Extent> used = new HashSet<>();
    for (LvmCommand command : commands) {
      Read read = Read.of(vg, command);
      for (PeRange range : read.sources()) {
        Layout.extents(range).forEach(extent -> assertThat(used.add(extent)).isTrue());
      }
      Layout.extents(read.to()).forEach(extent -> assertThat(used.add(extent)).isTrue());
      assertThat(ExtentMap.of(vg).free(read.to().pv()))
          .anyMatch(free -> free.first() <= read.to().first() && read.to().end() <= free.end());
      assertThat(extents(simulated(vg, read, plan.atomic())))
          .isEqualTo(extents(command.segments()));
      if (!plan.atomic()) {
        assertThat(simulated(vg, read, false)).isEqualTo(command.segments());
      }
    }
  }

  /** From where to where each extent goes. */
  private static Map<Layout.Extent, Layout.Extent> extents(List<MovePlan.Segment> segments) {
    Map<Layout.Extent, Layout.Extent> extents = new HashMap<>();
    for (MovePlan.Segment segment : segments) {
      for (long i = 0; i < segment.source().count(); i++) {
        extents.put(
            new Layout.Extent(segment.source().pv(), segment.source().first() + i),
            new Layout.Extent(segment.destination().pv(), segment.destination().first() + i));
      }
    }
    return extents;
  }

  /** What LVM2 makes of a call: cuts at the ends of ranges, then takes extents in its order. */
  private static List<MovePlan.Segment> simulated(VolumeGroup vg, Read call, boolean atomic) {
    List<MovePlan.Segment> segments = new ArrayList<>();
    long next = call.to().first();
    Set<String> before = new HashSet<>();
    LvGraph graph = LvGraph.of(vg);
    for (LogicalVolume lv : vg.logicalVolumes()) {
      boolean meant =
          call.name().isEmpty()
              || lv.name().equals(call.name())
              || graph.usersOf(lv.name()).stream()
                  .anyMatch(user -> user.lv().name().equals(call.name()));
      if (!meant || lv.isLocked() || lv.isPvmove()) {
        continue;
      }
      for (Segment segment : Segments.merge(lv.segments())) {
        if (!(segment.type() instanceof SegmentType.Striped)) {
          continue;
        }
        TreeSet<Long> cuts = new TreeSet<>();
        for (Area area : segment.areas()) {
          call.sources().forEach(range -> addCuts(segment, area, range, cuts));
        }
        if (!cuts.isEmpty() && !atomic) {
          assertThat(before).as("volumes before one to be cut").isSubsetOf(Set.of(lv.name()));
        }
        for (Segment piece : Segments.cut(segment, cuts)) {
          for (int i = 0; i < piece.areas().size(); i++) {
            if (piece.areas().get(i) instanceof Area.Physical area
                && call.sources().stream()
                    .anyMatch(range -> range.overlaps(piece.physicalRange(area)))) {
              PeRange from = piece.physicalRange(area);
              PeRange to = new PeRange(call.to().pv(), next, from.count());
              segments.add(new MovePlan.Segment(lv.name(), piece.firstExtent(), i, from, to));
              next += from.count();
              before.add(lv.name());
            }
          }
        }
      }
    }
    assertThat(next).isEqualTo(call.to().end());
    return segments;
  }

  private static void addCuts(Segment segment, Area area, PeRange range, Set<Long> cuts) {
    if (area instanceof Area.Physical && range.overlaps(segment.physicalRange(area))) {
      for (long border : new long[] {range.first(), range.end()}) {
        long offset = border - area.extent();
        if (offset > 0 && offset < segment.areaLength()) {
          cuts.add(offset);
        }
      }
    }
  }
}
