// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.pvmove.PvMover;
import org.pvmove.device.DeviceSet;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.plan.MoveRequest;

/** Moving in a maintenance window: watch, stop when time is up, go on in the next window. */
public final class WatchProgress implements MoveListener {
  private final InstantSource clock;
  private final Instant end;
  private @Nullable PvMover mover;

  WatchProgress(InstantSource clock, Duration window) {
    this.clock = clock;
    this.end = clock.instant().plus(window);
  }

  /** Moves everything off the first of two disk images of volume group "vg", for an hour. */
  public static void main(String... arguments) throws IOException {
    try (DeviceSet devices = DeviceSet.open(Path.of(arguments[0]), Path.of(arguments[1]))) {
      WatchProgress watch = new WatchProgress(Clock.systemUTC(), Duration.ofHours(1));
      System.out.println(watch.move(devices, arguments[0]) ? "done" : "time is up");
    }
  }

  /** Returns whether everything is moved; if not, a later call goes on from the last checkpoint. */
  boolean move(DeviceSet devices, String source) throws IOException {
    mover = PvMover.builder(devices, "vg").listener(this).build();
    MoveOutcome outcome =
        mover.movesInProgress().isEmpty()
            ? mover.execute(mover.plan(MoveRequest.from(source).build()).orElseThrow())
            : mover.resume(source);
    return outcome instanceof MoveOutcome.Completed;
  }

  @Override
  public void on(MoveEvent event) {
    if (event instanceof MoveEvent.Copied copied) {
      System.out.printf("%d of %d bytes copied%n", copied.bytesDone(), copied.bytes());
    }
    if (mover != null && clock.instant().isAfter(end)) {
      mover.stop();
    }
  }
}
