// SPDX-License-Identifier: Apache-2.0
package org.pvmove.place;

import com.google.common.base.Strings;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;

/** Short words for physical volumes, areas and runs, and what a placement must obey. */
final class Placements {
  private Placements() {}

  static LvmUuid pv(int index) {
    return new LvmUuid(Strings.padStart(String.valueOf(index), 32, '0'));
  }

  static PeRange area(int pv, long first, long count) {
    return new PeRange(pv(pv), first, count);
  }

  /** A run that may go anywhere but to the given physical volumes. */
  static Run run(long count, int... forbidden) {
    ImmutableSet.Builder<LvmUuid> pvs = ImmutableSet.builder();
    for (int pv : forbidden) {
      pvs.add(pv(pv));
    }
    return Run.of(count, pvs.build());
  }

  /** Places by the policy normal. */
  static Optional<ImmutableList<ImmutableList<PeRange>>> place(List<Run> runs, List<PeRange> free) {
    return Allocator.place(runs, free, AllocationPolicy.NORMAL) instanceof Placement.Found found
        ? Optional.of(found.pieces())
        : Optional.empty();
  }

  static long pieces(List<? extends List<PeRange>> placed) {
    return placed.stream().mapToLong(List::size).sum();
  }

  /** What is wrong with a placement, found extent by extent; empty if nothing is. */
  static String faults(List<Run> runs, List<PeRange> free, List<? extends List<PeRange>> placed) {
    Map<String, String> extents = new HashMap<>();
    for (PeRange area : free) {
      for (long i = area.first(); i < area.end(); i++) {
        extents.put(area.pv() + ":" + i, "free");
      }
    }
    if (placed.size() != runs.size()) {
      return placed.size() + " places for " + runs.size() + " runs";
    }
    StringBuilder faults = new StringBuilder();
    for (int run = 0; run < runs.size(); run++) {
      long length = 0;
      for (PeRange piece : placed.get(run)) {
        length += piece.count();
        if (runs.get(run).forbidden().contains(piece.pv())) {
          faults.append("run %d on forbidden %s%n".formatted(run, piece));
        }
        for (long i = piece.first(); i < piece.end(); i++) {
          String before = extents.put(piece.pv() + ":" + i, "run " + run);
          if (!"free".equals(before)) {
            faults.append("run %d on %s:%d, which is %s%n".formatted(run, piece.pv(), i, before));
          }
        }
      }
      if (length != runs.get(run).count()) {
        faults.append(
            "run %d of %d extents got %d%n".formatted(run, runs.get(run).count(), length));
      }
    }
    return faults.toString();
  }
}
