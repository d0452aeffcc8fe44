// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;
import org.pvmove.execute.CopyTask.Kind;

/** Cuts segments that are copied one after the other into blocks. Not thread-safe. */
final class CopyStream {
  /** So far runs of zeros go at once: to be stoppable, and for progress to be seen. */
  private static final long ZERO_RUN_BYTES = 64 << 20;

  private final Iterator<CopyJob> jobs;
  private final Tuning tuning;

  /** Those that were begun and whose end was not told yet, in order. */
  private final Deque<CopyTask> begun = new ArrayDeque<>();

  private @Nullable CopyJob job;
  private long at;

  /** Whether there are holes: a large block would be read far into the next one. */
  private boolean sparse;

  /**
   * Segments to be copied.
   *
   * @param jobs asked for the next one when its first block is due
   */
  CopyStream(Iterator<CopyJob> jobs, Tuning tuning) {
    this.jobs = jobs;
    this.tuning = tuning;
  }

  Tuning tuning() {
    return tuning;
  }

  Deque<CopyTask> begun() {
    return begun;
  }

  boolean hasNext() {
    return jobs.hasNext() || (job != null && at < job.byteCount());
  }

  /** The next block; null if there is none. */
  @Nullable CopyTask next() {
    CopyJob current = job;
    if (current == null || at == current.byteCount()) {
      if (!jobs.hasNext()) {
        return null;
      }
      current = jobs.next();
      job = current;
      at = 0;
    }
    CopyTask task = copy(current, at);
    at = task.end();
    return task;
  }

  private CopyTask copy(CopyJob of, long from) {
    long free = of.endOfFree(from) - from;
    if (free > 0) {
      return new CopyTask(Kind.FREE, of, from, free);
    }
    if (!of.guard().mayBeWrittenTo()) {
      long most = of.destination().zeroesCheaply() ? ZERO_RUN_BYTES : tuning.setting().blockBytes();
      long left = of.endOfUsed(from, most) - from;
      long zeros = wholeUnits(of.zerosFrom(from, left), left);
      if (zeros > 0) {
        sparse = true;
        return new CopyTask(Kind.ZEROS, of, from, zeros);
      }
    }
    int blockBytes = tuning.setting().blockBytes();
    int most =
        of.guard().stepBytes(sparse ? Math.min(blockBytes, BlockLanes.BLOCK_BYTES) : blockBytes);
    return new CopyTask(Kind.COPY, of, from, of.endOfUsed(from, most) - from);
  }

  /** What follows a run of zeros should begin where direct I/O can. */
  private static long wholeUnits(long run, long left) {
    return run == left ? run : run - run % CopyJob.UNIT_BYTES;
  }

  /** The block of a copy to be read back that begins at some byte; null behind the last one. */
  static @Nullable CopyTask readBack(CopyJob of, long at, int blockBytes) {
    long from = at == of.byteCount() ? at : of.endOfFree(at);
    if (from == of.byteCount()) {
      return null;
    }
    long left = of.endOfUsed(from, ZERO_RUN_BYTES) - from;
    long zeros = wholeUnits(of.zerosThereFrom(from, left), left);
    return zeros > 0
        ? new CopyTask(Kind.ZEROS_BACK, of, from, zeros)
        : new CopyTask(Kind.READ_BACK, of, from, of.endOfUsed(from, blockBytes) - from);
  }
}
