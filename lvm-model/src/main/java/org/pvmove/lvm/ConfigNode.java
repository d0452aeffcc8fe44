// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import com.google.common.collect.ImmutableList;

/**
 * A node of LVM2's configuration syntax, the syntax of the metadata text: an entry {@code key =
 * value} or a section {@code key { … }}. The model keeps what it does not know as such nodes, so
 * that a rewrite gives them back unchanged.
 *
 * <p>Strings hold one character per byte (ISO 8859-1): LVM2 gives bytes no meaning.
 */
public sealed interface ConfigNode {
  /** The name on the left. */
  String key();

  /** {@code key = value}. */
  record Entry(String key, ConfigValue value) implements ConfigNode {}

  /** {@code key { nodes }}. */
  record Section(String key, ImmutableList<ConfigNode> nodes) implements ConfigNode {}
}
