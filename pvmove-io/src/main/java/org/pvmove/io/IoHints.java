// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

/**
 * How a device is best used, as far as is known. Nothing depends on hints but speed: they may be
 * wrong, and any device may be used in any way.
 *
 * @param medium what the bytes lie on: equal for devices that share a disk, such as partitions of
 *     it and image files in a file system on it, which therefore get in each other's way
 * @param rotational whether the medium is one whose heads have to move, so that going back and
 *     forth is slow
 * @param queueDepth how many requests at once are worthwhile, from 1 (one after the other) to 64
 * @param transferBytes how many bytes a request had best have, a power of two from 64 KiB to 4 MiB
 */
public record IoHints(Object medium, boolean rotational, int queueDepth, int transferBytes) {
  /** The largest {@link #queueDepth()}. */
  public static final int MAX_QUEUE_DEPTH = 64;

  /** The smallest {@link #transferBytes()}. */
  public static final int MIN_TRANSFER_BYTES = 64 << 10;

  /** The largest {@link #transferBytes()}. */
  public static final int MAX_TRANSFER_BYTES = 4 << 20;

  static final int USUAL_TRANSFER_BYTES = 1 << 20;

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if the depth or the number of bytes is not within its range
   */
  public IoHints {
    checkNotNull(medium);
    checkArgument(
        queueDepth >= 1 && queueDepth <= MAX_QUEUE_DEPTH,
        "queue depth of %s: expected 1 to %s",
        queueDepth,
        MAX_QUEUE_DEPTH);
    checkArgument(
        transferBytes >= MIN_TRANSFER_BYTES
            && transferBytes <= MAX_TRANSFER_BYTES
            && Integer.bitCount(transferBytes) == 1,
        "transfers of %s bytes: expected a power of two from %s to %s",
        transferBytes,
        MIN_TRANSFER_BYTES,
        MAX_TRANSFER_BYTES);
  }

  /** For a device of which nothing is known: one request of 1 MiB after the other. */
  public static IoHints unknown(Object medium) {
    return new IoHints(medium, false, 1, USUAL_TRANSFER_BYTES);
  }
}
