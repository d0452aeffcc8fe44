// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;

/**
 * On small volume groups the planner finds a place exactly where trying all places finds one, and
 * names exactly the remedies that help.
 */
class SmallGroupsPropertyTest {
  @Provide
  Arbitrary<Wish> wishes() {
    return Combinators.combine(
            SmallVolumeGroups.any(), Arbitraries.longs().between(0, Long.MAX_VALUE))
        .as(Wish::exactlyOf)
        .withoutEdgeCases();
  }

  @Property(tries = 6000)
  void findsAPlaceExactlyIfThereIsOne(@ForAll("wishes") Wish wish) {
    PlanResult result = wish.plan();
    Asked asked = Asked.of(wish);
    if (asked.runs().isEmpty()
        || (wish.request().strict() && !asked.excluded().containsAll(asked.skipped()))) {
      assertThat(result).isInstanceOf(PlanResult.Rejected.class);
      return;
    }
    boolean fits = BruteForce.fits(wish);
    Statistics.label("result").collect(wish.policy(), fits);
    assertThat(result instanceof PlanResult.Accepted).isEqualTo(fits);
    if (result instanceof PlanResult.Accepted accepted) {
      assertThat(Laws.policyKept(wish, Laws.places(accepted.plan()))).isEmpty();
    } else {
      Rejection.NotEnoughSpace reason = noSpace(result);
      assertThat(reason.certain()).isTrue();
      assertThat(reason.policy()).isEqualTo(wish.policy());
    }
  }

  private static Rejection.NotEnoughSpace noSpace(PlanResult result) {
    return (Rejection.NotEnoughSpace) ((PlanResult.Rejected) result).reasons().get(0);
  }

  @Property(tries = 3000)
  void namesExactlyTheRemediesThatHelp(@ForAll("wishes") Wish wish) {
    if (!(wish.plan() instanceof PlanResult.Rejected rejected)
        || !(rejected.reasons().get(0) instanceof Rejection.NotEnoughSpace)) {
      return;
    }
    Set<Remedy> expected = new LinkedHashSet<>();
    for (AllocationPolicy policy :
        Attempt.LADDER.subList(Attempt.LADDER.indexOf(wish.policy()) + 1, Attempt.LADDER.size())) {
      if (helps(wish, new Remedy.UsePolicy(policy))) {
        expected.add(new Remedy.UsePolicy(policy));
        break;
      }
    }
    List<Remedy> simple = new ArrayList<>();
    if (wish.destinations() != null) {
      simple.add(new Remedy.AnyDestination());
    }
    if (!wish.request().largerBlocks()) {
      simple.add(new Remedy.LargerBlocks());
    }
    for (PhysicalVolume pv : wish.vg().physicalVolumes()) {
      if (!pv.flags().has(StatusFlag.ALLOCATABLE)) {
        simple.add(new Remedy.MakeAllocatable(pv.id(), wish.surroundings().names().of(pv.id())));
      }
    }
    long needed = Asked.of(wish).extents().size();
    for (long extents = 1; extents <= needed; extents++) {
      if (helps(wish, new Remedy.AddSpace(extents))) {
        simple.add(new Remedy.AddSpace(extents));
        break;
      }
    }
    for (LogicalVolume lv : wish.vg().logicalVolumes()) {
      // To leave a thin volume out is to leave its pool out.
      if (lv.flags().has(StatusFlag.VISIBLE)
          && !(lv.segments().get(0).type() instanceof SegmentType.Thin)) {
        simple.add(new Remedy.LeaveOut(lv.name()));
      }
    }
    for (Remedy remedy : simple) {
      if (helps(wish, remedy)) {
        expected.add(remedy);
      }
    }
    rejected
        .remedies()
        .forEach(remedy -> Statistics.label("remedy").collect(remedy.getClass().getSimpleName()));
    assertThat(rejected.remedies()).containsExactlyInAnyOrderElementsOf(expected);
    for (Remedy remedy : rejected.remedies()) {
      Wish better = wish.with(remedy);
      MovePlan plan = better.plan().orElseThrow();
      assertThat(Laws.policyKept(better, Laws.places(plan))).as("%s", remedy).isEmpty();
    }
  }

  private static boolean helps(Wish wish, Remedy remedy) {
    Wish better = wish.with(remedy);
    Asked asked = Asked.of(better);
    boolean moves =
        !asked.runs().isEmpty()
            && !(wish.request().strict() && !asked.excluded().containsAll(asked.skipped()));
    return moves && BruteForce.fits(better);
  }
}
