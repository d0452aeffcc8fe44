// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.Severity;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveRepairs;

/**
 * What earlier moves have left in a volume group.
 *
 * @param group the volume group as it lies on the devices
 * @param repaired the volume group put right, as a restart finds it after its repairs
 * @param repairs what has to be put right, each in a sentence
 * @param running the moves in progress
 */
record Leftovers(
    StoredVolumeGroup group,
    VolumeGroup repaired,
    ImmutableList<String> repairs,
    ImmutableList<Pvmove> running) {

  /**
   * Looks for them.
   *
   * @throws org.pvmove.lvm.LvmException if a move is of a form that is not known
   */
  static Leftovers of(StoredVolumeGroup group) {
    VolumeGroup vg = group.volumeGroup();
    if (!isReadableByLvm(group)) {
      return new Leftovers(group, vg, ImmutableList.of(), Pvmove.allOf(vg));
    }
    PvmoveRepairs.Repaired repaired = PvmoveRepairs.repair(vg);
    return new Leftovers(
        group, repaired.volumeGroup(), repaired.repairs(), Pvmove.allOf(repaired.volumeGroup()));
  }

  private static boolean isReadableByLvm(StoredVolumeGroup group) {
    return group.violations().stream().noneMatch(found -> found.severity() == Severity.UNREADABLE);
  }

  /** The moves in progress from a physical volume. */
  ImmutableList<Pvmove> runningFrom(LvmUuid pv) {
    return running.stream()
        .filter(move -> move.pieces().stream().anyMatch(piece -> piece.source().pv().equals(pv)))
        .collect(ImmutableList.toImmutableList());
  }

  /**
   * Refuses a volume group that must not be changed. Broken rules are none of the reasons where
   * something is to be put right: whether that mends them is seen when it is done.
   */
  void requireUsable() throws CommandException {
    if (repairs.isEmpty() || !group.barriers().isEmpty()) {
      Groups.requireUsable(group);
    }
  }
}
