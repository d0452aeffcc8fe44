// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.statistics.Statistics;
import net.jqwik.api.statistics.StatisticsReport;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.Segments;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.Severity;
import org.pvmove.lvm.check.Violation;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.lvm.testing.Tank;
import org.pvmove.lvm.testing.VolumeGroups;
import org.pvmove.lvm.text.MetadataText;

/**
 * Whatever the volume group, segments of every type and moves in progress included, and whatever
 * the request: a plan does what was asked and nothing else, and can be carried out and given up.
 */
class AnyMovePropertyTest {
  private static final int TRIES = 1000;

  private static Arbitrary<Wish> wishes(Arbitrary<VolumeGroup> groups) {
    return Combinators.combine(groups, Arbitraries.longs().between(0, Long.MAX_VALUE))
        .as(Wish::of)
        .withoutEdgeCases();
  }

  @Provide
  Arbitrary<Wish> wishes() {
    return Arbitraries.oneOf(wishesAtRest(), wishes(VolumeGroups.volumeGroups()));
  }

  @Provide
  Arbitrary<Wish> wishesAtRest() {
    return wishes(VolumeGroups.volumeGroupsAtRest());
  }

  private static MovePlan planOrNull(Wish wish) {
    return wish.plan() instanceof PlanResult.Accepted accepted && !accepted.plan().joined()
        ? accepted.plan()
        : null;
  }

  private static PvmoveEdits.Origin origin(Wish wish) {
    return new PvmoveEdits.Origin(
        Tank.id("move"),
        Tank.id("from"),
        Tank.id("to"),
        wish.surroundings().writer().host(),
        wish.surroundings().timeSeconds());
  }

  @Property(tries = TRIES)
  @StatisticsReport(StatisticsReport.StatisticsReportMode.STANDARD)
  void movesExactlyWhatWasAskedForToFreeExtentsThatMayBeUsed(@ForAll("wishes") Wish wish) {
    PlanResult result = wish.plan();
    Statistics.label("result").collect(describe(result));
    Statistics.label("result")
        .coverage(
            all -> {
              all.check("Accepted").percentage(percent -> percent > 20);
              all.check("NothingToMove").percentage(percent -> percent > 3);
              all.check("NotEnoughSpace").percentage(percent -> percent > 10);
              all.check("MoveInProgress").percentage(percent -> percent > 3);
              all.check("LeavesSomething").count(count -> count > 0);
            });
    if (!(result instanceof PlanResult.Accepted accepted) || accepted.plan().joined()) {
      return;
    }
    MovePlan plan = accepted.plan();
    Statistics.label("policy").collect(wish.policy());
    Statistics.label("policy")
        .coverage(
            all -> {
              for (AllocationPolicy policy : Attempt.LADDER) {
                all.check(policy).percentage(percent -> percent > 5);
              }
            });
    Asked asked = Asked.of(wish);
    Set<Layout.Extent> sources = new LinkedHashSet<>();
    Set<Layout.Extent> destinations = new HashSet<>();
    for (MovePlan.Segment segment : plan.segments()) {
      for (Layout.Extent extent : Layout.extents(segment.source())) {
        assertThat(sources.add(extent)).as("moved once: %s", extent).isTrue();
      }
      for (Layout.Extent extent : Layout.extents(segment.destination())) {
        assertThat(destinations.add(extent)).as("used once: %s", extent).isTrue();
        assertThat(asked.free().get(extent.pv()).get((int) extent.number()))
            .as("free to use: %s", extent)
            .isTrue();
      }
    }
    assertThat(sources).isEqualTo(asked.extents());
    assertThat(plan.skipped())
        .extracting(MovePlan.Skipped::logicalVolume)
        .containsExactlyElementsOf(asked.skipped());
    for (MovePlan.Skipped skip : plan.skipped()) {
      boolean excluded = skip.reason() == SkipReason.EXCLUDED;
      assertThat(excluded).isEqualTo(asked.excluded().contains(skip.logicalVolume()));
      if (!excluded && Layout.isImageOfMove(skip.logicalVolume())) {
        assertThat(skip.reason())
            .isEqualTo(
                LvGraph.of(wish.vg()).usersOf(skip.logicalVolume()).isEmpty()
                    ? SkipReason.LEFT_OVER
                    : SkipReason.IMAGE_OF_A_MOVE);
      }
      assertThat(wish.request().strict() && !excluded).as("%s", skip).isFalse();
    }
  }

  private static String describe(PlanResult result) {
    return result instanceof PlanResult.Rejected rejected
        ? rejected.reasons().get(0).getClass().getSimpleName()
        : "Accepted";
  }

