// SPDX-License-Identifier: Apache-2.0
package org.pvmove.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.StatusFlags;
import org.pvmove.lvm.VolumeGroup;

/** How copying makes way for users, and what is too little known to be mapped. */
@Timeout(60)
class TrafficTest {
  private static final long HOUR_NANOS = 3_600_000_000_000L;

  private final Traffic traffic =
      new Traffic(
          pv -> {
            throw new AssertionError("no device is needed");
          },
          new UserFirst(8192, 0.5));

  @ParameterizedTest
  @CsvSource({"0, 0.5", "2048, 0.5", "5000, 0.5", "2097152, 0.5", "4096, 0", "4096, 1.01"})
  void knowsWhatStepsAndSharesMakeSense(int stepBytes, double share) {
    assertThatThrownBy(() -> new UserFirst(stepBytes, share))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected");
  }

  @Test
  void staysAwayAsLongAsItsShareSays() {
    assertThat(UserFirst.OFF.pauseAfter(1000)).isZero();
    assertThat(UserFirst.USUAL.pauseAfter(1000)).isEqualTo(3000);
    assertThat(new UserFirst(4096, Double.MIN_VALUE).pauseAfter(1)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void copiesInLargeStepsOnlyWhileNobodyUsesTheVolumes() {
    assertThat(traffic.stepBytes(1 << 20)).isEqualTo(1 << 20);
    Traffic.Request request = traffic.begin();
    assertThat(traffic.stepBytes(1 << 20)).isEqualTo(8192);
    assertThat(traffic.stepBytes(4096)).isEqualTo(4096);
    traffic.userFirst(UserFirst.OFF);
    assertThat(traffic.stepBytes(1 << 20)).isEqualTo(1 << 20);
    request.close();
  }

  @Test
  void goesOnAtOnceIfNobodyUsesTheVolumes() {
    traffic.giveWay(HOUR_NANOS, () -> false);
  }

  @Test
  void goesOnOnceItIsToStop() {
    Traffic.Request request = traffic.begin();
    AtomicInteger asked = new AtomicInteger();

    traffic.giveWay(HOUR_NANOS, () -> asked.incrementAndGet() == 3);

    assertThat(asked).hasValue(3);
    request.close();
  }

  @Test
  void goesOnOnceItIsInterruptedAndKeepsTheInterrupt() {
    Traffic.Request request = traffic.begin();
    Thread.currentThread().interrupt();

    traffic.giveWay(HOUR_NANOS, () -> false);

    assertThat(Thread.interrupted()).isTrue();
    request.close();
  }

  @Test
  void goesOnSomeTimeAfterTheLastRequest() {
    traffic.begin().close();
    traffic.giveWay(HOUR_NANOS, () -> false);
  }

  @Test
  void mapsNoSegmentOfATypeNobodyKnows() {
    Random random = new Random(1);
    LogicalVolume lv =
        LogicalVolume.builder("lv", LvmUuid.random(random))
            .flags(StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE, StatusFlag.VISIBLE))
            .segments(
                List.of(Segment.of(0, 1, new SegmentType.Unknown("striper", ImmutableList.of()))))
            .build();
    VolumeGroup vg =
        VolumeGroup.builder("vg", LvmUuid.random(random), ExtentSize.ofBytes(8192))
            .logicalVolumes(List.of(lv))
            .build();

    assertThatThrownBy(() -> VolumeMap.of(vg, "lv"))
        .isInstanceOf(UnmappableVolumeException.class)
        .hasMessageContaining("logical volume lv to be")
        .hasMessageContaining("a segment of type striper");
  }
}
