// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.plan.MovePlan;

/** Volume groups as they will be when moves are over, without the steps in between. */
final class Foreseen {
  private Foreseen() {}

  /** After a plan that was made for this version. */
  static VolumeGroup after(VolumeGroup vg, MovePlan plan) {
    if (plan.joined()) {
      return afterCarryingOn(vg, List.of(named(vg, plan.move())));
    }
    // At the end no volume has these identities any more.
    PvmoveEdits.Origin origin = PvmoveEdits.Origin.random(new Random(0), "", 0);
    VolumeGroup begun = PvmoveEdits.begin(vg, origin, plan.moves(), plan.atomic());
    return afterCarryingOn(begun, List.of(named(begun, plan.move())));
  }

  /** After moves in progress, carried on to their end. */
  static VolumeGroup afterCarryingOn(VolumeGroup vg, List<Pvmove> moves) {
    VolumeGroup now = vg;
    for (Pvmove move : moves) {
      if (!move.atomic()) {
        now =
            PvmoveEdits.piecesDone(
                now, move, IntStream.range(0, move.pieces().size()).boxed().toList());
      }
      now = PvmoveEdits.end(now, move, true);
    }
    return now;
  }

  /** After moves in progress were given up. */
  static VolumeGroup afterGivingUp(VolumeGroup vg, List<Pvmove> moves) {
    VolumeGroup now = vg;
    for (Pvmove move : moves) {
      now = PvmoveEdits.end(now, move, false);
    }
    return now;
  }

  private static Pvmove named(VolumeGroup vg, String name) {
    return Pvmove.of(vg, vg.logicalVolume(name).orElseThrow());
  }
}
