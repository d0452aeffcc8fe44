// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.pvmove.PvMover;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.lvm.edit.Pvmove;

/** What a storage tool does when it starts: finish the moves that a crash interrupted. */
public final class RestartOnStartUp {
  private RestartOnStartUp() {}

  /**
   * Carries on every move in progress.
   *
   * @param arguments all disk images or block devices of the volume groups
   */
  public static void main(String... arguments) throws IOException {
    try (DeviceSet devices =
        DeviceSet.open(Arrays.stream(arguments).map(Path::of).toArray(Path[]::new))) {
      System.out.println(restart(devices) ? "nothing is left to be moved" : "not finished");
    }
  }

  /** Returns whether no move is in progress any more. */
  static boolean restart(DeviceSet devices) throws IOException {
    boolean finished = true;
    for (StoredVolumeGroup group : devices.scan().volumeGroups()) {
      PvMover mover = PvMover.builder(devices, group.volumeGroup().id().toString()).build();
      for (Pvmove move : mover.movesInProgress()) {
        System.out.printf("%s: %d extents in all%n", move.name(), move.extentCount());
      }
      if (mover.resume() instanceof MoveOutcome.Stopped stopped) {
        System.out.println(stopped.reason());
        finished = false;
      }
    }
    return finished;
  }
}