  @Property(tries = TRIES)
  void keepsThePolicyAndTheRedundancy(@ForAll("wishes") Wish wish) {
    MovePlan plan = planOrNull(wish);
    if (plan != null) {
      assertThat(Laws.policyKept(wish, Laws.places(plan))).isEmpty();
    }
  }

  @Property(tries = TRIES)
  void goesAnywhereOnlyIfNothingElseIsLeft(@ForAll("wishes") Wish wish) {
    Wish normal = wish.withPolicy(AllocationPolicy.NORMAL);
    if (planOrNull(normal) != null) {
      MovePlan plan = wish.withPolicy(AllocationPolicy.ANYWHERE).plan().orElseThrow();
      assertThat(Laws.policyKept(normal, Laws.places(plan))).isEmpty();
      assertThat(plan.segments())
          .noneMatch(segment -> wish.sources().containsKey(segment.destination().pv()));
    }
  }

  @Property(tries = TRIES)
  void tellsTheTruthAboutEverySegmentInOrder(@ForAll("wishes") Wish wish) {
    MovePlan plan = planOrNull(wish);
    if (plan == null) {
      return;
    }
    Map<Layout.Spot, Layout.Extent> data = Layout.data(wish.vg());
    List<String> names = wish.vg().logicalVolumes().stream().map(LogicalVolume::name).toList();
    long most = Math.max(1, wish.request().maxSegmentBytes() / wish.vg().extentSize().bytes());
    List<List<Long>> order = new ArrayList<>();
    for (MovePlan.Segment segment : plan.segments()) {
      assertThat(segment.source().count()).isLessThanOrEqualTo(most);
      int stripes = stripes(wish.vg(), segment);
      for (long i = 0; i < segment.source().count(); i++) {
        Layout.Spot spot =
            new Layout.Spot(
                segment.logicalVolume(), segment.logicalExtent() + i * stripes, segment.stripe());
        assertThat(data.get(spot))
            .as("%s", spot)
            .isEqualTo(new Layout.Extent(segment.source().pv(), segment.source().first() + i));
      }
      order.add(
          List.of(
              (long) names.indexOf(segment.logicalVolume()),
              segment.logicalExtent(),
              (long) segment.stripe()));
    }
    assertThat(order).isSortedAccordingTo(AnyMovePropertyTest::compare).doesNotHaveDuplicates();
  }

  private static int compare(List<Long> a, List<Long> b) {
    for (int i = 0; i < a.size(); i++) {
      if (!a.get(i).equals(b.get(i))) {
        return Long.compare(a.get(i), b.get(i));
      }
    }
    return 0;
  }

  private static int stripes(VolumeGroup vg, MovePlan.Segment segment) {
    return vg.logicalVolume(segment.logicalVolume()).orElseThrow().segments().stream()
        .filter(s -> s.firstExtent() <= segment.logicalExtent())
        .filter(s -> segment.logicalExtent() < s.end())
        .findFirst()
        .orElseThrow()
        .areas()
        .size();
  }

  @Property(tries = TRIES)
  void canBeCarriedOutStepByStepAndGivenUpAtEveryStep(@ForAll("wishes") Wish wish) {
    PlanResult result = wish.plan();
    if (!(result instanceof PlanResult.Accepted accepted)) {
      return;
    }
    MovePlan plan = accepted.plan();
    Map<Layout.Spot, Layout.Extent> before = Layout.data(wish.vg());
    Map<Layout.Extent, Layout.Extent> all = Laws.places(plan);
    Map<Layout.Extent, Layout.Extent> done = new HashMap<>();
    VolumeGroup last = wish.vg();
    int copied = plan.joined() ? 0 : -1;
    for (VolumeGroup step : plan.replay(wish.vg(), origin(wish))) {
      assertThat(step.seqno()).isEqualTo(last.seqno() + 1);
      assertSound(wish, step);
      Pvmove move = moveOf(step, plan);
      boolean ended = move == null;
      if (ended) {
        done.putAll(all);
      } else {
        if (copied >= 0) {
          done.putAll(Laws.places(plan.segments().get(copied)));
        }
        copied++;
        VolumeGroup abandoned = PvmoveEdits.end(step, move, false);
        assertSound(wish, abandoned);
        assertThat(moveOf(abandoned, plan)).isNull();
        assertPlaces(before, done, abandoned);
        if (done.isEmpty() && !plan.joined()) {
          assertThat(abandoned.logicalVolumes())
              .isEqualTo(touchedMerged(wish.vg(), plan).logicalVolumes());
        }
      }
      assertPlaces(before, done, step);
      last = step;
    }
    assertThat(last.seqno()).isEqualTo(wish.vg().seqno() + plan.cost().commits());
    assertThat(moveOf(last, plan)).isNull();
    assertOthersUntouched(wish.vg(), plan, last);
  }

