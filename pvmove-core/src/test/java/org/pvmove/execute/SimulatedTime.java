// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import com.google.common.collect.Multimap;
import com.google.common.collect.MultimapBuilder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Time that goes on only when every thread waits, and then at once to where the first has waited
 * enough or something happens. It begins with 0.
 */
final class SimulatedTime implements Throttle.Time {
  private final AtomicLong now = new AtomicLong();
  private final Multimap<Long, Runnable> events =
      MultimapBuilder.treeKeys().arrayListValues().build();
  private final List<Long> sleeping = new ArrayList<>();
  private int threads;
  private long generation;

  /** Time for so many threads. */
  SimulatedTime(int threads) {
    this.threads = threads;
  }

  /** Does something when that time comes; to be called before anyone waits. */
  void at(long nanos, Runnable event) {
    events.put(nanos, event);
  }

  /** Lets time go on by so many nanoseconds while nobody waits. */
  void advance(long nanos) {
    long end = now.get() + nanos;
    while (now.get() < end || (!events.isEmpty() && Iterables.get(events.keySet(), 0) <= end)) {
      goTo(end);
    }
  }

  /** One thread ends. */
  void leave(Object monitor) {
    synchronized (monitor) {
      threads--;
      goOnIfAllSleep(monitor);
    }
  }

  @Override
  public long nanos() {
    return now.get();
  }

  @Override
  public void await(Object monitor, long nanos) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    long mine = generation;
    sleeping.add(now.get() + nanos);
    goOnIfAllSleep(monitor);
    while (mine == generation) {
      monitor.wait();
    }
  }

  @Override
  public void wake(Object monitor) {
    sleeping.clear();
    generation++;
    monitor.notifyAll();
  }

  private void goOnIfAllSleep(Object monitor) {
    if (threads > 0 && sleeping.size() == threads) {
      goTo(Collections.min(sleeping));
      wake(monitor);
    }
  }

  /** Goes on to that time, or to the next event before it, which may have let someone go. */
  private void goTo(long nanos) {
    Long next = Iterables.getFirst(events.keySet(), Long.MAX_VALUE);
    if (next <= nanos) {
      now.set(Math.max(now.get(), next));
      ImmutableList.copyOf(events.removeAll(next)).forEach(Runnable::run);
    } else {
      now.set(nanos);
    }
  }
}
