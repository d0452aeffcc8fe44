// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io.testing;

import java.util.List;

/** Bytes that fail when touched, for a number of times. Guarded by whoever owns the list. */
final class Fault {
  private final long begin;
  private final long end;
  private int timesLeft;

  /**
   * @param times how often; {@link Integer#MAX_VALUE} means always
   */
  Fault(long byteOffset, long byteCount, int times) {
    this.begin = byteOffset;
    this.end = byteOffset + byteCount;
    this.timesLeft = times;
  }

  /**
   * Lets an operation run into the faults in its range, which uses up one of the times of each.
   *
   * @return offset of the first bad byte, or -1 if there is none
   */
  static long strike(List<Fault> faults, long byteOffset, long byteCount) {
    long first = -1;
    for (Fault fault : faults) {
      long bad = Math.max(fault.begin, byteOffset);
      if (bad >= Math.min(fault.end, byteOffset + byteCount) || fault.timesLeft <= 0) {
        continue;
      }
      first = first < 0 ? bad : Math.min(first, bad);
      if (fault.timesLeft != Integer.MAX_VALUE) {
        fault.timesLeft--;
      }
    }
    return first;
  }
}
