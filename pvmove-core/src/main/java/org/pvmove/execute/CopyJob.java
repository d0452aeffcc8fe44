// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.RangeSet;
import java.io.IOException;
import org.pvmove.execute.CopyFailedException.Operation;
import org.pvmove.io.BlockDevice;
import org.pvmove.volume.CopyGuard;

/**
 * A segment to copy.
 *
 * @param segment index in its move, counted from 0
 * @param owner whose bytes it holds
 * @param free bytes of the owning volume that need not be copied
 * @param guard keeps those away who use the volume meanwhile
 */
record CopyJob(
    int segment,
    BlockDevice source,
    long sourceOffset,
    BlockDevice destination,
    long destinationOffset,
    long byteCount,
    Owner owner,
    RangeSet<Long> free,
    CopyGuard guard) {
  ImmutableList<BadRange> onSource(long from, long count) {
    return owner.ranges(source.name(), sourceOffset, from, count);
  }

  ImmutableList<BadRange> onDestination(long from, long count) {
    return owner.ranges(destination.name(), destinationOffset, from, count);
  }

  /** Where bytes begin that must be copied, at or behind a byte of the segment. */
  long endOfFree(long from) {
    return free.isEmpty() ? from : owner.endOfRun(free, from, byteCount);
  }

  /**
   * Where bytes begin, at or behind a byte of the segment, that the source does not know to be
   * zeros.
   */
  long endOfZeros(long from) {
    try {
      return source.nextData(sourceOffset + from, sourceOffset + byteCount) - sourceOffset;
    } catch (IOException e) {
      // Reading these bytes will tell what is wrong, and where.
      return from;
    }
  }

  /** The same of the destination. */
  long endOfZerosThere(long from) {
    try {
      return destination.nextData(destinationOffset + from, destinationOffset + byteCount)
          - destinationOffset;
    } catch (IOException e) {
      // As above.
      return from;
    }
  }

  /**
   * Checks that what users have written meanwhile is at the destination, too.
   *
   * @throws CopyFailedException if it is not
   */
  void requireWhole() throws CopyFailedException {
    CopyGuard.Lost lost = guard.lost();
    if (lost != null) {
      throw new CopyFailedException(
          Operation.WRITE,
          "could not be written by a user of the volume",
          lost.atSource()
              ? onSource(lost.from(), lost.count())
              : onDestination(lost.from(), lost.count()),
          lost.failure());
    }
  }
}
