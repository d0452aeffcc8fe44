// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps writes through the system's cache and writes past it from happening at the same time to
 * bytes that may share a page of the cache. File systems keep them apart themselves, by the lock of
 * the file; Linux's block devices do not. The ranges need not overlap to do harm: pages are up to 2
 * MiB large, on some machines more. If a page is changed while a part of it that is not being
 * changed goes past the cache to the disk, then Linux cannot drop the page afterwards: it would
 * show the old bytes of that part, and the next flush reports an I/O error. With pages of 4096
 * bytes, the alignment of direct transfers, nothing of this is seen.
 *
 * <p>Writes of the same kind do not wait for each other. Writes that have to wait are let in in the
 * order in which they came. Thread-safe.
 */
final class WriteTurns {
  private static final Logger LOG = LoggerFactory.getLogger(WriteTurns.class);

  /** Pages of the cache are as large as huge pages at most, see Linux's pagemap.h. */
  private static final Path HUGE_PAGE_SIZE =
      Path.of("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size");

  private static final long USUAL_PAGE_BYTES = 2 << 20;

  private static final long LARGEST_PAGE = largestPage();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();

  /** Those under way and those that wait, in the order in which they came. */
  @GuardedBy("lock")
  private final List<Turn> turns = new ArrayList<>();

  /** What is written while nobody else is in the way. */
  @FunctionalInterface
  interface Write<T> {
    T run() throws IOException;
  }

  /** A write, equal to itself only: two of the same range have their own places in the order. */
  private static final class Turn {
    private final boolean direct;
    private final long firstPage;
    private final long lastPage;

    Turn(boolean direct, long byteOffset, long byteCount) {
      this.direct = direct;
      this.firstPage = byteOffset / LARGEST_PAGE;
      this.lastPage = (byteOffset + Math.max(byteCount, 1) - 1) / LARGEST_PAGE;
    }

    boolean excludes(Turn other) {
      return direct != other.direct && firstPage <= other.lastPage && other.firstPage <= lastPage;
    }
  }

  /**
   * Waits until a write may begin, and does it; interrupts do not end the wait.
   *
   * @param direct whether it goes past the cache
   * @return what it returns
   */
  <T> T take(boolean direct, long byteOffset, long byteCount, Write<T> write) throws IOException {
    Turn turn = new Turn(direct, byteOffset, byteCount);
    begin(turn);
    try {
      return write.run();
    } finally {
      end(turn);
    }
  }

  private void begin(Turn turn) {
    lock.lock();
    try {
      turns.add(turn);
      while (mustWait(turn)) {
        ended.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private void end(Turn turn) {
    lock.lock();
    try {
      turns.remove(turn);
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private boolean mustWait(Turn turn) {
    for (Turn earlier : turns) {
      if (earlier == turn) {
        return false;
      }
      if (earlier.excludes(turn)) {
        return true;
      }
    }
    return false;
  }

  private static long largestPage() {
    try {
      return Math.max(USUAL_PAGE_BYTES, Long.parseLong(Files.readString(HUGE_PAGE_SIZE).trim()));
    } catch (IOException | NumberFormatException e) {
      // Such kernels have small pages only.
      LOG.debug("'{}' tells nothing", HUGE_PAGE_SIZE, e);
      return USUAL_PAGE_BYTES;
    }
  }
}
