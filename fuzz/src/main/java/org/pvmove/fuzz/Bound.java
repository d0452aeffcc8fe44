// SPDX-License-Identifier: Apache-2.0
package org.pvmove.fuzz;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** How long one input may take. */
final class Bound {
  /**
   * For one operation on an input of 1 MiB; counted in processor time, so that a busy machine does
   * not matter.
   */
  private static final long LIMIT = TimeUnit.SECONDS.toNanos(1);

  /** The first run of some code pays for loading it, and processors are slower at times. */
  private static final int ATTEMPTS = 5;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private Bound() {}

  /** The operations on an input, each of which may look at all of it anew. */
  static final class Laps {
    private long began = THREADS.getCurrentThreadCpuTime();
    private long longest;

    private Laps() {}

    /** An operation has ended, and the next one begins. */
    void lap() {
      long now = THREADS.getCurrentThreadCpuTime();
      longest = Math.max(longest, now - began);
      began = now;
    }
  }

  /**
   * Runs one input; again, a few times, as long as an operation takes too long.
   *
   * @param target tells the ends of its operations; it is one if it tells none
   * @throws AssertionError if an operation takes too long each time
   */
  static void run(Consumer<Laps> target) {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < ATTEMPTS && least > LIMIT; i++) {
      Laps laps = new Laps();
      target.accept(laps);
      laps.lap();
      least = Math.min(least, laps.longest);
    }
    if (least > LIMIT) {
      throw new AssertionError(
          "expected the end of an operation within %d ms of processor time, found it after %d ms"
              .formatted(
                  TimeUnit.NANOSECONDS.toMillis(LIMIT), TimeUnit.NANOSECONDS.toMillis(least)));
    }
  }
}
