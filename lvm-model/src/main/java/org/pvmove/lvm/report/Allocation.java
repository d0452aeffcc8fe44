// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.AllocationPolicy;

/** How reports show allocation policies. */
final class Allocation {
  private Allocation() {}

  /** The word; {@code cling} whether or not tags count, because LVM2 keeps them as one policy. */
  static String word(@Nullable AllocationPolicy policy, AllocationPolicy byDefault) {
    return plain(policy, byDefault).word();
  }

  /** The letter in {@code lv_attr} and {@code vg_attr}. */
  static char letter(@Nullable AllocationPolicy policy, AllocationPolicy byDefault) {
    AllocationPolicy plain = plain(policy, byDefault);
    return plain == AllocationPolicy.CLING ? 'l' : plain.word().charAt(0);
  }

  private static AllocationPolicy plain(
      @Nullable AllocationPolicy policy, AllocationPolicy byDefault) {
    if (policy == null) {
      return byDefault;
    }
    return policy == AllocationPolicy.CLING_BY_TAGS ? AllocationPolicy.CLING : policy;
  }
}
