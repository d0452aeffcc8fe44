// SPDX-License-Identifier: Apache-2.0
package org.pvmove.place;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.pvmove.place.Placements.area;
import static org.pvmove.place.Placements.faults;
import static org.pvmove.place.Placements.pieces;
import static org.pvmove.place.Placements.pv;
import static org.pvmove.place.Placements.run;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;

class AllocatorTest {
  private static ImmutableList<ImmutableList<PeRange>> placed(List<Run> runs, PeRange... free) {
    return Placements.place(runs, List.of(free)).orElseThrow();
  }

  @Test
  void placesRunsOneBehindTheOtherInTheirOrder() {
    assertThat(placed(List.of(run(3), run(9), run(1)), area(0, 0, 20), area(1, 0, 20)))
        .containsExactly(
            ImmutableList.of(area(0, 0, 3)),
            ImmutableList.of(area(0, 3, 9)),
            ImmutableList.of(area(0, 12, 1)));
  }

  @Test
  void takesTheSmallestAreaThatHoldsARun() {
    assertThat(placed(List.of(run(8)), area(0, 0, 3), area(0, 5, 9), area(0, 20, 8)))
        .containsExactly(ImmutableList.of(area(0, 20, 8)));
  }

  @Test
  void prefersThePhysicalVolumeNamedFirst() {
    assertThat(placed(List.of(run(5)), area(3, 0, 9), area(1, 0, 5)))
        .containsExactly(ImmutableList.of(area(3, 0, 5)));
  }

  @Test
  void staysOnAPhysicalVolumeInUseWhereItCan() {
    assertThat(placed(List.of(run(5), run(2)), area(0, 0, 4), area(1, 0, 9)))
        .containsExactly(ImmutableList.of(area(1, 0, 5)), ImmutableList.of(area(1, 5, 2)));
  }

  @Test
  void keepsARunWholeRatherThanOnThePreferredPhysicalVolume() {
    assertThat(placed(List.of(run(6)), area(0, 0, 5), area(0, 10, 5), area(1, 0, 9)))
        .containsExactly(ImmutableList.of(area(1, 0, 6)));
  }

  @Test
  void splitsARunIntoTheLargestAreas() {
    assertThat(placed(List.of(run(8)), area(0, 0, 3), area(0, 5, 5), area(0, 12, 4)))
        .containsExactly(ImmutableList.of(area(0, 5, 5), area(0, 0, 3)));
  }

  @Test
  void splitsARunOverAreasOfOneSize() {
    assertThat(placed(List.of(run(8)), area(0, 0, 3), area(0, 5, 3), area(0, 10, 3)))
        .containsExactly(ImmutableList.of(area(0, 0, 3), area(0, 5, 3), area(0, 10, 2)));
  }

  private static ImmutableList<ImmutableList<PeRange>> placedBy(
      AllocationPolicy policy, List<Run> runs, PeRange... free) {
    return ((Placement.Found) Allocator.place(runs, List.of(free), policy)).pieces();
  }

  @Test
  void clingsToAPhysicalVolumeWhereNothingIsSplit() {
    PeRange[] free = {area(0, 0, 2), area(0, 5, 2), area(0, 9, 2), area(1, 0, 6)};
    assertThat(placedBy(AllocationPolicy.CLING, List.of(run(2), run(2)), free))
        .containsExactly(ImmutableList.of(area(0, 0, 2)), ImmutableList.of(area(0, 5, 2)));
    assertThat(placedBy(AllocationPolicy.CLING, List.of(run(3), run(2)), free))
        .containsExactly(ImmutableList.of(area(1, 0, 3)), ImmutableList.of(area(1, 3, 2)));
  }

  @Test
  void clingsElsewhereWithOnlyWhatWouldBeSplit() {
    Run other = new Run(3, ImmutableSet.of(), ImmutableMap.of(), 1, ImmutableSet.of());
    assertThat(
            placedBy(
                AllocationPolicy.CLING,
                List.of(run(4), other),
                area(0, 0, 3),
                area(0, 5, 2),
                area(1, 0, 4)))
        .containsExactly(ImmutableList.of(area(1, 0, 4)), ImmutableList.of(area(0, 0, 3)));
  }

