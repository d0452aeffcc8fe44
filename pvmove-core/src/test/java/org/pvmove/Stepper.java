// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.base.Joiner;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.testing.ForwardingDevice;

/**
 * Lets threads use devices one request at a time, in an order that follows from a seed: a request
 * is let go only when every thread waits for its turn, or for another thread, or has ended. So the
 * threads meet in ways that chance on a quick device would seldom try.
 */
final class Stepper {
  private static final long PATIENCE_NANOS = 60_000_000_000L;

  @GuardedBy("this")
  private final Random random;

  @GuardedBy("this")
  private final List<Waiting> waiting = new ArrayList<>();

  @GuardedBy("this")
  private final Set<Thread> threads = new LinkedHashSet<>();

  private volatile boolean driving;

  Stepper(long seed) {
    random = new Random(seed);
  }

  private static final class Waiting {
    private final Semaphore go = new Semaphore(0);
    private volatile boolean gone;
  }

  /** The device, each request to which waits for its turn. */
  BlockDevice stepped(BlockDevice device) {
    return new ForwardingDevice(device) {
      @Override
      public void read(long byteOffset, ByteBuffer target) throws IOException {
        step();
        super.read(byteOffset, target);
      }

      @Override
      public void write(long byteOffset, ByteBuffer source) throws IOException {
        step();
        super.write(byteOffset, source);
      }

      @Override
      public boolean discard(long from, long count) throws IOException {
        step();
        return super.discard(from, count);
      }

      @Override
      public void flush() throws IOException {
        step();
        super.flush();
      }
    };
  }

  private void step() {
    if (!driving) {
      return;
    }
    Waiting me = new Waiting();
    synchronized (this) {
      threads.add(Thread.currentThread());
      waiting.add(me);
    }
    me.go.acquireUninterruptibly();
    me.gone = true;
  }

  /** Runs threads to their end. */
  void drive(List<Thread> main) {
    driving = true;
    synchronized (this) {
      threads.addAll(main);
    }
    main.forEach(Thread::start);
    long since = System.nanoTime();
    while (main.stream().anyMatch(Thread::isAlive)) {
      if (!isQuiet()) {
        letThemRun();
        continue;
      }
      Waiting next = next();
      if (next != null) {
        next.go.release();
        while (!next.gone) {
          letThemRun();
        }
        since = System.nanoTime();
      } else {
        checkState(System.nanoTime() - since < PATIENCE_NANOS, "nobody goes on: %s", this);
      }
    }
    driving = false;
  }

  /** The threads need the processors more than whoever waits for them. */
  private static void letThemRun() {
    LockSupport.parkNanos(1);
  }

  private synchronized Waiting next() {
    return waiting.isEmpty() ? null : waiting.remove(random.nextInt(waiting.size()));
  }

  private synchronized boolean isQuiet() {
    for (Thread thread : threads) {
      if (thread.getState() == Thread.State.RUNNABLE || thread.getState() == Thread.State.NEW) {
        return false;
      }
    }
    return true;
  }

  @Override
  public synchronized String toString() {
    List<String> lines = new ArrayList<>();
    for (Thread thread : threads) {
      lines.add(
          thread
              + " "
              + thread.getState()
              + "\n  "
              + Joiner.on("\n  ").join(thread.getStackTrace()));
    }
    return Joiner.on('\n').join(lines);
  }
}
