// SPDX-License-Identifier: Apache-2.0
package org.pvmove.volume;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How copying makes way for those who use the volumes meanwhile. It does so only while they do: a
 * tenth of a second after their last request it goes on as fast as it can.
 *
 * @param stepBytes how many bytes are copied at once while volumes are in use: a write to these
 *     bytes waits for the step, and any request for what of it the device has begun; a multiple of
 *     4096, from 4096 bytes to 1 MiB
 * @param share which part of the time copying may take then; above 0, at most 1. It is never 0, so
 *     that a move ends.
 */
public record UserFirst(int stepBytes, double share) {
  private static final int BLOCK = 4096;
  private static final int MOST = 1 << 20;

  /** Copying goes on as if nobody used the volumes. */
  public static final UserFirst OFF = new UserFirst(MOST, 1);

  /** Copying has a quarter of the time, in steps of 128 KiB. */
  public static final UserFirst USUAL = new UserFirst(128 << 10, 0.25);

  public UserFirst {
    checkArgument(
        stepBytes >= BLOCK && stepBytes <= MOST && stepBytes % BLOCK == 0,
        "steps of %s bytes: expected a multiple of 4096, at most 1 MiB",
        stepBytes);
    checkArgument(share > 0 && share <= 1, "a share of %s: expected more than 0, at most 1", share);
  }

  /** How long to stay away after a step, in nanoseconds. */
  long pauseAfter(long stepNanos) {
    return (long) Math.min(Long.MAX_VALUE, stepNanos * (1 / share - 1));
  }
}
