// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.pvmove.lvm.testing.Tank.linear;
import static org.pvmove.lvm.testing.Tank.pv;
import static org.pvmove.lvm.testing.Tank.run;
import static org.pvmove.lvm.testing.Tank.striped;

import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;

/** Sectors, extents, runs and the lengths of areas. */
class UnitsTest {
  @Test
  void turnsSectorsIntoBytesAndBack() {
    assertThat(Sectors.of(2048).toBytes()).isEqualTo(1 << 20);
    assertThat(Sectors.ofBytesExact(1 << 20)).isEqualTo(Sectors.of(2048));
    assertThat(Sectors.of(1)).isLessThan(Sectors.of(2)).hasToString("1 sector");
    assertThat(Sectors.ZERO).hasToString("0 sectors");
  }

  @Test
  void refusesHalfAndNegativeSectors() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Sectors.ofBytesExact(513))
        .withMessage("expected a multiple of 512 bytes, found 513");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Sectors.of(-1))
        .withMessage("expected a number of sectors >= 0, found -1");
    assertThatExceptionOfType(ArithmeticException.class)
        .isThrownBy(() -> Sectors.of(Long.MAX_VALUE / 2).toBytes());
  }

  @Test
  void turnsExtentsIntoBytes() {
    ExtentSize size = ExtentSize.ofBytes(4 << 20);
    assertThat(size.sectors()).isEqualTo(8192);
    assertThat(size.bytes()).isEqualTo(4 << 20);
    assertThat(size.toBytes(3)).isEqualTo(12 << 20);
    assertThatExceptionOfType(ArithmeticException.class)
        .isThrownBy(() -> size.toBytes(Long.MAX_VALUE / 2));
  }

  @Test
  void knowsTheExtentSizesLvmMakes() {
    assertThat(new ExtentSize(1).isUsual()).isTrue();
    assertThat(new ExtentSize(8192).isUsual()).isTrue();
    assertThat(new ExtentSize(3 * 256).isUsual()).isTrue();
    assertThat(new ExtentSize(100).isUsual()).isFalse();
    assertThatIllegalArgumentException().isThrownBy(() -> new ExtentSize(0));
    assertThatIllegalArgumentException().isThrownBy(() -> new ExtentSize(1L << 32));
    assertThatIllegalArgumentException().isThrownBy(() -> ExtentSize.ofBytes(1000));
  }

  @Test
  void knowsWhetherRunsOverlap() {
    assertThat(run(0, 5, 5).overlaps(run(0, 9, 1))).isTrue();
    assertThat(run(0, 5, 5).overlaps(run(0, 10, 1))).isFalse();
    assertThat(run(0, 5, 5).overlaps(run(0, 0, 5))).isFalse();
    assertThat(run(0, 5, 5).overlaps(run(0, 0, 50))).isTrue();
    assertThat(run(0, 5, 5).overlaps(run(1, 5, 5))).isFalse();
  }

  @Test
  void slicesRuns() {
    assertThat(run(0, 5, 5).slice(2, 3)).isEqualTo(run(0, 7, 3));
    assertThat(run(0, 5, 5).slice(0, 5)).isEqualTo(run(0, 5, 5));
    assertThatIllegalArgumentException().isThrownBy(() -> run(0, 5, 5).slice(3, 3));
    assertThatIllegalArgumentException().isThrownBy(() -> run(0, 5, 5).slice(-1, 3));
    assertThatIllegalArgumentException().isThrownBy(() -> run(0, 5, 5).slice(0, 0));
    assertThat(run(0, 5, 5)).hasToString(pv(0) + ":5-9");
  }

  @Test
  void refusesRunsThatAreEmptyOrEndBeyondAllNumbers() {
    assertThatIllegalArgumentException().isThrownBy(() -> run(0, 0, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> run(0, -1, 2));
    assertThatIllegalArgumentException().isThrownBy(() -> run(0, Long.MAX_VALUE, 1));
    assertThat(run(0, Long.MAX_VALUE - 1, 1).end()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void knowsHowLongAreasAre() {
    assertThat(linear(0, 0, 7).areaLength()).isEqualTo(7);
    assertThat(striped(run(0, 0, 4), run(1, 0, 4), run(2, 0, 4)).areaLength()).isEqualTo(4);
    assertThat(raid("raid1", 2, null).areaLength(6)).isEqualTo(6);
    assertThat(raid("raid5_ls", 3, null).areaLength(6)).isEqualTo(3);
    assertThat(raid("raid6_zr", 5, null).areaLength(6)).isEqualTo(2);
    assertThat(raid("raid10", 4, null).areaLength(6)).isEqualTo(3);
    assertThat(raid("raid10", 6, 3L).areaLength(6)).isEqualTo(3);
    assertThat(raid("raid0", 3, null).areaLength(6)).isEqualTo(2);
  }

  @Test
  void knowsThePhysicalExtentsOfAnArea() {
    Segment segment = striped(run(0, 3, 2), run(1, 8, 2));
    assertThat(segment.physicalRange(segment.areas().get(1))).isEqualTo(run(1, 8, 2));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> segment.physicalRange(new Area.Logical("x", 0)))
        .withMessage("expected an area on a physical volume, found x:0");
  }

  private static SegmentType raid(String name, int images, Long copies) {
    ImmutableList.Builder<SegmentType.RaidImage> all = ImmutableList.builder();
    for (int i = 0; i < images; i++) {
      all.add(new SegmentType.RaidImage("meta" + i, new Area.Logical("data" + i, 0)));
    }
    return new SegmentType.Raid(name, all.build(), copies, null, null, null, null, null, null);
  }
}
