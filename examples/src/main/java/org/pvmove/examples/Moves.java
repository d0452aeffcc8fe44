// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.pvmove.PvMover;
import org.pvmove.device.AccessRefusedException;
import org.pvmove.device.CommitFailedException;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.device.VolumeGroupLockedException;
import org.pvmove.execute.BadRange;
import org.pvmove.execute.MoveInUseException;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.execute.RequiredExecutor;
import org.pvmove.execute.SystemPvmove;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;
import org.pvmove.plan.PlanResult;
import org.pvmove.plan.PvNames;
import org.pvmove.plan.Rejection;
import org.pvmove.plan.Remedy;
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

  private final DeviceSet devices;
  private final Groups groups;
  private final Mode mode;
  private final HowToMove how;
  private final Reporting reporting;
  private final Console console;
  private final Maps maps;

  /**
   * Creates the operations.
   *
   * @param how how to move
   * @param reporting how the user is told
   */
  Moves(DeviceSet devices, Mode mode, HowToMove how, Reporting reporting) {
    this.devices = devices;
    this.groups = new Groups(devices.scan());
    this.mode = mode;
    this.how = how;
    this.reporting = reporting;
    this.console = reporting.console();
    this.maps = reporting.maps();
  }

  /** A piece of work on one volume group. */
  @FunctionalInterface
  private interface Work {
    MoveOutcome doWith(Carrier carrier) throws IOException;
  }

  /**
   * Moves extents, or carries on the move in progress that does what is asked for.
   *
   * @param asked what is asked for, in the words of the command line
   * @return the exit code
   */
  int move(MoveRequest asked) throws CommandException, IOException {
    Groups.Pv from = groups.findSource(asked.sources().get(0));
    StoredVolumeGroup group = from.group();
    for (String source : asked.sources()) {
      Groups.Pv other = groups.findSource(source);
      if (!other.group().volumeGroup().id().equals(group.volumeGroup().id())) {
        throw CommandException.wrongCommandLine(
            "expected sources in one volume group, found %s in \"%s\" and %s in \"%s\""
                .formatted(
                    from.name(),
                    group.volumeGroup().name(),
                    other.name(),
                    other.group().volumeGroup().name()));
      }
    }
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
      return carryOn(leftovers, running, from.name());
    }
    PlanResult result = mover(group).build().plan(request);
    if (mode == Mode.EXPLAIN) {
      if (result instanceof PlanResult.Accepted accepted) {
        maps.put(group, () -> Foreseen.after(group.volumeGroup(), accepted.plan()));
      }
      Explanation explanation = Explanation.of(group, from.pv(), result, checkpointBytes());
      (reporting.isForPrograms()
              ? ExplanationJson.lines(explanation)
              : ExplanationText.lines(explanation, reporting.terminal()))
          .forEach(console::print);
      return ExitCode.DONE;
    }
    if (result instanceof PlanResult.Rejected rejected) {
      return reportRejected(rejected);
    }
    return carryOut(result.orElseThrow(), request, from);
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

  private int reportRejected(PlanResult.Rejected rejected) {
    if (reporting.isForPrograms()) {
      console.print(MoveJson.rejected(rejected));
    }
    for (Rejection reason : rejected.reasons()) {
      console.complain(reason.message());
      if (reason instanceof Rejection.MoveInProgress inProgress) {
        console.complain(
            "Carry it on by naming %s alone, or give it up with --abort %s."
                .formatted(inProgress.source(), inProgress.source()));
      }
    }
    for (Remedy remedy : rejected.remedies()) {
      console.complain("What would help: " + remedy.message() + PlanText.option(remedy));
    }
    return ExitCode.FAILED;
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
    reportLeftOut(plan, request);
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
    maps.write();
    extentsByVolume(plan)
        .forEach(
            (lv, extents) ->
                console.sayMore(
                    "Moving %s of logical volume %s/%s."
                        .formatted(Texts.count(extents, "extent"), plan.volumeGroup(), lv)));
    return run(group, from.name(), move -> from.name(), carrier -> carrier.execute(plan, request));
  }

  /** Refuses what this library must not do, or LVM2 cannot be told to do. */
  private void requireCarrier(MovePlan plan, StoredVolumeGroup group)
      throws CommandException, IOException {
    if (how.lvm() != null) {
      if (commands(plan, group) instanceof SystemPlan.Impossible impossible) {
        throw CommandException.failed(PlanText.text(impossible));
      }
    } else if (mover(group).build().executorFor(plan) instanceof RequiredExecutor.Lvm needed) {
      throw CommandException.failed(
          "In use: %s.".formatted(String.join(", ", needed.activeVolumes())),
          "Deactivate them (lvchange -an), or let LVM2's own pvmove do it: --system.");
    }
  }

  private static SystemPlan commands(MovePlan plan, StoredVolumeGroup group) {
    Map<LvmUuid, String> names = new HashMap<>();
    group.devices().forEach((pv, device) -> names.put(pv, device.name()));
    return SystemPlan.of(group.volumeGroup(), plan, PvNames.of(group.volumeGroup(), names));
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
      console.say("No pvmove in progress.");
    }
    return worst;
  }

  private int carryOn(Leftovers leftovers, ImmutableList<Pvmove> running, @Nullable String source)
      throws CommandException, IOException {
    maps.put(leftovers.group(), () -> Foreseen.afterCarryingOn(leftovers.repaired(), running));
    if (mode != Mode.EXECUTE) {
      describe(leftovers, running, "would be carried on");
      return ExitCode.DONE;
    }
    maps.write();
    for (Pvmove move : running) {
      console.sayMore(
          "Carrying on %s of %s."
              .formatted(
                  move.name(), String.join(", ", volumesOn(leftovers.repaired(), move.name()))));
    }
    leaveForLater(leftovers);
    return run(
        leftovers.group(),
        source,
        sourceNames(leftovers.group(), running),
        carrier -> carrier.resume(source));
  }

  private int giveUp(Leftovers leftovers, ImmutableList<Pvmove> running, @Nullable String source)
      throws CommandException, IOException {
    maps.put(leftovers.group(), () -> Foreseen.afterGivingUp(leftovers.repaired(), running));
    if (mode != Mode.EXECUTE) {
      describe(leftovers, running, "would be given up");
      return ExitCode.DONE;
    }
    maps.write();
    leaveForLater(leftovers);
    return run(
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
      if (mode == Mode.PLAN) {
        PlanText.lines(move, leftovers.group()).forEach(console::print);
      } else {
        console.say(PlanText.progress(move));
      }
    }
  }

  private int run(
      StoredVolumeGroup group, @Nullable String source, UnaryOperator<String> sourceOf, Work work)
      throws CommandException, IOException {
    Narrator narrator =
        new Narrator(console, group, sourceOf, reporting.progress(), System::nanoTime);
    try (StopOnSignal signal = new StopOnSignal(console)) {
      Carrier carrier =
          carrier(
              group,
              event -> {
                reporting.listener().on(event);
                narrator.on(event);
                signal.on(event);
              });
      signal.watch(carrier::stop);
      MoveOutcome outcome;
      try {
        outcome = work.doWith(carrier);
      } catch (CommitFailedException e) {
        throw beginFailed(e);
      } catch (VolumeGroupLockedException e) {
        console.trace(e);
        throw CommandException.failed(Texts.reason(e), "Nothing was written.");
      }
      maps.put(group, () -> outcome.volumeGroup().volumeGroup());
      return report(outcome, source);
    }
  }

  private Carrier carrier(StoredVolumeGroup group, MoveListener listener) {
    if (how.lvm() == null) {
      return new Carrier.Library(mover(group).listener(listener).build(), how.elsewhere());
    }
    String id = group.volumeGroup().id().toString();
    return new Carrier.Lvm(
        SystemPvmove.builder(devices, id).program(how.lvm()).listener(listener).build());
  }

  private int report(MoveOutcome outcome, @Nullable String source) {
    String name = outcome.volumeGroup().volumeGroup().name();
    outcome
        .work()
        .repairs()
        .forEach(repair -> console.say("%s: put right: %s".formatted(name, repair)));
    ImmutableList<BadRange> lost = outcome.work().lost();
    lost.forEach(range -> console.print(MoveJson.lost(name, range)));
    if (!lost.isEmpty()) {
      console.complain(
          "%s in %s could not be read: their places hold zeros now."
              .formatted(
                  Texts.count(lost.stream().mapToLong(BadRange::byteCount).sum(), "byte"),
                  Texts.count(lost.size(), "range")));
    }
    if (reporting.isForPrograms()) {
      boolean more = outcome instanceof MoveOutcome.Stopped;
      console.print(
          MoveJson.outcome(outcome, more ? toGoOn(source) : null, more ? toGiveUp(source) : null));
    }
    if (outcome instanceof MoveOutcome.Stopped stopped) {
      return stopped.failure() instanceof MoveInUseException
          ? reportInUse(stopped)
          : reportStopped(stopped, source);
    }
    return lost.isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
  }

  private int reportInUse(MoveOutcome.Stopped stopped) {
    console.complain(
        "%s: another program is at work on this move, which was left to it."
            .formatted(stopped.move()));
    console.trace(Objects.requireNonNull(stopped.failure()));
    return ExitCode.FAILED;
  }

  private CommandException beginFailed(CommitFailedException e) {
    console.trace(e);
    return e.oldVersionInForce()
        ? CommandException.failed(Texts.reason(e), "Nothing was moved.")
        : CommandException.failed(
            Texts.reason(e),
            "No extent was moved. Whether the move has begun, the next run finds out:",
            "to go on:   " + toGoOn(null),
            "to give up: " + toGiveUp(null));
  }

  private int reportStopped(MoveOutcome.Stopped stopped, @Nullable String source) {
    VolumeGroup vg = stopped.volumeGroup().volumeGroup();
    console.complain("Stopped: " + stopped.reason());
    vg.logicalVolume(stopped.move())
        .map(lv -> Pvmove.of(vg, lv))
        .ifPresent(move -> console.complain(PlanText.progress(move)));
    if (stopped.failure() instanceof CommitFailedException commit && !commit.oldVersionInForce()) {
      console.complain("Whether one step more is in force, the next run finds out.");
    }
    boolean ours = how.lvm() == null;
    if (ours && (stopped.failure() == null || stopped.failure() instanceof IOException)) {
      console.complain("Every logical volume is whole.");
    }
    if (ours || vg.logicalVolume(stopped.move()).isPresent()) {
      sayHowToGoOn(source);
    }
    if (!ours) {
      console.complain("What is left then, the same command line as before moves.");
    } else if (stopped.failure() instanceof AccessRefusedException) {
      console.complain("Where volumes are in use, LVM2's own pvmove does either: --system.");
    }
    if (stopped.failure() != null) {
      console.trace(stopped.failure());
    }
    return ExitCode.FAILED;
  }

  private void sayHowToGoOn(@Nullable String source) {
    console.complain("To go on:   " + toGoOn(source));
    console.complain("To give up: " + toGiveUp(source));
  }

  private String toGoOn(@Nullable String source) {
    return reporting.howToGoOn() + (source == null ? "" : " " + Texts.quoted(source));
  }

  private String toGiveUp(@Nullable String source) {
    return reporting.howToGoOn() + " --abort" + (source == null ? "" : " " + Texts.quoted(source));
  }

  private void reportLeftOut(MovePlan plan, MoveRequest request) {
    for (MovePlan.Skipped skip : plan.skipped()) {
      console.say(
          "Skipping logical volume %s/%s: %s."
              .formatted(plan.volumeGroup(), skip.logicalVolume(), skip.reason().text()));
    }
    plan.unused()
        .forEach(
            (destination, reason) -> {
              String line = "Not using %s: %s.".formatted(destination, reason);
              if (request.destinations().isEmpty()) {
                console.sayMore(line);
              } else {
                console.say(line);
              }
            });
  }

  private static Map<String, Long> extentsByVolume(MovePlan plan) {
    return plan.segments().stream()
        .collect(
            ImmutableMap.toImmutableMap(
                MovePlan.Segment::logicalVolume, segment -> segment.source().count(), Long::sum));
  }

  /** The identity, since several volume groups may bear a name. */
  private PvMover.Builder mover(StoredVolumeGroup group) {
    return PvMover.builder(devices, group.volumeGroup().id().toString())
        .onReadError(how.readErrors())
        .verify(how.verify())
        .checkpointBytes(how.checkpointBytes())
        .throttle(how.throttle())
        .locks(how.locks())
        .activeVolumes(how.activeVolumes());
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