  @Test
  void takesAsLittleOfTheLastResortAsItCan() {
    List<Run> runs = List.of(run(3), run(4), run(1));
    List<PeRange> free = List.of(area(0, 0, 20), area(1, 0, 5), area(2, 0, 1));
    for (AllocationPolicy policy : List.of(AllocationPolicy.NORMAL, AllocationPolicy.CONTIGUOUS)) {
      assertThat(Allocator.place(runs, free, ImmutableSet.of(pv(0)), policy))
          .isInstanceOf(Placement.None.class);
    }
    Placement placement =
        Allocator.place(runs, free, ImmutableSet.of(pv(0)), AllocationPolicy.ANYWHERE);
    assertThat(((Placement.Found) placement).pieces())
        .containsExactly(
            ImmutableList.of(area(1, 0, 3)),
            ImmutableList.of(area(1, 3, 2), area(2, 0, 1), area(0, 0, 1)),
            ImmutableList.of(area(0, 1, 1)));
  }

  @Test
  void keepsARunWholeThatBreaksARuleAnyway() {
    assertThat(
            placedBy(AllocationPolicy.ANYWHERE, List.of(run(4, 0)), area(0, 0, 9), area(1, 0, 3)))
        .containsExactly(ImmutableList.of(area(0, 0, 4)));
  }

  @Test
  void keepsAwayFromWhatBreaksARule() {
    Run one = new Run(4, ImmutableSet.of(pv(1)), ImmutableMap.of(0, 0), 0, ImmutableSet.of());
    Run other = new Run(2, ImmutableSet.of(), ImmutableMap.of(0, 1), 1, ImmutableSet.of());
    assertThat(
            placedBy(AllocationPolicy.ANYWHERE, List.of(one, other), area(1, 0, 9), area(0, 0, 3)))
        .containsExactly(ImmutableList.of(area(1, 0, 4)), ImmutableList.of(area(0, 0, 2)));
    assertThat(
            placedBy(AllocationPolicy.ANYWHERE, List.of(other, one), area(0, 0, 3), area(1, 0, 9)))
        .containsExactly(ImmutableList.of(area(0, 0, 2)), ImmutableList.of(area(1, 0, 4)));
  }

  @Test
  void joinsAreasThatTouch() {
    assertThat(placed(List.of(run(10)), area(0, 5, 5), area(0, 0, 5)))
        .containsExactly(ImmutableList.of(area(0, 0, 10)));
  }

  @Test
  void placesTheLongestFirstIfThatSplitsLess() {
    assertThat(placed(List.of(run(3), run(10)), area(0, 0, 10), area(1, 0, 3)))
        .containsExactly(ImmutableList.of(area(1, 0, 3)), ImmutableList.of(area(0, 0, 10)));
  }

  @Test
  void neverUsesWhatARunForbids() {
    assertThat(placed(List.of(run(5, 0)), area(0, 0, 9), area(1, 0, 3), area(2, 0, 3)))
        .containsExactly(ImmutableList.of(area(1, 0, 3), area(2, 0, 2)));
    assertThat(Placements.place(List.of(run(7, 0)), List.of(area(0, 0, 9), area(1, 0, 6))))
        .isEmpty();
  }

  @Test
  void makesRoomForThosePickier() {
    assertThat(placed(List.of(run(5), run(5, 1)), area(0, 0, 5), area(1, 0, 5)))
        .containsExactly(ImmutableList.of(area(1, 0, 5)), ImmutableList.of(area(0, 0, 5)));
  }

  @Test
  void makesRoomThroughSeveralThatGiveWay() {
    List<Run> runs = List.of(run(4, 2), run(4, 0), run(4, 1, 2));
    List<PeRange> free = List.of(area(0, 0, 4), area(1, 0, 4), area(2, 0, 4));
    assertThat(Placements.place(runs, free))
        .contains(
            ImmutableList.of(
                ImmutableList.of(area(1, 0, 4)),
                ImmutableList.of(area(2, 0, 4)),
                ImmutableList.of(area(0, 0, 4))));
  }

