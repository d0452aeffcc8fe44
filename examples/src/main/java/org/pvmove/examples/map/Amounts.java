// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import java.util.Locale;

/** How users read numbers, sizes and runs of extents. */
public final class Amounts {
  private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private Amounts() {}

  /** A size such as {@code 20.00 MiB}. */
  public static String size(long bytes) {
    int unit = 0;
    double number = bytes / 1024.0;
    while (number >= 1024 && unit < UNITS.length - 1) {
      number /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, "%.2f %s", number, UNITS[unit]);
  }

  /** A number with its noun, such as {@code 1 extent} and {@code 2 extents}. */
  public static String count(long number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }

  /** A run of extents such as {@code 0-9}. */
  public static String extents(long first, long count) {
    return count == 1 ? Long.toString(first) : first + "-" + (first + count - 1);
  }

  /** A part of a size, both in the unit that suits the whole, such as {@code 0.3/1.2 GiB}. */
  public static String part(long bytes, long whole) {
    int unit = 0;
    double divisor = 1024;
    while (whole / divisor >= 1024 && unit < UNITS.length - 1) {
      divisor *= 1024;
      unit++;
    }
    return String.format(
        Locale.ROOT, "%.1f/%.1f %s", bytes / divisor, whole / divisor, UNITS[unit]);
  }
}
