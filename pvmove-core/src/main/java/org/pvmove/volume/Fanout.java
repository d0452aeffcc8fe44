// SPDX-License-Identifier: Apache-2.0
package org.pvmove.volume;

import com.google.common.util.concurrent.ThreadFactoryBuilder;
import com.google.common.util.concurrent.Uninterruptibles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Requests to several devices at the same time, which together take as long as the longest. */
final class Fanout {
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          new ThreadFactoryBuilder().setDaemon(true).setNameFormat("volume-%d").build());

  /** A request to a device. */
  interface Request {
    void run() throws IOException;
  }

  /**
   * Carries requests out, the first one on this thread, and returns when all have ended.
   *
   * @return for each of them how it failed; null where it did not
   */
  List<@Nullable IOException> run(List<? extends Request> requests) {
    List<Future<Optional<IOException>>> others = new ArrayList<>();
    List<@Nullable IOException> failures = new ArrayList<>();
    Throwable unexpected = null;
    try {
      for (Request request : requests.subList(Math.min(1, requests.size()), requests.size())) {
        others.add(threads.submit(() -> attempt(request)));
      }
      if (!requests.isEmpty()) {
        failures.add(attempt(requests.get(0)).orElse(null));
      }
    } catch (RuntimeException | Error e) {
      unexpected = e;
    }
    for (Future<Optional<IOException>> other : others) {
      try {
        failures.add(Uninterruptibles.getUninterruptibly(other).orElse(null));
      } catch (ExecutionException e) {
        unexpected = e.getCause();
      }
    }
    // Only now: nobody shall think that a request has ended that has not.
    if (unexpected instanceof Error error) {
      throw error;
    }
    if (unexpected instanceof RuntimeException exception) {
      throw exception;
    }
    return failures;
  }

  private static Optional<IOException> attempt(Request request) {
    try {
      request.run();
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(e);
    }
  }

  void close() {
    threads.shutdown();
  }
}
