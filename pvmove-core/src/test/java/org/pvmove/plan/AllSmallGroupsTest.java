// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.testing.Tank;

/**
 * Completeness where all cases can be counted: whole families of small volume groups, each emptied
 * of its first physical volume, are planned and compared with a search through all places.
 *
 * <p>All volume groups of four physical volumes of six extents with three volumes are far too many.
 * But whether there is a place depends on little: on the lengths of the runs to move, volume by
 * volume, on the lengths of the free areas, disk by disk, and on where the other images and stripes
 * of what moves are. What is counted here is therefore all there is up to the order of the volumes,
 * of the runs in a volume, of the other disks, and of the free areas on each of them; and up to
 * what lies between the free areas.
 *
 * <ul>
 *   <li>For linear volumes that is everything: up to three of them with up to six extents in any
 *       runs, and up to three other disks of up to six extents, free in any way. With tags it is
 *       everything but what only differs in how the free extents are spread over a disk, which does
 *       not matter to {@code cling_by_tags}.
 *   <li>Stripes and images are counted in the short: up to three volumes, linear, of two stripes or
 *       of two images, with areas of one or two extents, the second one on any of the four disks,
 *       and up to two free extents on each of the others.
 * </ul>
 *
 * <p>Ranges, deeper stacks, exclusions, several sources and longer images are left to {@link
 * SmallGroupsPropertyTest}. Usually every {@value #USUAL_STRIDE}th case is planned, which are cases
 * of all policies; every one with {@code -Dpvmove.smallgroups=N}, for whatever number.
 */
class AllSmallGroupsTest {
  /** Shares no factor with the number of policies. */
  private static final int USUAL_STRIDE = 64;

  private static final int STRIDE =
      Integer.getInteger("pvmove.smallgroups", 0) > 0 ? 1 : USUAL_STRIDE;

  private static final int EXTENTS = 6;

  /** How the second area of a volume lies with regard to the first. */
  private enum Kind {
    LINEAR,
    STRIPES,
    IMAGES
  }

  /**
   * A volume with extents on the first disk.
   *
   * @param runs lengths of its runs there; a single one unless linear
   * @param other the disk with the second stripe or image
   */
  private record Volume(Kind kind, List<Integer> runs, int other) {}

  /**
   * One of the other disks.
   *
   * @param free lengths of its free areas
   * @param related whether it has a tag in common with the first
   */
  private record Disk(List<Integer> free, boolean related) {}

  @Test
  void linearVolumesFindAPlaceExactlyIfThereIsOne() {
    List<List<Volume>> sources = new ArrayList<>();
    for (List<List<Integer>> volumes : upTo(3, partitions(EXTENTS))) {
      int extents = volumes.stream().flatMap(List::stream).mapToInt(Integer::intValue).sum();
      if (!volumes.isEmpty() && extents <= EXTENTS) {
        sources.add(volumes.stream().map(runs -> new Volume(Kind.LINEAR, runs, 0)).toList());
      }
    }
    assertThat(sources).hasSize(96);
    List<Disk> disks = freeAreas().stream().map(free -> new Disk(free, false)).toList();
    assertThat(disks).hasSize(15);
    Tally tally = new Tally("linear volumes");
    for (List<Volume> volumes : sources) {
      for (List<Disk> others : exactly(3, disks)) {
        tally.check(volumes, others, AllocationPolicy.CONTIGUOUS);
        tally.check(volumes, others, AllocationPolicy.CLING);
        tally.check(volumes, others, AllocationPolicy.NORMAL);
      }
    }
    assertThat(tally.seen).isEqualTo(3 * 96 * 680);
    List<Disk> tagged = new ArrayList<>();
    for (int free = 0; free <= EXTENTS; free++) {
      tagged.add(new Disk(free == 0 ? List.of() : List.of(free), false));
      tagged.add(new Disk(free == 0 ? List.of() : List.of(free), true));
    }
    for (List<Volume> volumes : sources) {
      for (List<Disk> others : exactly(3, tagged)) {
        tally.check(volumes, others, AllocationPolicy.CLING_BY_TAGS);
      }
    }
    assertThat(tally.seen).isEqualTo(3 * 96 * 680 + 96 * 560);
    tally.report();
  }