  private static Pvmove moveOf(VolumeGroup vg, MovePlan plan) {
    return Pvmove.allOf(vg).stream()
        .filter(move -> move.name().equals(plan.move()))
        .findFirst()
        .orElse(null);
  }

  /**
   * Nothing is wrong that was not before. With {@code anywhere} stripes may come together, which is
   * odd but allowed.
   */
  private static void assertSound(Wish wish, VolumeGroup vg) {
    List<Violation> violations = new ArrayList<>(VolumeGroupCheck.check(vg));
    if (!violations.isEmpty()) {
      violations.removeAll(VolumeGroupCheck.check(wish.vg()));
    }
    if (wish.policy() == AllocationPolicy.ANYWHERE) {
      violations.removeIf(
          violation ->
              violation.severity() == Severity.NOTICE
                  && violation.message().contains("different physical volumes"));
    }
    assertThat(violations).isEmpty();
  }

  private static void assertPlaces(
      Map<Layout.Spot, Layout.Extent> before,
      Map<Layout.Extent, Layout.Extent> done,
      VolumeGroup now) {
    Map<Layout.Spot, Layout.Extent> expected = new HashMap<>(before);
    expected.replaceAll((spot, extent) -> done.getOrDefault(extent, extent));
    assertThat(Layout.data(now)).isEqualTo(expected);
  }

  /** The volume group as LVM2 reads it, as far as the plan touches it. */
  private static VolumeGroup touchedMerged(VolumeGroup vg, MovePlan plan) {
    List<LogicalVolume> touched = new ArrayList<>();
    plan.segments().stream()
        .map(MovePlan.Segment::logicalVolume)
        .distinct()
        .map(name -> vg.logicalVolume(name).orElseThrow())
        .forEach(lv -> touched.add(lv.toBuilder().segments(Segments.merge(lv.segments())).build()));
    return vg.withLogicalVolumes(touched);
  }

  /** But for the segments of the volumes that moved everything is as it was. */
  private static void assertOthersUntouched(VolumeGroup before, MovePlan plan, VolumeGroup after) {
    Set<String> touched = new HashSet<>();
    plan.segments().forEach(segment -> touched.add(segment.logicalVolume()));
    List<LogicalVolume> expected = new ArrayList<>();
    for (LogicalVolume lv : before.logicalVolumes()) {
      if (plan.joined()
          && (lv.name().equals(plan.move()) || lv.name().startsWith(plan.move() + "_mimage_"))) {
        continue;
      }
      LogicalVolume now = after.logicalVolume(lv.name()).orElseThrow();
      expected.add(
          touched.contains(lv.name()) || plan.joined()
              ? lv.toBuilder().segments(now.segments()).flags(now.flags()).build()
              : lv);
    }
    assertThat(after)
        .isEqualTo(before.toBuilder().seqno(after.seqno()).logicalVolumes(expected).build());
    for (String lv : touched) {
      assertThat(after.logicalVolume(lv).filter(LogicalVolume::isLocked)).isEmpty();
    }
  }

  @Property(tries = TRIES)
  void saysToTheByteWhatItCosts(@ForAll("wishes") Wish wish) {
    if (!(wish.plan() instanceof PlanResult.Accepted accepted)) {
      return;
    }
    MovePlan plan = accepted.plan();
    long extents = 0;
    long longest = 0;
    for (MovePlan.Segment segment : plan.segments()) {
      extents += segment.source().count();
      longest = Math.max(longest, segment.source().count());
    }
    long extentBytes = wish.vg().extentSize().bytes();
    assertThat(plan.cost().extents()).isEqualTo(extents);
    assertThat(plan.cost().bytes()).isEqualTo(extents * extentBytes);
    assertThat(plan.cost().repeatedBytes())
        .isEqualTo((plan.atomic() ? extents : longest) * extentBytes);
    List<Long> sizes = new ArrayList<>();
    int checkpoints = 0;
    VolumeGroup last = wish.vg();
    for (VolumeGroup step : plan.replay(wish.vg(), origin(wish))) {
      String description;
      Pvmove move = moveOf(step, plan);
      if (sizes.isEmpty() && !plan.joined()) {
        description = MetadataWriter.begin(plan.move());
      } else if (move == null) {
        description = MetadataWriter.finish(plan.move());
      } else {
        int segment = doneNow(moveOf(last, plan), move);
        description = MetadataWriter.segmentDone(plan.move(), segment);
        checkpoints++;
      }
      sizes.add(
          (long)
              new MetadataText(
                      step,
                      wish.surroundings()
                          .writer()
                          .header(description, wish.surroundings().timeSeconds()))
                  .toDiskBytes()
                  .length);
      last = step;
    }
    assertThat(plan.cost().metadataBytes().asList()).isEqualTo(sizes);
    assertThat(checkpoints).isEqualTo(plan.atomic() ? 0 : plan.segments().size());
    assertThat(plan.costIn(wish.vg(), wish.surroundings())).isEqualTo(plan.cost());
  }

