// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Range;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.pvmove.execute.CopyFailedException.Operation;
import org.pvmove.io.BlockDevice;
import org.pvmove.volume.CopyGuard;

/**
 * Copies segments from place to place, makes the copies durable and, if asked, reads them back from
 * the disk. Uses the same memory however much it copies.
 */
final class SegmentCopier {
  private static final int BUFFER_BYTES = 1 << 20;

  /** Serves every disk's direct I/O. */
  private static final int ALIGNMENT = 4096;

  private final ReadErrors readErrors;
  private final boolean verify;
  private final BooleanSupplier stopped;
  private final ByteBuffer buffer = newBuffer();
  private final ByteBuffer found = newBuffer();

  /** Whether what an earlier attempt left may still be equal to the source. */
  private boolean comparing;

  /** Whether all that was read back came from the disk itself. */
  private boolean fromDisk;

  /**
   * Creates a copier.
   *
   * @param readErrors what to do when the source cannot be read
   * @param verify whether copies are read back
   * @param comparing whether an earlier attempt may have copied a part already; what is equal is
   *     not written again, up to the first difference
   * @param stopped asked before every buffer whether to stop
   */
  SegmentCopier(ReadErrors readErrors, boolean verify, boolean comparing, BooleanSupplier stopped) {
    this.readErrors = readErrors;
    this.verify = verify;
    this.comparing = comparing;
    this.stopped = stopped;
  }

  private static ByteBuffer newBuffer() {
    return ByteBuffer.allocateDirect(BUFFER_BYTES + ALIGNMENT)
        .alignedSlice(ALIGNMENT)
        .limit(BUFFER_BYTES)
        .slice();
  }

  /**
   * A segment to copy.
   *
   * @param owner whose bytes it holds
   * @param guard keeps those away who use the volume meanwhile
   */
  record Job(
      BlockDevice source,
      long sourceOffset,
      BlockDevice destination,
      long destinationOffset,
      long byteCount,
      Owner owner,
      CopyGuard guard) {
    ImmutableList<BadRange> onSource(long from, long count) {
      return owner.ranges(source.name(), sourceOffset, from, count);
    }

    ImmutableList<BadRange> onDestination(long from, long count) {
      return owner.ranges(destination.name(), destinationOffset, from, count);
    }
  }

  /**
   * A segment that was copied and is durable.
   *
   * @param bytesFound bytes that were there already
   * @param lost what could not be read
   */
  record Copied(
      long bytesFound,
      Checksum checksum,
      Receipt.Verified verified,
      ImmutableList<BadRange> lost) {}

  /**
   * Copies a segment and makes it durable.
   *
   * @param progress told the bytes copied after every buffer
   * @return what was copied; null if it was stopped before the end
   * @throws CopyFailedException if bytes cannot be read or written, or were not read back
   */
  @Nullable Copied copy(Job job, LongConsumer progress) throws CopyFailedException {
    Checksum.Builder checksum = new Checksum.Builder();
    List<BadRange> lost = new ArrayList<>();
    long bytesFound = 0;
    for (long done = 0; done < job.byteCount(); ) {
      if (stopped.getAsBoolean()) {
        return null;
      }
      requireWhole(job);
      int length = (int) Math.min(job.guard().stepBytes(BUFFER_BYTES), job.byteCount() - done);
      CopyGuard.Held held = job.guard().hold(done, length);
      try {
        int lostBefore = lost.size();
        if (!read(job, done, length, lost)) {
          return null;
        }
        if (lost.size() > lostBefore) {
          job.guard().madeUp();
        }
        checksum.update(buffer);
        if (isThere(job, done, length)) {
          bytesFound += length;
        } else {
          write(job, done, length);
        }
        done += length;
        job.guard().copied(done);
      } finally {
        held.close();
      }
      progress.accept(done);
      job.guard().giveWay(stopped);
    }
    flush(job);
    Checksum sum = checksum.build();
    if (verify && !(job.guard().mayBeWrittenTo() ? compare(job) : verify(job, sum))) {
      return null;
    }
    return new Copied(bytesFound, sum, verified(), ImmutableList.copyOf(lost));
  }

  /**
   * Checks that what users have written meanwhile is at the destination, too.
   *
   * @throws CopyFailedException if it is not
   */
  static void requireWhole(Job job) throws CopyFailedException {
    CopyGuard.Lost lost = job.guard().lost();
    if (lost != null) {
      throw new CopyFailedException(
          Operation.WRITE,
          "could not be written by a user of the volume",
          lost.atSource()
              ? job.onSource(lost.from(), lost.count())
              : job.onDestination(lost.from(), lost.count()),
          lost.failure());
    }
  }

  /** Fills the buffer from the source; false if it was stopped while it tried again. */
  private boolean read(Job job, long done, int length, List<BadRange> lost)
      throws CopyFailedException {
    buffer.clear().limit(length);
    boolean complete = true;
    try {
      job.source().read(job.sourceOffset() + done, buffer);
    } catch (IOException e) {
      complete = salvage(job, done, length, lost, e);
    }
    buffer.position(0).limit(length);
    return complete;
  }

