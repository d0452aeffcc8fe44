// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.DeviceScan;
import org.pvmove.device.DeviceSet;
import org.pvmove.io.Access;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
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
      "pvmove --devices PATH[,PATH...] [options] SourcePV[:PE] [DestPV[:PE]...]",
      "       pvmove --devices PATH[,PATH...] [options]",
      "       pvmove --devices PATH[,PATH...] --abort [options] [SourcePV]",
      "       pvmove --devices PATH[,PATH...] --explain [options] SourcePV[:PE] [DestPV[:PE]...]",
      "       pvmove --devices PATH[,PATH...] --list | --report REPORT [-o COLUMN,...]"
    },
    description = {
      "",
      "Moves extents from one physical volume to others. Without a physical volume, restarts all"
          + " moves that were in progress, each from its last checkpoint. The logical volumes must"
          + " not be in use, except with --system.",
      "",
      "A physical volume is named by one of the paths given with --devices, by its uuid, or by the"
          + " device name that the metadata remembers, where that is unambiguous. Behind it may stand"
          + " ranges of its extents; a backslash keeps a colon or an at-sign in the name:",
      "  PV:7    one extent           PV:7-9   three extents",
      "  PV:7-   all from there on    PV:7+3   three extents",
      "  PV:-9   the first ten        PV:0-9:20-29  two ranges",
      "  @Tag    as destination: all physical volumes with that tag",
      ""
    },
    footer = {
      "",
      "Exit codes: 0 everything that was asked for is done and durable; 3 wrong command line; 5"
          + " failure, or not all of it could be read."
    })
