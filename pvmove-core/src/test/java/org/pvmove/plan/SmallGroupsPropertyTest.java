// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomGenerator;
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

  @Property(tries = 4000)
  void findsAPlaceExactlyIfThereIsOne(@ForAll("wishes") Wish wish) {
    Statistics.label("result").collect(wish.policy(), assertFoundExactlyIfThereIsOne(wish));
  }

  @Property(tries = 2000)
  void namesExactlyTheRemediesThatHelp(@ForAll("wishes") Wish wish) {
    for (Remedy remedy : assertRemediesAreThoseThatHelp(wish)) {
      Statistics.label("remedy").collect(remedy.getClass().getSimpleName());
    }
  }

  /** Without shrinking, and for as many as one has patience for. */
  @Example
  void holdsForAsManyMoreGroupsAsAskedFor() {
    int groups = Integer.getInteger("pvmove.smallgroups", 500);
    long seed = Long.getLong("pvmove.smallgroups.seed", 1);
    System.out.printf("%d small groups, pvmove.smallgroups.seed=%d%n", groups, seed);
    RandomGenerator<Wish> wishes = wishes().generator(1000, false);
    Random random = new Random(seed);
    Map<String, Integer> counts = new TreeMap<>();
    long start = System.nanoTime();
    for (int i = 0; i < groups; i++) {
      Wish wish = wishes.next(random).value();
      Set<Remedy> remedies;
      String outcome;
      try {
        outcome = assertFoundExactlyIfThereIsOne(wish);
        remedies = assertRemediesAreThoseThatHelp(wish);
      } catch (AssertionError e) {
        throw new AssertionError("%s%nnumber %d: %s".formatted(e.getMessage(), i, wish), e);
      }
      counts.merge(wish.policy().word() + ": " + outcome, 1, Integer::sum);
      remedies.forEach(remedy -> counts.merge(remedy.getClass().getSimpleName(), 1, Integer::sum));
    }
    System.out.printf("%s in %d s%n", counts, (System.nanoTime() - start) / 1_000_000_000);
  }

  /** Says what came of it. */
  private static String assertFoundExactlyIfThereIsOne(Wish wish) {
    PlanResult result = wish.plan();
    if (!movesSomething(wish)) {
      assertThat(result).isInstanceOf(PlanResult.Rejected.class);
      return "nothing to move";
    }
    boolean fits = BruteForce.fits(wish);
    assertThat(result instanceof PlanResult.Accepted).isEqualTo(fits);
    if (result instanceof PlanResult.Accepted accepted) {
      assertThat(Laws.policyKept(wish, Laws.places(accepted.plan()))).isEmpty();
    } else {
      Rejection.NotEnoughSpace reason = noSpace(result);
      assertThat(reason.certain()).isTrue();
      assertThat(reason.policy()).isEqualTo(wish.policy());
    }
    return fits ? "fits" : "does not fit";
  }

  /** Whether there is anything to move, and nothing is left out that must not be. */
  private static boolean movesSomething(Wish wish) {
    Asked asked = Asked.of(wish);
    return !asked.runs().isEmpty()
        && !(wish.request().strict() && !asked.excluded().containsAll(asked.skipped()));
  }

  private static Rejection.NotEnoughSpace noSpace(PlanResult result) {
    return (Rejection.NotEnoughSpace) ((PlanResult.Rejected) result).reasons().get(0);
  }

  /** Gives the remedies. */
  private static Set<Remedy> assertRemediesAreThoseThatHelp(Wish wish) {
    if (!(wish.plan() instanceof PlanResult.Rejected rejected)
        || !(rejected.reasons().get(0) instanceof Rejection.NotEnoughSpace)) {
      return Set.of();
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
    assertThat(rejected.remedies()).containsExactlyInAnyOrderElementsOf(expected);
    for (Remedy remedy : rejected.remedies()) {
      Wish better = wish.with(remedy);
      MovePlan plan = better.plan().orElseThrow();
      assertThat(Laws.policyKept(better, Laws.places(plan))).as("%s", remedy).isEmpty();
    }
    return expected;
  }

  private static boolean helps(Wish wish, Remedy remedy) {
    Wish better = wish.with(remedy);
    return movesSomething(better) && BruteForce.fits(better);
  }
}
