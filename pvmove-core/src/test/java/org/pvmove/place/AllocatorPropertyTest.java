// SPDX-License-Identifier: Apache-2.0
package org.pvmove.place;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pvmove.place.Placements.faults;
import static org.pvmove.place.Placements.pv;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;

class AllocatorPropertyTest {
  private static final int PVS = 5;

  @Provide
  Arbitrary<List<Run>> runs() {
    Arbitrary<Set<LvmUuid>> forbidden =
        Arbitraries.integers().between(0, PVS - 1).map(Placements::pv).set().ofMaxSize(PVS - 1);
    return Combinators.combine(Arbitraries.longs().between(1, 9), forbidden)
        .as((count, pvs) -> Run.of(count, ImmutableSet.copyOf(pvs)))
        .list()
        .ofMaxSize(8);
  }

  /** Disjoint areas, some of which touch, of physical volumes in any order. */
  @Provide
  Arbitrary<List<PeRange>> free() {
    Arbitrary<int[]> gapAndCount =
        Combinators.combine(
                Arbitraries.integers().between(0, 3), Arbitraries.integers().between(1, 9))
            .as((gap, count) -> new int[] {gap, count});
    Arbitrary<List<List<int[]>>> byPv = gapAndCount.list().ofMaxSize(4).list().ofMaxSize(PVS);
    return byPv.flatMap(
        pvs -> {
          List<PeRange> areas = new ArrayList<>();
          for (int pv = 0; pv < pvs.size(); pv++) {
            long next = 0;
            for (int[] area : pvs.get(pv)) {
              areas.add(new PeRange(pv(pv), next + area[0], area[1]));
              next += area[0] + area[1];
            }
          }
          return Arbitraries.shuffle(areas);
        });
  }

  /**
   * Whether there is a placement at all, by Hall's theorem: there is none exactly if the runs
   * confined to some set of physical volumes need more than is free there.
   */
  private static boolean fits(List<Run> runs, List<PeRange> free) {
    for (int set = 0; set < 1 << PVS; set++) {
      Set<LvmUuid> inside = new HashSet<>();
      Set<LvmUuid> outside = new HashSet<>();
      for (int pv = 0; pv < PVS; pv++) {
        ((set >> pv & 1) == 1 ? inside : outside).add(pv(pv));
      }
      long demand =
          runs.stream()
              .filter(run -> run.forbidden().containsAll(outside))
              .mapToLong(Run::count)
              .sum();
      long room =
          free.stream().filter(area -> inside.contains(area.pv())).mapToLong(PeRange::count).sum();
      if (demand > room) {
        return false;
      }
    }
    return true;
  }

  @Property(tries = 5000)
  void placesRunsExactlyIfThereIsAWay(
      @ForAll("runs") List<Run> runs, @ForAll("free") List<PeRange> free) {
    Optional<ImmutableList<ImmutableList<PeRange>>> placed = Placements.place(runs, free);
    assertThat(placed.isPresent()).isEqualTo(fits(runs, free));
    placed.ifPresent(places -> assertThat(faults(runs, free, places)).isEmpty());
  }

  @Property(tries = 1000)
  void keepsARunWholeIfAnAreaHoldsIt(
      @ForAll("runs") List<Run> runs, @ForAll("free") List<PeRange> free) {
    for (Run run : runs) {
      FreeAreas joined = new FreeAreas(free);
      boolean holds =
          joined.pvs().stream()
              .filter(pv -> !run.forbidden().contains(pv))
              .map(pv -> joined.offer(pv, run.count()))
              .anyMatch(offer -> offer != null && offer.count() == run.count());
      Placements.place(List.of(run), free)
          .ifPresent(placed -> assertThat(placed.get(0).size() == 1).isEqualTo(holds));
    }
  }

  @Property(tries = 500)
  void givesTheSameForTheSame(@ForAll("runs") List<Run> runs, @ForAll("free") List<PeRange> free) {
    assertThat(Placements.place(runs, free))
        .isEqualTo(Placements.place(List.copyOf(runs), List.copyOf(free)));
  }
}
