// SPDX-License-Identifier: Apache-2.0
package org.pvmove.place;

import com.google.common.collect.ArrayListMultimap;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.ListMultimap;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;

/**
 * Places runs of extents on free ones by the allocation policies of lvm(8), in the meaning they
 * have for a move:
 *
 * <ul>
 *   <li>{@code contiguous}: every run in one piece;
 *   <li>{@code cling}: the runs of a column, that is of one stripe of one logical volume, on one
 *       physical volume;
 *   <li>{@code cling_by_tags}: the same, or on physical volumes that have a tag in common with
 *       where the extents are;
 *   <li>{@code normal}: wherever no run forbids it and parts of one group stay apart;
 *   <li>{@code anywhere}: wherever there is room, though what {@code normal} would not do only
 *       where nothing else is left.
 * </ul>
 *
 * <p>Whatever the policy, a run is kept in one piece where a free area holds it: the smallest such
 * area, on a physical volume already used if there is one, else the first in the order of the free
 * areas. If taking the runs in order leads into a dead end or splits runs, they are taken in other
 * orders, shared out over the physical volumes by a maximum flow, or packed with going back; what
 * makes the fewest pieces is taken. So a placement is found whenever one exists, unless the number
 * of ways to try gets out of hand.
 *
 * <p>For {@code normal} and {@code anywhere} time is linear in the runs and pieces, times the
 * number of physical volumes and a logarithm of the free areas; the other searches have bounds of
 * their own.
 */
public final class Allocator {
  /** Up to so many runs all ways to pack them are tried, as long as it does not take too long. */
  static final int MAX_PACKED_RUNS = 500;

  /** How long it is tried to find a place at all, in looks at a bin. */
  static final long MAX_STEPS = 5_000_000;

  /** How long it is tried to find a place with fewer pieces. */
  static final long MAX_STEPS_FOR_FEWER_PIECES = 500_000;

  private final ImmutableList<Run> runs;
  private final ImmutableList<PeRange> free;

  Allocator(List<Run> runs, List<PeRange> free) {
    this.runs = ImmutableList.copyOf(runs);
    this.free = FreeAreas.joined(free);
  }

  /**
   * Places the runs.
   *
   * @param runs what needs a place, in the order of placing
   * @param free the free areas, in order of preference of their physical volumes; disjoint
   * @param policy any but {@code inherit}
   */
  public static Placement place(List<Run> runs, List<PeRange> free, AllocationPolicy policy) {
    return place(runs, free, ImmutableSet.of(), policy);
  }

  /**
   * Places the runs.
   *
   * @param runs what needs a place, in the order of placing
   * @param free the free areas, in order of preference of their physical volumes; disjoint
   * @param lastResort physical volumes of whose free areas {@code anywhere} takes as little as it
   *     can, and other policies nothing
   * @param policy any but {@code inherit}
   */
  public static Placement place(
      List<Run> runs, List<PeRange> free, Set<LvmUuid> lastResort, AllocationPolicy policy) {
    Map<Boolean, List<PeRange>> areas =
        free.stream().collect(Collectors.partitioningBy(area -> lastResort.contains(area.pv())));
    Allocator allocator = new Allocator(runs, areas.getOrDefault(false, List.of()));
    return switch (policy) {
      case CONTIGUOUS -> allocator.contiguous();
      case CLING -> new Clinging(allocator.runs, allocator.free).together();
      case CLING_BY_TAGS -> new Clinging(allocator.runs, allocator.free).togetherOrByTags();
      case NORMAL -> allocator.normal();
      case ANYWHERE -> allocator.anywhere(areas.getOrDefault(true, List.of()));
      case INHERIT ->
          throw new IllegalArgumentException("expected a policy, found one that is inherited");
    };
  }

  Placement normal() {
    Placement placement = quick();
    return placement instanceof Placement.Found found ? withFewerPieces(found) : placement;
  }

