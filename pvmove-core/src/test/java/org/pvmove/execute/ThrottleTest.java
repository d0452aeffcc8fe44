// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.Uninterruptibles;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How copying waits for what its limits allow. */
@Timeout(60)
class ThrottleTest {
  private static final long SECOND = 1_000_000_000;
  private static final long MIB = 1 << 20;

  private final SimulatedTime time = new SimulatedTime(1);
  private final Throttle throttle = new Throttle(time);

  private boolean acquire(long bytes) {
    return throttle.acquire((int) bytes, 1, () -> false);
  }

  @Test
  void keepsToALimitOnBytes() {
    throttle.bytesPerSecond(10 * MIB);
    for (int i = 0; i < 101; i++) {
      assertThat(acquire(MIB)).isTrue();
    }
    // A hundred are paid for; the last one is the debt.
    assertThat(time.nanos()).isBetween(10 * SECOND, 10 * SECOND + 200);
  }

  @Test
  void keepsToALimitOnRequests() {
    throttle.requestsPerSecond(100);
    for (int i = 0; i < 501; i++) {
      assertThat(acquire(MIB)).isTrue();
    }
    assertThat(time.nanos()).isBetween(5 * SECOND, 5 * SECOND + 1000);
  }

  @Test
  void keepsToTheSmallestLimitWithRequestsThatAreLarger() {
    throttle.bytesPerSecond(1);
    assertThat(acquire(100)).isTrue();
    assertThat(acquire(1)).isTrue();
    assertThat(time.nanos()).isBetween(100 * SECOND, 100 * SECOND + 100);
  }

  @Test
  void savesUpATenthOfASecondAtMost() {
    throttle.bytesPerSecond(100);
    time.advance(1000 * SECOND);
    for (int i = 0; i < 11; i++) {
      assertThat(acquire(1)).isTrue();
    }
    assertThat(time.nanos()).isEqualTo(1000 * SECOND);
    assertThat(acquire(1)).isTrue();
    assertThat(time.nanos()).isGreaterThan(1000 * SECOND);
  }

  @Test
  void doesNotWaitWithoutALimit() {
    throttle.bytesPerSecond(1);
    throttle.requestsPerSecond(1);
    assertThat(acquire(Integer.MAX_VALUE)).isTrue();
    throttle.bytesPerSecond(Throttle.NO_LIMIT);
    throttle.requestsPerSecond(Throttle.NO_LIMIT);
    for (int i = 0; i < 1000; i++) {
      assertThat(acquire(Integer.MAX_VALUE)).isTrue();
    }
    assertThat(time.nanos()).isZero();
    throttle.bytesPerSecond(1);
    assertThat(acquire(1)).as("nothing is owed for what went without a limit").isTrue();
    assertThat(time.nanos()).isZero();
  }

  @Test
  void aNewLimitHoldsForThoseThatWaitAlready() {
    throttle.bytesPerSecond(1);
    assertThat(acquire(1000)).isTrue();
    time.at(10 * SECOND, () -> throttle.bytesPerSecond(990));
    assertThat(acquire(1)).isTrue();
    assertThat(time.nanos()).isBetween(11 * SECOND, 11 * SECOND + 1000);
  }

  @Test
  void pauseHoldsEverythingUntilResume() {
    throttle.pause();
    assertThat(throttle.isPaused()).isTrue();
    time.at(3600 * SECOND, throttle::resume);
    assertThat(acquire(1)).isTrue();
    assertThat(time.nanos()).isEqualTo(3600 * SECOND);
    assertThat(throttle.isPaused()).isFalse();
  }

  @Test
  void stopEndsTheWaitWithinATenthOfASecond() {
    throttle.pause();
    boolean went = throttle.acquire(1, 1, () -> time.nanos() >= 5 * SECOND);
    assertThat(went).isFalse();
    assertThat(time.nanos()).isBetween(5 * SECOND, 5 * SECOND + SECOND / 10);
    throttle.resume();
    throttle.bytesPerSecond(1);
    assertThat(acquire(1)).as("one that was stopped stands in nobody's way").isTrue();
    assertThat(throttle.acquire(1, 1, () -> true)).isFalse();
  }

