// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableList;
import com.google.common.util.concurrent.Uninterruptibles;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.Closeable;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Copies segments block by block. Where one block at a time suits the devices it does so on the
 * caller's thread; otherwise threads of its own, the lanes, take block after block, so that reads
 * and writes overlap, and go on while the caller makes durable what is copied. To the caller the
 * blocks of a stream come in their order either way. The lanes touch nothing but devices; all
 * methods are for one thread.
 */
final class BlockLanes implements Closeable {
  /** How long blocks are where nothing else is known. */
  static final int BLOCK_BYTES = 1 << 20;

  /** Memory for the blocks of all lanes; as much again where copies are compared. */
  static final int MEMORY_BYTES = 26 << 20;

  /** Blocks of a stream that may be copied ahead of what the caller has taken. */
  private static final int MAX_AHEAD = 1024;

  /**
   * How long blocks may have been copied without the caller's being told, as long as lanes are at
   * work: waking it for each costs a fast device dear.
   */
  private static final long TELL_NANOS = 5_000_000;

  /** How often the caller looks by itself. */
  private static final long LOOK_NANOS = 50_000_000;

  private final BlockCopier.Shared shared;
  private final Throttle throttle;
  private final BooleanSupplier stopped;
  private final ImmutableList<CopyStream> streams;
  private final ImmutableList<Thread> lanes;
  private final int readBackBytes;

  /** For what is done on the caller's thread. */
  private final BlockCopier own;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition workCame = lock.newCondition();
  private final Condition workEnded = lock.newCondition();

  /** What is to be read back, which comes first: a checkpoint waits for it. */
  @GuardedBy("lock")
  private final Queue<CopyTask> readBacks = new ArrayDeque<>();

  /** How many tasks the lanes are at. */
  @GuardedBy("lock")
  private int running;

  /** When the caller was told last that a block was copied. */
  @GuardedBy("lock")
  private long toldAt = System.nanoTime();

  @GuardedBy("lock")
  private boolean closed;

  /** What ended a lane outside of a task, such as a device that says nonsense of itself. */
  @GuardedBy("lock")
  private @Nullable Throwable broken;

  /** Whether no further block is begun. */
  private volatile boolean halted;

  /** Whether that is because it is to stop. */
  private volatile boolean stopping;

  /** Whether nobody waits for anything any more. */
  private volatile boolean leaving;

  /**
   * Begins to copy.
   *
   * @param streams what is copied, each stream in order, all at the same time; not to be used by
   *     others any more
   * @param stopped asked before every block whether to stop; also by the lanes
   */
  BlockLanes(
      List<CopyStream> streams,
      BlockCopier.Shared shared,
      Throttle throttle,
      BooleanSupplier stopped) {
    this.streams = ImmutableList.copyOf(streams);
    this.shared = shared;
    this.throttle = throttle;
    this.stopped = stopped;
    this.own = new BlockCopier(shared, this::stops);
    ImmutableList.Builder<Thread> threads = ImmutableList.builder();
    if (streams.size() > 1 || streams.stream().anyMatch(each -> each.tuning().maxDepth() > 1)) {
      for (CopyStream stream : streams) {
        for (int i = 0; i < stream.tuning().maxDepth(); i++) {
          int index = i;
          Thread lane = new Thread(() -> work(stream, index), "pvmove lane");
          lane.setDaemon(true);
          threads.add(lane);
        }
      }
    }
    this.lanes = threads.build();
    this.readBackBytes = readBackBytes(lanes.size());
    try {
      lanes.forEach(Thread::start);
    } catch (Throwable e) {
      // There may be too many threads already; those that run must not go on alone.
      close();
      throw e;
    }
  }

  /** What is read back has its place in the same buffers. */
  private static int readBackBytes(int lanes) {
    int share = MEMORY_BYTES / Math.max(1, lanes);
    return Math.min(BLOCK_BYTES, share - share % CopyJob.UNIT_BYTES);
  }

  /**
   * Whether it is to stop. In spite of a failure it is not: the blocks before the one that failed
   * were begun before it and are copied, and what is wanted for a checkpoint is done.
   */
  private boolean stops() {
    if (!stopping && stopped.getAsBoolean()) {
      stopping = true;
    }
    return stopping || leaving;
  }

  /** Whether it stopped before all was copied. */
  boolean halted() {
    return halted;
  }

  /**
   * Waits for the next block that was copied; of its stream it is the next in order.
   *
   * @return the block, with a result; null if all are copied, or if it was to stop
   * @throws CopyFailedException if the block cannot be copied
   */
  @Nullable CopyTask take() throws CopyFailedException {
    CopyTask task = lanes.isEmpty() ? copyNext() : awaitNext();
    if (task == null) {
      return null;
    }
    if (task.stopped()) {
      halted = true;
      return null;
    }
    BlockCopier.Copied unused = task.result();
    return task;
  }

  private @Nullable CopyTask copyNext() {
    CopyTask task = streams.isEmpty() ? null : streams.get(0).next();
    if (task != null) {
      task.run(own, throttle, this::stops);
    }
    return task;
  }