  @Property(tries = TRIES)
  void makesFewerSegmentsWhereTheMetadataHaveLittleRoom(
      @ForAll("wishes") Wish wish, @ForAll @LongRange(min = 0, max = 100_000) long odds) {
    MovePlan plan = planOrNull(wish);
    if (plan == null) {
      return;
    }
    MoveRequest uncut = wish.request().toBuilder().maxSegmentBytes(Long.MAX_VALUE).build();
    long least = largest(wish.with(wish.vg(), uncut).plan().orElseThrow());
    long room = least - 2 + odds % (largest(plan) - least + 4);
    PlanResult result =
        Planner.plan(wish.vg(), wish.request(), wish.surroundings().withMetadataRoom(room));
    Statistics.collect(room < least ? "no room" : room < largest(plan) ? "little" : "enough");
    if (room < least) {
      assertThat(result)
          .isEqualTo(PlanResult.rejected(new Rejection.MetadataTooLarge(least, room)));
    } else if (room >= largest(plan)) {
      assertThat(result.orElseThrow()).isEqualTo(plan);
    } else {
      assertThat(largest(result.orElseThrow())).isLessThanOrEqualTo(room);
      assertThat(Laws.places(result.orElseThrow())).isEqualTo(Laws.places(plan));
    }
  }

  private static long largest(MovePlan plan) {
    return plan.cost().metadataBytes().stream().max().orElseThrow();
  }

  /** The piece that one version calls done and the one before it did not. */
  private static int doneNow(Pvmove before, Pvmove now) {
    for (int i = 0; i < now.pieces().size(); i++) {
      if (now.pieces().get(i).done() && !before.pieces().get(i).done()) {
        return i;
      }
    }
    throw new AssertionError("expected a checkpoint, found none in " + now);
  }

  @Property(tries = TRIES)
  void rejectsOnlyForReasonsThatAreTrue(@ForAll("wishes") Wish wish) {
    if (!(wish.plan() instanceof PlanResult.Rejected rejected)) {
      return;
    }
    Asked asked = Asked.of(wish);
    for (Rejection reason : rejected.reasons()) {
      if (reason instanceof Rejection.NothingToMove nothing) {
        assertThat(asked.runs()).isEmpty();
        assertThat(nothing.skipped())
            .extracting(MovePlan.Skipped::logicalVolume)
            .containsExactlyElementsOf(asked.skipped());
      } else if (reason instanceof Rejection.LeavesSomething leaves) {
        assertThat(wish.request().strict()).isTrue();
        assertThat(leaves.skipped()).isNotEmpty();
        assertThat(asked.skipped())
            .containsAll(leaves.skipped().stream().map(MovePlan.Skipped::logicalVolume).toList());
      } else if (reason instanceof Rejection.NotEnoughSpace space) {
        assertThat(space.needed()).isEqualTo(asked.extents().size());
        assertThat(space.freeTotal())
            .isEqualTo(asked.free().values().stream().mapToLong(bits -> bits.cardinality()).sum());
        assertThat(space.unused().keySet()).noneMatch(space.free()::containsKey);
      } else {
        assertThat(reason).isInstanceOf(Rejection.MoveInProgress.class);
      }
    }
    for (Remedy remedy : rejected.remedies()) {
      Remedy.Applied applied = remedy.apply(wish.vg(), wish.request());
      PlanResult second =
          Planner.plan(applied.volumeGroup(), applied.request(), wish.surroundings());
      assertThat(second).as("%s", remedy).isInstanceOf(PlanResult.Accepted.class);
      if (remedy instanceof Remedy.AddSpace space && space.extents() > 1) {
        Remedy.Applied less =
            new Remedy.AddSpace(space.extents() - 1).apply(wish.vg(), wish.request());
        assertThat(Planner.plan(less.volumeGroup(), less.request(), wish.surroundings()))
            .as("%s", remedy)
            .isInstanceOf(PlanResult.Rejected.class);
      }
      for (VolumeGroup step : second.orElseThrow().replay(applied.volumeGroup(), origin(wish))) {
        assertSound(wish.with(applied.volumeGroup(), applied.request()), step);
      }
    }
  }

  @Property(tries = 500)
  void plansTheSameForTheSame(@ForAll("wishesAtRest") Wish wish) {
    VolumeGroup copy =
        MetadataText.parse(
                new MetadataText(
                        wish.vg(), wish.surroundings().writer().header("test", 1_800_000_000L))
                    .toDiskBytes())
            .volumeGroup();
    assertThat(wish.with(copy, wish.request()).plan()).isEqualTo(wish.plan());
  }
}
