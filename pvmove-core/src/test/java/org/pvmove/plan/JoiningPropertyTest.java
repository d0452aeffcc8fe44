// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.lvm.testing.Tank;
import org.pvmove.lvm.testing.VolumeGroups;

/** A request that comes to a move in progress joins it exactly if it asks for what it does. */
class JoiningPropertyTest {
  /**
   * A move in progress.
   *
   * @param wish what was wished for at first
   * @param plan how it was planned
   * @param now how far it is
   * @param done how many segments are done
   */
  record Running(Wish wish, MovePlan plan, VolumeGroup now, int done, long seed) {
    Pvmove move() {
      return Pvmove.allOf(now).get(0);
    }

    VolumeGroup end(MovePlan from, VolumeGroup vg) {
      VolumeGroup last = vg;
      for (VolumeGroup step : from.replay(vg, ORIGIN)) {
        last = step;
      }
      return last;
    }

    @Override
    public String toString() {
      return "%d segments done, seed %d: %s".formatted(done, seed, wish);
    }
  }

  private static final PvmoveEdits.Origin ORIGIN =
      new PvmoveEdits.Origin(Tank.id("move"), Tank.id("from"), Tank.id("to"), "host", 0);

  @Provide
  Arbitrary<Running> running() {
    return Combinators.combine(
            Arbitraries.oneOf(SmallVolumeGroups.any(), VolumeGroups.volumeGroupsAtRest()),
            Arbitraries.longs().between(0, Long.MAX_VALUE))
        .as(JoiningPropertyTest::begin)
        .filter(running -> running != null)
        .withoutEdgeCases();
  }

  private static Running begin(VolumeGroup vg, long seed) {
    Wish wish = Wish.of(vg, seed);
    if (!(wish.plan() instanceof PlanResult.Accepted accepted)) {
      return null;
    }
    MovePlan plan = accepted.plan();
    List<VolumeGroup> steps = new ArrayList<>();
    plan.replay(wish.vg(), ORIGIN).forEach(steps::add);
    int done = new Random(seed).nextInt(steps.size() - 1);
    return new Running(wish, plan, steps.get(done), done, seed);
  }

  @Property(tries = 500)
  void joinsWhenTheSameIsAskedForAgain(@ForAll("running") Running running) {
    Wish again = running.wish().with(running.now(), running.wish().request());
    MovePlan rest = again.plan().orElseThrow();
    Statistics.collect(rest.atomic() ? "atomic" : "plain", rest.segments().size() > 1);
    assertThat(rest.joined()).isTrue();
    assertThat(rest.move()).isEqualTo(running.plan().move());
    assertThat(rest.atomic()).isEqualTo(running.plan().atomic());
    assertThat(rest.skipped()).isEqualTo(running.plan().skipped());
    List<MovePlan.Segment> segments = running.plan().segments();
    assertThat(rest.segments()).isEqualTo(segments.subList(running.done(), segments.size()));
    assertThat(running.end(rest, running.now()))
        .isEqualTo(running.end(running.plan(), running.wish().vg()));
  }

  /** Changes a wish in one way or the other; what it means is changed with it. */
  private static Wish changed(Wish wish, long seed) {
    Wish other = wish.another(~seed);
    MoveRequest.Builder request = wish.request().toBuilder();
    Wish.Meaning meaning = wish.meaning();
    switch ((int) (seed % 9)) {
      case 0 -> request.atomic(!wish.request().atomic());
      case 1 -> request.strict(!wish.request().strict());
      case 2 -> request.policy(other.request().policy());
      case 3 -> {
        request.without(other.request().excluded());
        meaning = meaning.without(other.excluded());
      }
      case 4 -> {
        request.logicalVolumes(other.request().logicalVolumes());
        meaning = meaning.only(other.only());
      }
      case 5 -> {
        request.to(other.request().destinations());
        meaning = meaning.to(other.destinations());
      }
      case 6 -> request.maxSegmentBytes(1).largerBlocks(true);
      default -> {
        request = other.request().toBuilder();
        request
            .to(wish.request().destinations())
            .logicalVolumes(wish.request().logicalVolumes())
            .without(wish.request().excluded())
            .policy(wish.request().policy())
            .atomic(wish.request().atomic())
            .strict(wish.request().strict());
        meaning = meaning.from(other.sources());
      }
    }
    return new Wish(wish.vg(), request.build(), wish.surroundings(), meaning);
  }

