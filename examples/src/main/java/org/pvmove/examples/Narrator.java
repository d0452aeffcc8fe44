// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.Progress;

/** Tells the user what happens in moves. */
final class Narrator implements MoveListener {
  private final Console console;
  private final StoredVolumeGroup group;
  private final UnaryOperator<String> sourceOf;
  private final Progress progress;
  private int segments;

  /**
   * Creates a narrator.
   *
   * @param group the volume group, for the names of its physical volumes
   * @param sourceOf gives the name of the source for the name of a temporary volume
   * @param display shows how far a move is
   * @param nanoTime a clock like {@link System#nanoTime()}
   */
  Narrator(
      Console console,
      StoredVolumeGroup group,
      UnaryOperator<String> sourceOf,
      ProgressDisplay display,
      LongSupplier nanoTime) {
    this.console = console;
    this.group = group;
    this.sourceOf = sourceOf;
    this.progress =
        Progress.of(
            report -> display.show(sourceOf.apply(report.move()), report),
            nanoTime,
            display.interval());
  }

  @Override
  public void on(MoveEvent event) {
    if (event instanceof MoveEvent.Started started) {
      segments = started.segments();
      console.sayMore(
          "%s: %s, %d of them at their new place already"
              .formatted(started.move(), Texts.count(segments, "segment"), started.segmentsDone()));
    } else if (event instanceof MoveEvent.Checkpoint checkpoint) {
      checkpoint
          .segments()
          .forEach(
              (index, piece) ->
                  console.sayMore(
                      "%s: segment %d of %d is at its new place: %s to %s (metadata version %d)"
                          .formatted(
                              checkpoint.move(),
                              index + 1,
                              segments,
                              Texts.extents(group, piece.source()),
                              Texts.extents(group, piece.destination()),
                              checkpoint.seqno())));
    }
    if (event instanceof MoveEvent.Finished finished && finished.aborted()) {
      // How far it was does not matter any more.
      console.say("%s: aborted %s".formatted(sourceOf.apply(finished.move()), finished.move()));
    } else {
      progress.on(event);
    }
    if (event instanceof MoveEvent.Finished finished) {
      console.sayMore(
          "%s: over (metadata version %d)".formatted(finished.move(), finished.seqno()));
    }
  }
}
