// SPDX-License-Identifier: Apache-2.0
package org.pvmove.place;

import com.google.common.collect.ImmutableList;
import org.pvmove.lvm.PeRange;

/** Where runs go, or why not. */
public sealed interface Placement {
  /**
   * A place for every run.
   *
   * @param pieces for each run the extents it gets, in the order of its own extents
   */
  record Found(ImmutableList<ImmutableList<PeRange>> pieces) implements Placement {
    /** Number of pieces of all runs. */
    public long pieceCount() {
      return pieces.stream().mapToLong(ImmutableList::size).sum();
    }
  }

  /**
   * There is no place for all of them.
   *
   * @param unplaced how many extents are left over at least, at least 1; by policies that keep runs
   *     together, of runs that do not fit all extents are left over
   * @param certain whether it is certain; if not, the search was given up, because it would have
   *     taken too long
   */
  record None(long unplaced, boolean certain) implements Placement {}
}
