// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pvmove.execute.Tuning.Setting;
import org.pvmove.io.IoHints;

/** Devices whose speed depends on how they are used; time is made up. */
class TuningTest {
  private static final int MIB = 1 << 20;
  private static final long MEMORY = 26 * MIB;

  private long now;

  private static IoHints disk(Object medium, boolean rotational, int depth) {
    return new IoHints(medium, rotational, depth, MIB);
  }

  private static Tuning fast() {
    return Tuning.of(disk("a", false, 8), disk("b", false, 8), MEMORY);
  }

  /** Copies for some seconds; returns which part of that time the best setting was in use. */
  private double shareOf(
      Setting best, Tuning tuning, double seconds, ToDoubleFunction<Setting> mibPerSecond) {
    long began = now;
    long end = now + (long) (seconds * 1e9);
    long atBest = 0;
    while (now < end) {
      Setting setting = tuning.setting();
      long time = (long) (setting.blockBytes() / (mibPerSecond.applyAsDouble(setting) * MIB) * 1e9);
      now += time;
      atBest += setting.equals(best) ? time : 0;
      tuning.copied(setting.blockBytes(), now);
    }
    return (double) atBest / (now - began);
  }

  @Test
  void copiesOneBlockAfterTheOtherWhereNothingIsKnown() {
    Tuning tuning = Tuning.of(disk("a", false, 1), disk("b", false, 8), MEMORY);

    assertThat(tuning.setting()).isEqualTo(new Setting(1, MIB));
    assertThat(tuning.maxDepth()).isEqualTo(1);
    assertThat(shareOf(new Setting(1, MIB), tuning, 10, setting -> 100)).isEqualTo(1);
  }

  @Test
  void beginsWithLargeBlocksOnOneRotatingDiskAndOverlapsOnTwo() {
    assertThat(Tuning.of(disk("a", true, 1), disk("a", true, 1), MEMORY).setting())
        .isEqualTo(new Setting(1, 4 * MIB));
    assertThat(Tuning.of(disk("a", true, 1), disk("b", true, 1), MEMORY).setting())
        .isEqualTo(new Setting(2, MIB));
  }

  @Test
  void beginsWithTheDepthThatTheDevicesLike() {
    assertThat(fast().setting()).isEqualTo(new Setting(8, MIB));
    assertThat(Tuning.of(disk("a", false, 4), disk("b", false, 8), MEMORY).setting())
        .isEqualTo(new Setting(4, MIB));
  }

  /** A lane keeps its place for the longest block that it ever had. */
  @Test
  void hasRoomForTheLongestBlockOfEachLane() {
    for (long memory = 4 * MIB; memory <= MEMORY; memory += MIB) {
      Tuning tuning = Tuning.of(disk("a", true, 8), disk("b", true, 8), memory);
      int[] longest = new int[tuning.maxDepth()];
      shareOf(
          tuning.setting(),
          tuning,
          20,
          setting -> {
            for (int lane = 0; lane < setting.depth(); lane++) {
              longest[lane] = Math.max(longest[lane], setting.blockBytes());
            }
            return 100.0 * setting.depth();
          });
      assertThat(IntStream.of(longest).asLongStream().sum()).isLessThanOrEqualTo(memory);
    }
  }

  @Test
  void staysWithinItsMemory() {
    Tuning tuning = Tuning.of(disk("a", false, 8), disk("b", false, 8), 4 * MIB);

    shareOf(
        tuning.setting(),
        tuning,
        20,
        setting -> {
          assertThat(setting.depth() * setting.blockBytes()).isLessThanOrEqualTo(4 * MIB);
          return 100 * setting.depth();
        });
  }

  @Test
  void findsThatADiskWhichIsSaidToRotateLikesManyRequests() {
    Tuning tuning = Tuning.of(disk("a", true, 1), disk("a", true, 1), MEMORY);
    Setting best = new Setting(8, MIB);

    assertThat(
            shareOf(
                best, tuning, 30, setting -> setting.equals(best) ? 900 : 100 * setting.depth()))
        .isGreaterThan(0.8);
  }

  @Test
  void staysWhereItIsBest() {
    Setting best = new Setting(1, 4 * MIB);
    Tuning tuning = Tuning.of(disk("a", true, 1), disk("a", true, 1), MEMORY);

    assertThat(shareOf(best, tuning, 60, setting -> setting.equals(best) ? 150 : 60))
        .isGreaterThan(0.8);
  }

  @Test
  void followsWhenTheDevicesChange() {
    Tuning tuning = fast();
    shareOf(new Setting(8, MIB), tuning, 10, setting -> 100 * setting.depth());

    // From now on every request more is one too many.
    Setting best = new Setting(1, 4 * MIB);
    ToDoubleFunction<Setting> slower =
        setting ->
            (long) setting.depth() * setting.blockBytes() > 8 * MIB ? 50 : 500.0 / setting.depth();
    shareOf(best, tuning, 30, slower);

    assertThat(shareOf(best, tuning, 30, slower)).isGreaterThan(0.8);
  }
}
