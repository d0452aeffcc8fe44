// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a size in bytes as LVM2's programs write sizes; see lvm(8), "ARGUMENTS". */
final class SizeWord implements ITypeConverter<Long> {
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,18})([bBsSkKmMgGtT]?)");

  @Override
  public Long convert(String word) {
    Matcher matcher = SIZE.matcher(word);
    if (matcher.matches()) {
      try {
        long bytes = Math.multiplyExact(Long.parseLong(matcher.group(1)), unit(matcher.group(2)));
        if (bytes > 0) {
          return bytes;
        }
      } catch (ArithmeticException e) {
        throw wrong(word, "a size below 8 EiB");
      }
    }
    throw wrong(word, "a whole number above 0 with one of the units b, s, k, m, g, t");
  }

  private static long unit(String letter) {
    return switch (letter) {
      case "b", "B" -> 1;
      case "s", "S" -> 512;
      case "k", "K" -> 1L << 10;
      case "g", "G" -> 1L << 30;
      case "t", "T" -> 1L << 40;
      default -> 1L << 20;
    };
  }

  private static TypeConversionException wrong(String word, String expected) {
    return new TypeConversionException("expected %s, found \"%s\"".formatted(expected, word));
  }
}
