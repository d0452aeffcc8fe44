// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.base.CharMatcher;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.DeviceSet;
import org.pvmove.io.Access;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * The {@code pvmove} program: moves the extents of inactive logical volumes on disk images and
 * block devices, with the options, messages and exit codes of pvmove(8).
 *
 * <p>Exit codes: 0 everything that was asked for is done and durable, 3 wrong command line, 5
 * failure.
 */
@Command(
    name = "pvmove",
    mixinStandardHelpOptions = true,
    versionProvider = PvmoveCommand.Version.class,
    sortOptions = false,
    customSynopsis = {
      "pvmove --devices PATH[,PATH...] [-n LV] [options] SourcePV [DestPV...]",
      "       pvmove --devices PATH[,PATH...] [options]",
      "       pvmove --devices PATH[,PATH...] --abort [options] [SourcePV]",
      "       pvmove --devices PATH[,PATH...] --list"
    },
    description = {
      "",
      "Moves extents from one physical volume to others. Without a physical volume, restarts all"
          + " moves that were in progress, each from its last checkpoint. The logical volumes must"
          + " not be in use.",
      "",
      "A physical volume is named by one of the paths given with --devices, by its uuid, or by the"
          + " device name that the metadata remembers, where that is unambiguous.",
      ""
    },
    footer = {
      "",
      "Exit codes: 0 everything that was asked for is done and durable; 3 wrong command line; 5"
          + " failure."
    })
public final class PvmoveCommand implements Callable<Integer> {
  /** What the logging library reads when it is first used. */
  private static final String LOG_LEVEL = "org.slf4j.simpleLogger.defaultLogLevel";

