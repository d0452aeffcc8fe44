// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import com.google.common.collect.ImmutableListMultimap;

/**
 * What the metadata text holds beside the fields this library knows, each node remembered with the
 * known field it stood behind, so that it is printed in the same place again. LVM2 itself drops
 * such fields when it rewrites the text.
 *
 * @param behind the unknown nodes by the key of the known field before them; the key is empty for
 *     nodes before the first known field
 */
public record Extras(ImmutableListMultimap<String, ConfigNode> behind) {
  /** Nothing unknown. */
  public static final Extras NONE = new Extras(ImmutableListMultimap.of());

  /** Whether there is nothing unknown. */
  public boolean isEmpty() {
    return behind.isEmpty();
  }
}
