// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveListener;
import org.pvmove.lvm.edit.Pvmove;

/**
 * Prints how far a move is, as pvmove(8) does: at its begin and end, at every checkpoint, and while
 * a long segment is copied every now and then.
 */
final class Progress implements MoveListener {
  private final Console console;
  private final StoredVolumeGroup group;
  private final UnaryOperator<String> sourceOf;
  private final Duration interval;
  private final LongSupplier nanoTime;

  private int segments;
  private long bytes;
  private long bytesDone;
  private long lastPrinted;

  /**
   * Creates a printer.
   *
   * @param group the volume group, for the names of its physical volumes
   * @param sourceOf gives the name of the source for the name of a temporary volume
   * @param interval how long copying may go on without a line
   * @param nanoTime a clock like {@link System#nanoTime()}
   */
  Progress(
      Console console,
      StoredVolumeGroup group,
      UnaryOperator<String> sourceOf,
      Duration interval,
      LongSupplier nanoTime) {
    this.console = console;
    this.group = group;
    this.sourceOf = sourceOf;
    this.interval = interval;
    this.nanoTime = nanoTime;
  }

  @Override
  public void on(MoveEvent event) {
    if (event instanceof MoveEvent.Started started) {
      segments = started.segments();
      bytes = started.bytes();
      bytesDone = started.bytesDone();
      console.sayMore(
          "%s: %s, %d of them at their new place already"
              .formatted(started.move(), Texts.count(segments, "segment"), started.segmentsDone()));
      printMoved(event);
    } else if (event instanceof MoveEvent.Copied copied) {
      bytesDone = copied.bytesDone();
      if (nanoTime.getAsLong() - lastPrinted >= interval.toNanos()) {
        printMoved(event);
      }
    } else if (event instanceof MoveEvent.Checkpoint checkpoint) {
      Pvmove.Piece piece = checkpoint.piece();
      console.sayMore(
          "%s: segment %d of %d is at its new place: %s to %s (metadata version %d)"
              .formatted(
                  checkpoint.move(),
                  checkpoint.segment() + 1,
                  segments,
                  Texts.extents(group, piece.source()),
                  Texts.extents(group, piece.destination()),
                  checkpoint.seqno()));
      if (bytesDone < bytes) {
        printMoved(event);
      }
    } else if (event instanceof MoveEvent.Finished finished) {
      if (finished.aborted()) {
        console.say("%s: aborted %s".formatted(sourceOf.apply(finished.move()), finished.move()));
      } else {
        // Only now nothing is left to be done.
        bytesDone = bytes;
        printMoved(event);
      }
      console.sayMore(
          "%s: over (metadata version %d)".formatted(finished.move(), finished.seqno()));
    }
  }

  private void printMoved(MoveEvent event) {
    lastPrinted = nanoTime.getAsLong();
    console.say(
        "%s: Moved: %s".formatted(sourceOf.apply(event.move()), Texts.percent(bytesDone, bytes)));
  }
}
