// SPDX-License-Identifier: Apache-2.0
package org.pvmove.place;

import com.google.common.collect.ImmutableList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;

/**
 * Free areas while they are being used up, by physical volume, ordered so that the best fit is
 * found at once. Areas that touch are one.
 */
final class FreeAreas {
  private static final Comparator<PeRange> BY_SIZE = FreeAreas::compareSizes;

  private final Map<LvmUuid, NavigableSet<PeRange>> byPv = new LinkedHashMap<>();

  /** Written out, since most of the time of a large plan would go by in comparators of keys. */
  private static int compareSizes(PeRange a, PeRange b) {
    int sizes = Long.compare(a.count(), b.count());
    return sizes != 0 ? sizes : Long.compare(a.first(), b.first());
  }

  FreeAreas(List<PeRange> areas) {
    for (PeRange area : joined(areas)) {
      byPv.computeIfAbsent(area.pv(), pv -> new TreeSet<>(BY_SIZE)).add(area);
    }
  }

  /**
   * The same areas with those that touch made one, in order of preference of their physical
   * volumes, then of their first extents.
   */
  static ImmutableList<PeRange> joined(List<PeRange> areas) {
    Map<LvmUuid, TreeMap<Long, PeRange>> sorted = new LinkedHashMap<>();
    for (PeRange area : areas) {
      PeRange other =
          sorted.computeIfAbsent(area.pv(), pv -> new TreeMap<>()).put(area.first(), area);
      if (other != null) {
        throw overlap(other, area);
      }
    }
    ImmutableList.Builder<PeRange> joined = ImmutableList.builder();
    for (TreeMap<Long, PeRange> ranges : sorted.values()) {
      PeRange last = null;
      for (PeRange area : ranges.values()) {
        if (last == null) {
          last = area;
        } else if (last.end() > area.first()) {
          throw overlap(last, area);
        } else if (last.end() == area.first()) {
          last = new PeRange(last.pv(), last.first(), last.count() + area.count());
        } else {
          joined.add(last);
          last = area;
        }
      }
      if (last != null) {
        joined.add(last);
      }
    }
    return joined.build();
  }

  private static IllegalArgumentException overlap(PeRange one, PeRange other) {
    return new IllegalArgumentException(
        "expected free areas that do not overlap, found %s and %s".formatted(one, other));
  }

  /** The physical volumes in order of preference. */
  Set<LvmUuid> pvs() {
    return byPv.keySet();
  }

  /**
   * Up to {@code most} extents in one piece: the start of the smallest area that holds so many, or
   * the largest area; of areas of one size the first. Nothing if the physical volume is full.
   */
  @Nullable PeRange offer(LvmUuid pv, long most) {
    NavigableSet<PeRange> areas = byPv.get(pv);
    if (areas == null || areas.isEmpty()) {
      return null;
    }
    long count = Math.min(most, areas.last().count());
    return smallest(areas, pv, count).slice(0, count);
  }

  /** Uses up what was offered. */
  void take(PeRange piece) {
    NavigableSet<PeRange> areas = byPv.get(piece.pv());
    // The offer came from the smallest area that holds it, so the same question finds it again.
    PeRange whole = areas == null ? null : smallest(areas, piece.pv(), piece.count());
    if (areas == null || whole == null || whole.first() != piece.first()) {
      throw new IllegalArgumentException("expected a piece that was offered, found " + piece);
    }
    areas.remove(whole);
    if (whole.count() > piece.count()) {
      areas.add(whole.slice(piece.count(), whole.count() - piece.count()));
    }
  }

  private static PeRange smallest(NavigableSet<PeRange> areas, LvmUuid pv, long count) {
    PeRange smallest = areas.ceiling(new PeRange(pv, 0, count));
    if (smallest == null) {
      throw new IllegalArgumentException(
          "expected an area of %d extents on %s, found none".formatted(count, pv));
    }
    return smallest;
  }
}
