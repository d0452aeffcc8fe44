// SPDX-License-Identifier: Apache-2.0
package org.pvmove.place;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import org.pvmove.lvm.LvmUuid;

/**
 * A run of extents that needs a place.
 *
 * @param count number of extents, at least 1
 * @param forbidden physical volumes it must not be placed on
 * @param parts of which part of which group it is: runs of different parts of one group must not
 *     share a physical volume. Groups are called by numbers, and so are their parts
 * @param column a number that the runs of one stripe of one logical volume have in common: what
 *     cling keeps together
 * @param kin physical volumes that have a tag in common with where the extents are now: what
 *     cling_by_tags may use
 */
public record Run(
    long count,
    ImmutableSet<LvmUuid> forbidden,
    ImmutableMap<Integer, Integer> parts,
    int column,
    ImmutableSet<LvmUuid> kin) {
  public Run {
    if (count < 1) {
      throw new IllegalArgumentException("expected a run of at least 1 extent, found " + count);
    }
  }

  /** A run that is kept apart from no other, in a column of its own kind. */
  public static Run of(long count, ImmutableSet<LvmUuid> forbidden) {
    return new Run(count, forbidden, ImmutableMap.of(), 0, ImmutableSet.of());
  }

  /** All but the length, so that what depends on no more is found out once. */
  static Run sameRules(Run run) {
    return run.count() == 1
        ? run
        : new Run(1, run.forbidden(), run.parts(), run.column(), run.kin());
  }

  /** The same run, which may not be placed on other physical volumes than those allowed before. */
  Run withForbidden(ImmutableSet<LvmUuid> more) {
    return new Run(count, more, parts, column, kin);
  }
}
