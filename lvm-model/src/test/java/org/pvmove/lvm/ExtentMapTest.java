// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pvmove.lvm.testing.Tank.id;
import static org.pvmove.lvm.testing.Tank.linear;
import static org.pvmove.lvm.testing.Tank.pv;
import static org.pvmove.lvm.testing.Tank.pvs;
import static org.pvmove.lvm.testing.Tank.run;
import static org.pvmove.lvm.testing.Tank.striped;

import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;

class ExtentMapTest {
  @Test
  void listsUsesByFirstExtentWithTheirSegmentAndStripe() {
    VolumeGroup vg =
        pvs(10, 10)
            .lv("late", linear(0, 6, 2))
            .lv("wide", striped(run(1, 0, 3), run(0, 1, 3)))
            .build();
    LogicalVolume late = vg.logicalVolume("late").orElseThrow();
    LogicalVolume wide = vg.logicalVolume("wide").orElseThrow();
    ExtentMap map = ExtentMap.of(vg);
    assertThat(map.uses(pv(0)))
        .containsExactly(
            new ExtentMap.Use(run(0, 1, 3), wide, wide.segments().get(0), 1),
            new ExtentMap.Use(run(0, 6, 2), late, late.segments().get(0), 0));
    assertThat(map.uses(pv(1)))
        .containsExactly(new ExtentMap.Use(run(1, 0, 3), wide, wide.segments().get(0), 0));
  }

  @Test
  void findsTheGapsAtTheStartInTheMiddleAndAtTheEnd() {
    ExtentMap map = ExtentMap.of(pvs(10).lv("a", linear(0, 2, 3), linear(0, 7, 1)).build());
    assertThat(map.free(pv(0))).containsExactly(run(0, 0, 2), run(0, 5, 2), run(0, 8, 2));
    assertThat(map.freeCount(pv(0))).isEqualTo(6);
  }

  @Test
  void knowsFullAndEmptyPhysicalVolumes() {
    ExtentMap map = ExtentMap.of(pvs(4, 4, 0).lv("a", linear(0, 0, 4)).build());
    assertThat(map.free(pv(0))).isEmpty();
    assertThat(map.freeCount(pv(0))).isZero();
    assertThat(map.free(pv(1))).containsExactly(run(1, 0, 4));
    assertThat(map.uses(pv(1))).isEmpty();
    assertThat(map.free(pv(2))).isEmpty();
  }

  @Test
  void countsBothLegsOfAMoveAsUsed() {
    SegmentType.Mirror mirror =
        new SegmentType.Mirror(
            0L,
            null,
            Sectors.of(4096),
            ImmutableList.of(new Area.Physical(pv(0), 0), new Area.Physical(pv(1), 2)));
    LogicalVolume pvmove =
        LogicalVolume.builder("pvmove0", id("pvmove0"))
            .segments(ImmutableList.of(Segment.of(0, 3, mirror)))
            .build();
    ExtentMap map = ExtentMap.of(pvs(5, 5).lv(pvmove).build());
    assertThat(map.free(pv(0))).containsExactly(run(0, 3, 2));
    assertThat(map.free(pv(1))).containsExactly(run(1, 0, 2));
  }

  @Test
  void standsOverlapsAndWhatLiesOutside() {
    ExtentMap map =
        ExtentMap.of(
            pvs(10)
                .lv("a", linear(0, 0, 6))
                .lv("b", linear(0, 2, 2))
                .lv("c", linear(0, 9, 5))
                .build());
    assertThat(map.uses(pv(0)))
        .extracting(ExtentMap.Use::range)
        .containsExactly(run(0, 0, 6), run(0, 2, 2), run(0, 9, 5));
    assertThat(map.free(pv(0))).containsExactly(run(0, 6, 3));
    assertThat(map.freeCount(pv(0))).isEqualTo(3);
  }

  @Test
  void countsNothingBeyondTheEndAsFree() {
    ExtentMap map =
        ExtentMap.of(pvs(10).lv("a", linear(0, 0, 6)).lv("b", linear(0, 13, 2)).build());
    assertThat(map.free(pv(0))).containsExactly(run(0, 6, 4));
    assertThat(map.freeCount(pv(0))).isEqualTo(4);
  }

  @Test
  void standsSegmentsTooShortForTheirStripes() {
    Segment tooShort =
        Segment.of(
            0,
            1,
            new SegmentType.Striped(
                Sectors.of(128),
                ImmutableList.of(new Area.Physical(pv(0), 0), new Area.Physical(pv(1), 0))));
    ExtentMap map = ExtentMap.of(pvs(3, 3).lv("a", tooShort).build());
    assertThat(map.uses(pv(0))).isEmpty();
    assertThat(map.freeCount(pv(0))).isEqualTo(3);
  }

  @Test
  void standsAnAbsurdNumberOfRaidCopies() {
    for (long copies : new long[] {Long.MIN_VALUE, -1, 0, 3, Long.MAX_VALUE}) {
      Segment raid =
          Segment.of(
              0,
              4,
              new SegmentType.Raid(
                  "raid10",
                  ImmutableList.of(
                      new SegmentType.RaidImage(null, new Area.Physical(pv(0), 1)),
                      new SegmentType.RaidImage(null, new Area.Physical(pv(1), 1))),
                  copies,
                  null,
                  null,
                  null,
                  null,
                  null,
                  null));
      ExtentMap map = ExtentMap.of(pvs(9, 9).lv("r", raid).build());
      assertThat(map.uses(pv(0))).hasSize(copies > 0 ? 1 : 0);
      assertThat(map.freeCount(pv(0))).isEqualTo(copies > 0 ? 5 : 9);
    }
  }

  @Test
  void knowsNothingOfPhysicalVolumesOutsideTheGroup() {
    ExtentMap map = ExtentMap.of(pvs(3).lv("a", linear(7, 0, 2)).build());
    assertThat(map.uses(pv(7))).isEmpty();
    assertThat(map.free(pv(7))).isEmpty();
    assertThat(map.freeCount(pv(7))).isZero();
  }
}