  @Test
  void fillsTheLastExtent() {
    List<Run> runs = List.of(run(3), run(3, 0), run(3, 1));
    List<PeRange> free = List.of(area(0, 0, 2), area(0, 5, 2), area(1, 0, 5));
    ImmutableList<ImmutableList<PeRange>> placed = Placements.place(runs, free).orElseThrow();
    assertThat(faults(runs, free, placed)).isEmpty();
    assertThat(Placements.place(List.of(run(4), run(3, 0), run(3, 1)), free)).isEmpty();
  }

  @Test
  void placesNothingWithoutRoom() {
    assertThat(Placements.place(List.of(), List.of())).contains(ImmutableList.of());
    assertThat(Placements.place(List.of(run(1)), List.of())).isEmpty();
    assertThat(Placements.place(List.of(), List.of(area(0, 0, 1)))).contains(ImmutableList.of());
  }

  @Test
  void refusesEmptyRunsAndAreasThatOverlap() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> run(0))
        .withMessage("expected a run of at least 1 extent, found 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> placed(List.of(run(1)), area(0, 0, 2), area(0, 1, 2)));
  }

  @Test
  void placesRunsLongerThanAnyInteger() {
    long huge = 1L << 40;
    assertThat(placed(List.of(run(huge), run(huge)), area(0, 0, huge), area(1, 5, huge)))
        .containsExactly(ImmutableList.of(area(0, 0, huge)), ImmutableList.of(area(1, 5, huge)));
  }

  /** Every run must give way to the next, from the last to the first physical volume. */
  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void makesRoomThroughAsManyAsThereArePhysicalVolumes() {
    int count = 400;
    List<LvmUuid> pvs = IntStream.range(0, count).mapToObj(Placements::pv).toList();
    List<Run> runs = new ArrayList<>();
    List<PeRange> free = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int first = i == count - 1 ? 0 : i;
      int second = i == count - 1 ? 0 : i + 1;
      ImmutableSet.Builder<LvmUuid> forbidden = ImmutableSet.builder();
      for (int other = 0; other < count; other++) {
        if (other != first && other != second) {
          forbidden.add(pvs.get(other));
        }
      }
      runs.add(Run.of(1, forbidden.build()));
      free.add(area(i, 7, 1));
    }
    ImmutableList<ImmutableList<PeRange>> placed = Placements.place(runs, free).orElseThrow();
    assertThat(placed.get(0)).containsExactly(area(1, 7, 1));
    assertThat(placed.get(count - 2)).containsExactly(area(count - 1, 7, 1));
    assertThat(placed.get(count - 1)).containsExactly(area(0, 7, 1));
  }

  private record Instance(List<Run> runs, List<PeRange> free) {}

  private static Instance random(Random random, int pvs, int areasEach, int runs, int kinds) {
    List<ImmutableSet<LvmUuid>> forbidden = new ArrayList<>();
    for (int i = 0; i < kinds; i++) {
      ImmutableSet.Builder<LvmUuid> some = ImmutableSet.builder();
      for (int j = random.nextInt(3); j > 0; j--) {
        some.add(pv(random.nextInt(pvs)));
      }
      forbidden.add(some.build());
    }
    List<Run> all = new ArrayList<>();
    for (int i = 0; i < runs; i++) {
      all.add(Run.of(1 + random.nextInt(9), forbidden.get(random.nextInt(kinds))));
    }
    List<PeRange> free = new ArrayList<>();
    for (int pv = 0; pv < pvs; pv++) {
      long next = 0;
      for (int i = 0; i < areasEach; i++) {
        next += 1 + random.nextInt(5);
        int count = 1 + random.nextInt(15);
        free.add(area(pv, next, count));
        next += count;
      }
    }
    return new Instance(all, free);
  }

  /** Longest run first, into the first area that holds it, else into the largest ones. */
  private static Optional<Long> piecesOfFirstFitDecreasing(Instance instance) {
    List<PeRange> areas = new ArrayList<>(instance.free());
    List<Run> runs = new ArrayList<>(instance.runs());
    runs.sort(Comparator.comparingLong(Run::count).reversed());
    long pieces = 0;
    for (Run run : runs) {
      for (long left = run.count(); left > 0; pieces++) {
        long wanted = left;
        List<PeRange> allowed =
            areas.stream().filter(area -> !run.forbidden().contains(area.pv())).toList();
        Optional<PeRange> best =
            allowed.stream()
                .filter(area -> area.count() >= wanted)
                .findFirst()
                .or(() -> allowed.stream().max(Comparator.comparingLong(PeRange::count)));
        if (best.isEmpty()) {
          return Optional.empty();
        }
        PeRange area = best.get();
        long taken = Math.min(left, area.count());
        int at = areas.indexOf(area);
        areas.remove(at);
        if (taken < area.count()) {
          areas.add(at, area.slice(taken, area.count() - taken));
        }
        left -= taken;
      }
    }
    return Optional.of(pieces);
  }

  @Test
  void splitsNoMoreThanFirstFitDecreasingDoes() {
    Random random = new Random(20260101);
    long ours = 0;
    long theirs = 0;
    long whole = 0;
    int compared = 0;
    for (int i = 0; i < 2000; i++) {
      Instance instance = random(random, 2 + random.nextInt(4), 1 + random.nextInt(5), 12, 3);
      Optional<Long> other = piecesOfFirstFitDecreasing(instance);
      if (other.isEmpty()) {
        continue;
      }
      ImmutableList<ImmutableList<PeRange>> placed =
          Placements.place(instance.runs(), instance.free()).orElseThrow();
      assertThat(faults(instance.runs(), instance.free(), placed)).isEmpty();
      ours += pieces(placed);
      theirs += other.get();
      whole += instance.runs().size();
      compared++;
    }
    System.out.printf(
        "%d instances, %d runs: %d pieces, first fit decreasing %d%n",
        compared, whole, ours, theirs);
    assertThat(compared).isGreaterThan(500);
    assertThat(theirs).isGreaterThan(whole);
    assertThat(ours).isLessThanOrEqualTo(theirs);
  }

  @Test
  void placesAHundredThousandRunsInNoTime() {
    Instance instance = random(new Random(20260102), 10, 10_000, 100_000, 50);
    long before = System.nanoTime();
    ImmutableList<ImmutableList<PeRange>> placed =
        Placements.place(instance.runs(), instance.free()).orElseThrow();
    long millis = (System.nanoTime() - before) / 1_000_000;
    System.out.printf(
        "100000 runs on 100000 free areas of 10 physical volumes: %d pieces in %d ms%n",
        pieces(placed), millis);
    assertThat(faults(instance.runs(), instance.free(), placed)).isEmpty();
    // 2 s on an idle machine; other builds may run beside this one.
    assertThat(millis).isLessThan(15_000);
  }

  /** Little more room than is needed, and a thousand ways to forbid some of it. */
  @Test
  void sharesScarceRoomOutInNoTime() {
    Random random = new Random(20260103);
    Instance instance = random(random, 60, 40, 3000, 1500);
    List<Run> runs = new ArrayList<>(instance.runs());
    long room = instance.free().stream().mapToLong(PeRange::count).sum();
    long demand = runs.stream().mapToLong(Run::count).sum();
    // One physical volume for which everything has to make room.
    ImmutableSet<LvmUuid> allButOne =
        IntStream.range(1, 60).mapToObj(Placements::pv).collect(ImmutableSet.toImmutableSet());
    long first =
        instance.free().stream()
            .filter(area -> area.pv().equals(pv(0)))
            .mapToLong(PeRange::count)
            .sum();
    while (demand + 9 < room - first) {
      runs.add(run(9));
      demand += 9;
    }
    runs.add(Run.of(first, allButOne));
    long before = System.nanoTime();
    ImmutableList<ImmutableList<PeRange>> placed =
        Placements.place(runs, instance.free()).orElseThrow();
    long millis = (System.nanoTime() - before) / 1_000_000;
    System.out.printf(
        "%d runs of 1500 kinds, %d of %d extents: %d pieces in %d ms%n",
        runs.size(), demand + first, room, pieces(placed), millis);
    assertThat(faults(runs, instance.free(), placed)).isEmpty();
    assertThat(millis).isLessThan(15_000);
  }
}
