// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.execute.MoveEvent;

class ProgressTest {
  @TempDir private Path directory;
  private final StringWriter out = new StringWriter();
  private long seconds;
  private Progress progress;

  @BeforeEach
  void makeProgress() throws IOException {
    Console console = new Console(new PrintWriter(out), new PrintWriter(out), 0);
    progress =
        new Progress(
            console,
            Images.small(directory).group(),
            move -> "/dev/sda",
            Duration.ofSeconds(15),
            () -> Duration.ofSeconds(seconds).toNanos());
  }

  @Test
  void printsNowAndThenWhileALongSegmentIsCopied() {
    progress.on(new MoveEvent.Started("pvmove0", 1, 0, 1000, 0));
    for (seconds = 1; seconds <= 40; seconds++) {
      progress.on(new MoveEvent.Copied("pvmove0", 0, seconds * 10, 1000, seconds * 10, 1000));
    }
    assertThat(out.toString().lines())
        .containsExactly(
            "  /dev/sda: Moved: 0.00%", "  /dev/sda: Moved: 15.00%", "  /dev/sda: Moved: 30.00%");
  }

  @Test
  void roundsDownSoThatHundredPercentMeansDone() {
    progress.on(new MoveEvent.Started("pvmove0", 2, 1, 1_000_000_000, 999_999_999));
    assertThat(out.toString()).isEqualTo("  /dev/sda: Moved: 99.99%\n");
    progress.on(new MoveEvent.Finished("pvmove0", false, 9));
    assertThat(out.toString()).endsWith("  /dev/sda: Moved: 100.00%\n");
  }

  @Test
  void saysThatAMoveWasGivenUp() {
    progress.on(new MoveEvent.Finished("pvmove0", true, 9));
    assertThat(out.toString()).isEqualTo("  /dev/sda: aborted pvmove0\n");
  }
}
