// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How segments are copied.
 *
 * @param readErrors what to do when the source cannot be read
 * @param verify whether each segment is read back from the disk before the checkpoint that makes it
 *     authoritative
 * @param checkpointBytes short segments share a checkpoint until so many bytes are copied; 0 for a
 *     checkpoint after each segment
 * @param parallel how many segments on devices that have nothing to do with each other are copied
 *     at the same time, from 1 to {@value #MAX_PARALLEL}
 * @param throttle how fast they are copied
 * @param usedBlocks what need not be copied
 * @param discard whether the source is discarded after the move
 */
public record CopyOptions(
    ReadErrors readErrors,
    boolean verify,
    long checkpointBytes,
    int parallel,
    Throttle throttle,
    UsedBlocks usedBlocks,
    boolean discard) {
  /** The most segments at the same time. */
  public static final int MAX_PARALLEL = 16;

  /** So many bytes between checkpoints unless asked otherwise. */
  public static final long USUAL_CHECKPOINT_BYTES = 512 << 20;

  /** Checks the numbers. */
  public CopyOptions {
    checkArgument(
        checkpointBytes >= 0,
        "bytes between checkpoints: expected none or some, found %s",
        checkpointBytes);
    checkArgument(
        parallel >= 1 && parallel <= MAX_PARALLEL,
        "segments at the same time: expected 1 to %s, found %s",
        MAX_PARALLEL,
        parallel);
  }
}
