// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.base.Throwables;
import com.google.common.collect.ImmutableList;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.pvmove.execute.BlockCopier.Copied;

/** A block to be copied or read back, and then what came of it. Run once, by any thread. */
final class CopyTask {
  /** What is done with the block. */
  enum Kind {
    /** It is copied. */
    COPY,
    /** It is made zeros, which the source knows it to be. */
    ZEROS,
    /** Nothing: it is free. */
    FREE,
    /** The copy is read. */
    READ_BACK,
    /** Nothing is read, since the destination knows that it has zeros. */
    ZEROS_BACK,
    /** The copy is read and compared with the source. */
    COMPARE
  }

  private final Kind kind;
  private final CopyJob job;
  private final long from;
  private final long length;
  private @Nullable Copied copied;
  private @Nullable Throwable failure;
  private boolean ended;

  /**
   * A block.
   *
   * @param from its first byte, counted from the start of the segment
   * @param length in bytes; of what goes through memory, at most what a buffer may have
   */
  CopyTask(Kind kind, CopyJob job, long from, long length) {
    this.kind = kind;
    this.job = job;
    this.from = from;
    this.length = length;
  }

  Kind kind() {
    return kind;
  }

  /** Whether it belongs to no stream. */
  boolean isReadBack() {
    return kind == Kind.READ_BACK || kind == Kind.ZEROS_BACK || kind == Kind.COMPARE;
  }

  CopyJob job() {
    return job;
  }

  long from() {
    return from;
  }

  long length() {
    return length;
  }

  /** The byte behind it, counted from the start of the segment. */
  long end() {
    return from + length;
  }

  /** Does it, unless it is to stop; what goes wrong is kept for {@link #result}. */
  void run(BlockCopier copier, Throttle throttle, BooleanSupplier stopped) {
    try {
      if (stopped.getAsBoolean() || !mayGo(throttle, stopped)) {
        return;
      }
      copied = work(copier);
    } catch (Throwable e) {
      failure = e;
    }
  }

  private boolean mayGo(Throttle throttle, BooleanSupplier stopped) {
    return switch (kind) {
      case COPY -> throttle.acquire((int) length, 2, stopped);
      case ZEROS -> throttle.acquire((int) bytesOfWork(), 1, stopped);
      default -> true;
    };
  }

  /** How many bytes a crash before the next checkpoint makes copy again. */
  long bytesOfWork() {
    return switch (kind) {
      case COPY -> length;
      case ZEROS -> job.destination().zeroesCheaply() ? 0 : length;
      default -> 0;
    };
  }

  private @Nullable Copied work(BlockCopier copier) throws CopyFailedException {
    return switch (kind) {
      case COPY -> copier.copy(job, from, (int) length);
      case ZEROS -> copier.zeros(job, from, length);
      case FREE -> new Copied(Checksum.NONE, 0, 0, length, ImmutableList.of());
      case READ_BACK -> Copied.found(copier.readBack(job, from, (int) length), length);
      case ZEROS_BACK -> Copied.found(Checksum.ofZeros(length), length);
      case COMPARE -> {
        copier.compare(job, from, (int) length);
        yield Copied.found(Checksum.NONE, 0);
      }
    };
  }

  /** Whether it is without result, because it was to stop before. */
  boolean stopped() {
    return copied == null && failure == null;
  }

  /**
   * What was done.
   *
   * @throws CopyFailedException if it could not be done
   */
  Copied result() throws CopyFailedException {
    if (failure != null) {
      Throwables.throwIfInstanceOf(failure, CopyFailedException.class);
      Throwables.throwIfUnchecked(failure);
      throw new AssertionError(failure);
    }
    if (copied == null) {
      throw new IllegalStateException("it was stopped");
    }
    return copied;
  }

  /** Whether it went wrong. */
  boolean failed() {
    return failure != null;
  }

  /** Whether others may look at what came of it. */
  boolean isEnded() {
    return ended;
  }

  /** Lets others look at it. */
  void setEnded() {
    ended = true;
  }
}
