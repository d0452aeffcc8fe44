// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io.testing;

import com.google.common.util.concurrent.Uninterruptibles;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The time in which {@linkplain SimulatedBlockDevice#slowDown slow disks} serve requests. Disks
 * that shall be compared, or work at the same time, need the same clock.
 */
public interface DiskClock {
  /** Time that has passed since the clock was made, in nanoseconds. */
  long nanos();

  /**
   * Returns once a time has come, at once if it is past. An interrupt does not shorten the wait and
   * is not lost.
   */
  void waitUntil(long nanos);

  /** Real time: requests take as long as they say, on as many threads as there are. */
  static DiskClock real() {
    return new DiskClock() {
      private final long start = System.nanoTime();

      @Override
      public long nanos() {
        return System.nanoTime() - start;
      }

      @Override
      public void waitUntil(long nanos) {
        Uninterruptibles.sleepUninterruptibly(Duration.ofNanos(Math.max(0, nanos - nanos())));
      }
    };
  }

  /**
   * Time that passes only by being waited for, and then at once, so that a test learns without
   * waiting how long something would have taken. That is exact for one thread. Of several threads
   * each request would begin when the one before it ends, even on another disk: these need {@link
   * #real()} time.
   */
  static DiskClock virtual() {
    return new DiskClock() {
      private final AtomicLong now = new AtomicLong();

      @Override
      public long nanos() {
        return now.get();
      }

      @Override
      public void waitUntil(long nanos) {
        now.accumulateAndGet(nanos, Math::max);
      }
    };
  }
}
