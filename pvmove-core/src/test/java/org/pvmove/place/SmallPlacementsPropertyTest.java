// SPDX-License-Identifier: Apache-2.0
package org.pvmove.place;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pvmove.place.Placements.area;
import static org.pvmove.place.Placements.pv;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;
import org.junit.jupiter.api.Test;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;

/** Few runs and few free areas, so that all placements can be tried. */
class SmallPlacementsPropertyTest {
  private static final int PVS = 4;

  private static final List<AllocationPolicy> POLICIES =
      List.of(
          AllocationPolicy.CONTIGUOUS,
          AllocationPolicy.CLING,
          AllocationPolicy.CLING_BY_TAGS,
          AllocationPolicy.NORMAL,
          AllocationPolicy.ANYWHERE);

  record Instance(List<Run> runs, List<PeRange> free) {}

  @Provide
  Arbitrary<Instance> instances() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 5),
            Arbitraries.integers().between(1, 6),
            Arbitraries.longs().between(0, Long.MAX_VALUE))
        .as((runs, areas, seed) -> instance(new Random(seed), runs, areas, 4))
        .withoutEdgeCases();
  }

  /** Little more room than is needed, if not less. */
  private static Instance instance(Random random, int runCount, int areaCount, int longest) {
    List<PeRange> free = new ArrayList<>();
    for (int i = 0; i < areaCount; i++) {
      free.add(area(random.nextInt(PVS), 10L * i, 1 + random.nextInt(longest + 1)));
    }
    int groups = random.nextInt(3);
    int columns = 1 + random.nextInt(runCount);
    List<Run> runs = new ArrayList<>();
    for (int i = 0; i < runCount; i++) {
      int column = random.nextInt(columns);
      ImmutableMap.Builder<Integer, Integer> parts = ImmutableMap.builder();
      for (int group = 0; group < groups; group++) {
        if (random.nextInt(3) > 0) {
          // A column is a stripe of one volume, which is one part of a group.
          parts.put(group, (column + group) % 3);
        }
      }
      runs.add(
          new Run(
              1 + random.nextInt(longest),
              some(random, 4),
              parts.buildOrThrow(),
              column,
              some(random, 2)));
    }
    return new Instance(runs, free);
  }

  private static ImmutableSet<LvmUuid> some(Random random, int oneIn) {
    ImmutableSet.Builder<LvmUuid> some = ImmutableSet.builder();
    for (int pv = 0; pv < PVS; pv++) {
      if (random.nextInt(oneIn) == 0) {
        some.add(pv(pv));
      }
    }
    return some.build();
  }

  @Property(tries = 3000)
  void findsAPlaceExactlyIfThereIsOne(@ForAll("instances") Instance instance) {
    for (AllocationPolicy policy : POLICIES) {
      boolean exists = Exhaustive.exists(instance.runs(), instance.free(), policy);
      Placement placement = Allocator.place(instance.runs(), instance.free(), policy);
      Statistics.collect(policy, exists);
      assertThat(placement instanceof Placement.Found).as("%s", policy).isEqualTo(exists);
      if (placement instanceof Placement.Found found) {
        assertThat(Exhaustive.faults(instance.runs(), instance.free(), policy, found.pieces()))
            .as("%s", policy)
            .isEmpty();
      } else {
        Placement.None none = (Placement.None) placement;
        assertThat(none.certain()).as("%s", policy).isTrue();
        assertThat(none.unplaced()).as("%s", policy).isGreaterThanOrEqualTo(1);
      }
    }
  }

  /** What it says is left over at least: without less than that there is no place either. */
  @Property(tries = 1000)
  void tellsHowMuchIsLeftOverAtLeast(@ForAll("instances") Instance instance) {
    for (AllocationPolicy policy : POLICIES) {
      if (Allocator.place(instance.runs(), instance.free(), policy)
          instanceof Placement.None none) {
        for (List<Run> rest : without(instance.runs(), none.unplaced() - 1, policy)) {
          assertThat(Exhaustive.exists(rest, instance.free(), policy))
              .as("%s, %d left over, %s", policy, none.unplaced(), rest)
              .isFalse();
        }
      }
    }
  }

  /**
   * The runs without up to so many extents, in all ways. What a policy keeps together is left out
   * as a whole.
   */
  private static List<List<Run>> without(List<Run> runs, long most, AllocationPolicy policy) {
    List<List<Run>> all = new ArrayList<>();
    all.add(List.of());
    Set<Integer> columns = new LinkedHashSet<>();
    runs.forEach(run -> columns.add(run.column()));
    if (policy == AllocationPolicy.CLING) {
      for (int column : columns) {
        List<Run> whole = runs.stream().filter(run -> run.column() == column).toList();
        all = continued(all, List.of(List.of(), whole));
      }
    } else {
      for (Run run : runs) {
        List<List<Run>> parts = new ArrayList<>(List.of(List.of(), List.of(run)));
        for (long less = 1; less < run.count() && policy != AllocationPolicy.CONTIGUOUS; less++) {
          parts.add(List.of(new Run(less, run.forbidden(), run.parts(), run.column(), run.kin())));
        }
        all = continued(all, parts);
      }
    }
    long needed = count(runs);
    return all.stream().filter(rest -> count(rest) >= needed - most).toList();
  }

  private static List<List<Run>> continued(List<List<Run>> all, List<List<Run>> by) {
    List<List<Run>> continued = new ArrayList<>();
    for (List<Run> some : all) {
      for (List<Run> more : by) {
        continued.add(ImmutableList.<Run>builder().addAll(some).addAll(more).build());
      }
    }
    return continued;
  }

  private static long count(List<Run> runs) {
    return runs.stream().mapToLong(Run::count).sum();
  }

  @Property(tries = 3000)
  void sharesRoomOutExactlyIfThereIsAWay(@ForAll("instances") Instance instance) {
    Shares.Result result = Shares.of(instance.runs(), instance.free());
    assertThat(result.certain()).isTrue();
    Shares shares = result.shares();
    assertThat(shares != null)
        .isEqualTo(Exhaustive.exists(instance.runs(), instance.free(), AllocationPolicy.NORMAL));
    if (shares == null) {
      return;
    }
    for (int pv = 0; pv < PVS; pv++) {
      Map<Run, Long> byKind = new HashMap<>();
      for (Run run : instance.runs()) {
        Run kind = new Run(1, run.forbidden(), run.parts(), 0, ImmutableSet.of());
        byKind.put(kind, shares.left(run, pv(pv)));
      }
      Map<Integer, Set<Integer>> partsHere = new HashMap<>();
      for (Map.Entry<Run, Long> share : byKind.entrySet()) {
        if (share.getValue() > 0) {
          assertThat(share.getKey().forbidden()).doesNotContain(pv(pv));
          share
              .getKey()
              .parts()
              .forEach(
                  (group, part) ->
                      partsHere.computeIfAbsent(group, g -> new HashSet<>()).add(part));
        }
      }
      assertThat(partsHere.values()).allMatch(parts -> parts.size() == 1);
      LvmUuid id = pv(pv);
      long room =
          instance.free().stream()
              .filter(area -> area.pv().equals(id))
              .mapToLong(PeRange::count)
              .sum();
      assertThat(byKind.values().stream().mapToLong(Long::longValue).sum())
          .isLessThanOrEqualTo(room);
    }
  }

  @Property(tries = 3000)
  void packsRunsWholeExactlyIfThereIsAWay(@ForAll("instances") Instance instance) {
    List<Packer.Bin> bins =
        instance.free().stream().map(area -> new Packer.Bin(area.pv(), area.count())).toList();
    for (boolean tight : List.of(true, false)) {
      Packer packer = new Packer(instance.runs(), bins, tight, 0, Long.MAX_VALUE);
      boolean found = packer.pack() == Packer.Outcome.FOUND;
      assertThat(found)
          .isEqualTo(
              Exhaustive.exists(instance.runs(), instance.free(), AllocationPolicy.CONTIGUOUS));
      if (found) {
        assertThat(packer.pieces()).hasSize(instance.runs().size());
      }
    }
    Packer hurried = new Packer(instance.runs(), bins, true, 0, 0);
    assertThat(hurried.pack()).isEqualTo(Packer.Outcome.GAVE_UP);
  }

  /** As a person would do it: each run into the smallest area that holds it, or the largest. */
  private static long piecesOneByOne(Instance instance, boolean longestFirst) {
    List<Run> order = new ArrayList<>(instance.runs());
    if (longestFirst) {
      order.sort(Comparator.comparingLong(Run::count).reversed());
    }
    List<PeRange> areas = new ArrayList<>(instance.free());
    Map<List<Object>, Integer> owners = new HashMap<>();
    long pieces = 0;
    for (Run run : order) {
      for (long left = run.count(); left > 0; pieces++) {
        long wanted = left;
        PeRange best = null;
        for (PeRange area : areas) {
          boolean allowed =
              !run.forbidden().contains(area.pv())
                  && run.parts().entrySet().stream()
                      .allMatch(
                          part ->
                              owners
                                  .getOrDefault(List.of(part.getKey(), area.pv()), part.getValue())
                                  .equals(part.getValue()));
          if (allowed && (best == null || betterFor(wanted, area, best))) {
            best = area;
          }
        }
        if (best == null) {
          return Long.MAX_VALUE;
        }
        PeRange taken = best;
        run.parts().forEach((group, part) -> owners.put(List.of(group, taken.pv()), part));
        long count = Math.min(left, taken.count());
        areas.remove(taken);
        if (count < taken.count()) {
          areas.add(taken.slice(count, taken.count() - count));
        }
        left -= count;
      }
    }
    return pieces;
  }

  private static boolean betterFor(long wanted, PeRange area, PeRange best) {
    if (Math.min(area.count(), wanted) != Math.min(best.count(), wanted)) {
      return area.count() > best.count();
    }
    return area.count() < best.count();
  }

  @Property(tries = 3000)
  void neverMakesMorePiecesThanTakingRunsInOrderOrLongestFirst(
      @ForAll("instances") Instance instance) {
    if (Allocator.place(instance.runs(), instance.free(), AllocationPolicy.NORMAL)
        instanceof Placement.Found found) {
      assertThat(found.pieceCount())
          .isLessThanOrEqualTo(
              Math.min(piecesOneByOne(instance, false), piecesOneByOne(instance, true)));
    }
  }

  @Test
  void makesHardlyMorePiecesThanNeeded() {
    Random random = new Random(20260104);
    long pieces = 0;
    int optimal = 0;
    int compared = 0;
    int split = 0;
    for (int i = 0; i < 1000; i++) {
      Instance instance = instance(random, 1 + random.nextInt(8), 2 + random.nextInt(5), 6);
      if (!(Allocator.place(instance.runs(), instance.free(), AllocationPolicy.NORMAL)
          instanceof Placement.Found found)) {
        continue;
      }
      int count = (int) found.pieceCount();
      compared++;
      pieces += count;
      split += count > instance.runs().size() ? 1 : 0;
      optimal += Exhaustive.exists(instance.runs(), instance.free(), count - 1) ? 0 : 1;
    }
    System.out.printf(
        "%d small instances, split in %d of them: %d pieces; no fewer are possible in %d%n",
        compared, split, pieces, optimal);
    assertThat(split).isGreaterThan(compared / 10);
    assertThat(optimal).isGreaterThan(compared * 99 / 100);
  }
}
