// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Range;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.pvmove.execute.CopyFailedException.Operation;
import org.pvmove.io.BlockDevice;
import org.pvmove.volume.CopyGuard;

/** Copies one block at a time, always with the same memory; each is used by one thread. */
final class BlockCopier {
  /** Serves every disk's direct I/O. */
  private static final int ALIGNMENT = 4096;

  /** The least run of zeros that is worth a request of its own. */
  private static final int ZERO_BYTES = 64 << 10;

  private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(ZERO_BYTES);

  private final Shared shared;
  private final BooleanSupplier stopped;
  private final Memory buffer = new Memory();
  private final Memory found = new Memory();

  /** What all who copy the segments of a move have in common; thread-safe. */
  static final class Shared {
    private final ReadErrors readErrors;

    /** Whether what an earlier attempt left may still be equal to the source. */
    private volatile boolean comparing;

    /** Whether all that was read back came from the disk itself. */
    private volatile boolean fromDisk = true;

    /**
     * What is true of a whole move.
     *
     * @param comparing whether an earlier attempt may have copied a part already; what is equal is
     *     not written again, up to the first difference
     */
    Shared(ReadErrors readErrors, boolean comparing) {
      this.readErrors = readErrors;
      this.comparing = comparing;
    }

    boolean fromDisk() {
      return fromDisk;
    }
  }

  /** A buffer that is there once it is needed. */
  private static final class Memory {
    private ByteBuffer bytes = ByteBuffer.allocate(0);

    ByteBuffer get(int length) {
      if (bytes.capacity() < length) {
        // Powers of two, so that what grows leaves little behind; the slice is cut to whole units.
        int capacity = Math.max(ALIGNMENT, Integer.highestOneBit(2 * length - 1));
        bytes = ByteBuffer.allocateDirect(capacity + ALIGNMENT).alignedSlice(ALIGNMENT);
      }
      return bytes.clear().limit(length);
    }
  }

  /**
   * What came of a block.
   *
   * @param checksum of its bytes, unless it is free
   * @param bytesSummed how many bytes that is of
   * @param bytesFound bytes that were there already
   * @param bytesSkipped bytes that need not be copied
   * @param lost what could not be read
   */
  record Copied(
      Checksum checksum,
      long bytesSummed,
      long bytesFound,
      long bytesSkipped,
      ImmutableList<BadRange> lost) {
    static Copied found(Checksum checksum, long count) {
      return new Copied(checksum, count, count, 0, ImmutableList.of());
    }
  }

  /**
   * Creates a copier.
   *
   * @param stopped asked while a block cannot be read whether to stop
   */
  BlockCopier(Shared shared, BooleanSupplier stopped) {
    this.shared = shared;
    this.stopped = stopped;
  }

  /**
   * Copies a block.
   *
   * @param from its first byte, counted from the start of the segment
   * @return what was copied; null if it was stopped while it tried to read
   * @throws CopyFailedException if bytes cannot be read or written
   */
  @Nullable Copied copy(CopyJob job, long from, int length) throws CopyFailedException {
    job.requireWhole();
    CopyGuard.Held held = job.guard().hold(from, length);
    try {
      Copied copied =
          // Otherwise it is known already: nobody has written since.
          job.guard().mayBeWrittenTo() && job.zerosFrom(from, length) == length
              ? zeros(job, from, length)
              : data(job, from, length);
      if (copied != null) {
        job.guard().copied(from + length);
      }
      return copied;
    } finally {
      held.close();
    }
  }

  private @Nullable Copied data(CopyJob job, long from, int length) throws CopyFailedException {
    ByteBuffer bytes = buffer.get(length);
    List<BadRange> lost = new ArrayList<>();
    if (!read(job, from, bytes, lost)) {
      return null;
    }
    if (!lost.isEmpty()) {
      job.guard().madeUp();
    }
    Checksum checksum = Checksum.of(bytes);
    boolean there = isThere(job, from, bytes);
    long skipped = there ? 0 : write(job, from, bytes);
    return new Copied(checksum, length, there ? length : 0, skipped, ImmutableList.copyOf(lost));
  }

