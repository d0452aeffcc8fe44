// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.VolumeGroup;

/**
 * Whether there is any place for what a wish asks for, found by trying all places extent by extent:
 * right by being simple, and hopeless for all but the smallest volume groups.
 */
final class BruteForce {
  private static final long MAX_STEPS = 20_000_000;

  private final Wish wish;
  private final AllocationPolicy policy;
  private final List<Asked.Run> runs;
  private final List<LvmUuid> pvs;
  private final List<BitSet> free = new ArrayList<>();
  private final List<Set<LvmUuid>> forbidden = new ArrayList<>();

  /** Which runs must not share a physical volume. */
  private final boolean[][] apart;

  /** Where the extents of each run that are placed already are, one by one. */
  private final List<List<LvmUuid>> placed = new ArrayList<>();

  private long steps;

  private BruteForce(Wish wish) {
    this.wish = wish;
    this.policy = wish.policy();
    Asked asked = Asked.of(wish);
    this.runs = asked.runs();
    Map<LvmUuid, BitSet> freeByPv = asked.free();
    this.pvs = List.copyOf(freeByPv.keySet());
    freeByPv.values().forEach(bits -> free.add((BitSet) bits.clone()));
    this.apart = new boolean[runs.size()][runs.size()];
    for (Asked.Run run : runs) {
      forbidden.add(new HashSet<>());
      placed.add(new ArrayList<>());
      keepStripesApart(run);
    }
    keepImagesApart(asked.extents());
  }

  /** Whether everything finds a place. */
  static boolean fits(Wish wish) {
    return new BruteForce(wish).search();
  }

  private void keepStripesApart(Asked.Run run) {
    int index = forbidden.size() - 1;
    Set<Integer> moving = new HashSet<>();
    for (int other = 0; other < runs.size(); other++) {
      if (runs.get(other).block().equals(run.block())) {
        moving.add(runs.get(other).stripe());
        apart[index][other] |= !runs.get(other).source().equals(run.source());
      }
    }
    for (int stripe = 0; stripe < run.block().stripes().size(); stripe++) {
      LvmUuid pv = run.block().stripes().get(stripe);
      if (!moving.contains(stripe) && !pv.equals(run.source())) {
        forbidden.get(index).add(pv);
      }
    }
  }

  private void keepImagesApart(Set<Layout.Extent> moving) {
    VolumeGroup vg = wish.vg();
    Map<String, Set<LvmUuid>> stays = new HashMap<>();
    Layout.legs(vg)
        .forEach(
            (spot, legs) -> {
              for (Layout.Extent leg : legs.all()) {
                if (!moving.contains(leg)) {
                  stays.computeIfAbsent(spot.lv(), lv -> new HashSet<>()).add(leg.pv());
                }
              }
            });
    for (LogicalVolume lv : vg.logicalVolumes()) {
      for (Segment segment : lv.segments()) {
        List<Set<String>> images = Laws.images(vg, segment.type());
        for (int i = 0; i < runs.size(); i++) {
          for (Set<String> image : images) {
            for (Set<String> other : images) {
              if (image != other && image.contains(runs.get(i).block().lv())) {
                for (String part : other) {
                  forbidden.get(i).addAll(stays.getOrDefault(part, Set.of()));
                }
                for (int j = 0; j < runs.size(); j++) {
                  apart[i][j] |= other.contains(runs.get(j).block().lv());
                }
              }
            }
          }
        }
      }
    }
  }

  private boolean search() {
    int needed = runs.stream().mapToInt(run -> run.extents().size()).sum();
    int room = free.stream().mapToInt(BitSet::cardinality).sum();
    if (room < needed || policy == AllocationPolicy.ANYWHERE) {
      return room >= needed;
    }
    return policy == AllocationPolicy.CONTIGUOUS ? placeWhole(0) : placeExtent(0, 0);
  }

  private void step() {
    if (++steps > MAX_STEPS) {
      throw new AssertionError("too many ways to try for " + wish);
    }
  }

  private boolean mayGo(int run, LvmUuid pv) {
    if (forbidden.get(run).contains(pv)) {
      return false;
    }
    for (int other = 0; other < runs.size(); other++) {
      if (apart[run][other] && placed.get(other).contains(pv)) {
        return false;
      }
    }
    return true;
  }

  /** All places of each run in one piece. */
  private boolean placeWhole(int run) {
    step();
    if (run == runs.size()) {
      return true;
    }
    int length = runs.get(run).extents().size();
    for (int pv = 0; pv < pvs.size(); pv++) {
      BitSet room = free.get(pv);
      for (int at = room.nextSetBit(0); at >= 0; at = room.nextSetBit(at + 1)) {
        if (room.nextClearBit(at) >= at + length && mayGo(run, pvs.get(pv))) {
          room.clear(at, at + length);
          placed.get(run).add(pvs.get(pv));
          boolean found = placeWhole(run + 1);
          placed.get(run).clear();
          room.set(at, at + length);
          if (found) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /**
   * All physical volumes for each extent; which extents there does not matter. The extents of a run
   * are alike, so that their physical volumes may be taken in order.
   */
  private boolean placeExtent(int run, int from) {
    step();
    if (run == runs.size()) {
      return true;
    }
    List<LvmUuid> here = placed.get(run);
    if (here.size() == runs.get(run).extents().size()) {
      return placeExtent(run + 1, 0);
    }
    for (int pv = from; pv < pvs.size(); pv++) {
      if (!free.get(pv).isEmpty() && mayGo(run, pvs.get(pv))) {
        int extent = free.get(pv).nextSetBit(0);
        free.get(pv).clear(extent);
        here.add(pvs.get(pv));
        boolean found = columnKept(run) && placeExtent(run, pv);
        here.remove(here.size() - 1);
        free.get(pv).set(extent);
        if (found) {
          return true;
        }
      }
    }
    return false;
  }

  /** What the policy asks of the extents of one stripe of one volume, as far as they are placed. */
  private boolean columnKept(int run) {
    if (policy == AllocationPolicy.NORMAL) {
      return true;
    }
    Set<LvmUuid> together = new HashSet<>();
    boolean byTags = policy == AllocationPolicy.CLING_BY_TAGS;
    for (int other = 0; other < runs.size(); other++) {
      if (runs.get(other).block().lv().equals(runs.get(run).block().lv())
          && runs.get(other).stripe() == runs.get(run).stripe()) {
        together.addAll(placed.get(other));
        for (LvmUuid pv : placed.get(other)) {
          byTags &= Laws.related(wish, runs.get(other).source(), pv);
        }
      }
    }
    return together.size() < 2 || byTags;
  }
}
