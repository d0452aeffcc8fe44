// SPDX-License-Identifier: Apache-2.0
package org.pvmove.place;

import com.google.common.collect.ImmutableMap;
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
 * of one kind if they forbid the same physical volumes and are the same parts of the same groups.
 *
 * <p>A maximum flow from kinds to physical volumes. It grows along shortest paths, which bounds the
 * number of its steps by that of kinds and physical volumes, however many extents there are. Where
 * the flow puts two parts of a group on one physical volume, one or the other is banned from it and
 * the flow is sought anew, until all is well or no choice is left.
 */
final class Shares {
  /** How many flows are sought at most; small volume groups need a handful. */
  private static final int MAX_FLOWS = 1000;

  private record Kind(ImmutableSet<LvmUuid> forbidden, ImmutableMap<Integer, Integer> parts) {
    static Kind of(Run run) {
      return new Kind(run.forbidden(), run.parts());
    }
  }

  /** A part of a group that must not go to a physical volume. */
  private record Ban(int group, int part, LvmUuid pv) {}

  /** Two parts of a group on one physical volume. */
  private record Conflict(Ban smaller, Ban larger) {}

  /** Shares for all runs, or how many extents are left over at best. */
  record Result(@Nullable Shares shares, long unplaced, boolean certain) {
    /** For runs that did not fit. */
    Placement.None none() {
      return new Placement.None(Math.max(1, unplaced), certain && shares == null);
    }
  }

  private final ImmutableSet<Ban> bans;

  /** Free extents that are not shared out, by physical volume, in order of preference. */
  private final Map<LvmUuid, Long> room = new LinkedHashMap<>();

  /** The share of each kind on each physical volume; never 0. */
  private final Map<LvmUuid, Map<Kind, Long>> shares = new HashMap<>();

  private long unplaced;

  private Shares(List<PeRange> free, ImmutableSet<Ban> bans) {
    this.bans = bans;
    for (PeRange area : free) {
      room.merge(area.pv(), area.count(), Long::sum);
      shares.putIfAbsent(area.pv(), new LinkedHashMap<>());
    }
  }

  /** Shares the free areas out, or finds that the runs do not fit. */
  static Result of(List<Run> runs, List<PeRange> free) {
    Map<Kind, Long> demand = new LinkedHashMap<>();
    runs.forEach(run -> demand.merge(Kind.of(run), run.count(), Long::sum));
    Deque<ImmutableSet<Ban>> todo = new ArrayDeque<>();
    todo.push(ImmutableSet.of());
    long fewest = Long.MAX_VALUE;
    for (int flows = 0; !todo.isEmpty(); flows++) {
      if (flows == MAX_FLOWS) {
        return new Result(null, fewest, false);
      }
      Shares found = new Shares(free, todo.pop());
      found.fill(demand);
      Conflict conflict = found.unplaced > 0 ? null : found.conflict();
      if (found.unplaced == 0 && conflict == null) {
        return new Result(found, 0, true);
      }
      // Without a ban every placement is a flow, so that what is missing then is missing always.
      fewest = Math.min(fewest, Math.max(1, found.unplaced));
      if (conflict != null) {
        todo.push(found.with(conflict.larger()));
        todo.push(found.with(conflict.smaller()));
      }
    }
    return new Result(null, fewest, true);
  }

  private ImmutableSet<Ban> with(Ban ban) {
    return ImmutableSet.<Ban>builder().addAll(bans).add(ban).build();
  }

  private void fill(Map<Kind, Long> demand) {
    for (Map.Entry<Kind, Long> kind : demand.entrySet()) {
      long open = kind.getValue();
      while (open > 0) {
        long found = findRoom(kind.getKey(), open);
        if (found == 0) {
          unplaced += open;
          break;
        }
        open -= found;
      }
    }
  }

