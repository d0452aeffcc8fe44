// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.pvmove.PvMover;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.execute.SystemPvmove;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;

/** Who carries moves out: this library, or LVM2's own pvmove. */
interface Carrier {
  MoveOutcome execute(MovePlan plan, MoveRequest request) throws IOException;

  /** Carries on the moves in progress from a physical volume, or all. */
  MoveOutcome resume(@Nullable String source) throws IOException;

  /** Gives up the moves in progress from a physical volume, or all. */
  MoveOutcome abort(@Nullable String source) throws IOException;

  /** Makes the call under way stop; from any thread. */
  void stop();

  /**
   * This library.
   *
   * @param elsewhere whether what cannot be written to its destination goes to another one
   */
  record Library(PvMover mover, boolean elsewhere) implements Carrier {
    @Override
    public MoveOutcome execute(MovePlan plan, MoveRequest request) throws IOException {
      return elsewhere ? mover.execute(plan, request) : mover.execute(plan);
    }

    @Override
    public MoveOutcome resume(@Nullable String source) throws IOException {
      return source == null ? mover.resume() : mover.resume(source);
    }

    @Override
    public MoveOutcome abort(@Nullable String source) throws IOException {
      return source == null ? mover.abort() : mover.abort(source);
    }

    @Override
    public void stop() {
      mover.stop();
    }
  }

  /** LVM2. */
  record Lvm(SystemPvmove pvmove) implements Carrier {
    @Override
    public MoveOutcome execute(MovePlan plan, MoveRequest request) throws IOException {
      return pvmove.execute(plan);
    }

    @Override
    public MoveOutcome resume(@Nullable String source) throws IOException {
      return source == null ? pvmove.resume() : pvmove.resume(source);
    }

    @Override
    public MoveOutcome abort(@Nullable String source) throws IOException {
      return source == null ? pvmove.abort() : pvmove.abort(source);
    }

    @Override
    public void stop() {
      pvmove.stop();
    }
  }
}
