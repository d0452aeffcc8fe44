// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A physical volume with ranges of its extents as pvmove(8) writes them: {@code
 * PV[:[start][-[end]|+[length]]]...}. A backslash in front of a colon or of an at-sign takes it for
 * a part of the name.
 *
 * @param name what is in front of the ranges
 * @param ranges the ranges; empty for all extents
 */
record PvArgument(String name, ImmutableList<Range> ranges) {
  private static final long MAX_NUMBER = 0xFFFF_FFFFL;

  /**
   * A range of extents, both ends included.
   *
   * @param first its first extent
   * @param last its last extent; absent for the last of the physical volume
   */
  record Range(long first, @Nullable Long last) {}

  /** An argument that is not of that form. */
  static final class SyntaxException extends Exception {
    private static final long serialVersionUID = 1;

    SyntaxException(String argument, int at, String expected, String found) {
      super(
          String.format(
              Locale.ROOT,
              "\"%s\", character %d: expected %s, found %s",
              argument,
              at + 1,
              expected,
              found));
    }
  }

  /** Reads an argument. */
  static PvArgument parse(String argument) throws SyntaxException {
    StringBuilder name = new StringBuilder();
    int at = 0;
    while (at < argument.length() && argument.charAt(at) != ':') {
      char c = argument.charAt(at);
      boolean escapes =
          c == '\\' && at + 1 < argument.length() && ":@".indexOf(argument.charAt(at + 1)) >= 0;
      name.append(escapes ? argument.charAt(at + 1) : c);
      at += escapes ? 2 : 1;
    }
    ImmutableList.Builder<Range> ranges = ImmutableList.builder();
    while (at < argument.length()) {
      int end = argument.indexOf(':', at + 1);
      end = end < 0 ? argument.length() : end;
      ranges.add(range(argument, at + 1, end));
      at = end;
    }
    return new PvArgument(name.toString(), ranges.build());
  }

  private static Range range(String argument, int from, int to) throws SyntaxException {
    if (from == to) {
      throw new SyntaxException(argument, from, "a range of extents", "nothing");
    }
    int at = from;
    while (at < to && isDigit(argument.charAt(at))) {
      at++;
    }
    long first = at == from ? 0 : number(argument, from, at);
    if (at == to) {
      return new Range(first, first);
    }
    char sign = argument.charAt(at);
    int second = at + 1;
    int end = second;
    while (end < to && isDigit(argument.charAt(end))) {
      end++;
    }
    if ((sign != '-' && sign != '+') || end < to) {
      int wrong = sign == '-' || sign == '+' ? end : at;
      throw new SyntaxException(
          argument, wrong, "digits, '-', '+' or ':'", "'" + argument.charAt(wrong) + "'");
    }
    if (second == to) {
      return new Range(first, null);
    }
    long number = number(argument, second, end);
    // LVM2 takes a length of 0 for one extent.
    return new Range(first, sign == '-' ? number : first + Math.max(1, number) - 1);
  }

  private static long number(String argument, int from, int to) throws SyntaxException {
    // Longer ones might not fit a long.
    long number = to - from > 12 ? Long.MAX_VALUE : Long.parseLong(argument, from, to, 10);
    if (number > MAX_NUMBER) {
      throw new SyntaxException(
          argument, from, "a number up to 4294967295", argument.substring(from, to));
    }
    return number;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
