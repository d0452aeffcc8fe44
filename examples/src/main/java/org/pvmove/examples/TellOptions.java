// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The options that say how the user is told what happens. */
final class TellOptions {
  @Option(
      names = {"-i", "--interval"},
      paramLabel = "SECONDS",
      converter = Interval.Converter.class,
      description =
          "Print a line of progress that often, 15 by default, where there is no terminal to show"
              + " it all the time; given, on a terminal too. 0 for no lines; with a plus before the"
              + " number there is none at the begin.")
  private @Nullable Interval interval;

  @Option(
      names = {"-b", "--background"},
      description =
          "Go on in the background as soon as the move has begun. The exit code says whether it has;"
              + " how it ends is in the log.")
  private boolean background;

  @Option(
      names = "--log",
      paramLabel = "FILE",
      description =
          "With --background: the file to add messages and progress to; a new one by default, which"
              + " is named.")
  private @Nullable Path log;

  @Option(
      names = "--reportformat",
      paramLabel = "FORMAT",
      converter = ReportFormat.Converter.class,
      description =
          "How everything is printed: basic for a text, json for JSON without anything else on the"
              + " standard output: plans, listings and the like as one object, what happens in a move"
              + " as an object a line.")
  private ReportFormat reportFormat = ReportFormat.BASIC;

  @Option(
      names = {"-v", "--verbose"},
      description = "Say more; twice: also where a failure comes from.")
  private boolean[] verbose = {};

  @Option(
      names = {"-q", "--quiet"},
      description = "Print no messages but troubles.")
  private boolean[] quiet = {};

  @Option(
      names = {"-y", "--yes"},
      description = "Answer yes to every question. There are none: it does nothing.")
  @SuppressWarnings("unused") // Whether it is given changes nothing.
  private boolean yes;

  ReportFormat reportFormat() {
    return reportFormat;
  }

  boolean background() {
    return background;
  }

  /** Where what goes on in the background writes to; absent for a new file. */
  @Nullable Path log() {
    return log;
  }

  /** How often {@code -v} was given. */
  int verbosity() {
    return verbose.length;
  }

  Console console(CommandLine commandLine) {
    return reportFormat == ReportFormat.JSON
        ? Console.forPrograms(commandLine.getOut(), commandLine.getErr(), detail())
        : new Console(commandLine.getOut(), commandLine.getErr(), detail());
  }

  private Console.Detail detail() {
    if (quiet.length > 0) {
      return Console.Detail.QUIET;
    }
    return switch (verbose.length) {
      case 0 -> Console.Detail.NORMAL;
      case 1 -> Console.Detail.VERBOSE;
      default -> Console.Detail.TRACE;
    };
  }

  /** What shows how far moves are. */
  ProgressDisplay progress(Console console, Terminal terminal) {
    Interval every = Objects.requireNonNullElse(interval, Interval.USUAL);
    if (every.time().isZero() || quiet.length > 0) {
      return ProgressDisplay.NONE;
    }
    if (reportFormat == ReportFormat.JSON) {
      return MoveJson.display(console, every);
    }
    return interval == null && terminal.isThere()
        ? new ProgressBar(console, terminal.columns())
        : new ProgressLines(console, every);
  }

  /** What is wrong with them by themselves; absent if nothing is. */
  @Nullable String wrong() {
    if (log != null && !background) {
      return "--log goes with --background";
    }
    if (quiet.length > 0 && verbose.length > 0) {
      return "--quiet and --verbose exclude each other";
    }
    return null;
  }
}
