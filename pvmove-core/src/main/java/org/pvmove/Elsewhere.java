// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.BadRange;
import org.pvmove.execute.CopyFailedException;
import org.pvmove.execute.MoveExecutor;
import org.pvmove.execute.MoveExecutor.ClaimedMove;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.execute.Work;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;
import org.pvmove.plan.PlanResult;
import org.pvmove.plan.Planner;

/** Carries out what was asked for, and goes elsewhere where a destination cannot be written. */
final class Elsewhere {
  /** A disk that cannot be written at all would be tried extent by extent. */
  private static final int MAX_OTHER_PLACES = 16;

  private final PvMover mover;
  private final MoveRequest request;

  /** The extents that could not be written so far. */
  private final List<PeRange> unwritable = new ArrayList<>();

  Elsewhere(PvMover mover, MoveRequest request) {
    this.mover = mover;
    this.request = request;
  }

  /** See {@link PvMover#execute(MovePlan, MoveRequest)}. */
  MoveOutcome execute(MovePlan plan) throws IOException {
    MoveOutcome outcome = mover.execute(plan);
    for (int i = 0; i < MAX_OTHER_PLACES; i++) {
      if (!(outcome instanceof MoveOutcome.Stopped stopped
          && stopped.failure() instanceof CopyFailedException failure
          && failure.operation() == CopyFailedException.Operation.WRITE)) {
        return outcome;
      }
      unwritable.addAll(extents(stopped.volumeGroup(), failure.ranges()));
      if (!hasOtherPlace(stopped)) {
        return outcome;
      }
      outcome = after(stopped, goOn(stopped));
    }
    return outcome;
  }

  /**
   * Whether there is a plan for what will be left when the move is given up: if not, it is not.
   * That plan is not the one to be carried out, since others may change the volume group until
   * then.
   */
  private boolean hasOtherPlace(MoveOutcome.Stopped stopped) {
    VolumeGroup vg = stopped.volumeGroup().volumeGroup();
    return vg.logicalVolume(stopped.move())
        .map(lv -> PvmoveEdits.end(vg, Pvmove.of(vg, lv), false))
        .map(after -> plan(stopped.volumeGroup(), after))
        .filter(PlanResult.Accepted.class::isInstance)
        .isPresent();
  }

  private PlanResult plan(StoredVolumeGroup stored, VolumeGroup vg) {
    return Planner.plan(vg, request, mover.surroundings(stored).withUnwritable(unwritable));
  }

  private MoveOutcome goOn(MoveOutcome.Stopped stopped) {
    MoveExecutor executor = mover.executor();
    try {
      Optional<Pvmove> move = PvMover.named(executor, stopped.move());
      if (move.isPresent()) {
        try (ClaimedMove claimed = executor.claim(move.get())) {
          executor.abort(claimed);
        }
      }
      StoredVolumeGroup now = executor.volumeGroup();
      return mover.execute(plan(now, now.volumeGroup()).orElseThrow());
    } catch (IOException | LvmException e) {
      return PvMover.failed(executor, stopped.move(), e);
    }
  }

  /** The extents of destinations on which bytes lie that could not be written. */
  private static List<PeRange> extents(StoredVolumeGroup stored, List<BadRange> ranges) {
    long extentBytes = stored.volumeGroup().extentSize().bytes();
    List<PeRange> extents = new ArrayList<>();
    stored
        .devices()
        .forEach(
            (id, device) -> {
              long start =
                  stored.volumeGroup().physicalVolume(id).orElseThrow().peStart().toBytes();
              for (BadRange range : ranges) {
                if (range.device().equals(device.name())) {
                  long first = (range.byteOffset() - start) / extentBytes;
                  long last = (range.byteOffset() + range.byteCount() - 1 - start) / extentBytes;
                  extents.add(new PeRange(id, first, last - first + 1));
                }
              }
            });
    return extents;
  }

  /** An outcome that counts what was done before, too. */
  private static MoveOutcome after(MoveOutcome.Stopped before, MoveOutcome outcome) {
    Work work = before.work().then(outcome.work());
    if (outcome instanceof MoveOutcome.Stopped stopped) {
      return new MoveOutcome.Stopped(
          stopped.volumeGroup(), stopped.move(), stopped.reason(), stopped.failure(), work);
    }
    ImmutableList<String> moves =
        outcome instanceof MoveOutcome.Completed completed
            ? completed.moves()
            : ((MoveOutcome.CompletedWithLosses) outcome).moves();
    return PvMover.completed(outcome.volumeGroup(), moves, work);
  }
}
