// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import com.google.common.collect.ImmutableList;

/**
 * A physical volume's place on the page.
 *
 * @param pv index of the physical volume
 * @param top where it begins, in pixels
 * @param before the slices of its bar before
 * @param after those afterwards; empty if there is no after
 */
record SvgRow(int pv, int top, ImmutableList<Bar.Slice> before, ImmutableList<Bar.Slice> after) {
  static final int BAR_HEIGHT = 22;

  /** Below the name of the physical volume. */
  private static final int BAR_TOP = 20;

  private static final int GAP = 16;

  /** From a bar to the line that joins the runs that move. */
  private static final int TO_LINE = 8;

  /** Below a bar with runs that move: the line and the numbers. */
  private static final int LANE = 24;

  boolean hasMoves() {
    return before.stream().anyMatch(slice -> !slice.moves().isEmpty())
        || after.stream().anyMatch(slice -> !slice.moves().isEmpty());
  }

  int barTop() {
    return top + BAR_TOP;
  }

  int barEnd() {
    return barTop() + BAR_HEIGHT;
  }

  int line() {
    return barEnd() + TO_LINE;
  }

  int end() {
    return barEnd() + (hasMoves() ? LANE : 0) + GAP;
  }
}
