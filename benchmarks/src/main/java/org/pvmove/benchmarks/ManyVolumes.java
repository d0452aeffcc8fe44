// SPDX-License-Identifier: Apache-2.0
package org.pvmove.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;

/** Volume groups with many linear volumes of four segments that do not continue each other. */
final class ManyVolumes {
  private static final int SEGMENTS = 4;

  private ManyVolumes() {}

  /** The same volume group with that many logical volumes on its first physical volume. */
  static VolumeGroup on(VolumeGroup empty, int logicalVolumes) {
    SplittableRandom random = new SplittableRandom(logicalVolumes);
    LvmUuid pv = empty.physicalVolumes().get(0).id();
    List<LogicalVolume> lvs = new ArrayList<>(logicalVolumes);
    long extent = 0;
    for (int i = 0; i < logicalVolumes; i++) {
      List<Segment> segments = new ArrayList<>(SEGMENTS);
      for (int k = 0; k < SEGMENTS; k++) {
        segments.add(Segment.of(k, 1, SegmentType.Striped.linear(new Area.Physical(pv, extent))));
        extent += 2;
      }
      lvs.add(
          LogicalVolume.builder("lv" + i, LvmUuid.random(random))
              .creationTime(1_700_000_000L)
              .creationHost("host")
              .segments(segments)
              .build());
    }
    return empty.toBuilder().logicalVolumes(lvs).build();
  }
}
