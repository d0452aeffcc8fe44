// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.RequiredExecutor;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;
import org.pvmove.plan.PlanResult;
import org.pvmove.plan.PvNames;
import org.pvmove.plan.SystemPlan;

/** Starts, carries on and gives up moves on a set of devices, and tells the user about it. */
final class Moves {
  /** How far to go. */
  enum Mode {
    /** Do it. */
    EXECUTE,
    /** Find out whether it can be done, and write nothing. */
    TEST,
    /** Show what would be done, and write nothing. */
    PLAN,
    /** Show what is there and what moving it takes, and write nothing. */
    EXPLAIN
  }

  private final Groups groups;
  private final Mode mode;
  private final HowToMove how;
  private final Reporting reporting;
  private final Outcomes outcomes;
  private final MoveRunner runner;
  private final MovesInProgress inProgress;
  private final Console console;
  private final Maps maps;

  /**
   * Creates the operations.
   *
   * @param how how to move
   * @param reporting how the user is told
   */
  Moves(DeviceSet devices, Mode mode, HowToMove how, Reporting reporting) {
    this.groups = new Groups(devices.scan());
    this.mode = mode;
    this.how = how;
    this.reporting = reporting;
    this.outcomes = new Outcomes(reporting, how);
    this.runner = new MoveRunner(devices, how, reporting, outcomes);
    this.inProgress = new MovesInProgress(groups, mode, how, reporting, runner);
    this.console = reporting.console();
    this.maps = reporting.maps();
  }

  /**
   * Moves extents, or carries on the move in progress that does what is asked for.
   *
   * @param asked what is asked for, in the words of the command line
   * @return the exit code
   */
  int move(MoveRequest asked) throws CommandException, IOException {
    Groups.Pv from = findSource(asked);
    StoredVolumeGroup group = from.group();
    maps.put(group);
    Leftovers leftovers = Leftovers.of(group);
    ImmutableList<Pvmove> running = leftovers.runningFrom(from.pv().id());
    if (running.isEmpty()) {
      Groups.requireUsable(group);
    } else {
      leftovers.requireUsable();
    }
    groups.leftOut().forEach(out -> console.complain(out.text()));
    groups.unreadable().forEach(out -> console.complain(out.text()));
    group.findings().forEach(console::complain);
    MoveRequest request = inNamesOfTheLibrary(asked, group.volumeGroup());
    // Only named, a move is carried on whatever it does, as pvmove(8) would.
    if (!running.isEmpty()
        && mode != Mode.EXPLAIN
        && !plansForPrograms()
        && request.equals(MoveRequest.from(from.name()).build())) {
      console.say("Detected pvmove in progress for %s.".formatted(from.name()));
      return inProgress.carryOn(leftovers, running, from.name());
    }
    PlanResult result = runner.mover(group).build().plan(request);
    if (mode == Mode.EXPLAIN) {
      return explain(from, result);
    }
    if (result instanceof PlanResult.Rejected rejected) {
      return outcomes.rejected(rejected);
    }
    return carryOut(result.orElseThrow(), request, from);
  }

  /** The first source; the others are in the same volume group. */
  private Groups.Pv findSource(MoveRequest asked) throws CommandException {
    Groups.Pv first = groups.findSource(asked.sources().get(0));
    for (String source : asked.sources()) {
      Groups.Pv other = groups.findSource(source);
      if (!other.group().volumeGroup().id().equals(first.group().volumeGroup().id())) {
        throw CommandException.wrongCommandLine(
            "expected sources in one volume group, found %s in \"%s\" and %s in \"%s\""
                .formatted(
                    first.name(),
                    first.group().volumeGroup().name(),
                    other.name(),
                    other.group().volumeGroup().name()));
      }
    }
    return first;
  }

  private int explain(Groups.Pv pv, PlanResult result) {
    StoredVolumeGroup group = pv.group();
    if (result instanceof PlanResult.Accepted accepted) {
      maps.put(group, () -> Foreseen.after(group.volumeGroup(), accepted.plan()));
    }
    Explanation explanation = Explanation.of(group, pv.pv(), result, checkpointBytes());
    (reporting.isForPrograms()
            ? ExplanationJson.lines(explanation)
            : ExplanationText.lines(explanation, reporting.terminal()))
        .forEach(console::print);
    return ExitCode.DONE;
  }

  /** LVM2 has a checkpoint for each segment. */
  private long checkpointBytes() {
    return how.lvm() == null ? how.checkpointBytes() : 0;
  }

  private boolean plansForPrograms() {
    return mode != Mode.EXECUTE && reporting.isForPrograms();
  }

