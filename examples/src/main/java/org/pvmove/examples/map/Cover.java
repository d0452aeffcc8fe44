// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.pvmove.examples.map.Picture.Run;
import org.pvmove.examples.map.Picture.Use;

/** Collects what is said about the extents of a physical volume, and covers them with runs. */
final class Cover {
  private final List<Claim> claims = new ArrayList<>();
  private final List<Claim> moves = new ArrayList<>();

  /** Extents {@code first} to {@code end - 1} have a use, or a number of a move. */
  private record Claim(long first, long end, Use use, int volume, int move) {}

  void use(long first, long count, Use use, int volume) {
    claims.add(new Claim(first, first + count, use, volume, 0));
  }

  void move(long first, long count, int number) {
    moves.add(new Claim(first, first + count, Use.USED, -1, number));
  }

  /** Runs that cover extents 0 to {@code extents - 1}; claims behind the end are left out. */
  ImmutableList<Run> runs(long extents) {
    List<Run> runs = new ArrayList<>();
    long[] borders = borders(extents);
    Layer uses = new Layer(claims);
    Layer numbers = new Layer(moves);
    for (int i = 0; i + 1 < borders.length; i++) {
      uses.advance(borders[i]);
      numbers.advance(borders[i]);
      int move = numbers.isEmpty() ? 0 : numbers.any().move();
      long count = borders[i + 1] - borders[i];
      Run run =
          uses.isEmpty()
              ? new Run(borders[i], count, Use.FREE, -1, move)
              : uses.isOne()
                  ? new Run(borders[i], count, uses.any().use(), uses.any().volume(), move)
                  : new Run(borders[i], count, Use.CLAIMED_TWICE, -1, move);
      append(runs, run);
    }
    return ImmutableList.copyOf(runs);
  }

  private static void append(List<Run> runs, Run next) {
    int last = runs.size() - 1;
    if (last >= 0 && runs.get(last).isContinuedBy(next)) {
      Run run = runs.get(last);
      runs.set(
          last,
          new Run(run.first(), run.count() + next.count(), run.use(), run.volume(), run.move()));
    } else {
      runs.add(next);
    }
  }

  private long[] borders(long extents) {
    long[] borders = new long[2 * (claims.size() + moves.size()) + 2];
    int n = 0;
    borders[n++] = 0;
    borders[n++] = extents;
    for (List<Claim> some : List.of(claims, moves)) {
      for (Claim claim : some) {
        borders[n++] = Math.min(claim.first(), extents);
        borders[n++] = Math.min(claim.end(), extents);
      }
    }
    return Arrays.stream(borders).sorted().distinct().toArray();
  }

  /** The claims on the extent that a walk has come to. */
  private static final class Layer {
    private final List<Claim> sorted;
    private final PriorityQueue<Claim> here =
        new PriorityQueue<>(Comparator.comparingLong(Claim::end));
    private int next;

    Layer(List<Claim> claims) {
      sorted = claims.stream().sorted(Comparator.comparingLong(Claim::first)).toList();
    }

    void advance(long extent) {
      while (next < sorted.size() && sorted.get(next).first() <= extent) {
        here.add(sorted.get(next++));
      }
      while (!here.isEmpty() && here.element().end() <= extent) {
        here.remove();
      }
    }

    boolean isEmpty() {
      return here.isEmpty();
    }

    boolean isOne() {
      return here.size() == 1;
    }

    Claim any() {
      return here.element();
    }
  }
}
