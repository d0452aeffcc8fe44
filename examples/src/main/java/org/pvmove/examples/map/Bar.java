// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.pvmove.examples.map.Picture.Run;

/** The runs of a physical volume on a line of limited length. */
final class Bar {
  private Bar() {}

  /**
   * A part of a line that stands for one run, or for several that are too short to be told apart.
   *
   * @param runs what it stands for, in order, at least one
   * @param start where it begins, in units of the line
   * @param width its width in these units
   */
  record Slice(ImmutableList<Run> runs, int start, int width) {
    boolean isOneRun() {
      return runs.size() == 1;
    }

    long first() {
      return runs.get(0).first();
    }

    long count() {
      return runs.get(runs.size() - 1).end() - first();
    }

    int end() {
      return start + width;
    }

    /** The numbers of the moves, in the order of the extents. */
    ImmutableList<Integer> moves() {
      return runs.stream()
          .filter(run -> run.move() != 0)
          .map(Run::move)
          .distinct()
          .collect(ImmutableList.toImmutableList());
    }
  }

  /**
   * Slices that fill a line: all runs are there, in order, none in two slices. Widths are in
   * proportion to the extents, but none is less than {@code least}.
   *
   * @param runs runs that cover a physical volume
   * @param width the line's length
   * @param least the least width of a slice, at most {@code width}
   */
  static ImmutableList<Slice> slices(ImmutableList<Run> runs, int width, int least) {
    List<ImmutableList<Run>> groups = groups(runs, width / least);
    long[] counts = new long[groups.size()];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = new Slice(groups.get(i), 0, 0).count();
    }
    int[] starts = starts(counts, width, least);
    ImmutableList.Builder<Slice> slices = ImmutableList.builder();
    for (int i = 0; i < counts.length; i++) {
      slices.add(new Slice(groups.get(i), starts[i], starts[i + 1] - starts[i]));
    }
    return slices.build();
  }

  /**
   * At most so many groups of neighbours. If there are too many runs, the line is divided into
   * cells, and those runs are one group that are in one cell; what goes beyond a cell stays alone.
   */
  private static List<ImmutableList<Run>> groups(ImmutableList<Run> runs, int most) {
    long cells = runs.size() <= most ? Long.MAX_VALUE : Math.max(1, (most + 1) / 2);
    long extents = runs.isEmpty() ? 0 : runs.get(runs.size() - 1).end();
    List<ImmutableList<Run>> groups = new ArrayList<>();
    int next = 0;
    while (next < runs.size()) {
      int end = next + 1;
      if (cells < extents) {
        long cell = cell(runs.get(next), cells, extents);
        while (cell >= 0 && end < runs.size() && cell(runs.get(end), cells, extents) == cell) {
          end++;
        }
      }
      groups.add(runs.subList(next, end));
      next = end;
    }
    return groups;
  }

  /** The cell that a run is in, -1 if it is in more than one. */
  private static long cell(Run run, long cells, long extents) {
    long cell = run.first() * cells / extents;
    return (run.end() - 1) * cells / extents == cell ? cell : -1;
  }

  /** Where each slice begins; the last number is the width. */
  private static int[] starts(long[] counts, int width, int least) {
    long[] sorted = counts.clone();
    Arrays.sort(sorted);
    // The shortest ones get the least width, as long as their share would be less than that.
    long extents = Arrays.stream(counts).sum();
    int rest = width;
    int widened = 0;
    while (widened < sorted.length && sorted[widened] * rest < least * extents) {
      extents -= sorted[widened++];
      rest -= least;
    }
    long shortest = widened < sorted.length ? sorted[widened] : Long.MAX_VALUE;
    int[] starts = new int[counts.length + 1];
    int fixed = 0;
    long before = 0;
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] < shortest) {
        fixed += least;
      } else {
        before += counts[i];
      }
      starts[i + 1] = fixed + (extents == 0 ? 0 : (int) (before * rest / extents));
    }
    return starts;
  }
}
