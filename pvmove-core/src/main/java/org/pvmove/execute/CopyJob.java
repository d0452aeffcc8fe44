// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableRangeMap;
import com.google.common.collect.Iterables;
import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import java.io.IOException;
import org.pvmove.execute.CopyFailedException.Operation;
import org.pvmove.io.BlockDevice;
import org.pvmove.volume.CopyGuard;

/**
 * A segment to copy.
 *
 * @param segment index in its move, counted from 0
 * @param owners whose bytes it holds, by its bytes counted from its start
 * @param free bytes of the owning volume that need not be copied; none if there are several owners
 * @param guard keeps those away who use the volume meanwhile
 */
record CopyJob(
    int segment,
    BlockDevice source,
    long sourceOffset,
    BlockDevice destination,
    long destinationOffset,
    long byteCount,
    ImmutableRangeMap<Long, Owner> owners,
    RangeSet<Long> free,
    CopyGuard guard) {
  ImmutableList<BadRange> onSource(long from, long count) {
    return ranges(source, sourceOffset, from, count);
  }

  ImmutableList<BadRange> onDestination(long from, long count) {
    return ranges(destination, destinationOffset, from, count);
  }

  private ImmutableList<BadRange> ranges(BlockDevice device, long start, long from, long count) {
    ImmutableList.Builder<BadRange> ranges = ImmutableList.builder();
    owners
        .subRangeMap(Range.closedOpen(from, from + count))
        .asMapOfRanges()
        .forEach(
            (part, owner) -> {
              long first = part.lowerEndpoint();
              ranges.addAll(
                  owner.ranges(device.name(), start, first, part.upperEndpoint() - first));
            });
    return ranges.build();
  }

  private Owner onlyOwner() {
    return Iterables.getOnlyElement(owners.asMapOfRanges().values());
  }

  /** What is free is left out in units of so many bytes, counted from the start of the segment. */
  static final int UNIT_BYTES = 64 << 10;

  /**
   * Where bytes begin that must be copied, at or behind a byte of the segment.
   *
   * @param from where a unit begins
   */
  long endOfFree(long from) {
    if (free.isEmpty()) {
      return from;
    }
    long end = onlyOwner().endOfRun(free, from, byteCount);
    return end == byteCount ? end : Math.max(from, end - end % UNIT_BYTES);
  }

  /**
   * Where bytes end that must be copied.
   *
   * @param from where a unit begins that must be
   * @param most how many bytes at most
   */
  long endOfUsed(long from, long most) {
    long limit = Math.min(byteCount, from + most);
    if (free.isEmpty()) {
      return limit;
    }
    long at = from + UNIT_BYTES;
    while (at < limit && !isFree(at)) {
      at += UNIT_BYTES;
    }
    return Math.min(at, limit);
  }

  private boolean isFree(long unit) {
    long end = Math.min(byteCount, unit + UNIT_BYTES);
    return onlyOwner().endOfRun(free, unit, end) == end;
  }

  /** How many bytes from one of the segment on the source knows to be zeros; at most so many. */
  long zerosFrom(long from, long most) {
    return zeros(source, sourceOffset + from, most);
  }

  /** The same of the destination. */
  long zerosThereFrom(long from, long most) {
    return zeros(destination, destinationOffset + from, most);
  }

  private static long zeros(BlockDevice device, long start, long most) {
    try {
      return device.nextData(start, start + most) - start;
    } catch (IOException e) {
      // Reading or writing these bytes will tell what is wrong, and where.
      return 0;
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
