// SPDX-License-Identifier: Apache-2.0
package org.pvmove.place;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;

/** Tries all placements there are; for a few runs on a few free areas that do not touch. */
final class Exhaustive {
  private final List<Run> runs;
  private final List<PeRange> free;
  private final AllocationPolicy policy;
  private final List<LvmUuid> pvs;

  /** Extents that are left in each free area. */
  private final long[] room;

  /** Extents of each run that have no place yet. */
  private final long[] open;

  /** The physical volume of each piece of each run. */
  private final List<List<LvmUuid>> placed = new ArrayList<>();

  private final Set<String> tried = new HashSet<>();

  private Exhaustive(List<Run> runs, List<PeRange> free, AllocationPolicy policy) {
    this.runs = runs;
    this.free = free;
    this.policy = policy;
    this.pvs = free.stream().map(PeRange::pv).distinct().toList();
    this.room = free.stream().mapToLong(PeRange::count).toArray();
    this.open = runs.stream().mapToLong(Run::count).toArray();
    runs.forEach(run -> placed.add(new ArrayList<>()));
  }

  /** Whether there is a placement. */
  static boolean exists(List<Run> runs, List<PeRange> free, AllocationPolicy policy) {
    if (policy == AllocationPolicy.ANYWHERE) {
      return runs.stream().mapToLong(Run::count).sum()
          <= free.stream().mapToLong(PeRange::count).sum();
    }
    Exhaustive search = new Exhaustive(runs, free, policy);
    return policy == AllocationPolicy.CONTIGUOUS ? search.wholes(0) : search.extents(0, 0);
  }

  /** Whether there is a placement by {@code normal} in so many pieces. */
  static boolean exists(List<Run> runs, List<PeRange> free, int pieces) {
    return new Exhaustive(runs, free, AllocationPolicy.NORMAL).possible(pieces);
  }

  /** What is wrong with a placement by a policy; nothing if all is well. */
  static String faults(
      List<Run> runs,
      List<PeRange> free,
      AllocationPolicy policy,
      List<? extends List<PeRange>> placement) {
    boolean anywhere = policy == AllocationPolicy.ANYWHERE;
    List<Run> allowed =
        anywhere ? runs.stream().map(run -> Placements.run(run.count())).toList() : runs;
    StringBuilder faults = new StringBuilder(Placements.faults(allowed, free, placement));
    Exhaustive check = new Exhaustive(runs, free, policy);
    for (int i = 0; i < runs.size() && !anywhere; i++) {
      for (PeRange piece : placement.get(i)) {
        if (!check.mayGo(i, piece.pv())) {
          faults.append("run %d is not kept apart on %s%n".formatted(i, piece.pv()));
        }
        check.placed.get(i).add(piece.pv());
      }
      if (!check.columnKept(i)) {
        faults.append("column %d is scattered%n".formatted(runs.get(i).column()));
      }
      if (policy == AllocationPolicy.CONTIGUOUS && placement.get(i).size() > 1) {
        faults.append("run %d is in pieces%n".formatted(i));
      }
    }
    return faults.toString();
  }

  private boolean mayGo(int index, LvmUuid pv) {
    if (runs.get(index).forbidden().contains(pv)) {
      return false;
    }
    for (int other = 0; other < runs.size(); other++) {
      if (placed.get(other).contains(pv) && apart(runs.get(index), runs.get(other))) {
        return false;
      }
    }
    return true;
  }

  private static boolean apart(Run one, Run other) {
    return one.parts().entrySet().stream()
        .anyMatch(
            part ->
                other.parts().containsKey(part.getKey())
                    && !other.parts().get(part.getKey()).equals(part.getValue()));
  }

  private boolean columnKept(int index) {
    if (policy != AllocationPolicy.CLING && policy != AllocationPolicy.CLING_BY_TAGS) {
      return true;
    }
    Set<LvmUuid> together = new HashSet<>();
    boolean byTags = policy == AllocationPolicy.CLING_BY_TAGS;
    for (int other = 0; other < runs.size(); other++) {
      if (runs.get(other).column() == runs.get(index).column()) {
        together.addAll(placed.get(other));
        byTags &= runs.get(other).kin().containsAll(placed.get(other));
      }
    }
    return together.size() < 2 || byTags;
  }

  private boolean wholes(int index) {
    if (index == runs.size()) {
      return true;
    }
    for (int area = 0; area < room.length; area++) {
      if (room[area] >= open[index] && mayGo(index, free.get(area).pv())) {
        room[area] -= open[index];
        placed.get(index).add(free.get(area).pv());
        boolean found = wholes(index + 1);
        placed.get(index).clear();
        room[area] += open[index];
        if (found) {
          return true;
        }
      }
    }
    return false;
  }

  /** Extent by extent; those of a run are alike, so that they may be placed in order. */
  private boolean extents(int index, int from) {
    if (index == runs.size()) {
      return true;
    }
    if (open[index] == 0) {
      return extents(index + 1, 0);
    }
    for (int pv = from; pv < pvs.size(); pv++) {
      int area = areaWithRoom(pvs.get(pv));
      if (area >= 0 && mayGo(index, pvs.get(pv))) {
        room[area]--;
        open[index]--;
        placed.get(index).add(pvs.get(pv));
        boolean found = columnKept(index) && extents(index, pv);
        placed.get(index).remove(placed.get(index).size() - 1);
        open[index]++;
        room[area]++;
        if (found) {
          return true;
        }
      }
    }
    return false;
  }

  private int areaWithRoom(LvmUuid pv) {
    for (int area = 0; area < room.length; area++) {
      if (room[area] > 0 && free.get(area).pv().equals(pv)) {
        return area;
      }
    }
    return -1;
  }

  /**
   * Whether what is open can be placed in so many pieces. It is enough to try pieces that either
   * complete a run or fill an area, in all orders: think of runs and areas as points and of pieces
   * as lines between them. Without a loss there is no circle in them, so that some point has one
   * line only. If that is a run, the piece completes it. If it is an area, the piece may as well
   * fill it, with extents of the same run from elsewhere.
   */
  private boolean possible(int pieces) {
    long incomplete = Arrays.stream(open).filter(count -> count > 0).count();
    if (incomplete == 0 || incomplete > pieces) {
      return incomplete == 0;
    }
    StringBuilder state = new StringBuilder();
    state.append(pieces).append(Arrays.toString(open)).append(Arrays.toString(room));
    for (int i = 0; i < runs.size(); i++) {
      // Where there is nothing to keep apart it does not matter where a run is.
      state.append(runs.get(i).parts().isEmpty() ? "" : Set.copyOf(placed.get(i)));
    }
    if (!tried.add(state.toString())) {
      return false;
    }
    for (int index = 0; index < runs.size(); index++) {
      for (int area = 0; area < room.length; area++) {
        long count = Math.min(open[index], room[area]);
        if (count > 0 && mayGo(index, free.get(area).pv())) {
          open[index] -= count;
          room[area] -= count;
          placed.get(index).add(free.get(area).pv());
          boolean found = possible(pieces - 1);
          placed.get(index).remove(placed.get(index).size() - 1);
          room[area] += count;
          open[index] += count;
          if (found) {
            return true;
          }
        }
      }
    }
    return false;
  }
}
