// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.io.IOException;
import java.nio.file.Path;
import org.pvmove.PvMover;
import org.pvmove.device.DeviceSet;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;
import org.pvmove.plan.PlanResult;

/** The shortest way: plan a move, look at the plan, carry it out. */
public final class PlanAndExecute {
  private PlanAndExecute() {}

  /**
   * Moves the extents of volume group "vg" from one disk image to another.
   *
   * @param arguments the image to move from and the image to move to
   */
  public static void main(String... arguments) throws IOException {
    System.out.println(move(Path.of(arguments[0]), Path.of(arguments[1])));
  }

  static String move(Path from, Path to) throws IOException {
    // The documentation shows the next lines.
    try (DeviceSet devices = DeviceSet.open(from, to)) {
      PvMover mover = PvMover.builder(devices, "vg").build();
      MoveRequest request = MoveRequest.from(from.toString()).to(to.toString()).build();
      PlanResult result = mover.plan(request);
      if (result instanceof PlanResult.Rejected rejected) {
        return "cannot be moved: " + rejected.reasons(); // every reason, with its numbers
      }
      MovePlan plan = result.orElseThrow(); // a value: nothing has been written so far
      MoveOutcome outcome = mover.execute(plan);
      if (outcome instanceof MoveOutcome.Stopped stopped) {
        return "stopped, go on with resume() or abort(): " + stopped.reason();
      }
      return "moved, durably: " + plan.cost().bytes() + " bytes";
    }
    // The documentation shows the lines above.
  }
}
