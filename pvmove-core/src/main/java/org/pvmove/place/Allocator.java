// SPDX-License-Identifier: Apache-2.0
package org.pvmove.place;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;

/**
 * Places runs of extents on free ones by the policy {@code normal} of lvm(8): anywhere that no run
 * forbids.
 *
 * <p>A run is kept in one piece where a free area holds it: the smallest such area, on a physical
 * volume already used if there is one, else the first in the order of the free areas. Otherwise it
 * is split, largest area first. If taking the runs in order leads into a dead end, the runs are
 * shared out over the physical volumes by a maximum flow first, so that a placement is found
 * whenever one exists. If it splits runs, the longest are tried first, and that is taken if it
 * makes fewer pieces.
 *
 * <p>Time is linear in the runs and pieces, times the number of physical volumes and a logarithm of
 * the free areas; a maximum flow between kinds of runs and physical volumes may add to it.
 */
public final class Allocator {
  private Allocator() {}

  /**
   * Places the runs.
   *
   * @param runs what needs a place, in the order of placing
   * @param free the free areas, in order of preference of their physical volumes; disjoint
   * @return for each run the extents it gets, in the order of its own extents; absent if there is
   *     no placement
   */
  public static Optional<ImmutableList<ImmutableList<PeRange>>> place(
      List<Run> runs, List<PeRange> free) {
    // The order of the runs keeps neighbours together, so that they can be merged.
    List<Integer> order = IntStream.range(0, runs.size()).boxed().toList();
    ImmutableList<ImmutableList<PeRange>> best = place(runs, order, free);
    if (best != null && pieces(best) > runs.size()) {
      List<Integer> longestFirst = new ArrayList<>(order);
      longestFirst.sort(Comparator.comparingLong(run -> -runs.get(run).count()));
      ImmutableList<ImmutableList<PeRange>> other = place(runs, longestFirst, free);
      if (other != null && pieces(other) < pieces(best)) {
        best = other;
      }
    }
    return Optional.ofNullable(best);
  }

  private static long pieces(List<ImmutableList<PeRange>> placed) {
    return placed.stream().mapToLong(List::size).sum();
  }

  private static @Nullable ImmutableList<ImmutableList<PeRange>> place(
      List<Run> runs, List<Integer> order, List<PeRange> free) {
    ImmutableList<ImmutableList<PeRange>> placed = place(runs, order, new FreeAreas(free), null);
    if (placed != null) {
      return placed;
    }
    Quotas quotas = Quotas.of(runs, free);
    return quotas == null ? null : place(runs, order, new FreeAreas(free), quotas);
  }

  private static @Nullable ImmutableList<ImmutableList<PeRange>> place(
      List<Run> runs, List<Integer> order, FreeAreas free, @Nullable Quotas quotas) {
    List<ImmutableList<PeRange>> placed =
        new ArrayList<>(Collections.nCopies(runs.size(), ImmutableList.of()));
    Set<LvmUuid> used = new HashSet<>();
    for (int index : order) {
      Run run = runs.get(index);
      ImmutableList.Builder<PeRange> pieces = ImmutableList.builder();
      for (long left = run.count(); left > 0; ) {
        PeRange piece = choose(run, left, free, used, quotas);
        if (piece == null) {
          return null;
        }
        free.take(piece);
        if (quotas != null) {
          quotas.take(run, piece);
        }
        used.add(piece.pv());
        pieces.add(piece);
        left -= piece.count();
      }
      placed.set(index, pieces.build());
    }
    return ImmutableList.copyOf(placed);
  }

  /** The best piece for the rest of a run: whole if any area allows, else the largest. */
  private static @Nullable PeRange choose(
      Run run, long count, FreeAreas free, Set<LvmUuid> used, @Nullable Quotas quotas) {
    PeRange best = null;
    for (LvmUuid pv : free.pvs()) {
      long most = quotas == null ? count : Math.min(count, quotas.left(run, pv));
      if (run.forbidden().contains(pv) || most == 0) {
        continue;
      }
      PeRange offer = free.offer(pv, most);
      if (offer != null && (best == null || better(offer, best, used))) {
        best = offer;
      }
    }
    return best;
  }

  private static boolean better(PeRange offer, PeRange best, Set<LvmUuid> used) {
    if (offer.count() != best.count()) {
      return offer.count() > best.count();
    }
    return used.contains(offer.pv()) && !used.contains(best.pv());
  }
}