  @Test
  void anInterruptEndsTheWaitAndIsKept() {
    throttle.pause();
    Thread.currentThread().interrupt();
    assertThat(acquire(1)).isFalse();
    assertThat(Thread.interrupted()).isTrue();
    throttle.resume();
    Thread.currentThread().interrupt();
    assertThat(acquire(1)).as("nothing to wait for").isTrue();
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void rejectsLimitsBelowOne() {
    assertThatThrownBy(() -> Throttle.ofBytesPerSecond(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0 per second: expected at least 1");
    assertThatThrownBy(() -> throttle.requestsPerSecond(-1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(throttle.requestsPerSecond()).isEqualTo(Throttle.NO_LIMIT);
  }

  @Test
  void tellsItsLimits() {
    Throttle limited = Throttle.ofBytesPerSecond(7);
    limited.requestsPerSecond(8);
    assertThat(limited.bytesPerSecond()).isEqualTo(7);
    assertThat(limited.requestsPerSecond()).isEqualTo(8);
    assertThat(Throttle.unlimited().bytesPerSecond()).isEqualTo(Throttle.NO_LIMIT);
  }

  @Test
  void takesNoLockWhereThereIsNoLimit() throws Exception {
    FutureTask<Boolean> other = new FutureTask<>(() -> acquire(1));
    synchronized (throttle) {
      new Thread(other).start();
      assertThat(other.get()).isTrue();
    }
  }

  /** Whoever comes first goes first, so that all go in turn. */
  @Test
  void letsThreadsGoInTheOrderInWhichTheyCame() throws Exception {
    int threads = 5;
    int rounds = 40;
    SimulatedTime shared = new SimulatedTime(threads);
    Throttle one = new Throttle(shared);
    one.bytesPerSecond(1000);
    // Since all of them wait before the time goes on, the order is that of the grants.
    assertThat(one.acquire(1000, 1, () -> false)).isTrue();
    List<Integer> order = new ArrayList<>();
    List<FutureTask<Boolean>> tasks = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int who = i;
      FutureTask<Boolean> task =
          new FutureTask<>(
              () -> {
                boolean all = true;
                for (int k = 0; k < rounds; k++) {
                  all &= one.acquire(100, 1, () -> false);
                  synchronized (order) {
                    order.add(who);
                  }
                }
                shared.leave(one);
                return all;
              });
      tasks.add(task);
      new Thread(task).start();
    }
    for (FutureTask<Boolean> task : tasks) {
      assertThat(task.get()).isTrue();
    }
    List<Integer> first = order.subList(0, threads);
    assertThat(new HashSet<>(first)).hasSize(threads);
    for (int i = 0; i < order.size(); i++) {
      assertThat(order.get(i)).as("grant %s", i).isEqualTo(first.get(i % threads));
    }
    long nanos = SECOND + (threads * rounds - 1) * SECOND / 10;
    assertThat(shared.nanos()).isBetween(nanos, nanos + 1_000_000);
  }

  /** The system's own clock: whatever it shows, they wait as long as they are held. */
  @Test
  void wakesThreadsThatWaitByTheSystemsClock() throws Exception {
    Throttle real = Throttle.unlimited();
    real.pause();
    CountDownLatch asked = new CountDownLatch(3);
    List<FutureTask<Boolean>> tasks = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      CountDownLatch mine = asked;
      FutureTask<Boolean> task =
          new FutureTask<>(
              () ->
                  real.acquire(
                      1,
                      1,
                      () -> {
                        mine.countDown();
                        return false;
                      }));
      tasks.add(task);
      new Thread(task).start();
    }
    Uninterruptibles.awaitUninterruptibly(asked);
    assertThat(tasks).noneMatch(FutureTask::isDone);
    real.resume();
    for (FutureTask<Boolean> task : tasks) {
      assertThat(task.get()).isTrue();
    }
  }

  @Test
  void anInterruptFromOutsideEndsTheWait() throws Exception {
    Throttle real = Throttle.unlimited();
    real.pause();
    CountDownLatch asked = new CountDownLatch(1);
    FutureTask<Boolean> task =
        new FutureTask<>(
            () -> {
              boolean went =
                  real.acquire(
                      1,
                      1,
                      () -> {
                        asked.countDown();
                        return false;
                      });
              return !went && Thread.currentThread().isInterrupted();
            });
    Thread thread = new Thread(task);
    thread.start();
    asked.await();
    thread.interrupt();
    assertThat(task.get()).isTrue();
  }
}
