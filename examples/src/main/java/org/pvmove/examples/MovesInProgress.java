// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;

/** Carries on and gives up moves in progress, and puts right what earlier ones left behind. */
final class MovesInProgress {
  private final Groups groups;
  private final Moves.Mode mode;
  private final HowToMove how;
  private final MoveRunner runner;
  private final Console console;
  private final Maps maps;

  MovesInProgress(
      Groups groups, Moves.Mode mode, HowToMove how, Reporting reporting, MoveRunner runner) {
    this.groups = groups;
    this.mode = mode;
    this.how = how;
    this.runner = runner;
    this.console = reporting.console();
    this.maps = reporting.maps();
  }

  /**
   * Carries on every move in progress in every volume group, and puts right what earlier moves have
   * left behind.
   *
   * @return the exit code
   */
  int restart() {
    return everywhere(leftovers -> carryOn(leftovers, leftovers.running(), null));
  }

  /**
   * Gives up every move in progress in every volume group, and puts right what earlier moves have
   * left behind.
   *
   * @return the exit code
   */
  int abort() {
    return everywhere(leftovers -> giveUp(leftovers, leftovers.running(), null));
  }

  /**
   * Gives up the move in progress from a physical volume, and puts right what earlier moves have
   * left behind in its volume group.
   *
   * @return the exit code
   */
  int abort(String source) throws CommandException, IOException {
    if (!groups.isKnown(source) && !PvWord.of(source).ranges().isEmpty()) {
      throw CommandException.wrongCommandLine(
          "--abort \"%s\": expected a physical volume, found ranges of extents: a move is given up as"
                  .formatted(source)
              + " a whole");
    }
    Groups.Pv from;
    try {
      from = groups.find(source);
    } catch (CommandException e) {
      // Unlike for a new move, pvmove(8) calls this a failure.
      throw CommandException.of(ExitCode.FAILED, e.lines());
    }
    maps.put(from.group());
    Leftovers leftovers = Leftovers.of(from.group());
    ImmutableList<Pvmove> running = leftovers.runningFrom(from.pv().id());
    if (running.isEmpty()) {
      console.say("No pvmove in progress for %s.".formatted(from.name()));
      if (leftovers.repairs().isEmpty()) {
        return ExitCode.DONE;
      }
    }
    leftovers.requireUsable();
    return giveUp(leftovers, running, from.name());
  }

  /** Work on one volume group that earlier moves have left something in. */
  @FunctionalInterface
  private interface GroupWork {
    int doWith(Leftovers leftovers) throws CommandException, IOException;
  }

  /** One volume group that fails does not keep the others from being worked on. */
  private int everywhere(GroupWork work) {
    int worst = ExitCode.DONE;
    boolean found = false;
    groups.leftOut().forEach(out -> console.complain(out.text()));
    for (Groups.LeftOut out : groups.unreadable()) {
      console.complain(out.text());
      worst = ExitCode.FAILED;
    }
    groups.all().forEach(maps::put);
    for (StoredVolumeGroup group : groups.all()) {
      try {
        Leftovers leftovers = Leftovers.of(group);
        found |= !leftovers.running().isEmpty();
        if (!leftovers.running().isEmpty() || !leftovers.repairs().isEmpty()) {
          leftovers.requireUsable();
          group.findings().forEach(console::complain);
          worst = Math.max(worst, work.doWith(leftovers));
        }
      } catch (CommandException e) {
        e.lines().forEach(console::complain);
        worst = ExitCode.FAILED;
      } catch (IOException | LvmException e) {
        console.complain(Texts.reason(e));
        console.trace(e);
        worst = ExitCode.FAILED;
      }
    }
    if (!found) {
      console.say(
          groups.unreadable().isEmpty()
              ? "No pvmove in progress."
              : "No pvmove in progress on what could be read.");
    }
    return worst;
  }

  /**
   * Carries on moves of one volume group.
   *
   * @param source the physical volume that was named; absent if none was
   * @return the exit code
   */
  int carryOn(Leftovers leftovers, ImmutableList<Pvmove> running, @Nullable String source)
      throws CommandException, IOException {
    maps.put(leftovers.group(), () -> Foreseen.afterCarryingOn(leftovers.repaired(), running));
    if (mode != Moves.Mode.EXECUTE) {
      describe(leftovers, running, "would be carried on");
      return ExitCode.DONE;
    }
    for (Pvmove move : running) {
      console.sayMore(
          "Carrying on %s of %s."
              .formatted(
                  move.name(), String.join(", ", volumesOn(leftovers.repaired(), move.name()))));
    }
    leaveForLater(leftovers);
    return runner.run(
        leftovers.group(),
        source,
        sourceNames(leftovers.group(), running),
        carrier -> carrier.resume(source));
  }

  private int giveUp(Leftovers leftovers, ImmutableList<Pvmove> running, @Nullable String source)
      throws CommandException, IOException {
    maps.put(leftovers.group(), () -> Foreseen.afterGivingUp(leftovers.repaired(), running));
    if (mode != Moves.Mode.EXECUTE) {
      describe(leftovers, running, "would be given up");
      return ExitCode.DONE;
    }
    leaveForLater(leftovers);
    return runner.run(
        leftovers.group(),
        source,
        sourceNames(leftovers.group(), running),
        carrier -> carrier.abort(source));
  }

  /** LVM2 puts nothing right. */
  private void leaveForLater(Leftovers leftovers) {
    if (how.lvm() != null) {
      leftovers
          .repairs()
          .forEach(
              repair ->
                  console.complain(
                      "%s: would be put right without --system: %s"
                          .formatted(leftovers.repaired().name(), repair)));
    }
  }

  private void describe(Leftovers leftovers, ImmutableList<Pvmove> running, String whatWould) {
    String name = leftovers.repaired().name();
    leftovers
        .repairs()
        .forEach(repair -> console.say("%s: would be put right: %s".formatted(name, repair)));
    for (Pvmove move : running) {
      console.say("%s %s:".formatted(move.name(), whatWould));
      if (mode == Moves.Mode.PLAN) {
        PlanText.lines(move, leftovers.group()).forEach(console::print);
      } else {
        console.say(PlanText.progress(move));
      }
    }
  }

  private static UnaryOperator<String> sourceNames(
      StoredVolumeGroup group, ImmutableList<Pvmove> running) {
    Map<String, String> names = new HashMap<>();
    for (Pvmove move : running) {
      names.put(move.name(), PlanText.source(move, group));
    }
    return move -> names.getOrDefault(move, move);
  }

  private static List<String> volumesOn(VolumeGroup vg, String move) {
    return vg.logicalVolumes().stream()
        .filter(
            lv ->
                lv.segments().stream()
                    .flatMap(segment -> segment.areas().stream())
                    .anyMatch(area -> area instanceof Area.Logical on && on.lv().equals(move)))
        .map(LogicalVolume::name)
        .toList();
  }
}
