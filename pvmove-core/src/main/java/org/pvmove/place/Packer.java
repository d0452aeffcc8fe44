// SPDX-License-Identifier: Apache-2.0
package org.pvmove.place;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pvmove.lvm.LvmUuid;

/**
 * Puts runs into bins, each as a whole or with a few cuts in all: into free areas, or into physical
 * volumes. Tries the longest first and each in the best bin, and goes back where that leads
 * nowhere; but it gives up after a while, since there may be too many ways to try.
 *
 * <p>Without cuts it finds a way if there is one. A run is only cut where it fills a bin and goes
 * on elsewhere, at once or after all others. That, too, finds a way if there is one and every run
 * may go everywhere: think of runs and bins as points, and of a line between the two where a piece
 * of a run is in a bin. Runs and bins that hang together may then be filled into each other in any
 * order, with one cut less than there are bins.
 */
final class Packer {
  /** Room on a physical volume. */
  record Bin(LvmUuid pv, long capacity) {
    /** Whether a run fits into it as long as it is empty. */
    boolean holds(Run run) {
      return capacity >= run.count() && !run.forbidden().contains(pv);
    }
  }

  /** So many extents of a run in a bin, both called by index. */
  record Piece(int run, int bin, long count) {}

  /** What came of it. */
  enum Outcome {
    FOUND,
    IMPOSSIBLE,
    GAVE_UP
  }

  private final List<Run> runs;
  private final List<Bin> bins;
  private final boolean tight;
  private final int cuts;
  private final long maxSteps;
  private final long[] left;
  private final long[] open;

  /** Which runs wait until all others are packed. */
  private final boolean[] late;

  private final List<Piece> pieces = new ArrayList<>();
  private final Owners owners = new Owners();
  private long steps;

  /**
   * Prepares to pack.
   *
   * @param tight whether a run goes where the least room is left over; otherwise into the first bin
   *     that holds it
   * @param cuts how many cuts may be made in all
   * @param maxSteps after how many looks into a bin to give up
   */
  Packer(List<Run> runs, List<Bin> bins, boolean tight, int cuts, long maxSteps) {
    this.runs = runs;
    this.bins = bins;
    this.tight = tight;
    this.cuts = cuts;
    this.maxSteps = maxSteps;
    this.left = bins.stream().mapToLong(Bin::capacity).toArray();
    this.open = runs.stream().mapToLong(Run::count).toArray();
    this.late = new boolean[runs.size()];
  }

  /** Packs all runs. */
  Outcome pack() {
    return pack(cuts, 0);
  }

  /** The pieces once all were packed, those of a run and those in a bin in order. */
  ImmutableList<Piece> pieces() {
    return ImmutableList.copyOf(pieces);
  }

  /**
   * Says how much is left over at least: all runs that fit into no bin, and one run in any case.
   *
   * @param certain whether all ways to pack were tried
   * @param shared what comes of it if runs may be split; then no more is left over
   */
  Placement.None none(boolean certain, Shares.Result shared) {
    Map<LvmUuid, Bin> largest = new LinkedHashMap<>();
    bins.forEach(
        bin -> largest.merge(bin.pv(), bin, (a, b) -> a.capacity() < b.capacity() ? b : a));
    long hopeless = 0;
    long least = Long.MAX_VALUE;
    for (Run run : runs) {
      least = Math.min(least, run.count());
      if (largest.values().stream().noneMatch(bin -> bin.holds(run))) {
        hopeless += run.count();
      }
    }
    Placement.None split = shared.none();
    return new Placement.None(
        Math.max(split.unplaced(), Math.max(hopeless, least)), certain || split.certain());
  }

  /** How many looks into bins it took. */
  long steps() {
    return steps;
  }

  private Outcome pack(int cutsLeft, int waiting) {
    int index = longest();
    if (index < 0) {
      return Outcome.FOUND;
    }
    Run run = runs.get(index);
    Set<Bin> tried = new HashSet<>();
    for (int bin : candidates(index, cutsLeft > 0)) {
      LvmUuid pv = bins.get(bin).pv();
      // Bins with as much room on the same physical volume are as good as each other.
      if (!tried.add(new Bin(pv, left[bin]))) {
        continue;
      }
      long count = Math.min(open[index], left[bin]);
      open[index] -= count;
      left[bin] -= count;
      owners.add(run, pv);
      pieces.add(new Piece(index, bin, count));
      Outcome outcome =
          pack(
              open[index] > 0 ? cutsLeft - 1 : cutsLeft,
              open[index] == 0 && late[index] ? waiting - 1 : waiting);
      if (outcome != Outcome.IMPOSSIBLE) {
        return outcome;
      }
      pieces.remove(pieces.size() - 1);
      owners.remove(run, pv);
      left[bin] += count;
      open[index] += count;
    }
    if (!late[index] && waiting < cutsLeft) {
      late[index] = true;
      Outcome outcome = pack(cutsLeft, waiting + 1);
      late[index] = false;
      return outcome;
    }
    return steps > maxSteps ? Outcome.GAVE_UP : Outcome.IMPOSSIBLE;
  }

  /** The run of which most is left, the first of equal ones; none if all is packed. */
  private int longest() {
    int longest = -1;
    for (int i = 0; i < open.length; i++) {
      if (open[i] > 0 && (longest < 0 || isBefore(i, longest))) {
        longest = i;
      }
    }
    return longest;
  }

  private boolean isBefore(int run, int other) {
    return late[run] == late[other] ? open[run] > open[other] : !late[run];
  }

  /** The bins that may be tried, the best first. */
  private List<Integer> candidates(int index, boolean mayCut) {
    Run run = runs.get(index);
    List<Integer> whole = new ArrayList<>();
    List<Integer> cut = new ArrayList<>();
    for (int bin = firstBin(index); bin < left.length; bin++) {
      if (++steps > maxSteps) {
        return List.of();
      }
      LvmUuid pv = bins.get(bin).pv();
      if (left[bin] > 0 && !run.forbidden().contains(pv) && owners.allow(run, pv)) {
        if (left[bin] >= open[index]) {
          whole.add(bin);
        } else if (mayCut) {
          cut.add(bin);
        }
      }
    }
    if (tight) {
      whole.sort(Comparator.comparingLong(bin -> left[bin]));
    }
    cut.sort(Comparator.comparingLong(bin -> -left[bin]));
    whole.addAll(cut);
    return whole;
  }

  /** Of runs that are alike only one order is tried, where bins are tried in order. */
  private int firstBin(int index) {
    if (tight || cuts > 0 || pieces.isEmpty()) {
      return 0;
    }
    Piece before = pieces.get(pieces.size() - 1);
    Run a = runs.get(before.run());
    Run b = runs.get(index);
    boolean alike =
        a.count() == b.count()
            && a.forbidden().equals(b.forbidden())
            && a.parts().isEmpty()
            && b.parts().isEmpty();
    return alike ? before.bin() : 0;
  }
}
