// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableRangeSet;
import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.plan.MoveRequest;

/**
 * What to move where, made at random: as the command line of pvmove(8), and as this library's
 * request for the same.
 *
 * @param command the command line, without the program in front
 * @param request the same request, with segments as long as LVM2 makes them
 * @param destinations the extents that are named as destinations
 */
record RandomRequest(
    ImmutableList<String> command,
    MoveRequest request,
    ImmutableMap<LvmUuid, ImmutableRangeSet<Long>> destinations) {
  private static final ImmutableList<AllocationPolicy> POLICIES =
      ImmutableList.of(
          AllocationPolicy.CONTIGUOUS,
          AllocationPolicy.CLING,
          AllocationPolicy.CLING_BY_TAGS,
          AllocationPolicy.NORMAL,
          AllocationPolicy.ANYWHERE);

  /** A physical volume with ranges as they are written, and what they mean. */
  private record Named(PhysicalVolume pv, String ranges, ImmutableRangeSet<Long> meaning) {
    /** All of it. */
    static Named whole(PhysicalVolume pv) {
      return new Named(pv, "", ImmutableRangeSet.of(Range.closedOpen(0L, pv.peCount())));
    }

    String text() {
      return pv.device() + ranges;
    }
  }

  /** Whether these extents are named as destination. */
  boolean allows(PeRange range) {
    ImmutableRangeSet<Long> named = destinations.get(range.pv());
    return named != null && named.encloses(Range.closedOpen(range.first(), range.end()));
  }

  /** Makes one; most of these ask for something that is there. */
  static RandomRequest in(VolumeGroup vg, Random random) {
    List<PhysicalVolume> pvs = new ArrayList<>(vg.physicalVolumes());
    Collections.shuffle(pvs, random);
    PhysicalVolume source = pvs.get(0);
    for (PhysicalVolume pv : pvs) {
      if (random.nextInt(30) > 0 && !ExtentMap.of(vg).uses(pv.id()).isEmpty()) {
        source = pv;
        break;
      }
    }
    List<String> command = new ArrayList<>();
    command.add("pvmove");
    String from = (random.nextInt(3) == 0 ? ranges(source, random) : Named.whole(source)).text();
    MoveRequest.Builder request = MoveRequest.from(from).maxSegmentBytes(Long.MAX_VALUE);
    if (random.nextInt(4) == 0) {
      command.add("--atomic");
      request.atomic(true);
    }
    if (random.nextInt(5) < 2) {
      AllocationPolicy policy = POLICIES.get(random.nextInt(POLICIES.size()));
      command.addAll(List.of("--alloc", policy.word()));
      request.policy(policy);
    }
    String lv = random.nextInt(3) == 0 ? volume(vg, source, random) : null;
    if (lv != null) {
      command.addAll(List.of("-n", lv));
      request.logicalVolume(lv);
    }
    command.add(from);
    List<String> to = new ArrayList<>();
    Map<LvmUuid, RangeSet<Long>> meaning = new HashMap<>();
    if (random.nextBoolean()) {
      addDestinations(pvs, random, to, meaning);
    } else {
      pvs.forEach(pv -> add(Named.whole(pv), meaning));
    }
    command.addAll(to);
    ImmutableMap.Builder<LvmUuid, ImmutableRangeSet<Long>> destinations = ImmutableMap.builder();
    meaning.forEach((pv, ranges) -> destinations.put(pv, ImmutableRangeSet.copyOf(ranges)));
    return new RandomRequest(
        ImmutableList.copyOf(command), request.to(to).build(), destinations.buildOrThrow());
  }

  /** Some volume, as a rule one on the source or one that is made of what is there. */
  private static @Nullable String volume(VolumeGroup vg, PhysicalVolume source, Random random) {
    List<String> names = new ArrayList<>();
    if (random.nextInt(8) > 0) {
      LvGraph graph = LvGraph.of(vg);
      for (ExtentMap.Use use : ExtentMap.of(vg).uses(source.id())) {
        names.add(use.lv().name());
        names.addAll(graph.above(use.lv().name()));
      }
    } else {
      vg.logicalVolumes().forEach(lv -> names.add(lv.name()));
    }
    names.removeIf(name -> name.startsWith("pvmove"));
    return names.isEmpty() ? null : names.get(random.nextInt(names.size()));
  }

  private static void addDestinations(
      List<PhysicalVolume> pvs,
      Random random,
      List<String> to,
      Map<LvmUuid, RangeSet<Long>> meaning) {
    List<PhysicalVolume> order = new ArrayList<>(pvs);
    Collections.shuffle(order, random);
    int count = order.size() - random.nextInt(order.size());
    if (random.nextInt(6) == 0) {
      String tag = RandomGroup.TAGS.get(random.nextInt(RandomGroup.TAGS.size()));
      to.add("@" + tag);
      pvs.stream()
          .filter(pv -> pv.tags().contains(tag))
          .forEach(pv -> add(Named.whole(pv), meaning));
      // What the tag means must not be named again, as a rule.
      order.removeIf(pv -> pv.tags().contains(tag) && random.nextInt(8) > 0);
      count = Math.min(order.size(), random.nextInt(count + 1));
    }
    for (PhysicalVolume pv : order.subList(0, count)) {
      Named named = random.nextInt(4) == 0 ? ranges(pv, random) : Named.whole(pv);
      to.add(named.text());
      add(named, meaning);
    }
  }

  private static void add(Named named, Map<LvmUuid, RangeSet<Long>> meaning) {
    meaning.computeIfAbsent(named.pv().id(), pv -> TreeRangeSet.create()).addAll(named.meaning());
  }

  /** Ranges in one of the forms there are; some touch, few overlap. */
  private static Named ranges(PhysicalVolume pv, Random random) {
    TreeSet<Long> borders = new TreeSet<>();
    for (int i = 2 * (1 + random.nextInt(3)); i > 0; i--) {
      borders.add((long) random.nextInt((int) pv.peCount()));
    }
    if (random.nextBoolean()) {
      borders.pollFirst();
      borders.add(0L);
    }
    StringBuilder text = new StringBuilder();
    RangeSet<Long> meaning = TreeRangeSet.create();
    while (!borders.isEmpty()) {
      long first = borders.pollFirst();
      long last = borders.isEmpty() ? first : borders.pollFirst();
      if (borders.isEmpty() && random.nextInt(4) == 0) {
        last = pv.peCount() - 1;
        text.append(":%d-".formatted(first));
      } else if (first == 0 && random.nextInt(3) == 0) {
        text.append(":-%d".formatted(last));
      } else if (first == last) {
        text.append(":%d".formatted(first));
      } else if (random.nextInt(3) == 0) {
        text.append(":%d+%d".formatted(first, last - first + 1));
      } else {
        text.append(":%d-%d".formatted(first, last));
      }
      meaning.add(Range.closedOpen(first, last + 1));
      if (random.nextInt(4) == 0 && last + 1 < pv.peCount()) {
        // The next range touches this one, or overlaps it.
        borders.add(random.nextInt(6) == 0 ? last : last + 1);
      }
    }
    return new Named(pv, text.toString(), ImmutableRangeSet.copyOf(meaning));
  }
}
