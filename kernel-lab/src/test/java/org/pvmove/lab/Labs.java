// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Runs experiments. */
final class Labs {
  private Labs() {}

  /** Something to find out with a guest. */
  interface Experiment<T> {
    T run(Guest guest) throws Exception;
  }

  /** The findings with each guest; most of the time each waits for its own machine. */
  static <T> List<T> sideBySide(List<Guest> guests, Experiment<T> experiment) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(guests.size());
    try {
      List<Callable<T>> tasks = new ArrayList<>();
      guests.forEach(guest -> tasks.add(() -> experiment.run(guest)));
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
