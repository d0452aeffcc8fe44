// SPDX-License-Identifier: Apache-2.0
package org.pvmove.fuzz;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

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

  /**
   * Runs one input; again, a few times, as long as it takes too long.
   *
   * @param target returns how many operations it asked for, each of which may look at the whole
   *     input
   * @throws AssertionError if an operation takes too long on average, each time
   */
  static void run(IntSupplier target) {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < ATTEMPTS && least > LIMIT; i++) {
      least = Math.min(least, nanosOfOne(target));
    }
    if (least > LIMIT) {
      throw new AssertionError(
          "expected the end of an operation within %d ms of processor time, found it after %d ms"
              .formatted(
                  TimeUnit.NANOSECONDS.toMillis(LIMIT), TimeUnit.NANOSECONDS.toMillis(least)));
    }
  }

  private static long nanosOfOne(IntSupplier target) {
    long before = THREADS.getCurrentThreadCpuTime();
    int operations = target.getAsInt();
    return (THREADS.getCurrentThreadCpuTime() - before) / operations;
  }
}
