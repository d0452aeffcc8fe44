// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lab;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Runs experiments. */
final class Labs {
  private Labs() {}

  /** More often than by the emulator's fault a kernel does not give up. */
  private static final int ATTEMPTS = 3;

  /** Something to find out. */
  interface Experiment<T> {
    /**
     * Makes it.
     *
     * @param directory for its files; there is none yet
     */
    T run(Path directory) throws Exception;
  }

  /** Something to find out with a guest. */
  interface GuestExperiment<T> {
    T run(Guest guest, Path directory) throws Exception;
  }

  /** The findings, of another attempt where a guest's kernel gave up. */
  static <T> T attempt(Path directory, Experiment<T> experiment) throws Exception {
    for (int attempt = 1; ; attempt++) {
      try {
        return experiment.run(directory.resolve("attempt" + attempt));
      } catch (Exception | AssertionError e) {
        if (attempt == ATTEMPTS || !GuestPanicError.isBehind(e)) {
          throw e;
        }
        System.out.println("A guest's kernel has given up; once more, from the beginning");
      }
    }
  }

  /** The findings with each guest; most of the time each waits for its own machine. */
  static <T> List<T> sideBySide(List<Guest> guests, Path directory, GuestExperiment<T> experiment)
      throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(guests.size());
    try {
      List<Callable<T>> tasks = new ArrayList<>();
      guests.forEach(
          guest ->
              tasks.add(
                  () ->
                      attempt(
                          directory.resolve(guest.release()), own -> experiment.run(guest, own))));
      List<T> results = new ArrayList<>();
      for (Future<T> future : threads.invokeAll(tasks)) {
        results.add(future.get());
      }
      return results;
    } finally {
      threads.shutdown();
    }
  }
}
