// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io.testing;

/** What becomes of the writes that were not flushed when the power went. */
public enum Unflushed {
  /**
   * All reached the disk. It is also what is left when a process is killed and the system lives on.
   */
  KEPT,

  /** None reached the disk. */
  LOST,

  /**
   * Each, independently of the others, reached the disk whole, not at all, or in some of its
   * sectors. So a later write may survive an earlier one.
   */
  RANDOM
}