  @Property(tries = 1500)
  void joinsNothingButWhatIsAskedFor(@ForAll("running") Running running) {
    Wish asked = changed(running.wish(), running.seed());
    PlanResult result = asked.with(running.now(), asked.request()).plan();
    Pvmove move = running.move();
    boolean shares =
        move.pieces().stream().anyMatch(piece -> asked.sources().containsKey(piece.source().pv()));
    boolean joins = shares && asksFor(asked, move);
    Asked before = Asked.of(asked);
    boolean leaves = asked.request().strict() && !before.excluded().containsAll(before.skipped());
    Statistics.collect(shares, joins, leaves);
    if (!shares) {
      assertThat(result instanceof PlanResult.Accepted accepted && accepted.plan().joined())
          .isFalse();
    } else if (!joins) {
      assertThat(((PlanResult.Rejected) result).reasons())
          .isNotEmpty()
          .allMatch(reason -> reason instanceof Rejection.MoveInProgress);
    } else if (leaves) {
      assertThat(((PlanResult.Rejected) result).reasons())
          .singleElement()
          .isInstanceOf(Rejection.LeavesSomething.class);
    } else {
      assertThat(result.orElseThrow().joined()).isTrue();
    }
  }

  /** Whether the wish would have been fulfilled by the move, had it been there first. */
  private static boolean asksFor(Wish wish, Pvmove move) {
    Set<Layout.Extent> moves = new HashSet<>();
    for (Pvmove.Piece piece : move.pieces()) {
      moves.addAll(Layout.extents(piece.source()));
      for (Layout.Extent extent : Layout.extents(piece.destination())) {
        boolean wanted =
            wish.destinations() == null
                || (wish.destinations().containsKey(extent.pv())
                    && wish.destinations().get(extent.pv()).get((int) extent.number()));
        boolean back =
            wish.sources().containsKey(extent.pv()) && wish.policy() != AllocationPolicy.ANYWHERE;
        if (!wanted || back) {
          return false;
        }
      }
    }
    return Asked.of(wish).extents().equals(moves) && (move.atomic() || !wish.request().atomic());
  }

  @Property(tries = 500)
  void movesNothingThatAMoveInProgressHas(@ForAll("running") Running running) {
    Wish other = Wish.exactlyOf(running.now(), ~running.seed());
    Pvmove move = running.move();
    Assume.that(
        move.pieces().stream()
            .noneMatch(piece -> other.sources().containsKey(piece.source().pv())));
    Set<String> own = new HashSet<>();
    Map<Layout.Extent, Layout.Extent> places = Laws.places(running.plan());
    Layout.legs(running.now())
        .forEach(
            (spot, legs) -> {
              if (legs.all().stream().anyMatch(places::containsKey)) {
                own.add(spot.lv());
              }
            });
    Set<String> temporary =
        ImmutableSet.of(move.name(), move.name() + "_mimage_0", move.name() + "_mimage_1");
    Set<String> skipped = Asked.of(other).skipped();
    if (other.plan() instanceof PlanResult.Accepted accepted) {
      Statistics.collect(skipped.stream().anyMatch(temporary::contains));
      assertThat(accepted.plan().segments())
          .noneMatch(segment -> own.contains(segment.logicalVolume()))
          .noneMatch(segment -> temporary.contains(segment.logicalVolume()));
      assertThat(accepted.plan().skipped())
          .filteredOn(skip -> own.contains(skip.logicalVolume()))
          .allMatch(
              skip -> skip.reason() == SkipReason.LOCKED || skip.reason() == SkipReason.EXCLUDED);
    }
  }
}
