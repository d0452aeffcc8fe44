// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pvmove.execute.Progress;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * How often progress is printed: {@code --interval} of pvmove(8).
 *
 * @param time from one line to the next at least; 0 for no lines
 * @param waitsFirst whether there is none at the begin of a move, as with a {@code +} before the
 *     number
 */
record Interval(Duration time, boolean waitsFirst) {
  /** LVM2's {@code activation/polling_interval}. */
  static final Interval USUAL = new Interval(Duration.ofSeconds(15), false);

  /** Whether a report is to be told of. */
  boolean wants(Progress.Report report) {
    boolean begins = report.segment().isEmpty() && !report.over();
    return !(waitsFirst && begins);
  }

  /** Reads the words. */
  static final class Converter implements ITypeConverter<Interval> {
    private static final Pattern INTERVAL = Pattern.compile("(\\+?)([0-9]{1,9})");

    @Override
    public Interval convert(String word) {
      Matcher matcher = INTERVAL.matcher(word);
      if (!matcher.matches()) {
        throw new TypeConversionException(
            "expected seconds, 0 or more, with a plus before them or not, found \"%s\""
                .formatted(word));
      }
      return new Interval(
          Duration.ofSeconds(Long.parseLong(matcher.group(2))), !matcher.group(1).isEmpty());
    }
  }
}
