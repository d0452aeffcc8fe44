// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.AccessRefusedException;
import org.pvmove.device.CommitFailedException;
import org.pvmove.device.VolumeGroupChangedException;
import org.pvmove.device.VolumeGroupLockedException;
import org.pvmove.execute.BadRange;
import org.pvmove.execute.CopyFailedException;
import org.pvmove.execute.LvmCommandException;
import org.pvmove.execute.MoveInUseException;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;
import org.pvmove.plan.PlanResult;
import org.pvmove.plan.Rejection;
import org.pvmove.plan.Remedy;

/** Tells the user what came of moves, in what state the disks are, and how to go on. */
final class Outcomes {
  private final Reporting reporting;
  private final Console console;

  /** Whether this library moves, and not LVM2's own pvmove. */
  private final boolean ours;

  /** Whether what cannot be written goes elsewhere. */
  private final boolean elsewhere;

  Outcomes(Reporting reporting, HowToMove how) {
    this.reporting = reporting;
    this.console = reporting.console();
    this.ours = how.lvm() == null;
    this.elsewhere = how.elsewhere();
  }

  /** Why there is no plan; returns the exit code. */
  int rejected(PlanResult.Rejected rejected) {
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

  /** What a plan leaves out, and which destinations it does not use. */
  void leftOut(MovePlan plan, MoveRequest request) {
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

  /**
   * How it ended.
   *
   * @param source the physical volume that was named; absent if none was
   * @return the exit code
   */
  int report(MoveOutcome outcome, @Nullable String source) {
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

  /**
   * It failed before anything could be copied.
   *
   * @param source the physical volume that was named; absent if none was
   */
  CommandException failed(Exception e, @Nullable String source) {
    console.trace(e);
    if (e instanceof CommitFailedException commit) {
      return beginFailed(commit);
    }
    if (e instanceof VolumeGroupLockedException) {
      return CommandException.failed(
          Texts.reason(e),
          "Nothing was written. Try again when that process has ended; --lock-timeout says how long to"
              + " wait.");
    }
    if (e instanceof VolumeGroupChangedException) {
      return CommandException.failed(
          Texts.reason(e), "The same command line goes by what is there now.");
    }
    ImmutableList.Builder<String> lines = ImmutableList.builder();
    lines.add(Texts.reason(e));
    if (ours) {
      lines.add("Every logical volume is whole.");
    } else if (!(e instanceof LvmCommandException)) {
      lines.add("--lvm says where the program lvm is.");
    }
    lines.add("If a move is in progress, which --list says:");
    lines.add("To go on:   " + toGoOn(source));
    lines.add("To give up: " + toGiveUp(source));
    return CommandException.of(ExitCode.FAILED, lines.build());
  }

  private CommandException beginFailed(CommitFailedException e) {
    return e.oldVersionInForce()
        ? CommandException.failed(Texts.reason(e), "Nothing was moved.")
        : CommandException.failed(
            Texts.reason(e),
            "No extent was moved. Whether the move has begun, the next run finds out:",
            "To go on:   " + toGoOn(null),
            "To give up: " + toGiveUp(null));
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
    if (ours && (stopped.failure() == null || stopped.failure() instanceof IOException)) {
      console.complain("Every logical volume is whole.");
    }
    if (ours || vg.logicalVolume(stopped.move()).isPresent()) {
      sayHowToGoOn(source);
    }
    if (ours && stopped.failure() instanceof CopyFailedException copy) {
      sayWhatHelps(copy);
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

  private void sayWhatHelps(CopyFailedException failure) {
    if (failure.operation() == CopyFailedException.Operation.READ) {
      console.complain(
          "With --on-read-error skip it goes on with zeros in place of what cannot be read.");
    } else if (!elsewhere) {
      console.complain(
          "Given up, it can begin anew with --elsewhere, which avoids extents that fail.");
    }
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
}
