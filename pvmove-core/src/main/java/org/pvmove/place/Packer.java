// SPDX-License-Identifier: Apache-2.0
package org.pvmove.place;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.pvmove.lvm.LvmUuid;

/**
 * Puts runs into bins, each as a whole: into free areas, or into physical volumes. Tries the
 * longest first and each in the best bin, and goes back where that leads nowhere, so that it finds
 * a way if there is one; but it gives up after a number of steps, since there may be too many ways
 * to try.
 */
final class Packer {
  private static final int MAX_STEPS = 200_000;

  /** Room on a physical volume. */
  record Bin(LvmUuid pv, long capacity) {}

  /** What came of it. */
  enum Outcome {
    FOUND,
    IMPOSSIBLE,
    GAVE_UP
  }

  private final List<Run> runs;
  private final List<Bin> bins;
  private final boolean tight;
  private final List<Integer> order;
  private final long[] left;
  private final int[] binOf;
  private final Owners owners = new Owners();
  private int steps;

  /**
   * Prepares to pack.
   *
   * @param tight whether a run goes where the least room is left over; otherwise into the first bin
   *     that holds it
   */
  Packer(List<Run> runs, List<Bin> bins, boolean tight) {
    this.runs = runs;
    this.bins = bins;
    this.tight = tight;
    this.order = new ArrayList<>(IntStream.range(0, runs.size()).boxed().toList());
    order.sort(Comparator.comparingLong(run -> -runs.get(run).count()));
    this.left = bins.stream().mapToLong(Bin::capacity).toArray();
    this.binOf = new int[runs.size()];
    Arrays.fill(binOf, -1);
  }

  /** Packs all runs. */
  Outcome pack() {
    return pack(0);
  }

  /** The bin of each run, once all were packed. */
  int[] binOf() {
    return binOf.clone();
  }

  private Outcome pack(int next) {
    if (next == order.size()) {
      return Outcome.FOUND;
    }
    int index = order.get(next);
    Run run = runs.get(index);
    Set<Bin> tried = new HashSet<>();
    for (int bin : candidates(run, next)) {
      LvmUuid pv = bins.get(bin).pv();
      // Bins with as much room on the same physical volume are as good as each other.
      if (!tried.add(new Bin(pv, left[bin]))) {
        continue;
      }
      if (++steps > MAX_STEPS) {
        return Outcome.GAVE_UP;
      }
      left[bin] -= run.count();
      owners.add(run, pv);
      binOf[index] = bin;
      Outcome outcome = pack(next + 1);
      if (outcome != Outcome.IMPOSSIBLE) {
        return outcome;
      }
      left[bin] += run.count();
      owners.remove(run, pv);
      binOf[index] = -1;
    }
    return Outcome.IMPOSSIBLE;
  }

  private List<Integer> candidates(Run run, int next) {
    List<Integer> candidates = new ArrayList<>();
    int first = 0;
    if (next > 0) {
      // Of runs that are alike, only one order is tried.
      int before = order.get(next - 1);
      if (alike(runs.get(before), run) && !tight) {
        first = binOf[before];
      }
    }
    for (int bin = first; bin < left.length; bin++) {
      LvmUuid pv = bins.get(bin).pv();
      if (left[bin] >= run.count() && !run.forbidden().contains(pv) && owners.allow(run, pv)) {
        candidates.add(bin);
      }
    }
    if (tight) {
      candidates.sort(Comparator.comparingLong(bin -> left[bin]));
    }
    return candidates;
  }

  private static boolean alike(Run a, Run b) {
    return a.count() == b.count()
        && Objects.equals(a.forbidden(), b.forbidden())
        && a.parts().isEmpty()
        && b.parts().isEmpty();
  }
}
