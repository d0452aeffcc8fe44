// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.time.Duration;
import org.pvmove.execute.Progress;

/**
 * Prints how far a move is as pvmove(8) does, a line each time: at its begin and end, at
 * checkpoints, and while bytes are copied every now and then.
 */
final class ProgressLines implements ProgressDisplay {
  private final Console console;
  private final Interval interval;

  ProgressLines(Console console, Interval interval) {
    this.console = console;
    this.interval = interval;
  }

  @Override
  public Duration interval() {
    return interval.time();
  }

  @Override
  public void show(String source, Progress.Report report) {
    // Copied is not yet done.
    boolean looksDone = !report.over() && report.bytesDone() == report.bytes();
    if (interval.wants(report) && !looksDone) {
      console.say("%s: Moved: %s".formatted(source, percent(report)));
      console.sayMore(details(report));
    }
  }

  static String percent(Progress.Report report) {
    return Texts.percent(report.over() ? report.bytes() : report.bytesDone(), report.bytes());
  }

  private static String details(Progress.Report report) {
    return "  %s of %s, %s/s%s"
        .formatted(
            Texts.size(report.bytesDone()),
            Texts.size(report.bytes()),
            Texts.size((long) report.averageBytesPerSecond()),
            report
                .timeLeft()
                .map(
                    left ->
                        ", %s left (%s to %s)"
                            .formatted(
                                Texts.time(left.expected()),
                                Texts.time(left.least()),
                                Texts.time(left.most())))
                .orElse(""));
  }
}