  private @Nullable Conflict conflict() {
    for (Map.Entry<LvmUuid, Map<Kind, Long>> place : shares.entrySet()) {
      Map<Integer, Map<Integer, Long>> byGroup = new HashMap<>();
      for (Map.Entry<Kind, Long> share : place.getValue().entrySet()) {
        for (Map.Entry<Integer, Integer> part : share.getKey().parts().entrySet()) {
          Map<Integer, Long> parts =
              byGroup.computeIfAbsent(part.getKey(), group -> new LinkedHashMap<>());
          parts.merge(part.getValue(), share.getValue(), Long::sum);
          if (parts.size() > 1) {
            return conflict(part.getKey(), parts, place.getKey());
          }
        }
      }
    }
    return null;
  }

  private static Conflict conflict(int group, Map<Integer, Long> parts, LvmUuid pv) {
    Iterator<Map.Entry<Integer, Long>> both = parts.entrySet().iterator();
    Map.Entry<Integer, Long> first = both.next();
    Map.Entry<Integer, Long> second = both.next();
    Ban one = new Ban(group, first.getKey(), pv);
    Ban other = new Ban(group, second.getKey(), pv);
    return first.getValue() < second.getValue()
        ? new Conflict(one, other)
        : new Conflict(other, one);
  }

  /** How many extents of runs of this kind may still go to the physical volume. */
  long left(Run run, LvmUuid pv) {
    return on(pv).getOrDefault(Kind.of(run), 0L);
  }

  /** Uses up what is left. */
  void take(Run run, PeRange piece) {
    add(piece.pv(), Kind.of(run), -piece.count());
  }

  private boolean allows(Kind kind, LvmUuid pv) {
    if (kind.forbidden().contains(pv)) {
      return false;
    }
    if (!bans.isEmpty()) {
      for (Map.Entry<Integer, Integer> part : kind.parts().entrySet()) {
        if (bans.contains(new Ban(part.getKey(), part.getValue(), pv))) {
          return false;
        }
      }
    }
    return true;
  }

  /**
   * Finds room for extents of a kind, making other kinds give way where they can go elsewhere.
   *
   * @return how many extents found room, at most {@code wanted}; 0 if there is no way
   */
  private long findRoom(Kind kind, long wanted) {
    Map<LvmUuid, Kind> takers = new HashMap<>();
    Map<Kind, LvmUuid> givers = new HashMap<>();
    Set<LvmUuid> unreached = new LinkedHashSet<>(room.keySet());
    Set<Kind> reached = new HashSet<>();
    reached.add(kind);
    Deque<Kind> todo = new ArrayDeque<>();
    todo.add(kind);
    while (!todo.isEmpty()) {
      Kind taker = todo.remove();
      for (Iterator<LvmUuid> pvs = unreached.iterator(); pvs.hasNext(); ) {
        LvmUuid pv = pvs.next();
        if (!allows(taker, pv)) {
          continue;
        }
        pvs.remove();
        takers.put(pv, taker);
        if (room.getOrDefault(pv, 0L) > 0) {
          return shift(pv, wanted, takers, givers);
        }
        for (Kind giver : on(pv).keySet()) {
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
      LvmUuid end, long wanted, Map<LvmUuid, Kind> takers, Map<Kind, LvmUuid> givers) {
    long count = Math.min(wanted, room.getOrDefault(end, 0L));
    for (LvmUuid pv = end; pv != null; ) {
      Kind taker = Objects.requireNonNull(takers.get(pv));
      pv = givers.get(taker);
      if (pv != null) {
        count = Math.min(count, on(pv).getOrDefault(taker, 0L));
      }
    }
    room.merge(end, -count, Long::sum);
    for (LvmUuid pv = end; pv != null; ) {
      Kind taker = Objects.requireNonNull(takers.get(pv));
      add(pv, taker, count);
      pv = givers.get(taker);
      if (pv != null) {
        add(pv, taker, -count);
      }
    }
    return count;
  }

  private Map<Kind, Long> on(LvmUuid pv) {
    return shares.getOrDefault(pv, Map.of());
  }

  private void add(LvmUuid pv, Kind kind, long count) {
    Objects.requireNonNull(shares.get(pv))
        .merge(kind, count, (before, change) -> before + change == 0 ? null : before + change);
  }
}
