// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableSortedMap;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.execute.MoveEvent;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.edit.Pvmove;

class NarratorTest {
  @TempDir private Path directory;
  private final StringWriter out = new StringWriter();
  private long seconds;
  private Narrator narrator;

  @BeforeEach
  void makeNarrator() throws IOException {
    Console console =
        new Console(new PrintWriter(out), new PrintWriter(out), Console.Detail.NORMAL);
    narrator =
        new Narrator(
            console,
            Images.small(directory).group(),
            move -> "/dev/sda",
            new ProgressLines(console, Interval.USUAL),
            () -> Duration.ofSeconds(seconds).toNanos());
  }

  @Test
  void printsNowAndThenWhileALongSegmentIsCopied() {
    narrator.on(new MoveEvent.Started("pvmove0", 1, 0, 1000, 0));
    for (seconds = 1; seconds <= 40; seconds++) {
      narrator.on(new MoveEvent.Copied("pvmove0", 0, seconds * 10, 1000, seconds * 10, 1000));
    }
    assertThat(out.toString().lines())
        .containsExactly(
            "  /dev/sda: Moved: 0.00%", "  /dev/sda: Moved: 15.00%", "  /dev/sda: Moved: 30.00%");
  }

  @Test
  void roundsDownSoThatHundredPercentMeansDone() {
    narrator.on(new MoveEvent.Started("pvmove0", 2, 1, 1_000_000_000, 999_999_999));
    assertThat(out.toString()).isEqualTo("  /dev/sda: Moved: 99.99%\n");
    narrator.on(new MoveEvent.Finished("pvmove0", false, 9));
    assertThat(out.toString()).endsWith("  /dev/sda: Moved: 100.00%\n");
  }

  @Test
  void segmentsThatShareACheckpointAreOneStep() throws IOException {
    PeRange range = new PeRange(LvmUuid.random(new Random(1)), 0, 1);
    Pvmove.Piece piece = new Pvmove.Piece(0, range, range, true);
    narrator.on(new MoveEvent.Started("pvmove0", 3, 0, 300, 0));
    narrator.on(new MoveEvent.Copied("pvmove0", 1, 100, 100, 200, 300));
    narrator.on(new MoveEvent.Checkpoint("pvmove0", ImmutableSortedMap.of(0, piece, 1, piece), 7));
    assertThat(out.toString().lines())
        .containsExactly("  /dev/sda: Moved: 0.00%", "  /dev/sda: Moved: 66.66%");
  }

  @Test
  void saysThatAMoveWasGivenUp() {
    narrator.on(new MoveEvent.Finished("pvmove0", true, 9));
    assertThat(out.toString()).isEqualTo("  /dev/sda: aborted pvmove0\n");
  }
}
