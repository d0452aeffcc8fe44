// SPDX-License-Identifier: Apache-2.0
package org.pvmove.place;

import com.google.common.collect.ImmutableSet;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;

/**
 * How many extents of each kind of run go to each physical volume, so that all find room. Runs are
 * of one kind if they forbid the same physical volumes; a kind is called by what it forbids.
 *
 * <p>A maximum flow from kinds to physical volumes. It grows along shortest paths, which bounds the
 * number of its steps by that of kinds and physical volumes, however many extents there are.
 */
final class Quotas {
  /** Free extents that are not shared out, by physical volume, in order of preference. */
  private final Map<LvmUuid, Long> room = new LinkedHashMap<>();

  /** The share of each kind on each physical volume; never 0. */
  private final Map<LvmUuid, Map<ImmutableSet<LvmUuid>, Long>> shares = new HashMap<>();

  private Quotas(List<PeRange> free) {
    for (PeRange area : free) {
      room.merge(area.pv(), area.count(), Long::sum);
      shares.putIfAbsent(area.pv(), new LinkedHashMap<>());
    }
  }

  /** Shares the free areas out, or finds that the runs do not fit. */
  static @Nullable Quotas of(List<Run> runs, List<PeRange> free) {
    Map<ImmutableSet<LvmUuid>, Long> demand = new LinkedHashMap<>();
    runs.forEach(run -> demand.merge(run.forbidden(), run.count(), Long::sum));
    Quotas quotas = new Quotas(free);
    for (Map.Entry<ImmutableSet<LvmUuid>, Long> kind : demand.entrySet()) {
      for (long open = kind.getValue(); open > 0; ) {
        long found = quotas.findRoom(kind.getKey(), open);
        if (found == 0) {
          return null;
        }
        open -= found;
      }
    }
    return quotas;
  }

  /** How many extents of runs of this kind may still go to the physical volume. */
  long left(Run run, LvmUuid pv) {
    return shares(pv).getOrDefault(run.forbidden(), 0L);
  }

  /** Uses up what is left. */
  void take(Run run, PeRange piece) {
    add(piece.pv(), run.forbidden(), -piece.count());
  }

  /**
   * Finds room for extents of a kind, making other kinds give way where they can go elsewhere.
   *
   * @return how many extents found room, at most {@code wanted}; 0 if there is no way
   */
  private long findRoom(ImmutableSet<LvmUuid> kind, long wanted) {
    Map<LvmUuid, ImmutableSet<LvmUuid>> takers = new HashMap<>();
    Map<ImmutableSet<LvmUuid>, LvmUuid> givers = new HashMap<>();
    Set<LvmUuid> unreached = new LinkedHashSet<>(room.keySet());
    Set<ImmutableSet<LvmUuid>> reached = new HashSet<>();
    reached.add(kind);
    Deque<ImmutableSet<LvmUuid>> todo = new ArrayDeque<>();
    todo.add(kind);
    while (!todo.isEmpty()) {
      ImmutableSet<LvmUuid> taker = todo.remove();
      for (Iterator<LvmUuid> pvs = unreached.iterator(); pvs.hasNext(); ) {
        LvmUuid pv = pvs.next();
        if (taker.contains(pv)) {
          continue;
        }
        pvs.remove();
        takers.put(pv, taker);
        if (room.getOrDefault(pv, 0L) > 0) {
          return shift(pv, wanted, takers, givers);
        }
        for (ImmutableSet<LvmUuid> giver : shares(pv).keySet()) {
          if (reached.add(giver)) {
            givers.put(giver, pv);
            todo.add(giver);
          }
        }
      }
    }
    return 0;
  }

  /**
   * Walks back from a physical volume with room: its taker gives up as much on the physical volume
   * it gives way on, where the next one takes it.
   */
  private long shift(
      LvmUuid end,
      long wanted,
      Map<LvmUuid, ImmutableSet<LvmUuid>> takers,
      Map<ImmutableSet<LvmUuid>, LvmUuid> givers) {
    long count = Math.min(wanted, room.getOrDefault(end, 0L));
    for (LvmUuid pv = end; pv != null; ) {
      ImmutableSet<LvmUuid> taker = Objects.requireNonNull(takers.get(pv));
      pv = givers.get(taker);
      if (pv != null) {
        count = Math.min(count, shares(pv).getOrDefault(taker, 0L));
      }
    }
    room.merge(end, -count, Long::sum);
    for (LvmUuid pv = end; pv != null; ) {
      ImmutableSet<LvmUuid> taker = Objects.requireNonNull(takers.get(pv));
      add(pv, taker, count);
      pv = givers.get(taker);
      if (pv != null) {
        add(pv, taker, -count);
      }
    }
    return count;
  }

  private Map<ImmutableSet<LvmUuid>, Long> shares(LvmUuid pv) {
    return shares.getOrDefault(pv, Map.of());
  }

  private void add(LvmUuid pv, ImmutableSet<LvmUuid> kind, long count) {
    Objects.requireNonNull(shares.get(pv))
        .merge(kind, count, (before, change) -> before + change == 0 ? null : before + change);
  }
}
