// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import com.google.common.collect.ImmutableList;
import org.pvmove.lvm.disk.MetadataAreaHeader;

/** The columns about metadata areas, which {@code pvs} and {@code vgs} share. */
final class MetadataAreas {
  private MetadataAreas() {}

  /**
   * Adds the four columns.
   *
   * @param prefix {@code pv} or {@code vg}
   * @param all the areas to count
   * @param measured those whose least size and least free space count
   */
  static void add(
      Row row,
      String prefix,
      ImmutableList<MetadataAreaHeader> all,
      ImmutableList<MetadataAreaHeader> measured) {
    row.number(prefix + "_mda_count", all.size());
    row.number(prefix + "_mda_used_count", inUse(all).size());
    row.number(
        prefix + "_mda_free",
        measured.stream().mapToLong(MetadataAreaHeader::freeSize).min().orElse(0));
    row.number(
        prefix + "_mda_size",
        measured.stream().mapToLong(MetadataAreaHeader::size).min().orElse(0));
  }

  static ImmutableList<MetadataAreaHeader> inUse(ImmutableList<MetadataAreaHeader> areas) {
    return areas.stream()
        .filter(area -> !area.isIgnored())
        .collect(ImmutableList.toImmutableList());
  }
}