  private static final CharMatcher NEEDS_NO_QUOTES =
      CharMatcher.inRange('a', 'z')
          .or(CharMatcher.inRange('A', 'Z'))
          .or(CharMatcher.inRange('0', '9'))
          .or(CharMatcher.anyOf("/._+:@%,-"));

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--devices",
      required = true,
      split = ",",
      paramLabel = "PATH",
      description = "The image files or block devices that make up the volume groups. Repeatable.")
  private List<String> devices = new ArrayList<>();

  @Option(
      names = {"-n", "--name"},
      paramLabel = "LV",
      description = "Move only the extents of this logical volume: LV, VG/LV or /dev/VG/LV.")
  private @Nullable String logicalVolume;

  @Option(
      names = "--abort",
      description =
          "Give up moves in progress: from a physical volume, or all. Segments that are at their"
              + " new place stay there; a move that LVM2 began with --atomic goes back as a whole.")
  private boolean abort;

  @Option(
      names = "--list",
      description =
          "Print the volume groups, physical and logical volumes on the devices, and what was left"
              + " out and why.")
  private boolean list;

  @Option(
      names = "--plan",
      description = "Print what would be moved where, and leave everything as it is.")
  private boolean plan;

  @Option(
      names = {"-t", "--test"},
      description = "Do everything short of writing: find out whether it can be done.")
  private boolean test;

  @Option(
      names = {"-v", "--verbose"},
      description = "Say more; twice: also where a failure comes from.")
  private boolean[] verbose = {};

  @Parameters(
      paramLabel = "PV",
      description = "The physical volume to move from; then those to move to, none for any.")
  private List<String> physicalVolumes = new ArrayList<>();

  private PvmoveCommand() {}

  /** Runs the program and ends the virtual machine with its exit code. */
  public static void main(String... arguments) {
    System.exit(commandLine().execute(arguments));
  }

  /** The program, to be executed with the arguments; gives the exit code. */
  static CommandLine commandLine() {
    return new CommandLine(new PvmoveCommand())
        // An argument that begins with @ is a tag, not a file.
        .setExpandAtFiles(false)
        .setUsageHelpAutoWidth(true)
        .setParameterExceptionHandler(PvmoveCommand::wrongCommandLine)
        .setExecutionExceptionHandler(PvmoveCommand::failed);
  }

  private static int wrongCommandLine(ParameterException e, String[] arguments) {
    PrintWriter err = e.getCommandLine().getErr();
    err.println("  " + Texts.reason(e).replaceAll("\\s*\\R\\s*", " "));
    err.println("  Run \"pvmove --help\" for help.");
    return ExitCode.WRONG_COMMAND_LINE;
  }

  private static int failed(Exception e, CommandLine commandLine, CommandLine.ParseResult parsed) {
    PvmoveCommand command = commandLine.getCommand();
    Console console = command.console();
    int exitCode = ExitCode.FAILED;
    if (e instanceof CommandException ours) {
      ours.lines().forEach(console::complain);
      exitCode = ours.exitCode();
    } else if (e instanceof NoSuchFileException missing) {
      console.complain(missing.getFile() + ": there is no such file or device");
    } else {
      console.complain(Texts.reason(e));
    }
    console.trace(e);
    return exitCode;
  }

  @Override
  public Integer call() throws CommandException, IOException {
    if (verbose.length > 1) {
      System.setProperty(LOG_LEVEL, verbose.length > 2 ? "debug" : "info");
    }
    checkCombinations();
    List<Path> paths = paths();
    Console console = console();
    Access access = list || plan || test ? Access.READ_ONLY : Access.READ_WRITE;
    try (DeviceSet open = DeviceSet.open(access, paths)) {
      if (list) {
        return Listing.print(open.scan(), console);
      }
      return move(new Moves(open, mode(), console, howToGoOn()), console);
    }
  }

  private int move(Moves moves, Console console) throws CommandException, IOException {
    if (test) {
      console.say("TEST MODE: nothing will be written.");
    }
    if (abort) {
      return physicalVolumes.isEmpty() ? moves.abort() : moves.abort(physicalVolumes.get(0));
    }
    if (physicalVolumes.isEmpty()) {
      return moves.restart();
    }
    return moves.move(
        physicalVolumes.get(0), physicalVolumes.subList(1, physicalVolumes.size()), logicalVolume);
  }

  private Moves.Mode mode() {
    if (plan) {
      return Moves.Mode.PLAN;
    }
    return test ? Moves.Mode.TEST : Moves.Mode.EXECUTE;
  }

  /** Nothing that was given is ignored. */
  private void checkCombinations() {
    if (list && (abort || plan || test || logicalVolume != null || !physicalVolumes.isEmpty())) {
      throw wrong("--list goes with --devices only");
    }
    if (plan && test) {
      throw wrong("--plan and --test exclude each other: neither writes, --plan prints more");
    }
    if (abort && physicalVolumes.size() > 1) {
      throw wrong(
          "--abort takes one physical volume, the source of the move; destinations make no sense");
    }
    if (logicalVolume != null && (abort || physicalVolumes.isEmpty())) {
      throw wrong("-n needs the physical volume to move from, and does not go with --abort");
    }
  }

  private List<Path> paths() {
    if (devices.isEmpty() || devices.stream().anyMatch(String::isBlank)) {
      throw wrong("--devices: expected paths with commas between them, found nothing");
    }
    List<Path> paths = new ArrayList<>();
    for (String device : devices) {
      Path path;
      try {
        path = Path.of(device);
      } catch (InvalidPathException e) {
        throw wrong("--devices: " + Texts.reason(e));
      }
      for (Path other : paths) {
        if (other.equals(path) || Groups.isSameFile(other.toString(), device)) {
          throw wrong(
              "--devices: expected every device once, found \"%s\" and \"%s\""
                  .formatted(other, path));
        }
      }
      paths.add(path);
    }
    return paths;
  }

  private String howToGoOn() {
    return "pvmove --devices "
        + devices.stream().map(PvmoveCommand::quote).collect(Collectors.joining(","));
  }

  private static String quote(String word) {
    return NEEDS_NO_QUOTES.matchesAllOf(word) ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  private ParameterException wrong(String message) {
    return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
  }

  private Console console() {
    CommandLine commandLine = Objects.requireNonNull(spec).commandLine();
    return new Console(commandLine.getOut(), commandLine.getErr(), verbose.length);
  }

  /** The version that the jar's manifest states. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = PvmoveCommand.class.getPackage().getImplementationVersion();
      return new String[] {
        "pvmove for Java " + Objects.requireNonNullElse(version, "(not packaged)")
      };
    }
  }
}
