// SPDX-License-Identifier: Apache-2.0
package org.pvmove.fuzz;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.TimeUnit;

/** How long one input may take. */
final class Bound {
  /** For an input of 1 MiB; counted in processor time, so that a busy machine does not matter. */
  private static final long LIMIT = TimeUnit.SECONDS.toNanos(1);

  /** The first run of some code pays for loading it, and processors are slower at times. */
  private static final int ATTEMPTS = 5;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private Bound() {}

  /**
   * Runs one input; again, a few times, as long as it takes too long.
   *
   * @throws AssertionError if it takes too long each time
   */
  static void run(Runnable target) {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < ATTEMPTS && least > LIMIT; i++) {
      least = Math.min(least, nanos(target));
    }
    if (least > LIMIT) {
      throw new AssertionError(
          "expected an end within %d ms of processor time, found it after %d ms"
              .formatted(
                  TimeUnit.NANOSECONDS.toMillis(LIMIT), TimeUnit.NANOSECONDS.toMillis(least)));
    }
  }

  private static long nanos(Runnable target) {
    long before = THREADS.getCurrentThreadCpuTime();
    target.run();
    return THREADS.getCurrentThreadCpuTime() - before;
  }
}