  /** Finds a place by {@code normal} if there is one. */
  Placement quick() {
    // The order of the runs keeps neighbours together, so that they can be merged.
    Placement.Found found = greedy(inOrder(), null, true);
    if (found != null) {
      return found;
    }
    Shares.Result shared = Shares.of(runs, free);
    return shared.shares() == null
        ? shared.none()
        : Objects.requireNonNull(greedy(inOrder(), shared.shares(), true));
  }

  private Placement.Found withFewerPieces(Placement.Found found) {
    Placement.Found best = found;
    if (best.pieceCount() > runs.size()) {
      Placement.Found other = greedy(longestFirst(), null, true);
      best = other == null || other.pieceCount() >= best.pieceCount() ? best : other;
    }
    long steps = MAX_STEPS_FOR_FEWER_PIECES;
    for (int cuts = 0;
        runs.size() <= MAX_PACKED_RUNS && runs.size() + cuts < best.pieceCount();
        cuts++) {
      Packer packer = new Packer(runs, areas(), true, cuts, steps);
      Packer.Outcome outcome = packer.pack();
      if (outcome != Packer.Outcome.IMPOSSIBLE) {
        return outcome == Packer.Outcome.FOUND ? packed(packer) : best;
      }
      steps -= packer.steps();
    }
    return best;
  }

  private Placement anywhere(List<PeRange> reserve) {
    Placement normal = normal();
    if (normal instanceof Placement.Found) {
      return normal;
    }
    long room = Stream.concat(free.stream(), reserve.stream()).mapToLong(PeRange::count).sum();
    long needed = runs.stream().mapToLong(Run::count).sum();
    return room < needed
        ? new Placement.None(needed - room, true)
        : Anywhere.place(runs, free, reserve);
  }

  private Placement contiguous() {
    Placement.Found best = greedy(inOrder(), null, false);
    if (best == null) {
      best = greedy(longestFirst(), null, false);
    }
    if (best != null) {
      return best;
    }
    Packer packer = new Packer(runs, areas(), true, 0, MAX_STEPS);
    Packer.Outcome outcome =
        runs.size() <= MAX_PACKED_RUNS ? packer.pack() : Packer.Outcome.GAVE_UP;
    return outcome == Packer.Outcome.FOUND
        ? packed(packer)
        : packer.none(outcome == Packer.Outcome.IMPOSSIBLE, Shares.of(runs, free));
  }

  /** What was packed into the free areas. */
  private Placement.Found packed(Packer packer) {
    long[] used = new long[free.size()];
    ListMultimap<Integer, PeRange> pieces = ArrayListMultimap.create();
    for (Packer.Piece piece : packer.pieces()) {
      pieces.put(piece.run(), free.get(piece.bin()).slice(used[piece.bin()], piece.count()));
      used[piece.bin()] += piece.count();
    }
    return new Placement.Found(
        inOrder().stream()
            .map(run -> ImmutableList.copyOf(pieces.get(run)))
            .collect(ImmutableList.toImmutableList()));
  }

  private List<Packer.Bin> areas() {
    return free.stream().map(area -> new Packer.Bin(area.pv(), area.count())).toList();
  }

  private List<Integer> inOrder() {
    return IntStream.range(0, runs.size()).boxed().toList();
  }

  private List<Integer> longestFirst() {
    List<Integer> order = new ArrayList<>(inOrder());
    order.sort(Comparator.comparingLong(run -> -runs.get(run).count()));
    return order;
  }

  /** Takes the runs one by one, each in its best place. */
  private Placement.@Nullable Found greedy(
      List<Integer> order, @Nullable Shares shares, boolean splits) {
    List<ImmutableList<PeRange>> placed =
        new ArrayList<>(Collections.nCopies(runs.size(), ImmutableList.of()));
    Greedy greedy = new Greedy(free, shares, splits);
    for (int index : order) {
      ImmutableList<PeRange> pieces = greedy.take(runs.get(index));
      if (pieces == null) {
        return null;
      }
      placed.set(index, pieces);
    }
    return new Placement.Found(ImmutableList.copyOf(placed));
  }
}
