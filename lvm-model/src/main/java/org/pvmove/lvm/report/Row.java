// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import com.google.common.collect.ImmutableMap;
import java.math.BigInteger;
import java.util.Collection;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.Sectors;

/** Collects the columns of one row and knows how LVM2 prints each kind of value. */
final class Row {
  private final ImmutableMap.Builder<String, String> columns = ImmutableMap.builder();

  /** A text, empty if there is none. */
  void text(String column, @Nullable String value) {
    columns.put(column, value == null ? "" : value);
  }

  /** A column that LVM2 leaves empty for this object, or fills only if a kernel answers. */
  void empty(String column) {
    text(column, "");
  }

  void number(String column, long value) {
    text(column, Long.toString(value));
  }

  /** A word that stands there if something is the case. */
  void word(String column, boolean is, String word) {
    text(column, is ? word : "");
  }

  /** A list that LVM2 keeps in its own order. */
  void list(String column, Collection<String> values) {
    text(column, String.join(",", values));
  }

  /** A list that LVM2 sorts for display. */
  void tags(String column, Collection<String> values) {
    list(column, values.stream().sorted().toList());
  }

  /** A size in bytes; none prints as 0. Any number the metadata may hold can be printed. */
  void size(String column, @Nullable Sectors size) {
    product(column, size == null ? 0 : size.count(), Sectors.BYTES);
  }

  /** A size in bytes, given in extents. */
  void size(String column, long extents, ExtentSize extentSize) {
    product(column, extents, extentSize.bytes());
  }

  private void product(String column, long count, long unit) {
    text(column, BigInteger.valueOf(count).multiply(BigInteger.valueOf(unit)).toString());
  }

  ImmutableMap<String, String> build() {
    return columns.buildOrThrow();
  }
}
