// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.AllocationPolicy;

/**
 * In what a plan may differ from LVM2's, and why that is meant to be so. The table in {@code
 * docs/interop.md} has a row for each; anything else is a bug.
 */
enum PlannerDifference {
  // Both accept.
  FEWER_PIECES(
      Who.BOTH,
      "fewer pieces",
      "a run stays whole where any free area holds it; LVM2 takes the runs one after the other, and"
          + " goes on where it was, be the area ever so small"),
  MORE_PIECES(
      Who.BOTH,
      "`anywhere`, more pieces",
      "where `normal` finds no place for everything, as little as possible stays on the source;"
          + " LVM2, once it is out of places, takes any for all that follows"),
  KEEPS_IMAGES_APART(
      Who.BOTH,
      "images that LVM2 puts together stay apart",
      "LVM2 looks for raids and mirrors only at the volume that is named, not below it, and not at"
          + " all under `anywhere`"),
  LEAVES_IMAGES_OF_A_MOVE(
      Who.BOTH,
      "images of an atomic move stay",
      "LVM2 does not lock them, and moves them out of the move that they belong to"),

  // Only LVM2 accepts.
  PUTS_IMAGES_TOGETHER(
      Who.LVM,
      "images would come together",
      "two images of a raid or mirror would lie on one physical volume"),
  LEAVES_IMAGES_TOGETHER(
      Who.LVM,
      "images would stay together",
      "two images of a raid or mirror, which lie on the source both, would lie on one physical"
          + " volume again; `anywhere` allows it"),
  MOVES_ONLY_IMAGES_OF_A_MOVE(
      Who.LVM,
      "nothing but images of an atomic move",
      "LVM2 does not lock them, and moves them out of the move that they belong to"),
  JOINS_ANYTHING(
      Who.LVM,
      "another move from the same source",
      "LVM2 carries on the move that is under way, whatever else was asked for"),
  LOOKS_ONLY_AT_THE_NAMED(
      Who.LVM,
      "parts of what must not move",
      "LVM2 does not move a volume that is converted or merged, has integrity or is a writecache's"
          + " cache, but does move its parts if these are named"),

  // Only this library accepts. The order matters: of the patterns the first that fits counts.
  REFUSES_ALL_FOR_ONE(
      Who.OURS,
      "something on the source cannot move",
      "a volume that is converted or merged, has integrity or is a writecache's cache is left out;"
          + " LVM2 refuses the whole command",
      "Unable to (pvmove|move device used for) .*|pvmove not allowed on .*"),
  RANGES_OVERLAP(
      Who.OURS,
      "ranges overlap",
      "ranges and repeated names are taken together",
      "Overlapping PE ranges specified .*"),
  RANGE_ACCIDENT(
      Who.OURS,
      "ranges over several volumes",
      "LVM2 before 2.03.26 gives up with an internal error when it has to split a volume after"
          + " another one",
      "Internal error: Referenced LV pvmove\\d+ not listed in VG .*"),
  STRIPES_TOGETHER(
      Who.OURS,
      "stripes on one physical volume",
      "where one of them has to be split, so are the others; LVM2 gives up",
      "Failed to split segments being moved\\."),
  RAID_PART_NAMED(
      Who.OURS,
      "a part of a raid is named",
      "LVM2 before 2.03.23 looks for the part's sister by a wrong name",
      "Can't find sub LV .*"),
  THIN_VOLUME_NAMED(
      Who.OURS,
      "a thin volume is named",
      "what is below it moves; LVM2 finds nothing if the pool has other thin volumes",
      "No data to move for .*"),
  CONTIGUOUS(
      Who.OURS,
      "`contiguous`, several runs",
      "each run needs an area of its own; LVM2 tries once, for the first run",
      "Insufficient suitable contiguous allocatable extents .*"),
  CLING(
      Who.OURS,
      "`cling`, one physical volume is not enough",
      "each stripe of each volume clings to one physical volume; LVM2 puts all on one",
      "Insufficient suitable allocatable extents .*",
      AllocationPolicy.CLING),
  DEAD_END(
      Who.OURS,
      "`normal`, a dead end",
      "room is shared out so that everything finds some; LVM2 may fill up the only place left for a"
          + " later run",
      "Insufficient suitable allocatable extents .*"),
  RULES_OUT_WHOLE_VOLUMES(
      Who.OURS,
      "raids or mirrors on the source",
      "only their images keep away from each other; LVM2 rules out every physical volume that they"
          + " use, for everything that moves, and takes a move under way for a mirror",
      "No extents available for allocation.|Insufficient free space: .*"
          + "|Unable to allocate.* areas array.*");

  /** Who accepts. */
  enum Who {
    BOTH,
    LVM,
    OURS
  }

  private final Who who;
  private final String title;
  private final String reason;
  private final @Nullable Pattern message;
  private final @Nullable AllocationPolicy policy;

  PlannerDifference(Who who, String title, String reason) {
    this(who, title, reason, null, null);
  }

  PlannerDifference(Who who, String title, String reason, String message) {
    this(who, title, reason, message, null);
  }

  PlannerDifference(
      Who who,
      String title,
      String reason,
      @Nullable String message,
      @Nullable AllocationPolicy policy) {
    this.who = who;
    this.title = title;
    this.reason = reason;
    this.message = message == null ? null : Pattern.compile(message);
    this.policy = policy;
  }

  Who who() {
    return who;
  }

  String title() {
    return title;
  }

  String reason() {
    return reason;
  }

  /** Why LVM2 refused what this library accepts. */
  static Optional<PlannerDifference> ofRefusal(
      ImmutableList<String> messages, AllocationPolicy policy) {
    for (PlannerDifference kind : values()) {
      Pattern pattern = kind.message;
      if (pattern != null
          && (kind.policy == null || kind.policy == policy)
          && messages.stream().anyMatch(message -> pattern.matcher(message).matches())) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }
}
