// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableList;
import java.time.Duration;
import java.util.Optional;
import org.pvmove.execute.Progress.TimeLeft;

/**
 * How fast something goes on, and when it will be done. Immutable; it is told how much is done at
 * which time.
 *
 * <p>Time is cut into windows of a second, longer where nothing is heard of for longer. The last
 * twenty of them say how long the rest takes; how much their rates differ says how sure that is.
 */
final class Estimate {
  private static final double SECOND = 1e9;

  private static final long WINDOW_NANOS = 1_000_000_000;
  private static final int MOST_WINDOWS = 20;
  private static final int LEAST_WINDOWS = 3;

  /** After so many seconds the recent rate has forgotten two thirds of what was before. */
  private static final double MEMORY = 10;

  /** So much a window counts at most: a pause of an hour is not what the next hour will be like. */
  private static final double MOST_WEIGHT = 10;

  /** The rate is taken to be at least this part of the mean. */
  private static final double LEAST_RATE = 0.1;

  /** Student's distribution: the quantile for 19 of 20 cases, of 3, 4, ... 20 values. */
  private static final double[] STUDENT = {
    4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145,
    2.131, 2.120, 2.110, 2.101, 2.093
  };

  /**
   * A stretch of time.
   *
   * @param seconds how long it was, above 0
   * @param bytes what was done
   */
  private record Window(double seconds, double bytes) {
    private double rate() {
      return bytes / seconds;
    }

    private double weight() {
      return Math.min(seconds, MOST_WEIGHT);
    }
  }

  private final long startNanos;
  private final long startBytes;
  private final long nanos;
  private final long bytes;

  /** Where the window begins that is not complete. */
  private final long windowNanos;

  private final long windowBytes;
  private final ImmutableList<Window> windows;

  /** The rates of the complete windows, the more weighted the later, and these weights' sum. */
  private final double recent;

  private final double recentWeight;

  private Estimate(
      long startNanos,
      long startBytes,
      long nanos,
      long bytes,
      long windowNanos,
      long windowBytes,
      ImmutableList<Window> windows,
      double recent,
      double recentWeight) {
    this.startNanos = startNanos;
    this.startBytes = startBytes;
    this.nanos = nanos;
    this.bytes = bytes;
    this.windowNanos = windowNanos;
    this.windowBytes = windowBytes;
    this.windows = windows;
    this.recent = recent;
    this.recentWeight = recentWeight;
  }

  /**
   * Begins.
   *
   * @param nanos the time
   * @param bytes what was done before, which does not count
   */
  static Estimate startingAt(long nanos, long bytes) {
    return new Estimate(nanos, bytes, nanos, bytes, nanos, bytes, ImmutableList.of(), 0, 0);
  }

  /**
   * What is known then. A time or a number that goes back is taken to stand still.
   *
   * @param atNanos the time, by the same clock as at the begin
   * @param bytesDone what is done, with what was done before
   */
  Estimate at(long atNanos, long bytesDone) {
    // A clock like System.nanoTime() may overflow: only differences say something.
    long now = nanos + Math.max(0, atNanos - nanos);
    long done = Math.max(bytes, bytesDone);
    if (now - windowNanos < WINDOW_NANOS) {
      return new Estimate(
          startNanos,
          startBytes,
          now,
          done,
          windowNanos,
          windowBytes,
          windows,
          recent,
          recentWeight);
    }
    Window window = new Window((now - windowNanos) / SECOND, done - windowBytes);
    double kept = Math.exp(-window.seconds() / MEMORY);
    return new Estimate(
        startNanos,
        startBytes,
        now,
        done,
        now,
        done,
        ImmutableList.<Window>builder()
            .addAll(windows.subList(Math.max(0, windows.size() - MOST_WINDOWS + 1), windows.size()))
            .add(window)
            .build(),
        recent * kept + window.rate() * (1 - kept),
        recentWeight * kept + 1 - kept);
  }

  /** Bytes per second of late, weighted by e^(-t/10 s); 0 at the begin. */
  double bytesPerSecond() {
    return recentWeight > 0 ? recent / recentWeight : averageBytesPerSecond();
  }

  /** Bytes per second since the begin; 0 at the begin. */
  double averageBytesPerSecond() {
    return nanos == startNanos ? 0 : (bytes - startBytes) / ((nanos - startNanos) / SECOND);
  }

  /**
   * How long the rest will take; see {@link TimeLeft}. Absent if that cannot be said yet, or
   * nothing is going on.
   *
   * @param bytesLeft what is left, not negative
   */
  Optional<TimeLeft> timeLeft(long bytesLeft) {
    if (bytesLeft == 0) {
      return Optional.of(new TimeLeft(Duration.ZERO, Duration.ZERO, Duration.ZERO));
    }
    int count = windows.size();
    if (count < LEAST_WINDOWS || stalls()) {
      return Optional.empty();
    }
    double weight = 0;
    double sum = 0;
    double seconds = 0;
    for (Window window : windows) {
      weight += window.weight();
      sum += window.weight() * window.rate();
      seconds += window.seconds();
    }
    double mean = sum / weight;
    double squares = 0;
    for (Window window : windows) {
      squares += window.weight() * Math.pow(window.rate() - mean, 2);
    }
    double variance = squares / weight * count / (count - 1);
    // The rest is that many windows more, which vary as well.
    double windowsLeft = Math.max(1, bytesLeft / mean / (seconds / count));
    double off =
        STUDENT[count - LEAST_WINDOWS] * Math.sqrt(variance * (1.0 / count + 1 / windowsLeft));
    return Optional.of(
        new TimeLeft(
            duration(bytesLeft / mean),
            duration(bytesLeft / (mean + off)),
            duration(bytesLeft / Math.max(mean - off, mean * LEAST_RATE))));
  }

  private boolean stalls() {
    return windows.subList(windows.size() - LEAST_WINDOWS, windows.size()).stream()
        .allMatch(window -> window.bytes() == 0);
  }

  /** Longer than a million years is a million years. */
  private static Duration duration(double seconds) {
    long whole = (long) Math.min(seconds, 3.2e13);
    return Duration.ofSeconds(whole, (long) ((Math.min(seconds, 3.2e13) - whole) * SECOND));
  }
}
