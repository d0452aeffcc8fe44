// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells devices that what moved away from them is not needed any more. */
final class Discard {
  private static final Logger LOG = LoggerFactory.getLogger(Discard.class);

  private Discard() {}

  /**
   * Discards where the pieces of a move were. What cannot be discarded is logged: the move is over,
   * and what is there is of no use to anybody.
   *
   * @param group the volume group after the move, durable, and locked so that nobody puts something
   *     else there
   */
  static void source(StoredVolumeGroup group, Pvmove move) {
    VolumeGroup vg = group.volumeGroup();
    ExtentMap extents = ExtentMap.of(vg);
    Map<LvmUuid, RangeSet<Long>> free = new HashMap<>();
    for (Pvmove.Piece piece : move.pieces()) {
      PeRange source = piece.source();
      if (free.computeIfAbsent(source.pv(), pv -> free(extents, pv)).encloses(range(source))) {
        discard(group, source);
      }
    }
  }

  private static RangeSet<Long> free(ExtentMap extents, LvmUuid pv) {
    RangeSet<Long> free = TreeRangeSet.create();
    extents.free(pv).forEach(run -> free.add(range(run)));
    return free;
  }

  private static Range<Long> range(PeRange range) {
    return Range.closedOpen(range.first(), range.end());
  }

  private static void discard(StoredVolumeGroup group, PeRange source) {
    VolumeGroup vg = group.volumeGroup();
    try {
      boolean passedOn =
          group
              .device(source.pv())
              .device()
              .discard(
                  vg.byteOffset(source.pv(), source.first()),
                  vg.extentSize().toBytes(source.count()));
      LOG.debug("{}: {} was {}discarded", vg.name(), source, passedOn ? "" : "not ");
    } catch (IOException e) {
      LOG.warn("{}: {} cannot be discarded", vg.name(), source, e);
    }
  }
}
