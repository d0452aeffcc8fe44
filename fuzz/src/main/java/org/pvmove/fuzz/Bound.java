// SPDX-License-Identifier: Apache-2.0
package org.pvmove.fuzz;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.TimeUnit;

/** How long one input may take. */
final class Bound {
  /**
   * For an input of 1 MiB; counted in processor time, so that a busy machine matters little, though
   * a slow one does. What is not linear takes minutes.
   */
  private static final long LIMIT = TimeUnit.SECONDS.toNanos(3);

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private Bound() {}

  /**
   * Runs one input; once more if it takes long, because the first run of some code pays for loading
   * it.
   *
   * @throws AssertionError if it takes too long
   */
  static void run(Runnable target) {
    if (nanos(target) > LIMIT) {
      long nanos = nanos(target);
      if (nanos > LIMIT) {
        throw new AssertionError(
            "expected an end within %d ms of processor time, found it after %d ms"
                .formatted(
                    TimeUnit.NANOSECONDS.toMillis(LIMIT), TimeUnit.NANOSECONDS.toMillis(nanos)));
      }
    }
  }

  private static long nanos(Runnable target) {
    long before = THREADS.getCurrentThreadCpuTime();
    target.run();
    return THREADS.getCurrentThreadCpuTime() - before;
  }
}
