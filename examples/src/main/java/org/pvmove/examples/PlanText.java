// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.plan.LvmCommand;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;
import org.pvmove.plan.Remedy;
import org.pvmove.plan.SystemPlan;

/** Plans and moves in progress as users read them. */
final class PlanText {
  private PlanText() {}

  /**
   * A plan for this version of the volume group.
   *
   * @param request what was asked for
   * @param checkpointBytes short segments share a checkpoint until so many bytes are copied
   */
  static ImmutableList<String> lines(
      MovePlan plan, MoveRequest request, StoredVolumeGroup group, long checkpointBytes) {
    ImmutableList.Builder<String> lines = ImmutableList.builder();
    lines.add(
        "Plan for volume group %s, metadata version %d%s%s"
            .formatted(
                plan.volumeGroup(),
                plan.seqno(),
                plan.joined() ? ": what is left of " + plan.move() : "",
                plan.atomic() ? ", atomic" : ""));
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"segment", "LV", "extents of the LV", "from", "to"});
    for (MovePlan.Segment segment : plan.segments()) {
      rows.add(
          new String[] {
            Integer.toString(rows.size()),
            segment.logicalVolume(),
            logicalExtents(segment, group),
            Texts.extents(group, segment.source()),
            Texts.extents(group, segment.destination())
          });
    }
    lines.addAll(Texts.table(rows));
    lines.add(
        "%s, %s, %s, %s"
            .formatted(
                Texts.count(plan.segments().size(), "segment"),
                Texts.count(plan.cost().extents(), "extent"),
                Texts.size(plan.cost().bytes()),
                Texts.count(plan.commits(checkpointBytes), "metadata commit")));
    lines.add(
        "After a crash at most %s are copied again; the metadata take at most %s."
            .formatted(
                Texts.size(plan.repeatedBytes(checkpointBytes)),
                Texts.count(plan.cost().largestMetadataBytes(), "byte")));
    for (MovePlan.Skipped skip : plan.skipped()) {
      lines.add("Skipped: %s: %s".formatted(skip.logicalVolume(), skip.reason().text()));
    }
    plan.unused()
        .forEach(
            (destination, reason) -> {
              // Where nothing is named, everybody knows that the source is none.
              if (!request.destinations().isEmpty() || !isSource(plan, group, destination)) {
                lines.add("Not used: %s: %s".formatted(destination, reason));
              }
            });
    return lines.build();
  }

  /** The calls of LVM2 that carry a plan out, to be given to a shell; or why there are none. */
  static ImmutableList<String> lines(List<String> lvm, SystemPlan commands) {
    if (commands instanceof SystemPlan.Impossible impossible) {
      return ImmutableList.of(text(impossible));
    }
    ImmutableList.Builder<String> lines = ImmutableList.builder();
    lines.add("For volumes in use, one after the other:");
    for (LvmCommand command : commands.orElseThrow()) {
      lines.add(
          "  "
              + Stream.concat(lvm.stream(), command.arguments().stream())
                  .map(Texts::quoted)
                  .collect(Collectors.joining(" ")));
    }
    return lines.build();
  }

  static String text(SystemPlan.Impossible impossible) {
    return "LVM2's own pvmove cannot be told to do this: expected %s, found %s."
        .formatted(impossible.expected(), impossible.found());
  }

  private static boolean isSource(MovePlan plan, StoredVolumeGroup group, String name) {
    return plan.segments().stream()
        .anyMatch(segment -> group.nameOf(segment.source().pv()).equals(name));
  }

  /** The physical volumes that a plan moves extents from. */
  static String sources(MovePlan plan, StoredVolumeGroup group) {
    return plan.segments().stream()
        .map(segment -> group.nameOf(segment.source().pv()))
        .distinct()
        .collect(Collectors.joining(", "));
  }

  /** The option that applies a remedy, in brackets; empty if there is none. */
  static String option(Remedy remedy) {
    if (remedy instanceof Remedy.UsePolicy use) {
      return " (--alloc %s)".formatted(use.policy().word());
    }
    if (remedy instanceof Remedy.LargerBlocks) {
      return " (--larger-blocks)";
    }
    if (remedy instanceof Remedy.LeaveOut leave) {
      return " (--exclude %s)".formatted(leave.logicalVolume());
    }
    return "";
  }

  /** With stripes, the extents of the whole rows of which one stripe moves. */
  private static String logicalExtents(MovePlan.Segment segment, StoredVolumeGroup group) {
    int stripes =
        group.volumeGroup().logicalVolume(segment.logicalVolume()).stream()
            .flatMap(lv -> lv.segments().stream())
            .filter(
                mapped ->
                    mapped.firstExtent() <= segment.logicalExtent()
                        && segment.logicalExtent() < mapped.end())
            .map(Segment::areas)
            .mapToInt(ImmutableList::size)
            .findFirst()
            .orElse(1);
    String extents =
        Texts.extents(
            segment.logicalExtent(), Math.multiplyExact(segment.source().count(), stripes));
    return stripes == 1
        ? extents
        : "%s, stripe %d of %d".formatted(extents, segment.stripe() + 1, stripes);
  }

  /** What a move in progress copies, and what of it is done. */
  static ImmutableList<String> lines(Pvmove move, StoredVolumeGroup group) {
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"segment", "from", "to", ""});
    for (Pvmove.Piece piece : move.pieces()) {
      rows.add(
          new String[] {
            Integer.toString(rows.size()),
            Texts.extents(group, piece.source()),
            Texts.extents(group, piece.destination()),
            piece.done() ? "done" : "to be copied"
          });
    }
    return Texts.table(rows);
  }

  /** How far a move in progress is, as the metadata tells. */
  static String progress(Pvmove move) {
    return "%s: %d of %s (%d of %s) at the new place"
        .formatted(
            move.name(),
            segmentsDone(move),
            Texts.count(move.pieces().size(), "segment"),
            extentsDone(move),
            Texts.count(move.extentCount(), "extent"));
  }

  /** How many segments are at their new place. */
  static long segmentsDone(Pvmove move) {
    return move.pieces().stream().filter(Pvmove.Piece::done).count();
  }

  /** How many extents are at their new place. */
  static long extentsDone(Pvmove move) {
    return move.pieces().stream()
        .filter(Pvmove.Piece::done)
        .mapToLong(piece -> piece.source().count())
        .sum();
  }

  /** The name of the first source, by which LVM2 calls a move too. */
  static String source(Pvmove move, StoredVolumeGroup group) {
    return move.pieces().isEmpty() ? move.name() : group.nameOf(move.pieces().get(0).source().pv());
  }
}