  /**
   * Makes bytes zeros at the destination because they are at the source.
   *
   * @throws CopyFailedException if they cannot be written
   */
  Copied zeros(CopyJob job, long from, long length) throws CopyFailedException {
    writeZeros(job, from, length);
    return new Copied(Checksum.ofZeros(length), length, 0, length, ImmutableList.of());
  }

  /** Fills the buffer from the source; false if it was stopped while it tried again. */
  private boolean read(CopyJob job, long from, ByteBuffer bytes, List<BadRange> lost)
      throws CopyFailedException {
    int length = bytes.limit();
    boolean complete = true;
    try {
      job.source().read(job.sourceOffset() + from, bytes);
    } catch (IOException e) {
      bytes.position(0).limit(length);
      complete = salvage(job, from, bytes, lost, e);
    }
    bytes.position(0).limit(length);
    return complete;
  }

  private boolean salvage(
      CopyJob job, long from, ByteBuffer bytes, List<BadRange> lost, IOException failure)
      throws CopyFailedException {
    ReadErrors readErrors = shared.readErrors;
    @Nullable ImmutableList<Range<Long>> bad =
        new Salvage(readErrors, stopped)
            .read(job.source(), job.sourceOffset() + from, bytes, failure);
    if (bad == null) {
      return false;
    }
    ImmutableList.Builder<BadRange> ranges = ImmutableList.builder();
    for (Range<Long> range : bad) {
      ranges.addAll(
          job.onSource(
              from + range.lowerEndpoint(), range.upperEndpoint() - range.lowerEndpoint()));
    }
    ImmutableList<BadRange> unreadable = ranges.build();
    if (readErrors.skips()) {
      lost.addAll(unreadable);
    } else if (!unreadable.isEmpty()) {
      throw new CopyFailedException(Operation.READ, "cannot be read", unreadable, failure);
    } else if (!readErrors.retries()) {
      // Every block could be read when it was looked for: the whole range is named.
      throw new CopyFailedException(
          Operation.READ, "could not be read", job.onSource(from, bytes.limit()), failure);
    }
    return true;
  }

  /**
   * Whether the destination holds the bytes already. It is asked of the disk: what a cache shows
   * need not have got there.
   */
  private boolean isThere(CopyJob job, long from, ByteBuffer bytes) {
    if (!shared.comparing) {
      return false;
    }
    ByteBuffer there = found.get(bytes.limit());
    boolean equal;
    try {
      equal =
          job.destination().readFromDisk(job.destinationOffset() + from, there)
              && there.flip().equals(bytes);
    } catch (IOException e) {
      // What cannot be read may well be written.
      equal = false;
    }
    if (!equal) {
      shared.comparing = false;
    }
    return equal;
  }

  /** Writes a block, but for long runs of zeros where these cost less; returns their length. */
  private static long write(CopyJob job, long from, ByteBuffer bytes) throws CopyFailedException {
    long skipped = 0;
    int done = 0;
    int length = bytes.limit();
    if (job.destination().zeroesCheaply()) {
      for (int at = 0; at < length; ) {
        int end = endOfZeros(bytes, at);
        if (end > at) {
          writeBytes(job, from, bytes, done, at);
          writeZeros(job, from + at, end - at);
          skipped += end - at;
          done = end;
          at = end;
        } else {
          at += ZERO_BYTES;
        }
      }
    }
    writeBytes(job, from, bytes, done, length);
    return skipped;
  }

  /** The end of a run of whole units of zeros. */
  private static int endOfZeros(ByteBuffer bytes, int from) {
    int at = from;
    while (at < bytes.limit()) {
      int length = Math.min(ZERO_BYTES, bytes.limit() - at);
      if (bytes.get(at) != 0
          || bytes.slice(at, length).mismatch(ZEROS.duplicate().limit(length)) >= 0) {
        return at;
      }
      at += length;
    }
    return at;
  }

