// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Rows in the order of LVM2's reports: by one or two names as they are stored, without brackets or
 * dashes, then by a number. Rows that are equal in these keep their order.
 */
final class SortedRows {
  private static final Comparator<Entry> ORDER =
      Comparator.comparing(Entry::major)
          .thenComparing(Entry::minor)
          .thenComparingLong(Entry::number);

  private record Entry(String major, String minor, long number, Row row) {}

  private final List<Entry> entries = new ArrayList<>();

  void add(String major, String minor, long number, Row row) {
    entries.add(new Entry(major, minor, number, row));
  }

  ImmutableList<ImmutableMap<String, String>> build() {
    return entries.stream()
        .sorted(ORDER)
        .map(entry -> entry.row().build())
        .collect(ImmutableList.toImmutableList());
  }
}
