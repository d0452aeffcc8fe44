// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.pvmove.execute.Progress.TimeLeft;

/** What is said about the time that is left, and what comes true. */
class EstimatePropertyTest {
  private static final long SECOND = 1_000_000_000;

  private static double seconds(Duration duration) {
    return duration.getSeconds() + duration.getNano() / 1e9;
  }

  @Property(tries = 300)
  void aConstantRateGivesTheExactTime(
      @ForAll @LongRange(min = 1, max = 10_000_000_000L) long bytesPerTick,
      @ForAll @LongRange(min = 1_000_000, max = 30_000_000_000L) long tickNanos,
      @ForAll @LongRange(min = 0, max = 1L << 40) long before,
      @ForAll @LongRange(min = 1, max = 1L << 50) long left,
      @ForAll long start) {
    Estimate estimate = Estimate.startingAt(start, before);
    long ticks = 3 * (1 + SECOND / tickNanos) + 5;
    for (long i = 1; i <= ticks; i++) {
      estimate = estimate.at(start + i * tickNanos, before + i * bytesPerTick);
    }
    double rate = bytesPerTick / (tickNanos / 1e9);
    assertThat(estimate.bytesPerSecond()).isCloseTo(rate, offset(rate * 1e-6));
    assertThat(estimate.averageBytesPerSecond()).isCloseTo(rate, offset(rate * 1e-6));
    TimeLeft time = estimate.timeLeft(left).orElseThrow();
    double truth = Math.min(3.2e13, left / rate);
    assertThat(seconds(time.expected())).isCloseTo(truth, within(truth * 1e-6 + 1e-8));
    assertThat(seconds(time.least())).isCloseTo(truth, within(truth * 1e-4 + 1e-8));
    assertThat(seconds(time.most())).isCloseTo(truth, within(truth * 1e-4 + 1e-8));
  }

  /**
   * The rate changes every second by chance, and no more than up to a part of it. The bounds hold
   * in 92 to 96 of 100 cases; there are so many, of fixed seeds, that chance does not make that 90.
   */
  @Property(tries = 30)
  void boundsHoldInNineOfTenCases(
      @ForAll @IntRange(min = 3, max = 40) int secondsSeen,
      @ForAll @IntRange(min = 1, max = 200) int secondsLeft,
      @ForAll @DoubleRange(min = 0.01, max = 0.9) double spread) {
    int cases = 4000;
    int right = 0;
    for (int seed = 0; seed < cases; seed++) {
      Random random = new Random(seed);
      Estimate estimate = Estimate.startingAt(0, 0);
      long done = 0;
      for (int i = 1; i <= secondsSeen; i++) {
        done += bytesOfASecond(random, spread);
        estimate = estimate.at(i * SECOND, done);
      }
      long left = 0;
      for (int i = 0; i < secondsLeft; i++) {
        left += bytesOfASecond(random, spread);
      }
      TimeLeft time = estimate.timeLeft(left).orElseThrow();
      if (seconds(time.least()) <= secondsLeft && secondsLeft <= seconds(time.most())) {
        right++;
      }
    }
    assertThat(right).isGreaterThanOrEqualTo(cases * 9 / 10);
  }

  private static long bytesOfASecond(Random random, double spread) {
    return (long) (100_000_000 * (1 + spread * (2 * random.nextDouble() - 1)));
  }

  record Step(long nanos, long bytes) {}

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Long> nanos =
        Arbitraries.oneOf(
            Arbitraries.just(0L),
            Arbitraries.longs().between(-SECOND, 10 * SECOND),
            Arbitraries.longs().between(0, 10_000_000 * SECOND));
    Arbitrary<Long> bytes =
        Arbitraries.oneOf(
            Arbitraries.just(0L),
            Arbitraries.longs().between(-1_000_000, 1L << 30),
            Arbitraries.longs().between(0, 1L << 50));
    return Combinators.combine(nanos, bytes).as(Step::new).list().ofMaxSize(60);
  }

  @Property(tries = 500)
  void isSaneWhateverItIsTold(
      @ForAll("steps") List<Step> steps,
      @ForAll long start,
      @ForAll @LongRange(min = 0, max = 1L << 60) long left,
      @ForAll @LongRange(min = 0, max = 1L << 60) long more) {
    Estimate estimate = Estimate.startingAt(start, 0);
    long nanos = start;
    long bytes = 0;
    for (Step step : steps) {
      nanos += step.nanos();
      bytes = Math.max(0, bytes + step.bytes());
      estimate = estimate.at(nanos, bytes);
      assertThat(estimate.bytesPerSecond()).isNotNegative().isFinite();
      assertThat(estimate.averageBytesPerSecond()).isNotNegative().isFinite();
      Optional<TimeLeft> time = estimate.timeLeft(left);
      time.ifPresent(
          value -> {
            assertThat(value.least()).isBetween(Duration.ZERO, value.expected());
            assertThat(value.most()).isGreaterThanOrEqualTo(value.expected());
          });
      if (time.isPresent() && left > 0) {
        assertThat(estimate.timeLeft(left + more).orElseThrow().expected())
            .as("more takes no less time")
            .isGreaterThanOrEqualTo(time.get().expected());
      }
    }
  }

  @Example
  void saysNothingBeforeThreeSecondsWereSeen() {
    Estimate estimate = Estimate.startingAt(0, 0);
    assertThat(estimate.bytesPerSecond()).isZero();
    assertThat(estimate.averageBytesPerSecond()).isZero();
    estimate = estimate.at(SECOND, 100).at(2 * SECOND, 200).at(5 * SECOND / 2, 250);
    assertThat(estimate.timeLeft(100)).isEmpty();
    assertThat(estimate.bytesPerSecond()).isCloseTo(100, offset(1e-9));
    assertThat(estimate.at(3 * SECOND, 300).timeLeft(100)).isPresent();
  }

  @Example
  void aStallLeavesNoTimeAndIsForgottenLater() {
    Estimate estimate = Estimate.startingAt(0, 0);
    long done = 0;
    int second = 0;
    for (; second < 30; second++) {
      done += 100;
      estimate = estimate.at((second + 1) * SECOND, done);
    }
    for (; second < 33; second++) {
      estimate = estimate.at((second + 1) * SECOND, done);
    }
    assertThat(estimate.timeLeft(1000)).isEmpty();
    for (; second < 60; second++) {
      done += 100;
      estimate = estimate.at((second + 1) * SECOND, done);
    }
    TimeLeft ten = new TimeLeft(tenSeconds(), tenSeconds(), tenSeconds());
    assertThat(estimate.timeLeft(1000)).contains(ten);
  }

  @Example
  void aLongPauseCountsForTenSeconds() {
    Estimate estimate = Estimate.startingAt(0, 0);
    long done = 0;
    for (int second = 1; second <= 20; second++) {
      done += 100;
      estimate = estimate.at(second * SECOND, done);
    }
    TimeLeft after = estimate.at(3620 * SECOND, done + 100).timeLeft(1000).orElseThrow();
    // Nineteen seconds of 100 and ten of nearly nothing.
    assertThat(seconds(after.expected())).isCloseTo(10.0 * 29 / 19, within(0.01));
    assertThat(after.least()).isBetween(Duration.ofSeconds(1), tenSeconds());
    assertThat(after.most()).isGreaterThan(after.expected());
  }

  private static Duration tenSeconds() {
    return Duration.ofSeconds(10);
  }
}