  private boolean salvage(Job job, long done, int length, List<BadRange> lost, IOException failure)
      throws CopyFailedException {
    buffer.position(0).limit(length);
    @Nullable ImmutableList<Range<Long>> bad =
        new Salvage(readErrors, stopped)
            .read(job.source(), job.sourceOffset() + done, buffer, failure);
    if (bad == null) {
      return false;
    }
    ImmutableList.Builder<BadRange> ranges = ImmutableList.builder();
    for (Range<Long> range : bad) {
      ranges.addAll(
          job.onSource(
              done + range.lowerEndpoint(), range.upperEndpoint() - range.lowerEndpoint()));
    }
    ImmutableList<BadRange> unreadable = ranges.build();
    if (readErrors.skips()) {
      lost.addAll(unreadable);
    } else if (!unreadable.isEmpty()) {
      throw new CopyFailedException(Operation.READ, "cannot be read", unreadable, failure);
    } else if (!readErrors.retries()) {
      // Every block could be read when it was looked for: the whole range is named.
      throw new CopyFailedException(
          Operation.READ, "could not be read", job.onSource(done, length), failure);
    }
    return true;
  }

  /**
   * Whether the destination holds the bytes already. It is asked of the disk: what a cache shows
   * need not have got there.
   */
  private boolean isThere(Job job, long done, int length) {
    if (comparing) {
      found.clear().limit(length);
      try {
        comparing =
            job.destination().readFromDisk(job.destinationOffset() + done, found)
                && found.flip().equals(buffer);
      } catch (IOException e) {
        // What cannot be read may well be written.
        comparing = false;
      }
    }
    return comparing;
  }

  private void write(Job job, long done, int length) throws CopyFailedException {
    try {
      job.destination().write(job.destinationOffset() + done, buffer.duplicate());
    } catch (IOException e) {
      throw new CopyFailedException(
          Operation.WRITE, "cannot be written", job.onDestination(done, length), e);
    }
  }

  private static void flush(Job job) throws CopyFailedException {
    try {
      job.destination().flush();
    } catch (IOException e) {
      throw new CopyFailedException(
          Operation.FLUSH, "cannot be made durable", job.onDestination(0, job.byteCount()), e);
    }
  }

  private Receipt.Verified verified() {
    if (!verify) {
      return Receipt.Verified.NO;
    }
    return fromDisk ? Receipt.Verified.ON_DISK : Receipt.Verified.AS_READ;
  }

  /** Reads the copy back; false if it was stopped before the end. */
  private boolean verify(Job job, Checksum expected) throws CopyFailedException {
    Checksum.Builder checksum = new Checksum.Builder();
    fromDisk = true;
    for (long done = 0; done < job.byteCount(); done += found.limit()) {
      if (stopped.getAsBoolean()) {
        return false;
      }
      readBack(job, done);
      checksum.update(found);
    }
    if (!checksum.build().equals(expected)) {
      throw differing(job);
    }
    return true;
  }

  /**
   * Reads the copy back beside the source, since both may have been written to meanwhile; false if
   * it was stopped before the end.
   */
  private boolean compare(Job job) throws CopyFailedException {
    fromDisk = true;
    for (long done = 0; done < job.byteCount(); ) {
      if (stopped.getAsBoolean()) {
        return false;
      }
      requireWhole(job);
      int length = (int) Math.min(job.guard().stepBytes(BUFFER_BYTES), job.byteCount() - done);
      CopyGuard.Held held = job.guard().hold(done, length);
      try {
        readBack(job, done, length);
        if (readSource(job, done, length)) {
          int differs = buffer.mismatch(found);
          if (differs >= 0) {
            throw differing(job, done, differs);
          }
        }
      } finally {
        held.close();
      }
      done += length;
      job.guard().giveWay(stopped);
    }
    return true;
  }

  /** Whether the source tells its bytes still; what it does not tell was copied when it did. */
  private boolean readSource(Job job, long done, int length) {
    buffer.clear().limit(length);
    try {
      job.source().read(job.sourceOffset() + done, buffer);
    } catch (IOException e) {
      return false;
    }
    buffer.flip();
    return true;
  }

  private void readBack(Job job, long done) throws CopyFailedException {
    readBack(job, done, (int) Math.min(BUFFER_BYTES, job.byteCount() - done));
  }

  private void readBack(Job job, long done, int length) throws CopyFailedException {
    found.clear().limit(length);
    try {
      fromDisk &= job.destination().readFromDisk(job.destinationOffset() + done, found);
    } catch (IOException e) {
      throw new CopyFailedException(
          Operation.READ_BACK, "cannot be read back", job.onDestination(done, found.limit()), e);
    }
    found.flip();
  }

  /** Looks for the first bytes that differ: that they do is known by their checksum only. */
  private CopyFailedException differing(Job job) throws CopyFailedException {
    for (long done = 0; done < job.byteCount(); done += found.limit()) {
      readBack(job, done);
      buffer.clear().limit(found.limit());
      try {
        job.source().read(job.sourceOffset() + done, buffer);
      } catch (IOException e) {
        continue;
      }
      int differs = buffer.flip().mismatch(found);
      if (differs >= 0) {
        return differing(job, done, differs);
      }
    }
    return new CopyFailedException(
        Operation.READ_BACK,
        "were not read back as they were written",
        job.onDestination(0, job.byteCount()),
        null);
  }

  private static CopyFailedException differing(Job job, long done, int differs) {
    int block = job.destination().logicalBlockSize();
    long from = done + differs - differs % block;
    long count = Math.min(block, job.byteCount() - from);
    return new CopyFailedException(
        Operation.READ_BACK,
        "were not read back as they were written",
        job.onDestination(from, count),
        null);
  }
}
