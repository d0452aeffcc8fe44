// SPDX-License-Identifier: Apache-2.0
package org.pvmove.benchmarks;

/** Where the segments of the volumes lie on the physical volume. */
public enum Layout {
  /** Each behind the one before it, as if no volume had ever been removed or extended. */
  IN_ORDER,
  /** Anywhere, as in a volume group of some age. */
  SCATTERED
}
