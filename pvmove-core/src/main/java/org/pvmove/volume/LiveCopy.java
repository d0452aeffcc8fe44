// SPDX-License-Identifier: Apache-2.0
package org.pvmove.volume;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.volume.VolumeMap.Place;

/**
 * A segment that is being copied while the volume is in use: how far the copy got, and which of the
 * two places counts.
 */
final class LiveCopy implements CopyGuard {
  private final Traffic traffic;
  private final Place source;
  private final Place destination;
  private final long byteCount;

  /** What users write below is written to both places. */
  private volatile long copied;

  private volatile boolean madeUp;
  private long stepBegan;

  @GuardedBy("this")
  private State state = State.COPYING;

  @GuardedBy("this")
  private @Nullable Lost lost;

  /** Which place counts. */
  private enum State {
    /** The source. The destination may fail. */
    COPYING,
    /** That is being decided by a commit. */
    COMMITTING,
    /** The destination, on disk; users are about to be told. */
    TAKEN,
    /** Nobody knows, after a commit that failed: both must hold what is written. */
    UNDECIDED,
    /** The source; the destination is not written any more. */
    DROPPED
  }

  LiveCopy(Traffic traffic, Place source, Place destination, long byteCount) {
    this.traffic = traffic;
    this.source = source;
    this.destination = destination;
    this.byteCount = byteCount;
  }

  Place source() {
    return source;
  }

  LvmUuid destinationPv() {
    return destination.pv();
  }

  /** Whether bytes that cannot be read from the source can be read from what is copied. */
  boolean standsIn() {
    return !madeUp;
  }

  /** Where the source ends on its device. */
  long sourceEnd() {
    return source.byteOffset() + byteCount;
  }

  /**
   * Where a range of the source is to be written, too: the part of it that is copied already.
   *
   * @param start first byte on the source's device
   * @param end the byte behind the last one
   * @return the part; null if there is none
   */
  @Nullable Twin twin(long start, long end) {
    long from = Math.max(start, source.byteOffset());
    long to = Math.min(end, source.byteOffset() + copied);
    synchronized (this) {
      if (from >= to || state == State.DROPPED) {
        return null;
      }
    }
    long in = from - source.byteOffset();
    return new Twin(
        this, from, to - from, new Place(destination.pv(), destination.byteOffset() + in));
  }

  /**
   * The part of a range that has two places.
   *
   * @param start its first byte on the source's device
   * @param place where it begins at the destination
   */
  record Twin(LiveCopy copy, long start, long byteCount, Place place) {}

  /**
   * Says that bytes did not get to the destination, though to the source. Waits for a commit that
   * is under way to be decided.
   *
   * @param start first byte on the source's device
   * @return whether that does not matter, because the source counts; the copy is given up then
   */
  synchronized boolean destinationFailed(long start, long count, IOException failure) {
    awaitDecision();
    if (state == State.COPYING) {
      lose(start, count, false, failure);
    }
    return state == State.DROPPED;
  }

  /**
   * Says that bytes did not get to the source, though to the destination, so that the two differ: a
   * copy that does not count yet is given up. Waits for a commit that is under way to be decided.
   *
   * @param start first byte on the source's device
   */
  synchronized void sourceFailed(long start, long count, IOException failure) {
    awaitDecision();
    if (state == State.COPYING) {
      lose(start, count, true, failure);
    }
  }

  @GuardedBy("this")
  private void lose(long start, long count, boolean atSource, IOException failure) {
    state = State.DROPPED;
    lost = new Lost(start - source.byteOffset(), count, atSource, failure);
  }

  @GuardedBy("this")
  private void awaitDecision() {
    boolean interrupted = false;
    while (state == State.COMMITTING) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Begins to decide that the destination counts.
   *
   * @throws CopyLostException if the copy is of no use
   */
  synchronized void beginCommit() throws CopyLostException {
    if (lost != null) {
      throw new CopyLostException(lost.failure());
    }
    checkState(state == State.COPYING, "a commit of a copy that is %s", state);
    state = State.COMMITTING;
  }

  /**
   * Says how the commit ended.
   *
   * @param taken whether the destination counts
   * @param sure whether that is known
   */
  synchronized void endCommit(boolean taken, boolean sure) {
    if (state == State.COMMITTING) {
      state = taken ? State.TAKEN : sure ? State.COPYING : State.UNDECIDED;
      notifyAll();
    }
  }

  /** Says that nobody goes on with the copy; true unless both places are needed still. */
  @CanIgnoreReturnValue
  synchronized boolean drop() {
    if (state == State.COPYING) {
      state = State.DROPPED;
    }
    return state == State.DROPPED;
  }

  synchronized boolean isUndecided() {
    return state == State.UNDECIDED;
  }

  @Override
  public int stepBytes(int most) {
    return traffic.stepBytes(most);
  }

  @Override
  public Held hold(long from, long count) {
    long start = source.byteOffset() + from;
    Turns.Turn turn =
        traffic.turns().take(ImmutableList.of(new Turns.Range(source.pv(), start, start + count)));
    stepBegan = System.nanoTime();
    return turn::close;
  }

  @Override
  public void copied(long end) {
    copied = end;
  }

  @Override
  public void madeUp() {
    madeUp = true;
  }

  @Override
  public void giveWay(BooleanSupplier stopped) {
    traffic.giveWay(System.nanoTime() - stepBegan, stopped);
  }

  @Override
  public boolean mayBeWrittenTo() {
    return true;
  }

  @Override
  public synchronized @Nullable Lost lost() {
    return lost;
  }
}
