// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class OwnerTest {
  private static final int LENGTH = 60;

  @Property
  void findsTheEndOfARunOfRangesByteByByte(
      @ForAll @Size(max = 6) List<@IntRange(max = 200) Integer> cuts,
      @ForAll @IntRange(min = 1, max = 4) int stripes,
      @ForAll @IntRange(min = 1, max = 8) int chunk,
      @ForAll @IntRange(max = 20) int start,
      @ForAll @IntRange(max = 20) int offset,
      @ForAll @IntRange(max = LENGTH - 1) int from) {
    Owner owner = new Owner("lv", start, offset, stripes == 1 ? Long.MAX_VALUE : chunk, stripes);
    RangeSet<Long> ranges = TreeRangeSet.create();
    for (int i = 0; i + 1 < cuts.size(); i += 2) {
      long one = cuts.get(i);
      long other = cuts.get(i + 1);
      ranges.add(Range.closedOpen(Math.min(one, other), Math.max(one, other)));
    }
    long expected = from;
    while (expected < LENGTH
        && ranges.contains(owner.ranges("disk", 0, expected, 1).get(0).logicalVolumeOffset())) {
      expected++;
    }

    assertThat(owner.endOfRun(ranges, from, LENGTH)).isEqualTo(expected);
  }

  @Property
  void endsNowhereBehindARangeWithoutEnd(@ForAll @IntRange(max = LENGTH) int from) {
    RangeSet<Long> all = TreeRangeSet.create();
    all.add(Range.atLeast(0L));

    assertThat(new Owner("lv", 0, 0, Long.MAX_VALUE, 1).endOfRun(all, from, LENGTH))
        .isEqualTo(LENGTH);
  }
}
