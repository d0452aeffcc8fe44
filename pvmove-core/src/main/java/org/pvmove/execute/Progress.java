// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns the events of moves into reports for people: how far a move is, how fast it goes and how
 * long it will take. There is a report when a move begins or goes on, and at the end; in between
 * there is one at every checkpoint, and while bytes are copied at most one in an interval, but none
 * as long as nothing was copied since the last one.
 *
 * <p>Like any listener it is called on the thread that moves, and it hands the reports on there. It
 * serves one move after the other, and not several at once.
 */
public final class Progress implements MoveListener {
  /**
   * How far a move is.
   *
   * @param move the temporary volume
   * @param segment the segment that was copied last; absent until one is
   * @param segments number of segments in all
   * @param bytesDone bytes copied so far, those that were copied before a restart included
   * @param bytes bytes in all
   * @param bytesPerSecond how fast it went of late, in bytes per second: a mean in which what was
   *     ten seconds before counts for a third
   * @param averageBytesPerSecond how fast it went since it began or was restarted, pauses included
   * @param timeLeft how long the rest will take; absent for the first seconds, and while nothing
   *     gets copied
   * @param over whether this is the last report on the move, which has ended or was given up
   */
  public record Report(
      String move,
      Optional<Segment> segment,
      int segments,
      long bytesDone,
      long bytes,
      double bytesPerSecond,
      double averageBytesPerSecond,
      Optional<TimeLeft> timeLeft,
      boolean over) {}

  /**
   * A segment of a move.
   *
   * @param index its number, counted from 0
   * @param bytesDone bytes of it copied so far
   * @param bytes bytes of it in all
   */
  public record Segment(int index, long bytesDone, long bytes) {}

  /**
   * How long the rest takes, if it goes on as of late.
   *
   * <p>The last 20 windows of a second each, or as many as there are if there are three, have a
   * mean rate, at which the rest takes the expected time. A window is longer where nothing was
   * heard of for longer, and counts for at most ten seconds. The rest goes as fast as the mean,
   * give or take t·s·√(1/n + 1/m), where s is the standard deviation of the n rates, m the number
   * of windows that are left, and t about 2, more if n is small (the quantile of Student's
   * distribution for 19 of 20): these two rates give the least time and the most. Where rates vary
   * by chance and evenly between two bounds, the truth lies between in more than nine of ten cases.
   * No rate is taken to be below a tenth of the mean, so the most is at most ten times the expected
   * time. Nothing is said if the last three windows had no bytes.
   *
   * @param expected what it takes at the mean rate
   * @param least what it takes if it goes fast, at most {@code expected}
   * @param most what it takes if it goes slowly, at least {@code expected}
   */
  public record TimeLeft(Duration expected, Duration least, Duration most) {}

  private final Consumer<Report> reports;
  private final LongSupplier nanoTime;
  private final long intervalNanos;

  private @Nullable Segment segment;
  private int segments;
  private Estimate estimate = Estimate.startingAt(0, 0);
  private long bytesDone;
  private long bytes;

  private long lastReport;
  private long bytesReported;

  private Progress(Consumer<Report> reports, LongSupplier nanoTime, Duration interval) {
    checkArgument(!interval.isNegative(), "an interval of %s: expected none below 0", interval);
    this.reports = checkNotNull(reports);
    this.nanoTime = checkNotNull(nanoTime);
    this.intervalNanos = interval.toNanos();
  }

  /**
   * Reports by the system's clock.
   *
   * @param reports told how far a move is; what it throws ends the move at the last checkpoint
   * @param interval how long it takes at least from one report to the next while bytes are copied;
   *     0 for a report at every event
   */
  public static Progress of(Consumer<Report> reports, Duration interval) {
    return of(reports, System::nanoTime, interval);
  }

  /**
   * Reports by any clock.
   *
   * @param reports told how far a move is; what it throws ends the move at the last checkpoint
   * @param nanoTime a clock like {@link System#nanoTime()}
   * @param interval how long it takes at least from one report to the next while bytes are copied;
   *     0 for a report at every event
   */
  public static Progress of(Consumer<Report> reports, LongSupplier nanoTime, Duration interval) {
    return new Progress(reports, nanoTime, interval);
  }

  @Override
  public void on(MoveEvent event) {
    long now = nanoTime.getAsLong();
    if (event instanceof MoveEvent.Started started) {
      segment = null;
      segments = started.segments();
      bytesDone = started.bytesDone();
      bytes = started.bytes();
      estimate = Estimate.startingAt(now, bytesDone);
      report(started.move(), now, false);
    } else if (event instanceof MoveEvent.Copied copied) {
      bytesDone = copied.bytesDone();
      bytes = copied.bytes();
      segment = new Segment(copied.segment(), copied.segmentBytesDone(), copied.segmentBytes());
      estimate = estimate.at(now, bytesDone);
      if (now - lastReport >= intervalNanos) {
        report(copied.move(), now, false);
      }
    } else if (event instanceof MoveEvent.Checkpoint checkpoint) {
      estimate = estimate.at(now, bytesDone);
      if (bytesDone != bytesReported) {
        report(checkpoint.move(), now, false);
      }
    } else if (event instanceof MoveEvent.Finished finished) {
      estimate = estimate.at(now, bytesDone);
      report(finished.move(), now, true);
    }
  }

  private void report(String move, long now, boolean over) {
    lastReport = now;
    bytesReported = bytesDone;
    reports.accept(
        new Report(
            move,
            Optional.ofNullable(segment),
            segments,
            bytesDone,
            bytes,
            estimate.bytesPerSecond(),
            estimate.averageBytesPerSecond(),
            over ? Optional.empty() : estimate.timeLeft(bytes - bytesDone),
            over));
  }
}
