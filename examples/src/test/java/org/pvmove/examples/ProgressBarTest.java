// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.pvmove.execute.Progress.Report;
import org.pvmove.execute.Progress.Segment;
import org.pvmove.execute.Progress.TimeLeft;

class ProgressBarTest {
  private static final long MIB = 1 << 20;

  private static Report report(long done, long bytes, boolean over) {
    return new Report(
        "pvmove0",
        Optional.of(new Segment(2, 1, 2)),
        12,
        done,
        bytes,
        300 * MIB,
        200 * MIB,
        Optional.of(
            new TimeLeft(Duration.ofSeconds(7), Duration.ofSeconds(5), Duration.ofSeconds(3700))),
        over);
  }

  @Test
  void saysHowFarHowFastHowLongAndWhichSegment() {
    assertThat(ProgressBar.line("/dev/sda", report(300 * MIB, 1200 * MIB, false), 77))
        .isEqualTo("/dev/sda: 25.00% [#-----]  0.3/1.2 GiB  300.00 MiB/s  0:07 left  segment 3/12");
  }

  @Test
  void leavesTheLeastImportantOutOnANarrowTerminal() {
    assertThat(ProgressBar.line("/dev/sda", report(300 * MIB, 1200 * MIB, false), 45))
        .isEqualTo("/dev/sda: 25.00%  0.3/1.2 GiB  300.00 MiB/s");
    assertThat(ProgressBar.line("/dev/sda", report(300 * MIB, 1200 * MIB, false), 12))
        .isEqualTo("/dev/sda: 25");
  }

  @Test
  void keepsTheEndOfALongPath() {
    assertThat(
            ProgressBar.line("/dev/disk/by-id/ata-some_long_name-part1", report(0, 1, false), 60))
        .startsWith("...")
        .contains("long_name-part1: 0.00%");
  }

  @Property
  void neverNeedsASecondLine(
      @ForAll @StringLength(max = 100) String source,
      @ForAll @LongRange(max = Long.MAX_VALUE) long done,
      @ForAll @LongRange(min = 1) long bytes,
      @ForAll @IntRange(min = 0, max = 300) int width) {
    assertThat(ProgressBar.line(source, report(Math.min(done, bytes), bytes, false), width))
        .hasSizeLessThanOrEqualTo(width);
  }

  @Test
  void stepsAsideForWhatIsSaidAndEndsWithALine() {
    StringWriter out = new StringWriter();
    Console console =
        new Console(
            new PrintWriter(out), new PrintWriter(new StringWriter()), Console.Detail.NORMAL);
    ProgressBar bar = new ProgressBar(console, 40);
    bar.show("a", report(100 * MIB, 300 * MIB, false));
    console.say("Something happened.");
    bar.show("a", report(200 * MIB, 300 * MIB, false));
    bar.show("a", report(300 * MIB, 300 * MIB, true));
    assertThat(out.toString())
        .isEqualTo(
            """
            \r\033[K  a: 33.33% [##------]  100.0/300.0 MiB\
            \r\033[K  Something happened.
            \r\033[K  a: 66.66% [#####---]  200.0/300.0 MiB\
            \r\033[K  a: Moved: 100.00%
            """);
  }
}
