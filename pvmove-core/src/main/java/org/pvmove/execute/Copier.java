// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.pvmove.io.BlockDevice;

/** Copies bytes between devices; uses the same memory however much it copies. */
final class Copier {
  private static final int BUFFER_BYTES = 1 << 20;

  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private final BooleanSupplier stopped;

  /**
   * Creates a copier.
   *
   * @param stopped asked before every buffer whether to stop
   */
  Copier(BooleanSupplier stopped) {
    this.stopped = stopped;
  }

  /**
   * Copies a range; what is written is not yet durable.
   *
   * @param progress told the bytes copied after every buffer
   * @return whether all was copied; false if it was stopped before
   * @throws CopyFailedException if bytes cannot be read or written, naming the first such range
   */
  boolean copy(
      BlockDevice source,
      long sourceOffset,
      BlockDevice destination,
      long destinationOffset,
      long byteCount,
      LongConsumer progress)
      throws CopyFailedException {
    for (long done = 0; done < byteCount; ) {
      if (stopped.getAsBoolean()) {
        return false;
      }
      int length = (int) Math.min(buffer.capacity(), byteCount - done);
      buffer.clear().limit(length);
      try {
        source.read(sourceOffset + done, buffer);
      } catch (IOException e) {
        throw unreadable(source, sourceOffset + done, length, e);
      }
      buffer.flip();
      try {
        destination.write(destinationOffset + done, buffer);
      } catch (IOException e) {
        throw new CopyFailedException(
            "written", destination.name(), destinationOffset + done, length, e);
      }
      done += length;
      progress.accept(done);
    }
    return true;
  }

  /** Finds the blocks that cannot be read, since the caller should know which. */
  private CopyFailedException unreadable(
      BlockDevice source, long offset, int length, IOException failure) {
    int block = source.logicalBlockSize();
    long firstBad = -1;
    long end = offset + length;
    for (long at = offset; at < offset + length; at += block) {
      int size = (int) Math.min(block, offset + length - at);
      buffer.clear().limit(size);
      try {
        source.read(at, buffer);
        if (firstBad >= 0) {
          end = at;
          break;
        }
      } catch (IOException e) {
        if (e != failure) {
          failure.addSuppressed(e);
        }
        firstBad = firstBad < 0 ? at : firstBad;
      }
    }
    // If every block can be read now the failure has passed; the whole range is named.
    return firstBad < 0
        ? new CopyFailedException("read", source.name(), offset, length, failure)
        : new CopyFailedException("read", source.name(), firstBad, end - firstBad, failure);
  }
}
