// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.pvmove.execute.Progress;

/** Shows how far a move is on the last line of a terminal. */
final class ProgressBar implements ProgressDisplay {
  /** Often enough to be seen moving, seldom enough to cost nothing. */
  private static final Duration INTERVAL = Duration.ofMillis(200);

  private static final int LONGEST_NAME = 24;
  private static final int LONGEST_BAR = 30;
  private static final int SHORTEST_BAR = 5;

  private final Console console;
  private final int columns;

  /**
   * Creates a bar.
   *
   * @param columns how wide the terminal is, in characters
   */
  ProgressBar(Console console, int columns) {
    this.console = console;
    this.columns = columns;
  }

  @Override
  public Duration interval() {
    return INTERVAL;
  }

  @Override
  public void show(String source, Progress.Report report) {
    if (report.over()) {
      console.say("%s: Moved: %s".formatted(source, ProgressLines.percent(report)));
    } else {
      // A full last column would make some terminals begin a new line; two are the indent's.
      console.showForTheMoment(line(source, report, columns - 3));
    }
  }

  /**
   * As much as has room: first what says most.
   *
   * @param width how many characters it may have
   */
  static String line(String source, Progress.Report report, int width) {
    List<String> parts = new ArrayList<>();
    parts.add(Texts.part(report.bytesDone(), report.bytes()));
    parts.add(Texts.size((long) report.bytesPerSecond()) + "/s");
    report.timeLeft().ifPresent(left -> parts.add(Texts.time(left.expected()) + " left"));
    report
        .segment()
        .ifPresent(
            segment ->
                parts.add("segment %d/%d".formatted(segment.index() + 1, report.segments())));
    StringBuilder line = new StringBuilder(shortened(source));
    line.append(": ").append(ProgressLines.percent(report));
    int used = 0;
    for (String part : parts) {
      if (line.length() + used + 2 + part.length() > width) {
        break;
      }
      used += 2 + part.length();
    }
    int bar = Math.min(LONGEST_BAR, width - line.length() - used - 3);
    if (bar >= SHORTEST_BAR) {
      line.append(' ').append(bar(report, bar));
    }
    for (String part : parts) {
      if (line.length() + 2 + part.length() > width) {
        break;
      }
      line.append("  ").append(part);
    }
    return line.length() > width ? line.substring(0, Math.max(0, width)) : line.toString();
  }

  private static String bar(Progress.Report report, int length) {
    int full =
        report.bytes() == 0
            ? length
            : (int) ((double) report.bytesDone() / report.bytes() * length);
    return "[" + "#".repeat(full) + "-".repeat(length - full) + "]";
  }

  /** The end of a path says more than its begin. */
  private static String shortened(String name) {
    return name.length() <= LONGEST_NAME
        ? name
        : "..." + name.substring(name.length() - LONGEST_NAME + 3);
  }
}
