// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import org.pvmove.lvm.VolumeGroup;

/**
 * Plans moves by pvmove(8)'s rules, as a pure function: the same volume group, request and
 * surroundings give the same plan.
 */
public final class Planner {
  private Planner() {}

  /** Plans a move, with physical volumes called as the metadata remembers them. */
  public static PlanResult plan(VolumeGroup vg, MoveRequest request) {
    return plan(vg, request, Surroundings.none(vg));
  }

  /**
   * Plans a move.
   *
   * @param vg the volume group; nothing may be wrong with it
   * @param request what to move where
   * @param surroundings what else the plan depends on
   * @throws org.pvmove.lvm.LvmException if a move under way is not of a form that is known
   */
  public static PlanResult plan(VolumeGroup vg, MoveRequest request, Surroundings surroundings) {
    PlanResult result = new Attempt(vg, request, surroundings).run();
    return result instanceof PlanResult.Rejected rejected
        ? new PlanResult.Rejected(
            rejected.reasons(), Remedies.of(vg, request, surroundings, rejected.reasons()))
        : result;
  }
}