  private @Nullable CopyTask awaitNext() {
    lock.lock();
    try {
      while (true) {
        if (stops()) {
          halted = true;
          return null;
        }
        boolean more = false;
        for (CopyStream stream : streams) {
          CopyTask task = stream.begun().peek();
          if (task != null && task.isEnded()) {
            if (stream.begun().size() == MAX_AHEAD) {
              workCame.signalAll();
            }
            stream.begun().remove();
            return task;
          }
          more |= task != null || (!halted && stream.hasNext());
        }
        checkNotBroken();
        if (!more) {
          return null;
        }
        try {
          // Not without end: blocks that ended just after the last one was told of are taken, too.
          long unused = workEnded.awaitNanos(LOOK_NANOS);
        } catch (InterruptedException e) {
          // A wish to stop, which is looked at above; it stays to be seen by the caller.
          Thread.currentThread().interrupt();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void checkNotBroken() {
    if (broken != null) {
      throw new IllegalStateException("copying failed: " + broken, broken);
    }
  }

  @GuardedBy("lock")
  private void awaitEndOf(CopyTask task) {
    while (!task.isEnded()) {
      checkNotBroken();
      workEnded.awaitUninterruptibly();
    }
  }

  /**
   * Reads the copy of a segment back, and compares it with what was copied.
   *
   * @param expected of all its bytes that are not free
   * @return false if it was to stop before the end
   * @throws CopyFailedException if it differs, or cannot be read
   */
  boolean verify(CopyJob job, Checksum expected) throws CopyFailedException {
    Checksum sum = Checksum.NONE;
    Deque<CopyTask> ahead = new ArrayDeque<>();
    long next = 0;
    while (true) {
      if (stops()) {
        // Only this thread sees its interrupts.
        halted = true;
        return false;
      }
      CopyTask task = null;
      while (ahead.size() < Math.max(1, lanes.size())
          && (task = CopyStream.readBack(job, next, readBackBytes)) != null) {
        next = task.end();
        ahead.add(task);
        begin(task);
      }
      CopyTask first = ahead.poll();
      if (first == null) {
        break;
      }
      await(first);
      if (first.stopped()) {
        halted = true;
        return false;
      }
      sum = sum.then(first.result().checksum(), first.length());
    }
    if (!sum.equals(expected)) {
      throw own.differing(job);
    }
    return true;
  }

  /**
   * Reads the copy of a segment back beside its source; see {@link BlockCopier#compare}.
   *
   * @return false if it was to stop before the end
   * @throws CopyFailedException if it differs, or cannot be read
   */
  boolean compare(CopyJob job) throws CopyFailedException {
    for (long at = 0; at < job.byteCount(); ) {
      int length = (int) Math.min(job.guard().stepBytes(BLOCK_BYTES), job.byteCount() - at);
      CopyTask task = new CopyTask(CopyTask.Kind.COMPARE, job, at, length);
      task.run(own, throttle, this::stops);
      if (task.stopped()) {
        halted = true;
        return false;
      }
      BlockCopier.Copied unused = task.result();
      at += length;
      job.guard().giveWay(stopped);
    }
    return true;
  }

  private void begin(CopyTask task) {
    if (lanes.isEmpty()) {
      task.run(own, throttle, this::stops);
      return;
    }
    lock.lock();
    try {
      readBacks.add(task);
      workCame.signal();
    } finally {
      lock.unlock();
    }
  }

  private void await(CopyTask task) {
    lock.lock();
    try {
      if (!lanes.isEmpty()) {
        awaitEndOf(task);
      }
    } finally {
      lock.unlock();
    }
  }

  /** What a lane does. */
  private void work(CopyStream stream, int index) {
    BlockCopier copier = new BlockCopier(shared, this::stops);
    try {
      CopyTask task;
      while ((task = awaitTask(stream, index)) != null) {
        task.run(copier, throttle, this::stops);
        ended(stream, task);
      }
    } catch (Throwable e) {
      lock.lock();
      try {
        broken = e;
        halted = true;
        workEnded.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** The next task for a lane; null if there will be none. */
  private @Nullable CopyTask awaitTask(CopyStream stream, int index) {
    lock.lock();
    try {
      while (!closed) {
        CopyTask task = readBacks.poll();
        if (task == null && !halted && mayGoAhead(stream, index)) {
          task = stream.next();
          if (task != null) {
            stream.begun().add(task);
          }
        }
        if (task != null) {
          running++;
          return task;
        }
        workCame.awaitUninterruptibly();
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private boolean mayGoAhead(CopyStream stream, int index) {
    return index < stream.tuning().setting().depth() && stream.begun().size() < MAX_AHEAD;
  }

  private void ended(CopyStream stream, CopyTask task) {
    long now = System.nanoTime();
    lock.lock();
    try {
      task.setEnded();
      running--;
      if (!task.isReadBack() && (task.failed() || task.stopped())) {
        halted = true;
      }
      if (task.kind() == CopyTask.Kind.COPY) {
        int depth = stream.tuning().setting().depth();
        stream.tuning().copied(task.length(), now);
        if (stream.tuning().setting().depth() > depth) {
          workCame.signalAll();
        }
      }
      if (halted || running == 0 || task.isReadBack() || now - toldAt >= TELL_NANOS) {
        toldAt = now;
        workEnded.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Begins nothing more and waits for what is under way. */
  @Override
  public void close() {
    halted = true;
    leaving = true;
    lock.lock();
    try {
      closed = true;
      workCame.signalAll();
    } finally {
      lock.unlock();
    }
    lanes.forEach(Uninterruptibles::joinUninterruptibly);
  }
}
