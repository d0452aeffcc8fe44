// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.io.IOException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.pvmove.PvMover;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.device.VolumeGroupChangedException;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.execute.SystemPvmove;

/** Has moves carried out, with progress, signals, the map, and what came of it. */
final class MoveRunner {
  private final DeviceSet devices;
  private final HowToMove how;
  private final Reporting reporting;
  private final Outcomes outcomes;

  MoveRunner(DeviceSet devices, HowToMove how, Reporting reporting, Outcomes outcomes) {
    this.devices = devices;
    this.how = how;
    this.reporting = reporting;
    this.outcomes = outcomes;
  }

  /** A piece of work on one volume group. */
  @FunctionalInterface
  interface Work {
    MoveOutcome doWith(Carrier carrier) throws IOException;
  }

  /**
   * Has the work done.
   *
   * @param source the physical volume that was named; absent if none was
   * @param sourceOf gives the name of the source for the name of a temporary volume
   * @return the exit code
   */
  int run(
      StoredVolumeGroup group, @Nullable String source, UnaryOperator<String> sourceOf, Work work)
      throws CommandException {
    writeMap();
    Narrator narrator =
        new Narrator(reporting.console(), group, sourceOf, reporting.progress(), System::nanoTime);
    try (StopOnSignal signal = new StopOnSignal(reporting.console())) {
      Carrier carrier =
          carrier(
              group,
              event -> {
                reporting.listener().on(event);
                narrator.on(event);
                signal.on(event);
              });
      signal.watch(carrier::stop);
      MoveOutcome outcome;
      try {
        outcome = work.doWith(carrier);
      } catch (IOException | VolumeGroupChangedException e) {
        throw outcomes.failed(e, source);
      }
      reporting.maps().put(group, () -> outcome.volumeGroup().volumeGroup());
      return outcomes.report(outcome, source);
    }
  }

  /** Before anything is moved: whoever wants a map would not move without. */
  private void writeMap() throws CommandException {
    try {
      reporting.maps().write();
    } catch (IOException e) {
      reporting.console().trace(e);
      throw CommandException.failed(Texts.reason(e), "Nothing was moved.");
    }
  }

  private Carrier carrier(StoredVolumeGroup group, MoveListener listener) {
    if (how.lvm() == null) {
      return new Carrier.Library(mover(group).listener(listener).build(), how.elsewhere());
    }
    String id = group.volumeGroup().id().toString();
    return new Carrier.Lvm(
        SystemPvmove.builder(devices, id).program(how.lvm()).listener(listener).build());
  }

  /** A mover of that volume group: by its identity, since several volume groups may bear a name. */
  PvMover.Builder mover(StoredVolumeGroup group) {
    return PvMover.builder(devices, group.volumeGroup().id().toString())
        .onReadError(how.readErrors())
        .verify(how.verify())
        .checkpointBytes(how.checkpointBytes())
        .throttle(how.throttle())
        .locks(how.locks())
        .activeVolumes(how.activeVolumes());
  }
}
