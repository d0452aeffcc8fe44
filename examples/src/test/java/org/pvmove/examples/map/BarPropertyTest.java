// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.pvmove.examples.map.Picture.Run;
import org.pvmove.examples.map.Picture.Use;

/** Whatever the runs, a line shows all of them, and is as long as it should be. */
class BarPropertyTest {
  @Provide
  Arbitrary<ImmutableList<Run>> runs() {
    Arbitrary<Long> counts =
        Arbitraries.oneOf(
            Arbitraries.longs().between(1, 5),
            Arbitraries.longs().between(1, 1000),
            Arbitraries.longs().between(1, 1L << 32));
    return counts
        .list()
        .ofMinSize(1)
        .ofMaxSize(300)
        .map(
            all -> {
              ImmutableList.Builder<Run> runs = ImmutableList.builder();
              long next = 0;
              for (int i = 0; i < all.size(); i++) {
                boolean free = i % 2 == 0;
                runs.add(new Run(next, all.get(i), free ? Use.FREE : Use.USED, free ? -1 : i, 0));
                next += all.get(i);
              }
              return runs.build();
            });
  }

  @Property
  void everyRunIsInOneSliceInOrder(
      @ForAll("runs") ImmutableList<Run> runs,
      @ForAll @IntRange(min = 10, max = 600) int width,
      @ForAll @IntRange(min = 1, max = 10) int least) {
    List<Run> shown = new ArrayList<>();
    Bar.slices(runs, width, least).forEach(slice -> shown.addAll(slice.runs()));
    assertThat(shown).isEqualTo(runs);
  }

  @Property
  void slicesFillTheLineAndNoneIsTooNarrow(
      @ForAll("runs") ImmutableList<Run> runs,
      @ForAll @IntRange(min = 10, max = 600) int width,
      @ForAll @IntRange(min = 1, max = 10) int least) {
    int next = 0;
    for (Bar.Slice slice : Bar.slices(runs, width, least)) {
      assertThat(slice.start()).isEqualTo(next);
      assertThat(slice.width()).isGreaterThanOrEqualTo(least);
      next = slice.end();
    }
    assertThat(next).isEqualTo(width);
  }

  @Property
  void everyRunHasASliceOfItsOwnWhereThereIsRoom(
      @ForAll("runs") ImmutableList<Run> runs,
      @ForAll @IntRange(min = 10, max = 600) int width,
      @ForAll @IntRange(min = 1, max = 10) int least) {
    boolean room = runs.size() * least <= width;
    assertThat(Bar.slices(runs, width, least).stream().allMatch(Bar.Slice::isOneRun))
        .isEqualTo(room);
  }

  @Property
  void anExtentHasACharacterWhereThereIsRoomForAll(@ForAll("runs") ImmutableList<Run> runs) {
    long extents = Iterables.getLast(runs).end();
    if (extents <= 100_000) {
      for (Bar.Slice slice : Bar.slices(runs, (int) extents, 1)) {
        assertThat(slice.width()).isEqualTo(slice.count());
        assertThat(slice.start()).isEqualTo(slice.first());
      }
    }
  }

  @Property
  void theLongestRunIsTheWidest(@ForAll("runs") ImmutableList<Run> runs) {
    ImmutableList<Bar.Slice> slices = Bar.slices(runs, 1000, 1);
    for (Bar.Slice one : slices) {
      for (Bar.Slice other : slices) {
        // Both begin between two units, hence one more or less.
        if (one.count() >= other.count()) {
          assertThat(one.width()).isGreaterThanOrEqualTo(other.width() - 1);
        }
      }
    }
  }
}