public final class PvmoveCommand implements Callable<Integer> {
  /** What the logging library reads when it is first used. */
  private static final String LOG_LEVEL = "org.slf4j.simpleLogger.defaultLogLevel";

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--devices",
      required = true,
      split = ",",
      paramLabel = "PATH",
      description = "The image files or block devices that make up the volume groups. Repeatable.")
  private List<String> devices = new ArrayList<>();

  @Mixin private MoveOptions what = new MoveOptions();

  @Mixin private HowOptions how = new HowOptions();

  @Mixin private ModeOptions mode = new ModeOptions();

  @Mixin private TellOptions tell = new TellOptions();

  @Parameters(
      paramLabel = "PV",
      description =
          "The physical volume to move from; then those to move to, in order of preference, none for"
              + " any.")
  private List<String> physicalVolumes = new ArrayList<>();

  private final Terminal terminal;

  private @Nullable Console console;

  /** In a process that goes on in the background. */
  private @Nullable Background behind;

  private PvmoveCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the program and ends the virtual machine with its exit code. */
  public static void main(String... arguments) {
    CommandLine commandLine = commandLine(Terminal.ofStandardOutput());
    PvmoveCommand command = commandLine.getCommand();
    command.behind = Background.ofThisProcess();
    if (command.behind != null) {
      commandLine.setErr(command.behind.standardError());
    }
    System.exit(commandLine.execute(arguments));
  }

  /** The program, to be executed with the arguments; gives the exit code. */
  static CommandLine commandLine(Terminal terminal) {
    PvmoveCommand command = new PvmoveCommand(terminal);
    return new CommandLine(command)
        .setColorScheme(Help.defaultColorScheme(terminal.colours() ? Help.Ansi.ON : Help.Ansi.OFF))
        // An argument that begins with @ is a tag, not a file.
        .setExpandAtFiles(false)
        .setUsageHelpAutoWidth(true)
        .setParameterExceptionHandler(Troubles::wrongCommandLine)
        .setExecutionExceptionHandler(
            (e, commandLine, parsed) -> Troubles.failed(e, command.console()));
  }

  @Override
  public Integer call() throws CommandException, IOException {
    if (tell.verbosity() > 1) {
      System.setProperty(LOG_LEVEL, tell.verbosity() > 2 ? "debug" : "info");
    }
    checkCombinations();
    List<Path> paths = paths();
    Console console = console();
    if (tell.background() && behind == null) {
      return Background.start(tell.log(), console);
    }
    Maps maps = Maps.of(mode.map(), paths);
    Access access = mode.looksOnly() || how.system() ? Access.READ_ONLY : Access.READ_WRITE;
    try (DeviceSet open = DeviceSet.open(access, paths)) {
      if (mode.list()) {
        DeviceScan scan = open.scan();
        scan.volumeGroups().forEach(maps::put);
        return draw(maps, print(Listing.of(scan), console), console);
      }
      ReportKind report = mode.report();
      if (report != null) {
        return print(ReportTable.of(report, open.scan(), mode.columns()), open.scan(), console);
      }
      Reporting reporting =
          new Reporting(
              console,
              terminal,
              tell.reportFormat(),
              tell.progress(console, terminal),
              maps,
              behind == null ? event -> {} : behind,
              howToGoOn());
      Moves moves = new Moves(open, mode.mode(), how.howToMove(open), reporting);
      return draw(maps, move(moves, console), console);
    }
  }

  /** Gives the exit code, which tells of the map too. */
  private int draw(Maps maps, int exitCode, Console console) {
    maps.print(console, terminal);
    try {
      maps.write();
      return exitCode;
    } catch (IOException e) {
      // Whatever else was asked for has come out as it was said to.
      console.complain(Texts.reason(e));
      console.trace(e);
      return Math.max(exitCode, ExitCode.FAILED);
    }
  }

  private int move(Moves moves, Console console) throws CommandException, IOException {
    if (mode.mode() == Moves.Mode.TEST && tell.reportFormat() == ReportFormat.BASIC) {
      console.say("TEST MODE: nothing will be written.");
    }
    if (mode.abort()) {
      return physicalVolumes.isEmpty() ? moves.abort() : moves.abort(physicalVolumes.get(0));
    }
    if (physicalVolumes.isEmpty()) {
      return moves.restart();
    }
    return moves.move(what.request(physicalVolumes));
  }

  private int print(Listing listing, Console console) {
    (tell.reportFormat() == ReportFormat.JSON
            ? ListingJson.lines(listing)
            : ListingText.lines(listing, terminal))
        .forEach(console::print);
    if (listing.unreadable().isEmpty()) {
      return ExitCode.DONE;
    }
    console.complain("Not every volume group on these devices can be read.");
    return ExitCode.FAILED;
  }

  private int print(ReportTable table, DeviceScan scan, Console console) {
    (tell.reportFormat() == ReportFormat.JSON ? table.json() : table.lines())
        .forEach(console::print);
    ImmutableList<Groups.LeftOut> unreadable = new Groups(scan).unreadable();
    unreadable.forEach(out -> console.complain(out.text()));
    return unreadable.isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
  }

  /** Nothing that was given is ignored. */
  private void checkCombinations() {
    String wrongMode = mode.wrong(physicalVolumes);
    if (wrongMode != null) {
      throw wrong(wrongMode);
    }
    refuse(
        mode.abort() || mode.inspects(),
        Set.of("--on-read-error", "--verify", "--checkpoint", "--rate"),
        "%s goes with moving or restarting, and not with --abort, --list or --report");
    refuse(
        mode.inspects(),
        Set.of("--nolocking", "--locking-dir", "--lock-timeout"),
        "%s does not go with --list or --report, which lock nothing");
    refuse(
        how.system(),
        Set.of(
            "--on-read-error",
            "--elsewhere",
            "--verify",
            "--checkpoint",
            "--rate",
            "--nolocking",
            "--locking-dir",
            "--lock-timeout",
            "--list",
            "--report"),
        "%s does not go with --system: LVM2 copies and locks in its own way");
    refuse(
        mode.abort() || physicalVolumes.isEmpty(),
        MoveOptions.NAMES,
        "%s needs the physical volume to move from, and does not go with --abort or --list");
    refuse(
        mode.looksOnly(),
        Set.of("--rate", "--interval", "--background", "--log"),
        "%s goes with moving, and not with what leaves everything as it is");
    for (String wrong : Arrays.asList(how.wrong(), tell.wrong())) {
      if (wrong != null) {
        throw wrong(wrong);
      }
    }
    if (how.elsewhere() && (mode.abort() || mode.inspects() || physicalVolumes.isEmpty())) {
      throw wrong("--elsewhere goes with a new move, which has a physical volume as its source");
    }
    if (what.hasUselessTags()) {
      throw wrong("--cling-tags goes with --alloc cling_by_tags");
    }
    checkJson();
  }

  private void checkJson() {
    if (tell.reportFormat() != ReportFormat.JSON) {
      return;
    }
    if ("-".equals(mode.map())) {
      throw wrong("--map - does not go with --reportformat json, which prints nothing else");
    }
    if (mode.looksOnly() && !mode.inspects() && physicalVolumes.isEmpty()) {
      throw wrong(
          "--reportformat json needs the physical volume to move from where it goes with --plan or"
              + " --test");
    }
  }

  /** Refuses options that do not go with others, by the first that was given. */
  private void refuse(boolean refused, Set<String> names, String why) {
    List<String> given = refused ? optionsGiven(names) : List.of();
    if (!given.isEmpty()) {
      throw wrong(why.formatted(given.get(0)));
    }
  }

  private List<String> optionsGiven(Set<String> names) {
    return Objects.requireNonNull(spec).commandLine().getParseResult().matchedOptions().stream()
        .filter(option -> names.contains(option.longestName()))
        .map(option -> option.names()[0])
        .distinct()
        .toList();
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
        + devices.stream().map(Texts::quoted).collect(Collectors.joining(","))
        + how.wordsToGoOn();
  }

  private ParameterException wrong(String message) {
    return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
  }

  /** One for all, since it knows what stands on the terminal. */
  private Console console() {
    if (console == null) {
      console = tell.console(Objects.requireNonNull(spec).commandLine());
    }
    return console;
  }

  /** The version that the jar's manifest states, or the module. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      ModuleDescriptor module = PvmoveCommand.class.getModule().getDescriptor();
      String version =
          module == null
              ? PvmoveCommand.class.getPackage().getImplementationVersion()
              : module.rawVersion().orElse(null);
      return new String[] {
        "pvmove for Java " + Objects.requireNonNullElse(version, "(not packaged)")
      };
    }
  }
}
