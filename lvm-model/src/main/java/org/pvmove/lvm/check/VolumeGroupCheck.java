// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import com.google.common.collect.ImmutableList;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.VolumeGroup;

/**
 * Checks that a volume group hangs together: the rules by which LVM2 judges metadata when it reads
 * and writes it (vgck(8)), and those that LVM2 leaves to chance but a move of extents must be able
 * to rely on.
 *
 * <p>Who may use the volume group, and whether now, is not judged here: exported or foreign groups,
 * missing physical volumes, shared locks, read-only groups. Neither is what the metadata text does
 * not tell, such as metadata areas where extents should be.
 */
public final class VolumeGroupCheck {
  private VolumeGroupCheck() {}

  /**
   * Everything that is wrong or odd about a volume group; empty if nothing is. Takes time in
   * proportion to the size of the volume group, times a logarithm for sorting extents, also if it
   * comes from a hostile text.
   */
  public static ImmutableList<Violation> check(VolumeGroup vg) {
    Findings out = new Findings();
    LvGraph graph = LvGraph.of(vg);
    GroupRules.check(vg, out);
    PhysicalVolumeRules.check(vg, out);
    LogicalVolumeRules.check(vg, graph, out);
    HistoryRules.check(vg, out);
    StackRules.check(vg, out);
    ExtentRules.check(vg, out);
    PvmoveRules.check(vg, graph, out);
    return out.all();
  }

  /**
   * Returns the volume group if it may be written.
   *
   * @throws InvalidVolumeGroupException if anything about it is {@link Severity#UNREADABLE} or
   *     {@link Severity#UNWRITABLE}
   */
  public static VolumeGroup requireWritable(VolumeGroup vg) {
    ImmutableList<Violation> against =
        check(vg).stream()
            .filter(violation -> violation.severity() != Severity.NOTICE)
            .collect(ImmutableList.toImmutableList());
    if (!against.isEmpty()) {
      throw new InvalidVolumeGroupException(vg.name(), against);
    }
    return vg;
  }
}
