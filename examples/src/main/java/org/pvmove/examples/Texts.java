// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.base.CharMatcher;
import com.google.common.base.Strings;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.examples.map.Amounts;
import org.pvmove.lvm.PeRange;

/** How the command writes numbers, extents and failures. */
final class Texts {
  private static final CharMatcher NEEDS_NO_QUOTES =
      CharMatcher.inRange('a', 'z')
          .or(CharMatcher.inRange('A', 'Z'))
          .or(CharMatcher.inRange('0', '9'))
          .or(CharMatcher.anyOf("/._+:@%,-"));

  private Texts() {}

  /** A word as a shell wants it. */
  static String quoted(String word) {
    return NEEDS_NO_QUOTES.matchesAllOf(word) && !word.isEmpty()
        ? word
        : "'" + word.replace("'", "'\\''") + "'";
  }

  /** A size such as {@code 20.00 MiB}. */
  static String size(long bytes) {
    return Amounts.size(bytes);
  }

  /** A part of a size, both in the unit that suits the whole, such as {@code 0.3/1.2 GiB}. */
  static String part(long bytes, long whole) {
    return Amounts.part(bytes, whole);
  }

  /** Rounded down, so that 100 means all. */
  static String percent(long part, long whole) {
    double percent = whole == 0 ? 100 : Math.floor((double) part / whole * 10_000) / 100;
    return String.format(Locale.ROOT, "%.2f%%", percent);
  }

  /** A time such as {@code 0:07} or {@code 1:02:03}, in whole seconds. */
  static String time(Duration time) {
    long seconds = time.toSeconds();
    return seconds < 3600
        ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
        : String.format(
            Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }

  static String count(long number, String noun) {
    return Amounts.count(number, noun);
  }

  /** A run of extents such as {@code 0-9}. */
  static String extents(long first, long count) {
    return Amounts.extents(first, count);
  }

  /** A run of extents on a physical volume such as {@code sda.img:0-9}. */
  static String extents(StoredVolumeGroup group, PeRange range) {
    return group.nameOf(range.pv()) + ":" + extents(range.first(), range.count());
  }

  /** Rows in columns as wide as need be; no blanks at the ends of lines. */
  static ImmutableList<String> table(List<String[]> rows) {
    List<Integer> widths = new ArrayList<>();
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        if (i == widths.size()) {
          widths.add(0);
        }
        widths.set(i, Math.max(widths.get(i), row[i].length()));
      }
    }
    ImmutableList.Builder<String> lines = ImmutableList.builder();
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.length; i++) {
        line.append("  ").append(Strings.padEnd(row[i], widths.get(i), ' '));
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines.build();
  }

  /** What an exception says, but for the file that it is about. */
  static String reasonAlone(IOException failure) {
    if (failure instanceof NoSuchFileException) {
      return "there is no such file or device";
    }
    if (failure instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (failure instanceof FileSystemException file) {
      return Objects.requireNonNullElse(file.getReason(), file.getClass().getSimpleName());
    }
    return reason(failure);
  }

  /** What an exception says; its kind where it says nothing. */
  static String reason(Throwable failure) {
    if (failure instanceof FileSystemException file && file.getReason() == null) {
      // Of itself it says which file, and no more.
      return file.getFile() + ": " + reasonAlone(file);
    }
    @Nullable String message = failure.getMessage();
    return Objects.requireNonNullElse(message, failure.getClass().getSimpleName());
  }
}
