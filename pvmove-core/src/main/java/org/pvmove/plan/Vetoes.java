// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.Reference;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;

/** Which logical volumes LVM2 does not move because of what they are or are becoming. */
final class Vetoes {
  private final VolumeGroup vg;
  private final LvGraph graph;

  Vetoes(VolumeGroup vg, LvGraph graph) {
    this.vg = vg;
    this.graph = graph;
  }

  /** Whether something that stands on a physical volume must not move. */
  boolean anyOn(LvmUuid pv) {
    return graph.standingOn(pv).stream()
        .flatMap(name -> vg.logicalVolume(name).stream())
        .anyMatch(lv -> of(lv) != null);
  }

  /** Why nothing moves of which this volume, or what it is a part of, is made. */
  @Nullable SkipReason of(LogicalVolume lv) {
    for (LvGraph.User user : graph.usersOf(lv.name())) {
      SegmentType type = user.segment().type();
      if (type instanceof SegmentType.Writecache && user.use() == Reference.Use.CACHE) {
        return SkipReason.WRITECACHE;
      }
      if (user.use() == Reference.Use.MERGE_TARGET
          || (type instanceof SegmentType.Snapshot snapshot
              && snapshot.merging()
              && user.use() == Reference.Use.SNAPSHOT_ORIGIN)) {
        return SkipReason.MERGING;
      }
    }
    for (Segment segment : lv.segments()) {
      if (segment.type() instanceof SegmentType.Mirror mirror
          && mirror.areas().get(0) instanceof Area.Logical image
          && image.lv().contains("_mimagetmp")) {
        return SkipReason.CONVERTING;
      }
      if (segment.type() instanceof SegmentType.Raid raid
          && raid.areas().stream().anyMatch(this::hasIntegrity)) {
        return SkipReason.INTEGRITY;
      }
    }
    return null;
  }

  private boolean hasIntegrity(Area image) {
    return image instanceof Area.Logical logical
        && vg.logicalVolume(logical.lv()).stream()
            .flatMap(lv -> lv.segments().stream())
            .anyMatch(segment -> segment.type() instanceof SegmentType.Integrity);
  }
}
