// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

/** What a device is opened for. */
public enum Access {
  /** Reading. Takes no lock, so a device that something else writes to can be looked at. */
  READ_ONLY,

  /**
   * Reading and writing. Writers that must exclude each other lock: {@link BlockDevice#tryLock}.
   */
  READ_WRITE
}
