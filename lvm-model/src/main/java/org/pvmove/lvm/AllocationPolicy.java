// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import java.util.Optional;

/** How LVM2 chooses extents for a volume group or a logical volume; see lvm(8), "ALLOCATION". */
public enum AllocationPolicy {
  /** In one piece. */
  CONTIGUOUS("contiguous"),
  /** On physical volumes already used by the same logical volume. */
  CLING("cling"),
  /** On physical volumes that share a tag with those already used. */
  CLING_BY_TAGS("cling_by_tags"),
  /** Anywhere that keeps parallel stripes and images on different physical volumes. */
  NORMAL("normal"),
  /** Anywhere. */
  ANYWHERE("anywhere"),
  /** As the volume group says; for a logical volume, the meaning of an absent field. */
  INHERIT("inherit");

  private final String word;

  AllocationPolicy(String word) {
    this.word = word;
  }

  /** The word in the metadata text and on LVM2's command lines. */
  public String word() {
    return word;
  }

  /** The policy of that name, as in the metadata text or on a command line. */
  public static Optional<AllocationPolicy> ofWord(String word) {
    for (AllocationPolicy policy : values()) {
      if (policy.word.equals(word)) {
        return Optional.of(policy);
      }
    }
    return word.equals("next free") ? Optional.of(NORMAL) : Optional.empty();
  }
}
