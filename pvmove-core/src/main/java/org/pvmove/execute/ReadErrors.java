// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * What to do when bytes of the source cannot be read. Whatever it is, the bad blocks are found and
 * named exactly, down to one logical block of the device.
 *
 * @param attempts how often a bad block is read before it counts as lost, from 1 to {@value
 *     #MAX_ATTEMPTS}
 * @param skips whether to go on without what is lost; if not, the move stops at its last checkpoint
 *     and the source stays authoritative
 * @param filler what is written in place of each byte that is lost
 */
public record ReadErrors(int attempts, boolean skips, byte filler) {
  /** The most attempts for a block. */
  public static final int MAX_ATTEMPTS = 1000;

  /** Checks the number of attempts. */
  public ReadErrors {
    checkArgument(
        attempts >= 1 && attempts <= MAX_ATTEMPTS,
        "attempts: expected 1 to %s, found %s",
        MAX_ATTEMPTS,
        attempts);
  }

  /** Stops the move. */
  public static ReadErrors stop() {
    return new ReadErrors(1, false, (byte) 0);
  }

  /**
   * Reads in smaller and smaller parts, and each bad block several times, before it stops the move.
   */
  public static ReadErrors retry(int attempts) {
    return new ReadErrors(attempts, false, (byte) 0);
  }

  /**
   * Reads like {@link #retry}, then goes on without what is lost. The outcome lists every range of
   * it, and is no {@link MoveOutcome.Completed}.
   */
  public static ReadErrors skip(int attempts, byte filler) {
    return new ReadErrors(attempts, true, filler);
  }

  /** Whether another attempt may help: otherwise a bad block is only looked for. */
  boolean retries() {
    return attempts > 1 || skips;
  }
}
