// SPDX-License-Identifier: Apache-2.0
package org.pvmove.fuzz;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Objects;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Segments;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.Severity;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.lvm.report.Reports;
import org.pvmove.plan.MoveRequest;
import org.pvmove.plan.Planner;

/** Everything that is asked of a volume group, however odd. */
final class Questions {
  /** Uses of volumes by others to be walked in all; each walk may go along all of them. */
  private static final int MAX_STEPS = 500_000;

  private static final PvmoveEdits.Origin ORIGIN =
      new PvmoveEdits.Origin(uuid('a'), uuid('b'), uuid('c'), "host", 0);

  private Questions() {}

  static void ask(VolumeGroup vg) {
    boolean writable =
        VolumeGroupCheck.check(vg).stream()
            .allMatch(violation -> violation.severity() == Severity.NOTICE);
    walk(vg);
    report(vg);
    for (LogicalVolume lv : vg.logicalVolumes()) {
      keep(Segments.merge(lv.segments()));
    }
    endMoves(vg);
    if (writable) {
      move(vg);
    }
  }

  private static void walk(VolumeGroup vg) {
    ExtentMap extents = ExtentMap.of(vg);
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      long free = extents.free(pv.id()).stream().mapToLong(PeRange::count).sum();
      if (free != extents.freeCount(pv.id())) {
        throw new AssertionError(
            "expected %d free extents in runs, found %d"
                .formatted(extents.freeCount(pv.id()), free));
      }
    }
    LvGraph graph = LvGraph.of(vg);
    long uses = 1;
    for (LogicalVolume lv : vg.logicalVolumes()) {
      uses += graph.usersOf(lv.name()).size();
    }
    long walks = 1 + MAX_STEPS / uses;
    vg.logicalVolumes().stream()
        .map(LogicalVolume::name)
        .limit(walks)
        .forEach(
            lv -> {
              keep(graph.below(lv));
              keep(graph.above(lv));
              keep(graph.extentsBelow(lv));
            });
  }

  private static void report(VolumeGroup vg) {
    Reports reports = Reports.of(ImmutableList.of(vg), ImmutableList.of());
    reports.volumeGroups().forEach(Questions::keep);
    reports.physicalVolumes().forEach(Questions::keep);
    reports.physicalVolumeSegments().forEach(Questions::keep);
    reports.logicalVolumes().forEach(Questions::keep);
    reports.logicalVolumeSegments().forEach(Questions::keep);
  }

  private static void endMoves(VolumeGroup vg) {
    ImmutableList<Pvmove> moves;
    try {
      moves = Pvmove.allOf(vg);
    } catch (LvmException expected) {
      return;
    }
    int rest = 3;
    for (Pvmove move : moves) {
      if (rest-- == 0) {
        break;
      }
      try {
        if (!move.atomic() && !move.pieces().isEmpty()) {
          VolumeGroup next = PvmoveEdits.pieceDone(vg, move, move.pieces().size() - 1);
          keep(PvmoveEdits.end(next, move, true));
        }
        keep(PvmoveEdits.end(vg, move, false));
        keep(PvmoveEdits.end(vg, move, true));
      } catch (LvmException expected) {
        // Not of a form a move has.
      }
    }
  }

  /** Moves the first run in use to the first free one, and everything off the first volume. */
  private static void move(VolumeGroup vg) {
    ExtentMap extents = ExtentMap.of(vg);
    PeRange used = null;
    PeRange free = null;
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      if (used == null && !extents.uses(pv.id()).isEmpty()) {
        used = extents.uses(pv.id()).get(0).range();
      }
      if (free == null && !extents.free(pv.id()).isEmpty()) {
        free = extents.free(pv.id()).get(0);
      }
    }
    if (used == null || free == null) {
      return;
    }
    long count = Math.min(used.count(), free.count());
    List<PvmoveEdits.Move> moves =
        List.of(new PvmoveEdits.Move(used.slice(0, count), free.slice(0, count)));
    for (boolean atomic : new boolean[] {false, true}) {
      try {
        VolumeGroup begun = PvmoveEdits.begin(vg, ORIGIN, moves, atomic);
        VolumeGroupCheck.requireWritable(begun);
        for (Pvmove move : Pvmove.allOf(begun)) {
          if (move.id().equals(ORIGIN.id())) {
            VolumeGroupCheck.requireWritable(PvmoveEdits.end(begun, move, true));
          }
        }
      } catch (LvmException expected) {
        // Such as a source that is no linear or striped segment.
      }
    }
    try {
      keep(Planner.plan(vg, MoveRequest.from(used.pv().toString()).build()));
    } catch (LvmException expected) {
      // Such as a move under way that has no form of a move.
    }
  }

  private static LvmUuid uuid(char c) {
    return new LvmUuid(String.valueOf(c).repeat(32));
  }

  /** The answer does not matter, only that there is one. */
  private static void keep(Object answer) {
    Objects.requireNonNull(answer);
  }
}
