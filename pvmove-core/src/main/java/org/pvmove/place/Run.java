// SPDX-License-Identifier: Apache-2.0
package org.pvmove.place;

import com.google.common.collect.ImmutableSet;
import org.pvmove.lvm.LvmUuid;

/**
 * A run of extents that needs a place.
 *
 * @param count number of extents, at least 1
 * @param forbidden physical volumes it must not be placed on
 */
public record Run(long count, ImmutableSet<LvmUuid> forbidden) {
  public Run {
    if (count < 1) {
      throw new IllegalArgumentException("expected a run of at least 1 extent, found " + count);
    }
  }
}
