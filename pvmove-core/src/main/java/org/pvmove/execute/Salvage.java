// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableRangeSet;
import com.google.common.collect.Range;
import com.google.common.collect.TreeRangeSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.pvmove.io.BlockDevice;

/**
 * Reads bytes that could not be read at once in smaller and smaller parts, down to one logical
 * block, to get what can be got and to know exactly what cannot.
 */
final class Salvage {
  /**
   * A failing read may take a disk seconds. If no block is to be saved, looking for the bad ones
   * ends after that many; what has not been told apart then counts as bad.
   */
  private static final int MAX_FAILURES_TO_LOCATE = 512;

  private final ReadErrors policy;
  private final BooleanSupplier stopped;

  Salvage(ReadErrors policy, BooleanSupplier stopped) {
    this.policy = policy;
    this.stopped = stopped;
  }

  /**
   * Reads what can be read.
   *
   * @param byteOffset where the bytes are on the device; reading all of them has failed once
   * @param target takes the bytes at their place from its start on, and the filler for those lost
   * @param failure why reading all failed; takes further failures
   * @return what cannot be read, counted from the start of the target; null if it was stopped
   *     before everything was tried that the policy asks for
   */
  @Nullable ImmutableList<Range<Long>> read(
      BlockDevice source, long byteOffset, ByteBuffer target, IOException failure) {
    TreeRangeSet<Long> bad = TreeRangeSet.create();
    Deque<Range<Long>> parts = new ArrayDeque<>();
    int block = source.logicalBlockSize();
    divide(Range.closedOpen(0L, (long) target.limit()), byteOffset, block, parts);
    int failures = 1;
    while (!parts.isEmpty()) {
      Range<Long> part = parts.pop();
      boolean stop = stopped.getAsBoolean();
      if (stop && policy.retries()) {
        return null;
      }
      boolean lookCloser = policy.retries() || (failures < MAX_FAILURES_TO_LOCATE && !stop);
      if (lookCloser && tryRead(source, byteOffset, target, part, failure)) {
        continue;
      }
      failures++;
      if (lookCloser && length(part) > block) {
        divide(part, byteOffset, block, parts);
      } else if (!lookCloser || !tryAgain(source, byteOffset, target, part, failure)) {
        bad.add(part);
        fill(target, part);
      }
    }
    return ImmutableList.copyOf(ImmutableRangeSet.copyOf(bad).asRanges());
  }

  private static long length(Range<Long> part) {
    return part.upperEndpoint() - part.lowerEndpoint();
  }

  /** Two halves, at a border of blocks; a single block stays as it is. */
  private static void divide(
      Range<Long> part, long byteOffset, int block, Deque<Range<Long>> parts) {
    long first = part.lowerEndpoint();
    long middle = (byteOffset + first + length(part) / 2 + block - 1) / block * block - byteOffset;
    if (middle > first && middle < part.upperEndpoint()) {
      parts.push(Range.closedOpen(middle, part.upperEndpoint()));
      parts.push(Range.closedOpen(first, middle));
    } else {
      parts.push(part);
    }
  }

  private boolean tryAgain(
      BlockDevice source,
      long byteOffset,
      ByteBuffer target,
      Range<Long> part,
      IOException failure) {
    for (int attempt = 1; attempt < policy.attempts(); attempt++) {
      if (tryRead(source, byteOffset, target, part, failure)) {
        return true;
      }
    }
    return false;
  }

  private static boolean tryRead(
      BlockDevice source,
      long byteOffset,
      ByteBuffer target,
      Range<Long> part,
      IOException failure) {
    try {
      source.read(
          byteOffset + part.lowerEndpoint(),
          target.slice(Math.toIntExact(part.lowerEndpoint()), Math.toIntExact(length(part))));
      return true;
    } catch (IOException e) {
      if (e != failure && failure.getSuppressed().length == 0) {
        // One is enough to see that it is the same; thousands would only fill the memory.
        failure.addSuppressed(e);
      }
      return false;
    }
  }

  private void fill(ByteBuffer target, Range<Long> part) {
    for (long at = part.lowerEndpoint(); at < part.upperEndpoint(); at++) {
      target.put((int) at, policy.filler());
    }
  }
}
