// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.pvmove.lvm.testing.Tank.inRow;
import static org.pvmove.lvm.testing.Tank.linear;
import static org.pvmove.lvm.testing.Tank.on;
import static org.pvmove.lvm.testing.Tank.pv;
import static org.pvmove.lvm.testing.Tank.pvs;
import static org.pvmove.lvm.testing.Tank.run;
import static org.pvmove.lvm.testing.Tank.striped;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.pvmove.lvm.testing.Tank;

class SegmentsTest {
  private static Segment tagged(Segment segment, String... tags) {
    return new Segment(
        segment.firstExtent(),
        segment.extentCount(),
        ImmutableList.of(),
        ImmutableList.copyOf(tags),
        0,
        segment.type(),
        Extras.NONE);
  }

  @Test
  void cutsALinearSegmentWhereAsked() {
    Segment segment = linear(0, 100, 10).at(40);
    assertThat(Segments.cut(segment, ImmutableSortedSet.of(3L, 7L)))
        .containsExactly(
            linear(0, 100, 3).at(40), linear(0, 103, 4).at(43), linear(0, 107, 3).at(47));
  }

  @Test
  void cutsAllStripesAtOnceAndCountsInExtentsOfOneStripe() {
    Segment segment = striped(run(0, 10, 6), run(1, 20, 6)).at(8);
    assertThat(Segments.cut(segment, ImmutableSortedSet.of(2L)))
        .containsExactly(
            striped(run(0, 10, 2), run(1, 20, 2)).at(8),
            striped(run(0, 12, 4), run(1, 22, 4)).at(12));
  }

  @Test
  void doesNotCutAtTheEndsOrOutside() {
    Segment segment = linear(0, 0, 5);
    assertThat(Segments.cut(segment, ImmutableSortedSet.of(-1L, 0L, 5L, 9L)))
        .containsExactly(segment);
  }

  @Test
  void keepsTagsFlagsAndUnknownFieldsInEveryPiece() {
    Segment segment = tagged(linear(0, 0, 5), "fast");
    assertThat(Segments.cut(segment, ImmutableSortedSet.of(2L)))
        .containsExactly(tagged(linear(0, 0, 2), "fast"), tagged(linear(0, 2, 3).at(2), "fast"));
  }

