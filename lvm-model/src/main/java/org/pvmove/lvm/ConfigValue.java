// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import com.google.common.collect.ImmutableList;

/** The right-hand side of an entry in LVM2's configuration syntax. */
public sealed interface ConfigValue {
  /** An integer of 64 bits. */
  record Int(long value) implements ConfigValue {}

  /** A number with a decimal point, kept as it was written. */
  record Real(String digits) implements ConfigValue {}

  /** A string in quotes; the text is unescaped. */
  record Text(String text) implements ConfigValue {}

  /** A word without quotes, such as {@code async} in {@code write_policy = async}. */
  record Bare(String word) implements ConfigValue {}

  /** {@code [ … ]}; arrays do not nest. */
  record Array(ImmutableList<ConfigValue> items) implements ConfigValue {}
}