  @Test
  void stripesAndImagesFindAPlaceExactlyIfThereIsOne() {
    List<Volume> kinds = new ArrayList<>();
    for (int length = 1; length <= 2; length++) {
      kinds.add(new Volume(Kind.LINEAR, List.of(length), 0));
      for (int other = 0; other < 4; other++) {
        kinds.add(new Volume(Kind.STRIPES, List.of(length), other));
        kinds.add(new Volume(Kind.IMAGES, List.of(length), other));
      }
    }
    List<Disk> disks = new ArrayList<>();
    for (List<Integer> free : List.of(List.<Integer>of(), List.of(1), List.of(2), List.of(1, 1))) {
      disks.add(new Disk(free, false));
    }
    Tally tally = new Tally("stripes and images");
    for (List<Volume> volumes : upTo(3, kinds)) {
      if (volumes.stream().allMatch(volume -> volume.kind() == Kind.LINEAR)) {
        continue;
      }
      for (Disk first : disks) {
        for (Disk second : disks) {
          for (Disk third : disks) {
            List<Disk> others = List.of(first, second, third);
            if (isFirstOfItsKind(volumes, others)) {
              tally.check(volumes, others, AllocationPolicy.CONTIGUOUS);
              tally.check(volumes, others, AllocationPolicy.CLING);
              tally.check(volumes, others, AllocationPolicy.NORMAL);
            }
          }
        }
      }
    }
    tally.report();
  }

  private static final List<List<Integer>> ORDERS =
      List.of(
          List.of(1, 2, 3),
          List.of(1, 3, 2),
          List.of(2, 1, 3),
          List.of(2, 3, 1),
          List.of(3, 1, 2),
          List.of(3, 2, 1));

  /** Whether no other order of the other disks gives a group that comes earlier. */
  private static boolean isFirstOfItsKind(List<Volume> volumes, List<Disk> others) {
    String own = describe(volumes, others, ORDERS.get(0));
    return ORDERS.stream().noneMatch(order -> describe(volumes, others, order).compareTo(own) < 0);
  }

  private static String describe(List<Volume> volumes, List<Disk> others, List<Integer> order) {
    List<String> parts = new ArrayList<>();
    for (Volume volume : volumes) {
      int other = volume.other() == 0 ? 0 : 1 + order.indexOf(volume.other());
      parts.add("%s %s %d".formatted(volume.kind(), volume.runs(), other));
    }
    Collections.sort(parts);
    order.forEach(disk -> parts.add(others.get(disk - 1).free().toString()));
    return parts.toString();
  }

  /** What was planned, and what came of it. */
  private static final class Tally {
    private final String family;
    private final long start = System.nanoTime();
    private int seen;
    private int planned;
    private int fitted;
    private int remedies;

    Tally(String family) {
      this.family = family;
    }

    /** Plans one in so many of the cases, and tries all places for it. */
    void check(List<Volume> volumes, List<Disk> others, AllocationPolicy policy) {
      if (seen++ % STRIDE != 0) {
        return;
      }
      Wish wish = wish(group(volumes, others), policy);
      PlanResult result = wish.plan();
      boolean fits = BruteForce.fits(wish);
      planned++;
      fitted += fits ? 1 : 0;
      assertThat(result instanceof PlanResult.Accepted).as("%s", wish).isEqualTo(fits);
      if (result instanceof PlanResult.Accepted accepted) {
        assertThat(Laws.policyKept(wish, Laws.places(accepted.plan()))).as("%s", wish).isEmpty();
        return;
      }
      PlanResult.Rejected rejected = (PlanResult.Rejected) result;
      for (Remedy remedy : rejected.remedies()) {
        remedies++;
        assertThat(wish.with(remedy).plan())
            .as("%s for %s", remedy, wish)
            .isInstanceOf(PlanResult.Accepted.class);
      }
    }

    void report() {
      System.out.printf(
          "%s: %d of %d cases planned, %d fit, %d remedies, %d s%n",
          family, planned, seen, fitted, remedies, (System.nanoTime() - start) / 1_000_000_000);
      assertThat(fitted).isBetween(planned / 20, planned * 19 / 20);
      assertThat(remedies).isPositive();
    }
  }

  private static Wish wish(VolumeGroup vg, AllocationPolicy policy) {
    PhysicalVolume first = vg.physicalVolumes().get(0);
    BitSet all = new BitSet();
    all.set(0, Math.toIntExact(first.peCount()));
    return new Wish(
        vg,
        MoveRequest.from(first.id().toString()).policy(policy).build(),
        Surroundings.none(vg),
        new Wish.Meaning(ImmutableMap.of(first.id(), all), null, null, ImmutableSet.of()));
  }

