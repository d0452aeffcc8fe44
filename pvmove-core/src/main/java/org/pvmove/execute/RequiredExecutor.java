// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableList;

/** Who can carry a plan out, as things are now. */
public sealed interface RequiredExecutor {
  /** This library: nothing that the plan touches is in use. {@link org.pvmove.PvMover} does it. */
  record Library() implements RequiredExecutor {}

  /**
   * LVM2's own pvmove, since the kernel has volumes active that stand on what moves: {@link
   * SystemPvmove} does it.
   *
   * @param activeVolumes the names of the logical volumes that are active, at least one
   */
  record Lvm(ImmutableList<String> activeVolumes) implements RequiredExecutor {}
}
