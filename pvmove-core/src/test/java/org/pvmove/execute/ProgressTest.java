// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import com.google.common.collect.ImmutableSortedMap;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pvmove.execute.Progress.Report;
import org.pvmove.execute.Progress.Segment;
import org.pvmove.execute.Progress.TimeLeft;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.edit.Pvmove;

/** What is reported of a move. */
class ProgressTest {
  private static final String MOVE = "pvmove0";
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final List<Report> reports = new ArrayList<>();
  private long nanos = Long.MAX_VALUE - 5;
  private final Progress progress = Progress.of(reports::add, () -> nanos, SECOND);

  private Report last() {
    return reports.get(reports.size() - 1);
  }

  private void pass(long millis) {
    nanos += millis * 1_000_000;
  }

  private void start(int segments, long bytes, long bytesDone) {
    progress.on(new MoveEvent.Started(MOVE, segments, 0, bytes, bytesDone));
  }

  /** Of segments of 500 bytes each. */
  private void copied(int segment, long bytesDone, long bytes) {
    progress.on(
        new MoveEvent.Copied(MOVE, segment, (bytesDone - 1) % 500 + 1, 500, bytesDone, bytes));
  }

  private void checkpoint(int first, int count) {
    LvmUuid pv = LvmUuid.random(new Random(1));
    Pvmove.Piece piece = new Pvmove.Piece(0, new PeRange(pv, 0, 1), new PeRange(pv, 1, 1), true);
    progress.on(
        new MoveEvent.Checkpoint(
            MOVE,
            IntStream.range(first, first + count)
                .boxed()
                .collect(
                    ImmutableSortedMap.toImmutableSortedMap(
                        Comparator.naturalOrder(), i -> i, i -> piece)),
            7));
  }

  @Test
  void reportsCopyingOnceInAnInterval() {
    start(1, 1000, 0);
    for (int i = 1; i <= 100; i++) {
      pass(100);
      copied(0, i * 10, 1000);
    }
    assertThat(reports).hasSize(11);
    assertThat(reports).extracting(Report::bytesDone).contains(0L, 100L, 900L, 1000L);
    assertThat(last().bytesPerSecond()).isCloseTo(100, offset(1e-6));
    assertThat(reports.get(5).timeLeft())
        .contains(new TimeLeft(seconds(5), seconds(5), seconds(5)));
    assertThat(last().timeLeft())
        .contains(new TimeLeft(Duration.ZERO, Duration.ZERO, Duration.ZERO));
  }

  private static Duration seconds(int count) {
    return Duration.ofSeconds(count);
  }

  @Test
  void reportsEveryCheckpointAndTheEnd() {
    start(2, 1000, 0);
    assertThat(last().segment()).isEmpty();
    pass(1);
    copied(0, 500, 1000);
    checkpoint(0, 1);
    assertThat(reports).hasSize(2);
    assertThat(last().segment()).contains(new Segment(0, 500, 500));
    copied(1, 800, 1000);
    copied(1, 1000, 1000);
    checkpoint(1, 1);
    assertThat(last().segment()).contains(new Segment(1, 500, 500));
    assertThat(last().over()).isFalse();
    progress.on(new MoveEvent.Finished(MOVE, false, 9));
    assertThat(reports).hasSize(4);
    assertThat(last())
        .isEqualTo(
            new Report(
                MOVE,
                Optional.of(new Segment(1, 500, 500)),
                2,
                1000,
                1000,
                1e6,
                1e6,
                Optional.empty(),
                true));
  }

  @Test
  void reportsACheckpointOfSeveralSegmentsOnce() {
    start(3, 1500, 0);
    copied(0, 500, 1500);
    copied(1, 1000, 1500);
    checkpoint(0, 2);
    assertThat(reports).extracting(Report::bytesDone).containsExactly(0L, 1000L);
  }

  @Test
  void reportsNothingAtACheckpointThatWasReportedAlready() {
    start(2, 1000, 0);
    pass(1000);
    copied(0, 500, 1000);
    checkpoint(0, 1);
    assertThat(reports).extracting(Report::bytesDone).containsExactly(0L, 500L);
  }

  @Test
  void tellsTheSegmentsOfAnAtomicMoveApart() {
    start(2, 1000, 0);
    pass(2000);
    copied(0, 500, 1000);
    pass(2000);
    copied(1, 600, 1000);
    assertThat(last().segment()).contains(new Segment(1, 100, 500));
  }

  @Test
  void countsNothingAsCopiedThatWasDoneBeforeARestart() {
    start(3, 10_000, 9_000);
    assertThat(last().bytesDone()).isEqualTo(9_000);
    assertThat(last().bytesPerSecond()).isZero();
    pass(1000);
    copied(2, 9_100, 10_000);
    assertThat(last().averageBytesPerSecond()).isEqualTo(100);
    assertThat(last().segment()).contains(new Segment(2, 100, 500));
    // Another move, which goes on where it was.
    start(3, 2_000, 1_000);
    pass(1000);
    copied(1, 1_010, 2_000);
    assertThat(last().bytesPerSecond()).isEqualTo(10);
  }

  @Test
  void saysThatNothingIsLeftOnlyWhereThatIsSo() {
    start(1, 1000, 0);
    pass(1000);
    copied(0, 100, 1000);
    progress.on(new MoveEvent.Finished(MOVE, true, 9));
    assertThat(last().over()).isTrue();
    assertThat(last().bytesDone()).isEqualTo(100);
    assertThat(last().timeLeft()).isEmpty();
  }

  @Test
  void reportsEveryEventWithoutAnInterval() {
    Progress every = Progress.of(reports::add, () -> nanos, Duration.ZERO);
    every.on(new MoveEvent.Started(MOVE, 1, 0, 10, 0));
    every.on(new MoveEvent.Copied(MOVE, 0, 1, 10, 1, 10));
    every.on(new MoveEvent.Copied(MOVE, 0, 2, 10, 2, 10));
    assertThat(reports).hasSize(3);
    assertThat(last().segment()).contains(new Segment(0, 2, 10));
    assertThatThrownBy(() -> Progress.of(reports::add, Duration.ofNanos(-1)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
