// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Lists;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;

/**
 * Rows in the order of LVM2's reports: by one or two names as they are stored, without brackets or
 * dashes, then by a number. Rows that are equal in these keep their order.
 */
final class SortedRows {
  private static final Comparator<Entry> ORDER =
      Comparator.comparing(Entry::major)
          .thenComparing(Entry::minor)
          .thenComparingLong(Entry::number);

  private record Entry(String major, String minor, long number, Supplier<Row> row) {}

  private final List<Entry> entries = new ArrayList<>();

  /** Adds a row that is made each time it is asked for: it takes more room than what it says. */
  void add(String major, String minor, long number, Supplier<Row> row) {
    entries.add(new Entry(major, minor, number, row));
  }

  /** The rows; each is made when it is taken from the list. */
  List<ImmutableMap<String, String>> build() {
    return Lists.transform(
        ImmutableList.sortedCopyOf(ORDER, entries), entry -> entry.row().get().build());
  }
}
