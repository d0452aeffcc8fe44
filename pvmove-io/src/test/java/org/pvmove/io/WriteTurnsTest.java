// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class WriteTurnsTest {
  /** Farther apart than any page of the cache is long. */
  private static final long FAR = 1L << 40;

  private final WriteTurns turns = new WriteTurns();
  private final List<Thread> threads = new ArrayList<>();

  private FutureTask<String> write(boolean direct, long at, CountDownLatch goOn) {
    FutureTask<String> task =
        new FutureTask<>(
            () ->
                turns.take(
                    direct,
                    at,
                    4096,
                    () -> {
                      try {
                        goOn.await();
                      } catch (InterruptedException e) {
                        throw new AssertionError(e);
                      }
                      return "done";
                    }));
    Thread thread = new Thread(task);
    threads.add(thread);
    thread.start();
    while (thread.getState() != Thread.State.WAITING && !task.isDone()) {
      Thread.onSpinWait();
    }
    return task;
  }

  private static CountDownLatch open() {
    return new CountDownLatch(0);
  }

  @Test
  void letsWritesOfOneKindOrFarApartGoTogether() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    FutureTask<String> first = write(true, 0, goOn);

    assertThat(write(true, 8192, open()).get()).isEqualTo("done");
    assertThat(write(false, FAR, open()).get()).isEqualTo("done");
    assertThat(first.isDone()).isFalse();
    goOn.countDown();
    assertThat(first.get()).isEqualTo("done");
  }

  @Test
  void keepsTheKindsApartInTheOrderInWhichTheyCame() throws Exception {
    for (boolean direct : new boolean[] {true, false}) {
      CountDownLatch goOn = new CountDownLatch(1);
      CountDownLatch second = new CountDownLatch(1);
      FutureTask<String> holder = write(direct, 0, goOn);
      FutureTask<String> neighbour = write(!direct, 4096, second);
      FutureTask<String> likeTheHolder = write(direct, 0, open());
      assertThat(neighbour.isDone()).isFalse();
      assertThat(likeTheHolder.isDone()).as("it waits behind the neighbour").isFalse();

      goOn.countDown();
      assertThat(holder.get()).isEqualTo("done");
      assertThat(likeTheHolder.isDone()).isFalse();
      second.countDown();
      assertThat(neighbour.get()).isEqualTo("done");
      assertThat(likeTheHolder.get()).isEqualTo("done");
    }
  }

  @Test
  void waitsThroughInterruptsAndKeepsThem() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    FutureTask<String> holder = write(true, 0, goOn);
    FutureTask<Boolean> waiting =
        new FutureTask<>(
            () -> turns.take(false, 0, 1, () -> Thread.currentThread().isInterrupted()));
    Thread thread = new Thread(waiting);
    thread.start();
    thread.interrupt();
    goOn.countDown();

    assertThat(waiting.get()).isTrue();
    assertThat(holder.get()).isEqualTo("done");
  }
}