  @Test
  void refusesToCutAMirror() {
    Segment mirror =
        Segment.of(
            0,
            4,
            new SegmentType.Mirror(
                null,
                null,
                Sectors.of(1024),
                ImmutableList.of(new Area.Logical("m_0", 0), new Area.Logical("m_1", 0))));
    assertThat(Segments.cut(mirror, ImmutableSortedSet.of(0L, 4L))).containsExactly(mirror);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Segments.cut(mirror, ImmutableSortedSet.of(2L)))
        .withMessage("expected a striped segment to cut, found mirror");
  }

  @Test
  void mergesWhatContinues() {
    assertThat(Segments.merge(inRow(linear(0, 0, 3), linear(0, 3, 4), linear(0, 7, 1))))
        .containsExactly(linear(0, 0, 8));
  }

  @Test
  void mergesStripesOnlyIfAllOfThemContinue() {
    ImmutableList<Segment> apart =
        inRow(striped(run(0, 0, 2), run(1, 0, 2)), striped(run(0, 2, 2), run(1, 3, 2)));
    assertThat(Segments.merge(apart)).isEqualTo(apart);
    ImmutableList<Segment> crossed =
        inRow(striped(run(0, 0, 2), run(1, 0, 2)), striped(run(1, 2, 2), run(0, 2, 2)));
    assertThat(Segments.merge(crossed)).isEqualTo(crossed);
    assertThat(
            Segments.merge(
                inRow(striped(run(0, 0, 2), run(1, 0, 2)), striped(run(0, 2, 3), run(1, 2, 3)))))
        .containsExactly(striped(run(0, 0, 5), run(1, 0, 5)));
  }

  @Test
  void leavesApartWhatDoesNotContinue() {
    ImmutableList<Segment> gap = inRow(linear(0, 0, 3), linear(0, 4, 3));
    assertThat(Segments.merge(gap)).isEqualTo(gap);
    ImmutableList<Segment> before = inRow(linear(0, 3, 3), linear(0, 0, 3));
    assertThat(Segments.merge(before)).isEqualTo(before);
    ImmutableList<Segment> elsewhere = inRow(linear(0, 0, 3), linear(1, 3, 3));
    assertThat(Segments.merge(elsewhere)).isEqualTo(elsewhere);
    ImmutableList<Segment> hole = ImmutableList.of(linear(0, 0, 3), linear(0, 3, 3).at(4));
    assertThat(Segments.merge(hole)).isEqualTo(hole);
  }

  @Test
  void leavesApartWhatIsTaggedOrStripedDifferently() {
    ImmutableList<Segment> tags =
        inRow(tagged(linear(0, 0, 3), "fast"), tagged(linear(0, 3, 3), "slow"));
    assertThat(Segments.merge(tags)).isEqualTo(tags);
    Segment stripes = striped(run(0, 0, 2), run(1, 0, 2));
    Segment wider =
        Segment.of(
            4,
            4,
            new SegmentType.Striped(
                Sectors.of(256),
                ImmutableList.of(new Area.Physical(pv(0), 2), new Area.Physical(pv(1), 2))));
    assertThat(Segments.merge(ImmutableList.of(stripes, wider))).containsExactly(stripes, wider);
  }

  @Test
  void mergesZerosWithZerosAndErrorsWithErrors() {
    Segment zero = Segment.of(0, 2, new SegmentType.ZeroTarget());
    Segment error = Segment.of(0, 3, new SegmentType.ErrorTarget());
    assertThat(Segments.merge(inRow(zero, zero, error, error, zero)))
        .extracting(Segment::extentCount)
        .containsExactly(4L, 6L, 2L);
  }

  @Test
  void seesLockedVolumesAsTheyAreWritten() {
    VolumeGroup vg = pvs(9).lv("a", linear(0, 0, 2), linear(0, 2, 2)).build();
    LogicalVolume a = vg.logicalVolume("a").orElseThrow();
    LogicalVolume locked = a.toBuilder().flags(a.flags().with(StatusFlag.LOCKED)).build();
    assertThat(Segments.mergedAsRead(vg).logicalVolumes().get(0).segments()).hasSize(1);
    VolumeGroup during = vg.withLogicalVolumes(ImmutableList.of(locked));
    assertThat(Segments.mergedAsRead(during)).isEqualTo(during);
  }

  @Test
  void seesTheImagesOfAMoveAsTheyAreWritten() {
    VolumeGroup vg =
        pvs(9, 9)
            .hidden("pvmove0_mimage_0", linear(0, 0, 2), linear(0, 2, 2))
            .hidden("pvmove0_mimage_1", linear(1, 0, 2), linear(1, 2, 2))
            .lv(
                LogicalVolume.builder("pvmove0", Tank.id("move"))
                    .flags(StatusFlags.of(StatusFlag.PVMOVE))
                    .segments(
                        List.of(
                            Segment.of(
                                0,
                                4,
                                new SegmentType.Mirror(
                                    0L,
                                    null,
                                    Sectors.of(1024),
                                    ImmutableList.of(
                                        new Area.Logical("pvmove0_mimage_0", 0),
                                        new Area.Logical("pvmove0_mimage_1", 0))))))
                    .build())
            .build();
    assertThat(Segments.mergedAsRead(vg)).isEqualTo(vg);
  }

  @Test
  void neverMergesOnAnotherVolume() {
    ImmutableList<Segment> onMove = inRow(on("pvmove0", 0, 3), on("pvmove0", 3, 3));
    assertThat(Segments.merge(onMove)).isEqualTo(onMove);
  }

  @Property
  void mergingUndoesCutting(
      @ForAll @IntRange(min = 1, max = 4) int stripes,
      @ForAll @LongRange(min = 1, max = 50) long length,
      @ForAll @Size(max = 8) Set<@LongRange(min = -5, max = 60) Long> cuts) {
    PeRange[] areas = new PeRange[stripes];
    for (int i = 0; i < stripes; i++) {
      areas[i] = run(i, 10L * i, length);
    }
    Segment segment = striped(areas).at(7);
    ImmutableList<Segment> pieces = Segments.cut(segment, ImmutableSortedSet.copyOf(cuts));
    long inside = cuts.stream().filter(cut -> cut > 0 && cut < length).count();
    assertThat(pieces).hasSize((int) inside + 1);
    assertThat(Segments.merge(pieces)).containsExactly(segment);
  }
}
