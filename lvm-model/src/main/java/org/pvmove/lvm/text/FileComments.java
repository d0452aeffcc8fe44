// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.text;

import com.google.common.collect.ImmutableSet;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.ExtentSize;

/**
 * The comments LVM2 puts behind fields in backup and archive files, for people: sizes, dates and
 * what a value means.
 */
final class FileComments {
  private static final ImmutableSet<String> SECTORS =
      ImmutableSet.of(
          "extent_size", "dev_size", "ba_size", "stripe_size", "chunk_size", "header_size");
  private static final ImmutableSet<String> EXTENTS =
      ImmutableSet.of("pe_count", "extent_count", "extents_moved", "virtual_extents");
  private static final ImmutableSet<String> TIMES =
      ImmutableSet.of("creation_time", "removal_time");

  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss Z", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final String[] UNITS = {
    "Kilobytes", "Megabytes", "Gigabytes", "Terabytes", "Petabytes", "Exabytes"
  };

  private final ExtentSize extentSize;

  FileComments(ExtentSize extentSize) {
    this.extentSize = extentSize;
  }

  @Nullable String of(String key, long value) {
    if (SECTORS.contains(key)) {
      return size((double) value);
    }
    if (EXTENTS.contains(key)) {
      return size((double) value * extentSize.sectors());
    }
    if (key.endsWith("_mb")) {
      return size((double) value * 2048);
    }
    if (TIMES.contains(key)) {
      return DATE.format(Instant.ofEpochSecond(Math.floorMod(value, MetadataPrinter.YEAR_10000)));
    }
    if (key.equals("stripe_count") && value == 1) {
      return "linear";
    }
    return key.equals("read_ahead") && value == -1 ? "None" : null;
  }

  @Nullable String of(String key) {
    return switch (key) {
      case "device" -> "Hint only";
      case "format" -> "informational";
      default -> null;
    };
  }

  /** Up to 1024 of a unit are told in it: LVM2 calls 1 MiB 1024 Kilobytes. */
  private static String size(double sectors) {
    double count = sectors / 2;
    int unit = 0;
    while (count > 1024 && unit < UNITS.length - 1) {
      count /= 1024;
      unit++;
    }
    return significant(count) + " " + UNITS[unit];
  }

  /** At most six significant digits, no zeros at the end, ties to even, as C's {@code %g}. */
  private static String significant(double count) {
    return new BigDecimal(count)
        .round(new MathContext(6, RoundingMode.HALF_EVEN))
        .stripTrailingZeros()
        .toPlainString();
  }
}
