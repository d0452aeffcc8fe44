// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.BooleanSupplier;

/**
 * A limit on copying, in bytes and in requests per second, which can be changed, and copying
 * paused, at any time from any thread. One throttle may be given to several moves, which share the
 * limit.
 *
 * <p>What was not used for a while is not saved up: copying gets ahead of a limit by what the limit
 * allows in a tenth of a second, and by the one request that is then under way. A request larger
 * than that goes as a whole, and later ones wait until it is paid for. So any limit works, however
 * small.
 */
public final class Throttle {
  /** No limit. */
  public static final long NO_LIMIT = Long.MAX_VALUE;

  /** How soon it is noticed that copying is to stop, which nobody tells the throttle. */
  private static final long LOOK_NANOS = 20_000_000;

  /** Time as the throttle knows it; the second and third are called with the monitor held. */
  interface Time {
    /** That of the system. */
    Time SYSTEM =
        new Time() {
          @Override
          public long nanos() {
            return System.nanoTime();
          }

          @Override
          @SuppressWarnings("WaitNotInLoop") // The one who calls this has the loop.
          public void await(Object monitor, long nanos) throws InterruptedException {
            monitor.wait(nanos / 1_000_000, (int) (nanos % 1_000_000));
          }

          @Override
          public void wake(Object monitor) {
            monitor.notifyAll();
          }
        };

    /** A clock like {@link System#nanoTime()}. */
    long nanos();

    /** Waits that long, or until woken, or shorter. */
    void await(Object monitor, long nanos) throws InterruptedException;

    /** Ends the waiting of all. */
    void wake(Object monitor);
  }

  private final Time time;

  /** Those who wait, in the order in which they came. */
  @GuardedBy("this")
  private final Queue<Object> waiting = new ArrayDeque<>();

  @GuardedBy("this")
  private final Meter bytes;

  @GuardedBy("this")
  private final Meter requests;

  private volatile boolean paused;

  /** Whether there is nothing to wait for; it spares the usual case the lock. */
  private volatile boolean open = true;

  /** No limits, with a time of its own. */
  Throttle(Time time) {
    this.time = time;
    this.bytes = new Meter(time.nanos());
    this.requests = new Meter(time.nanos());
  }

  /** No limits, until some are set. */
  public static Throttle unlimited() {
    return new Throttle(Time.SYSTEM);
  }

  /**
   * A limit on bytes, and none on requests.
   *
   * @param limit bytes per second, at least 1; {@link #NO_LIMIT} for none
   */
  public static Throttle ofBytesPerSecond(long limit) {
    Throttle throttle = unlimited();
    throttle.bytesPerSecond(limit);
    return throttle;
  }

  /**
   * Changes the limit on bytes; it holds at once, for those that wait already too.
   *
   * @param limit bytes per second, at least 1; {@link #NO_LIMIT} for none
   */
  public synchronized void bytesPerSecond(long limit) {
    bytes.limit(limit, time.nanos());
    changed();
  }

  /**
   * Changes the limit on requests; it holds at once, for those that wait already too. A request is
   * one call of a device: what is read and then written is two.
   *
   * @param limit requests per second, at least 1; {@link #NO_LIMIT} for none
   */
  public synchronized void requestsPerSecond(long limit) {
    requests.limit(limit, time.nanos());
    changed();
  }

  /** The limit in bytes per second; {@link #NO_LIMIT} if there is none. */
  public synchronized long bytesPerSecond() {
    return bytes.limit;
  }

  /** The limit in requests per second; {@link #NO_LIMIT} if there is none. */
  public synchronized long requestsPerSecond() {
    return requests.limit;
  }

  /** Lets nothing more be copied until {@link #resume()}; what is under way ends. */
  public synchronized void pause() {
    paused = true;
    changed();
  }

  /** Lets copying go on, within the limits, at once. */
  public synchronized void resume() {
    paused = false;
    changed();
  }

  /** Whether copying is paused. */
  public boolean isPaused() {
    return paused;
  }

  @GuardedBy("this")
  private void changed() {
    open = !paused && bytes.limit == NO_LIMIT && requests.limit == NO_LIMIT;
    time.wake(this);
  }

  /**
   * Waits until something may go. Those who come first go first.
   *
   * @param byteCount how many bytes it has, not negative
   * @param requestCount how many requests it is, not negative
   * @param stopped asked every now and then whether to stop
   * @return whether it may go; false if it was stopped or the thread interrupted while it had to
   *     wait. The thread is as much interrupted then as before.
   */
  boolean acquire(int byteCount, int requestCount, BooleanSupplier stopped) {
    return open || acquireInTurn(byteCount, requestCount, stopped);
  }

  private synchronized boolean acquireInTurn(
      int byteCount, int requestCount, BooleanSupplier stopped) {
    Object ticket = new Object();
    waiting.add(ticket);
    try {
      for (long wait = toWait(ticket); wait > 0; wait = toWait(ticket)) {
        if (stopped.getAsBoolean()) {
          return false;
        }
        time.await(this, Math.min(wait, LOOK_NANOS));
      }
      bytes.charge(byteCount);
      requests.charge(requestCount);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      waiting.remove(ticket);
      // The next in the order looks how long it has to wait.
      time.wake(this);
    }
  }

  /** How long it takes at least, in nanoseconds, until the one with this ticket may go. */
  @GuardedBy("this")
  private long toWait(Object ticket) {
    if (open) {
      return 0;
    }
    if (paused || waiting.peek() != ticket) {
      return LOOK_NANOS;
    }
    long now = time.nanos();
    return Math.max(bytes.toWait(now), requests.toWait(now));
  }

  /** What may go of one kind: of a debt, later ones wait until it is paid. */
  private static final class Meter {
    private static final double NANOS = 1e9;

    /** What may be saved up, in seconds. */
    private static final double BURST = 0.1;

    private long limit = NO_LIMIT;

    /** What may go at the time below; negative is a debt. */
    private double balance;

    private long nanos;

    private Meter(long nanos) {
      this.nanos = nanos;
    }

    private void limit(long value, long now) {
      checkArgument(value >= 1, "a limit of %s per second: expected at least 1", value);
      settle(now);
      if (limit == NO_LIMIT || value == NO_LIMIT) {
        // Without a limit there are neither savings nor debts.
        balance = 0;
      }
      limit = value;
      balance = Math.min(balance, limit * BURST);
    }

    private void settle(long now) {
      // The clock may differ a little from one processor to another.
      long elapsed = Math.max(0, now - nanos);
      nanos += elapsed;
      if (limit != NO_LIMIT) {
        balance = Math.min(limit * BURST, balance + elapsed / NANOS * limit);
      }
    }

    private long toWait(long now) {
      settle(now);
      return balance >= 0 ? 0 : Math.max(1, (long) Math.ceil(-balance / limit * NANOS));
    }

    private void charge(int count) {
      if (limit != NO_LIMIT) {
        balance -= count;
      }
    }
  }
}
