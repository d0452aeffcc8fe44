// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveListener;

/**
 * On SIGINT or SIGTERM tells a mover to stop, and keeps the virtual machine alive until it did, for
 * a while. Being killed at once would do no harm to the data; stopping in order is for the user,
 * who is told how to go on.
 */
final class StopOnSignal implements MoveListener, AutoCloseable {
  /** More than copying one buffer and one commit take on any disk that works. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Console console;
  private final CountDownLatch over = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stop, "stop on signal");
  private volatile boolean requested;
  private volatile @Nullable Runnable stopper;

  StopOnSignal(Console console) {
    this.console = console;
  }

  /** From now until {@link #close} signals stop what this stops. */
  void watch(Runnable watched) {
    stopper = watched;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** A request that came before the mover's work began would be forgotten, so it is repeated. */
  @Override
  public void on(MoveEvent event) {
    Runnable watched = stopper;
    if (requested && watched != null) {
      watched.run();
    }
  }

  private void stop() {
    requested = true;
    Runnable watched = stopper;
    if (watched != null) {
      watched.run();
    }
    console.say("Stopping at the next safe point.");
    try {
      if (!over.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        console.complain(
            "No safe point within %d seconds: ending in the middle. The last checkpoint holds."
                .formatted(PATIENCE.toSeconds()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Everything is said and done. */
  @Override
  public void close() {
    over.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException shuttingDown) {
      // Then the hook was started, and has now been told that everything is over.
    }
  }
}