  /**
   * The same request with physical volumes called by their devices, where another path to one was
   * given, and logical volumes by their names alone.
   */
  private MoveRequest inNamesOfTheLibrary(MoveRequest asked, VolumeGroup vg)
      throws CommandException {
    List<String> sources = new ArrayList<>();
    for (String source : asked.sources()) {
      sources.add(
          groups.isKnown(source) ? groups.findSource(source).name() : groups.inDeviceNames(source));
    }
    return MoveRequest.from(
            sources.get(0), sources.subList(1, sources.size()).toArray(new String[0]))
        .to(asked.destinations().stream().map(groups::inDeviceNames).toList())
        .logicalVolumes(LvArgument.namesIn(vg, "-n", asked.logicalVolumes()))
        .without(LvArgument.namesIn(vg, "--exclude", asked.excluded()))
        .policy(asked.policy())
        .clingTags(asked.clingTags())
        .atomic(asked.atomic())
        .strict(asked.strict())
        .largerBlocks(asked.largerBlocks())
        .maxSegmentBytes(asked.maxSegmentBytes())
        .build();
  }

  private int carryOut(MovePlan plan, MoveRequest request, Groups.Pv from)
      throws CommandException, IOException {
    StoredVolumeGroup group = from.group();
    maps.put(group, () -> Foreseen.after(group.volumeGroup(), plan));
    if (plansForPrograms()) {
      String json =
          how.lvm() == null
              ? PlanJson.write(plan)
              : PlanJson.write(plan, commands(plan, group).orElseThrow());
      json.lines().forEach(console::print);
      return ExitCode.DONE;
    }
    if (mode == Mode.PLAN) {
      PlanText.lines(plan, request, group, checkpointBytes()).forEach(console::print);
      if (how.lvm() != null) {
        PlanText.lines(how.lvm(), commands(plan, group)).forEach(console::print);
      }
      return ExitCode.DONE;
    }
    outcomes.leftOut(plan, request);
    if (plan.joined()) {
      console.say("Detected pvmove in progress for %s.".formatted(from.name()));
    }
    requireCarrier(plan, group);
    if (mode == Mode.TEST) {
      console.say(
          "%s (%s) in %s would be moved from %s."
              .formatted(
                  Texts.count(plan.cost().extents(), "extent"),
                  Texts.size(plan.cost().bytes()),
                  Texts.count(plan.segments().size(), "segment"),
                  PlanText.sources(plan, group)));
      return ExitCode.DONE;
    }
    extentsByVolume(plan)
        .forEach(
            (lv, extents) ->
                console.sayMore(
                    "Moving %s of logical volume %s/%s."
                        .formatted(Texts.count(extents, "extent"), plan.volumeGroup(), lv)));
    return runner.run(
        group, from.name(), move -> from.name(), carrier -> carrier.execute(plan, request));
  }

  /** Refuses what this library must not do, or LVM2 cannot be told to do. */
  private void requireCarrier(MovePlan plan, StoredVolumeGroup group)
      throws CommandException, IOException {
    if (how.lvm() != null) {
      if (commands(plan, group) instanceof SystemPlan.Impossible impossible) {
        throw CommandException.failed(PlanText.text(impossible));
      }
    } else if (runner.mover(group).build().executorFor(plan)
        instanceof RequiredExecutor.Lvm needed) {
      throw CommandException.failed(
          "In use: %s. Nothing was written.".formatted(String.join(", ", needed.activeVolumes())),
          "Deactivate them (lvchange -an), or let LVM2's own pvmove do it: --system.");
    }
  }

  private static SystemPlan commands(MovePlan plan, StoredVolumeGroup group) {
    return SystemPlan.of(
        group.volumeGroup(), plan, PvNames.of(group.volumeGroup(), group.deviceNames()));
  }

  /**
   * Carries on every move in progress in every volume group, and puts right what earlier moves have
   * left behind.
   *
   * @return the exit code
   */
  int restart() {
    return inProgress.restart();
  }

  /**
   * Gives up every move in progress in every volume group, and puts right what earlier moves have
   * left behind.
   *
   * @return the exit code
   */
  int abort() {
    return inProgress.abort();
  }

  /**
   * Gives up the move in progress from a physical volume, and puts right what earlier moves have
   * left behind in its volume group.
   *
   * @return the exit code
   */
  int abort(String source) throws CommandException, IOException {
    return inProgress.abort(source);
  }

  private static Map<String, Long> extentsByVolume(MovePlan plan) {
    return plan.segments().stream()
        .collect(
            ImmutableMap.toImmutableMap(
                MovePlan.Segment::logicalVolume, segment -> segment.source().count(), Long::sum));
  }
}
