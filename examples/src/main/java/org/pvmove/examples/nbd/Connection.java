// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.nbd;

import com.google.common.util.concurrent.Uninterruptibles;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A client from its coming to its leaving. */
final class Connection {
  private final Peer peer;
  private final Exports exports;
  private final Limits limits;
  private final Executor workers;
  private final ScheduledExecutorService timer;
  private final Consumer<String> complaints;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean stopping;

  Connection(
      Peer peer,
      Exports exports,
      Limits limits,
      Executor workers,
      ScheduledExecutorService timer,
      Consumer<String> complaints) {
    this.peer = peer;
    this.exports = exports;
    this.limits = limits;
    this.workers = workers;
    this.timer = timer;
    this.complaints = complaints;
  }

  /** Serves the client, and returns when it is gone and nothing is done for it any more. */
  void run() {
    try (peer) {
      Export export = shakeHands();
      if (export != null) {
        new Transmission(
                peer, export, limits.requestsInFlight(), workers, () -> stopping, complaints)
            .run();
      }
    } catch (IOException e) {
      if (!stopping) {
        complaints.accept(peer + ": " + e);
      }
    } finally {
      ended.countDown();
    }
  }

  private @Nullable Export shakeHands() throws IOException {
    ScheduledFuture<?> timeout =
        timer.schedule(this::giveUp, limits.handshake().toNanos(), TimeUnit.NANOSECONDS);
    try {
      return Handshake.run(peer, exports);
    } finally {
      timeout.cancel(false);
    }
  }

  private void giveUp() {
    complaints.accept(peer + ": no export chosen within " + limits.handshake());
    stopping = true;
    hangUp();
  }

  /** Takes no more requests; what is in flight gets done and replied to. */
  void stop() {
    stopping = true;
    try {
      peer.endInput();
    } catch (IOException e) {
      // It has ended by itself.
    }
  }

  /** Leaves the client without the replies that it does not take. */
  void hangUp() {
    try {
      peer.close();
    } catch (IOException e) {
      complaints.accept(peer + ": " + e);
    }
  }

  /** Waits for {@link #run} to end; returns whether it did in that time. */
  boolean awaitEnd(Duration patience) {
    return Uninterruptibles.awaitUninterruptibly(ended, patience);
  }

  void awaitEnd() {
    Uninterruptibles.awaitUninterruptibly(ended);
  }
}
