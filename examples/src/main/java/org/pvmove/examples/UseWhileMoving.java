// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.FutureTask;
import org.pvmove.PvMover;
import org.pvmove.device.DeviceSet;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;
import org.pvmove.volume.LiveVolumes;
import org.pvmove.volume.LogicalVolumeDevice;

/** Writes to a logical volume while it moves. */
public final class UseWhileMoving {
  private UseWhileMoving() {}

  /**
   * Overwrites a logical volume with zeros while everything moves off a physical volume.
   *
   * @param arguments name of the logical volume, then the disk images of the volume group "vg", the
   *     first one to be emptied
   */
  public static void main(String... arguments) throws Exception {
    Path[] paths = Arrays.stream(arguments).skip(1).map(Path::of).toArray(Path[]::new);
    try (DeviceSet devices = DeviceSet.open(paths)) {
      MovePlan plan =
          PvMover.builder(devices, "vg")
              .build()
              .plan(MoveRequest.from(arguments[1]).build())
              .orElseThrow();
      System.out.println(overwrite(devices, arguments[0], plan));
    }
  }

  /** The outcome of the move; the volume is overwritten and durable when this returns. */
  static MoveOutcome overwrite(DeviceSet devices, String lv, MovePlan plan) throws Exception {
    // The documentation shows the lines that follow.
    try (LiveVolumes volumes = LiveVolumes.builder(devices, "vg").open();
        LogicalVolumeDevice volume = volumes.open(lv)) {
      PvMover mover = PvMover.builder(devices, "vg").volumes(volumes).build();
      FutureTask<MoveOutcome> move = new FutureTask<>(() -> mover.execute(plan));
      new Thread(move).start();
      ByteBuffer block = ByteBuffer.allocate(4096);
      for (long offset = 0; offset < volume.size(); offset += block.capacity()) {
        volume.write(offset, block.clear()); // to the old place, the new one, or both
      }
      volume.flush(); // survives any crash from now on, a restart and an abort
      return move.get();
    }
    // The documentation shows the lines above.
  }
}