  /** A volume group with these volumes on its first disk, and the others free so far. */
  private static VolumeGroup group(List<Volume> volumes, List<Disk> others) {
    List<List<PeRange>> areas = new ArrayList<>();
    long[] used = new long[1 + others.size()];
    for (Volume volume : volumes) {
      List<PeRange> ofVolume = new ArrayList<>();
      for (int length : volume.runs()) {
        ofVolume.add(Tank.run(0, used[0], length));
        used[0] += length;
      }
      if (volume.kind() != Kind.LINEAR) {
        int other = volume.other();
        ofVolume.add(Tank.run(other, used[other], volume.runs().get(0)));
        used[other] += volume.runs().get(0);
      }
      areas.add(ofVolume);
    }
    List<Segment> rest = new ArrayList<>();
    for (int i = 0; i < others.size(); i++) {
      List<Integer> free = others.get(i).free();
      for (int j = 0; j < Math.max(1, free.size()); j++) {
        if (j > 0 || free.isEmpty()) {
          rest.add(Tank.linear(i + 1, used[i + 1]++, 1));
        }
        used[i + 1] += free.isEmpty() ? 0 : free.get(j);
      }
    }
    Tank tank = Tank.pvs(used);
    if (!rest.isEmpty()) {
      tank.lv("rest", rest.toArray(new Segment[0]));
    }
    for (int i = 0; i < volumes.size(); i++) {
      add(tank, "lv" + i, volumes.get(i).kind(), areas.get(i));
    }
    return withTags(tank.build(), others);
  }

  private static void add(Tank tank, String name, Kind kind, List<PeRange> areas) {
    switch (kind) {
      case LINEAR -> {
        List<Segment> segments = new ArrayList<>();
        // Backwards, or they would be one run.
        areas.forEach(area -> segments.add(0, Tank.striped(area)));
        tank.lv(name, segments.toArray(new Segment[0]));
      }
      case STRIPES -> tank.lv(name, Tank.striped(areas.toArray(new PeRange[0])));
      case IMAGES -> {
        List<Area> images = new ArrayList<>();
        for (PeRange area : areas) {
          String image = name + "_rimage_" + images.size();
          tank.hidden(image, Tank.striped(area));
          images.add(new Area.Logical(image, 0));
        }
        tank.lv(name, Segment.of(0, areas.get(0).count(), raid1(images)));
      }
    }
  }

  private static SegmentType.Raid raid1(List<Area> images) {
    return new SegmentType.Raid(
        "raid1",
        images.stream()
            .map(image -> new SegmentType.RaidImage(null, image))
            .collect(ImmutableList.toImmutableList()),
        null,
        Sectors.of(1024),
        null,
        null,
        null,
        null,
        null);
  }

  private static VolumeGroup withTags(VolumeGroup vg, List<Disk> others) {
    if (others.stream().noneMatch(Disk::related)) {
      return vg;
    }
    List<PhysicalVolume> tagged = new ArrayList<>();
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      boolean related = tagged.isEmpty() || others.get(tagged.size() - 1).related();
      tagged.add(related ? pv.toBuilder().tags(Set.of("t")).build() : pv);
    }
    return vg.toBuilder().physicalVolumes(tagged).build();
  }

  /** All ways to write numbers up to {@code most} as sums, the largest term first. */
  private static List<List<Integer>> partitions(int most) {
    List<List<Integer>> all = new ArrayList<>();
    addPartitions(most, most, new ArrayList<>(), all::add);
    return all;
  }

  private static void addPartitions(
      int most, int largest, List<Integer> terms, Consumer<List<Integer>> all) {
    for (int term = 1; term <= Math.min(most, largest); term++) {
      terms.add(term);
      all.accept(List.copyOf(terms));
      addPartitions(most - term, term, terms, all);
      terms.remove(terms.size() - 1);
    }
  }

  /** All free areas that a disk of six extents may have; at least one extent is between two. */
  private static List<List<Integer>> freeAreas() {
    List<List<Integer>> all = new ArrayList<>();
    all.add(List.of());
    for (List<Integer> areas : partitions(EXTENTS)) {
      if (areas.stream().mapToInt(Integer::intValue).sum() + areas.size() - 1 <= EXTENTS) {
        all.add(areas);
      }
    }
    return all;
  }

  /** All choices of so many things, the same one any number of times, whatever the order. */
  private static <T> List<List<T>> exactly(int count, List<T> things) {
    List<List<T>> all = new ArrayList<>();
    addChoices(count, 0, things, new ArrayList<>(), all);
    return all;
  }

  private static <T> List<List<T>> upTo(int most, List<T> things) {
    List<List<T>> all = new ArrayList<>();
    for (int count = 0; count <= most; count++) {
      all.addAll(exactly(count, things));
    }
    return all;
  }

  private static <T> void addChoices(
      int count, int from, List<T> things, List<T> chosen, List<List<T>> all) {
    if (chosen.size() == count) {
      all.add(List.copyOf(chosen));
      return;
    }
    for (int i = from; i < things.size(); i++) {
      chosen.add(things.get(i));
      addChoices(count, i, things, chosen, all);
      chosen.remove(chosen.size() - 1);
    }
  }
}
