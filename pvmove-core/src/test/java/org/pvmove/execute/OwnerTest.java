// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableRangeSet;
import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.volume.CopyGuard;

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

  private static LvmUuid id(int number) {
    return LvmUuid.random(new Random(number));
  }

  private static LogicalVolume on(String move, String name, int number, long extent, long count) {
    Area area = new Area.Logical(move, extent);
    return LogicalVolume.builder(name, id(number))
        .segments(
            ImmutableList.of(
                Segment.of(0, 1, SegmentType.Striped.linear(new Area.Physical(id(9), 50))),
                Segment.of(1, count, SegmentType.Striped.linear(area))))
        .build();
  }

  @Test
  void tellsTheVolumesOfAPieceApart() {
    // As LVM2 may have merged the segments of an atomic move; nothing stands on extents 5 and 6.
    VolumeGroup vg =
        VolumeGroup.builder("vg", id(1), new ExtentSize(1))
            .logicalVolumes(
                ImmutableList.of(on("pvmove0", "one", 2, 0, 2), on("pvmove0", "two", 3, 2, 3)))
            .build();
    PeRange source = new PeRange(id(9), 10, 6);
    Pvmove.Piece piece = new Pvmove.Piece(1, source, source, false);
    Pvmove move = new Pvmove("pvmove0", id(4), true, ImmutableList.of(piece));
    BlockDevice disk = BlockDevices.inMemory("disk", 1 << 20);
    CopyJob job =
        new CopyJob(
            0,
            disk,
            1000,
            disk,
            9000,
            6 * 512,
            new Owner.Index(vg, move).of(piece),
            ImmutableRangeSet.of(),
            CopyGuard.NONE);

    assertThat(job.onSource(256, 2816))
        .containsExactly(
            new BadRange("disk", 1256, 256, "one", 1024 + 256),
            new BadRange("disk", 1512, 1536, "two", 512),
            new BadRange("disk", 3048, 1024, "pvmove0", 5 * 512));
    assertThat(job.onDestination(512, 512))
        .containsExactly(new BadRange("disk", 9512, 512, "two", 512));
  }

  @Property
  void endsNowhereBehindARangeWithoutEnd(@ForAll @IntRange(max = LENGTH) int from) {
    RangeSet<Long> all = TreeRangeSet.create();
    all.add(Range.atLeast(0L));

    assertThat(new Owner("lv", 0, 0, Long.MAX_VALUE, 1).endOfRun(all, from, LENGTH))
        .isEqualTo(LENGTH);
  }
}
