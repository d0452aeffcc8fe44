// SPDX-License-Identifier: Apache-2.0
package org.pvmove.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pvmove.lvm.LvmUuid;

/** Those who change the same bytes do so in the order of their arrival. */
@Timeout(60)
class TurnsTest {
  private static final LvmUuid A = LvmUuid.random(new Random(1));
  private static final LvmUuid B = LvmUuid.random(new Random(2));

  private final Turns turns = new Turns();
  private final List<String> order = Collections.synchronizedList(new ArrayList<>());

  private static Turns.Range range(LvmUuid pv, long start, long end) {
    return new Turns.Range(pv, start, end);
  }

  /** A thread that takes a turn, writes down that it has it, and ends it when it may. */
  private Thread taker(String name, CountDownLatch mayEnd, Turns.Range... ranges) {
    Thread thread =
        new Thread(
            () -> {
              Turns.Turn turn = turns.take(Arrays.asList(ranges));
              order.add(name);
              try {
                mayEnd.await();
              } catch (InterruptedException e) {
                order.add(name + " interrupted");
              }
              turn.close();
            });
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static void awaitWaiting(Thread thread) {
    while (thread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
  }

  private static final CountDownLatch NOW = new CountDownLatch(0);

  @Test
  void givesTurnsForTheSameBytesInTheOrderOfArrival() throws Exception {
    Turns.Turn first = turns.take(List.of(range(A, 0, 10)));
    List<Thread> threads = new ArrayList<>();
    for (String name : List.of("1", "2", "3", "4")) {
      Thread thread = taker(name, NOW, range(A, 9, 12));
      awaitWaiting(thread);
      threads.add(thread);
    }
    assertThat(order).isEmpty();

    first.close();

    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(order).containsExactly("1", "2", "3", "4");
  }

  @Test
  void doesNotLetThoseWaitWhoChangeOtherBytes() {
    Turns.Turn first = turns.take(List.of(range(A, 10, 20), range(A, 40, 50)));

    turns.take(List.of(range(A, 0, 10), range(A, 20, 40), range(A, 50, 60))).close();
    turns.take(List.of(range(B, 10, 20))).close();
    turns.take(List.of()).close();

    first.close();
    turns.take(List.of(range(A, 10, 20))).close();
  }

  @Test
  void passesNobodyOver() throws Exception {
    Turns.Turn first = turns.take(List.of(range(A, 0, 10)));
    CountDownLatch mayEnd = new CountDownLatch(1);
    Thread large = taker("large", mayEnd, range(A, 0, 10), range(B, 0, 100));
    awaitWaiting(large);
    // Nobody has these bytes now, but somebody waits for them already.
    Thread small = taker("small", NOW, range(B, 5, 6));
    awaitWaiting(small);
    assertThat(order).isEmpty();

    first.close();
    mayEnd.countDown();
    large.join();
    small.join();

    assertThat(order).containsExactly("large", "small");
  }

  @Test
  void waitsOnThroughAnInterruptAndKeepsIt() throws Exception {
    Turns.Turn first = turns.take(List.of(range(A, 0, 10)));
    Thread waiting = taker("waiting", new CountDownLatch(1), range(A, 0, 1));
    awaitWaiting(waiting);
    waiting.interrupt();
    awaitWaiting(waiting);
    assertThat(order).isEmpty();

    first.close();
    waiting.join();

    assertThat(order).containsExactly("waiting", "waiting interrupted");
  }
}
