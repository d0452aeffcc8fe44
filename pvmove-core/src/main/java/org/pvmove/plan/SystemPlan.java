// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;

/**
 * A plan in the words of LVM2's own pvmove(8), which also moves volumes that are in use: the calls
 * that, one after the other, lead to exactly the layout that was planned; or why there are none.
 *
 * <p>pvmove(8) has a mind of its own about places. It has no choice where all that a call moves
 * goes to one run of free extents, just as long: what it takes first gets the first extents. So
 * each call moves segments whose destinations follow one another. It says {@code --alloc anywhere}
 * whatever the plan was made by: LVM2's narrower policies rule out whole physical volumes that the
 * plan's destinations, which were chosen one by one, may lie on.
 */
public sealed interface SystemPlan {
  /**
   * The calls.
   *
   * @throws LvmException if there are none, with what was expected and found
   */
  ImmutableList<LvmCommand> orElseThrow();

  /**
   * pvmove(8) can do it.
   *
   * @param commands what to call, in this order; each depends on nothing but the success of those
   *     before
   */
  record Possible(ImmutableList<LvmCommand> commands) implements SystemPlan {
    @Override
    public ImmutableList<LvmCommand> orElseThrow() {
      return commands;
    }
  }

  /**
   * pvmove(8) cannot be told to do it.
   *
   * @param expected what it would take
   * @param found what there is instead
   */
  record Impossible(String expected, String found) implements SystemPlan {
    @Override
    public ImmutableList<LvmCommand> orElseThrow() {
      throw new LvmException("expected %s, found %s".formatted(expected, found));
    }
  }

  /**
   * The calls for a plan.
   *
   * @param vg the version the plan was made for
   * @param names how LVM2 calls the physical volumes: by the paths of their devices
   * @throws IllegalArgumentException if the plan was made for another version
   */
  static SystemPlan of(VolumeGroup vg, MovePlan plan, PvNames names) {
    plan.requireVersion(vg);
    return plan.joined()
        ? joining(vg, Pvmove.of(vg, vg.logicalVolume(plan.move()).orElseThrow()), names)
        : ofSegments(vg, plan.segments(), plan.atomic(), names);
  }

  /**
   * The calls for some segments of a plan, on any version of the volume group in which these are
   * still to be moved.
   *
   * @param segments what to move; calls may be in another order, and move one in parts where its
   *     volume has been cut since the plan was made
   * @param atomic whether all of them have to move in one call, as a whole
   * @param names how LVM2 calls the physical volumes
   * @throws IllegalArgumentException if a segment is not where it is to be moved from
   */
  static SystemPlan ofSegments(
      VolumeGroup vg, Iterable<MovePlan.Segment> segments, boolean atomic, PvNames names) {
    return new LvmCommands(vg, names).moving(ImmutableList.copyOf(segments), atomic);
  }

  /**
   * The call that carries a move under way on to its end; its segments are what is left of it.
   *
   * @param names how LVM2 calls the physical volumes
   */
  static SystemPlan joining(VolumeGroup vg, Pvmove move, PvNames names) {
    return new LvmCommands(vg, names).joining(move);
  }

  /**
   * The call that gives a move under way up.
   *
   * @param names how LVM2 calls the physical volumes
   */
  static SystemPlan aborting(VolumeGroup vg, Pvmove move, PvNames names) {
    return new LvmCommands(vg, names).aborting(move);
  }
}
