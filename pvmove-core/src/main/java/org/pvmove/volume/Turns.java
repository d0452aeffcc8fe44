// SPDX-License-Identifier: Apache-2.0
package org.pvmove.volume;

import com.google.common.collect.ImmutableList;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.pvmove.lvm.LvmUuid;

/**
 * Lets those who change the same bytes do so one after the other, in the order in which they came.
 * A request waits for all earlier ones that touch one of its ranges and for no later one, so that
 * nobody is passed over for ever and no two wait for each other.
 */
final class Turns {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();

  /** Waiting or having its turn, in the order of arrival. */
  @GuardedBy("lock")
  private final Set<Turn> requests = new LinkedHashSet<>();

  /**
   * Bytes of a physical volume.
   *
   * @param start first byte on the device
   * @param end the byte behind the last one
   */
  record Range(LvmUuid pv, long start, long end) {
    private boolean overlaps(Range other) {
      return start < other.end && other.start < end && pv.equals(other.pv);
    }
  }

  /** The right to change some ranges, until it is closed. */
  final class Turn implements AutoCloseable {
    private final ImmutableList<Range> ranges;

    private Turn(ImmutableList<Range> ranges) {
      this.ranges = ranges;
    }

    private boolean overlaps(Turn other) {
      return ranges.stream().anyMatch(mine -> other.ranges.stream().anyMatch(mine::overlaps));
    }

    @Override
    public void close() {
      end(this);
    }
  }

  /** Waits for a turn; an interrupt does not shorten the wait and is not lost. */
  Turn take(List<Range> ranges) {
    Turn turn = new Turn(ImmutableList.copyOf(ranges));
    lock.lock();
    try {
      requests.add(turn);
      while (mustWait(turn)) {
        ended.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
    return turn;
  }

  @GuardedBy("lock")
  private boolean mustWait(Turn turn) {
    for (Turn earlier : requests) {
      if (earlier == turn) {
        return false;
      }
      if (earlier.overlaps(turn)) {
        return true;
      }
    }
    return false;
  }

  private void end(Turn turn) {
    lock.lock();
    try {
      requests.remove(turn);
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