  private static void writeBytes(CopyJob job, long from, ByteBuffer bytes, int start, int end)
      throws CopyFailedException {
    if (start == end) {
      return;
    }
    try {
      job.destination()
          .write(job.destinationOffset() + from + start, bytes.slice(start, end - start));
    } catch (IOException e) {
      throw unwritable(job, from + start, end - start, e);
    }
  }

  private static void writeZeros(CopyJob job, long from, long length) throws CopyFailedException {
    long start = job.destinationOffset() + from;
    long end = start + length;
    try {
      // What is known to be zeros there stays as it is; the flush makes it durable like the rest.
      long data = job.destination().nextData(start, end);
      if (data < end) {
        job.destination().writeZeroes(data, end - data);
      }
    } catch (IOException e) {
      throw unwritable(job, from, length, e);
    }
  }

  private static CopyFailedException unwritable(
      CopyJob job, long from, long length, IOException cause) {
    return new CopyFailedException(
        Operation.WRITE, "cannot be written", job.onDestination(from, length), cause);
  }

  /**
   * Reads a block of the copy back.
   *
   * @return what was found
   * @throws CopyFailedException if it cannot be read
   */
  Checksum readBack(CopyJob job, long from, int length) throws CopyFailedException {
    ByteBuffer bytes = buffer.get(length);
    readBack(job, from, bytes);
    return Checksum.of(bytes);
  }

  private void readBack(CopyJob job, long from, ByteBuffer bytes) throws CopyFailedException {
    try {
      if (!job.destination().readFromDisk(job.destinationOffset() + from, bytes)) {
        shared.fromDisk = false;
      }
    } catch (IOException e) {
      throw new CopyFailedException(
          Operation.READ_BACK, "cannot be read back", job.onDestination(from, bytes.limit()), e);
    }
    bytes.flip();
  }

  /**
   * Reads a block of the copy back beside the source, since both may have been written to
   * meanwhile.
   *
   * @throws CopyFailedException if they differ, or the copy cannot be read
   */
  void compare(CopyJob job, long from, int length) throws CopyFailedException {
    job.requireWhole();
    CopyGuard.Held held = job.guard().hold(from, length);
    try {
      int differs = mismatch(job, from, length);
      if (differs >= 0) {
        throw differing(job, from + differs);
      }
    } finally {
      held.close();
    }
  }

  /** The first byte that the copy has otherwise than the source tells; -1 if there is none. */
  private int mismatch(CopyJob job, long from, int length) throws CopyFailedException {
    ByteBuffer copy = found.get(length);
    readBack(job, from, copy);
    ByteBuffer bytes = buffer.get(length);
    try {
      job.source().read(job.sourceOffset() + from, bytes);
    } catch (IOException e) {
      // What it does not tell any more was copied when it did.
      return -1;
    }
    return bytes.flip().mismatch(copy);
  }

  /** Looks for the first bytes that differ: that they do is known by their checksum only. */
  CopyFailedException differing(CopyJob job) throws CopyFailedException {
    for (long from = job.endOfFree(0); from < job.byteCount(); ) {
      long end = job.endOfUsed(from, BlockLanes.BLOCK_BYTES);
      int differs = mismatch(job, from, (int) (end - from));
      if (differs >= 0) {
        return differing(job, from + differs);
      }
      from = end == job.byteCount() ? end : job.endOfFree(end);
    }
    return new CopyFailedException(
        Operation.READ_BACK,
        "were not read back as they were written",
        job.onDestination(0, job.byteCount()),
        null);
  }

  private static CopyFailedException differing(CopyJob job, long at) {
    BlockDevice destination = job.destination();
    int block = destination.logicalBlockSize();
    long from = at - at % block;
    return new CopyFailedException(
        Operation.READ_BACK,
        "were not read back as they were written",
        job.onDestination(from, Math.min(block, job.byteCount() - from)),
        null);
  }
}
