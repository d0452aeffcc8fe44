// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.ActiveVolumes;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.VolumeGroupLocks;
import org.pvmove.execute.CopyOptions;
import org.pvmove.execute.ReadErrors;
import org.pvmove.io.Access;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.plan.MoveRequest;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

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
      "       pvmove --devices PATH[,PATH...] --list"
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

  @Option(
      names = {"-n", "--name"},
      paramLabel = "LV",
      description =
          "Move only the extents of this logical volume and of what it is made of: LV, VG/LV or"
              + " /dev/VG/LV. Parts may be named too, such as pool_tmeta or r_rimage_0. Repeatable.")
  private List<String> logicalVolumes = new ArrayList<>();

  @Option(
      names = "--exclude",
      paramLabel = "LV",
      description = "Leave this logical volume, and what it is made of, where it is. Repeatable.")
  private List<String> excluded = new ArrayList<>();

  @Option(
      names = "--also-from",
      paramLabel = "PV[:PE...]",
      description = "Move from this physical volume too, in the same move. Repeatable.")
  private List<String> moreSources = new ArrayList<>();

  @Option(
      names = "--alloc",
      paramLabel = "POLICY",
      converter = PolicyWord.class,
      description =
          "How to choose extents: contiguous, cling, cling_by_tags, normal, anywhere, or inherit for"
              + " what the volume group says, which is the default. With anywhere, extents may stay"
              + " on the source, and what is kept apart for redundancy may come together.")
  private AllocationPolicy policy = AllocationPolicy.INHERIT;

  @Option(
      names = "--cling-tags",
      split = ",",
      paramLabel = "TAG",
      description =
          "The tags that count for --alloc cling_by_tags, as allocation/cling_tag_list of"
              + " lvm.conf(5) lists them; all by default.")
  private List<String> clingTags = new ArrayList<>();

  @Option(
      names = "--atomic",
      description =
          "Move everything or nothing: no extent has a new place before all are copied, and a move"
              + " that is given up goes back as a whole.")
  private boolean atomic;

  @Option(
      names = "--strict",
      description =
          "Move nothing if a logical volume on the source would have to be left out, instead of"
              + " skipping it.")
  private boolean strict;

  @Option(
      names = "--larger-blocks",
      description =
          "Allow destinations whose logical blocks are larger than those of the source. Not every"
              + " file system works there.")
  private boolean largerBlocks;

  @Option(
      names = "--max-segment",
      paramLabel = "SIZE",
      converter = SizeWord.class,
      description =
          "The longest run copied between two checkpoints, which is what a crash makes copy again:"
              + " a number with one of the units b, s, k, m, g, t, or none for MiB; 1g by default.")
  private @Nullable Long maxSegmentBytes;

  @Option(
      names = "--on-read-error",
      paramLabel = "WHAT",
      converter = ReadErrorsWord.class,
      description =
          "What to do when the source cannot be read. stop, the default: stop at the last"
              + " checkpoint. retry or retry=N: read each bad block N times, 3 by default, and stop"
              + " if that does not help. skip or skip=N: after that go on, with bytes of 0 in place"
              + " of what is lost; each lost range is printed on a line of its own, as JSON, and the"
              + " exit code is 5.")
  private ReadErrors readErrors = ReadErrors.stop();

  @Option(
      names = "--elsewhere",
      description =
          "Where a destination cannot be written, give the move up at its last checkpoint and plan"
              + " what is left again, without the extents that failed. Otherwise, and where there is"
              + " no other place, the move stops.")
  private boolean elsewhere;

  @Option(
      names = "--verify",
      description =
          "Read each segment back from the disk before the checkpoint that gives it its new place.")
  private boolean verify;

  @Option(
      names = "--checkpoint",
      paramLabel = "SIZE",
      converter = SizeWord.class,
      description =
          "How much short segments may have in all that share a checkpoint, which is what a crash"
              + " makes copy again: a size as with --max-segment, 512m by default; 1b for a checkpoint"
              + " for each segment.")
  private long checkpointBytes = CopyOptions.USUAL_CHECKPOINT_BYTES;

  @Option(
      names = "--nolocking",
      description =
          "Take none of LVM2's locks. Then no LVM2 command may use the volume groups meanwhile. It"
              + " is the default if all devices are image files.")
  private boolean noLocking;

  @Option(
      names = "--locking-dir",
      paramLabel = "DIR",
      description =
          "Take LVM2's locks in this directory, global/locking_dir of lvm.conf(5); /run/lock/lvm is"
              + " the default if there is a disk of this system among the devices.")
  private @Nullable Path lockingDirectory;

  @Option(
      names = "--lock-timeout",
      paramLabel = "SECONDS",
      description =
          "How long to wait for others who have a volume group locked: 0 for not at all, without end"
              + " by default.")
  private @Nullable Integer lockTimeout;

  @Option(
      names = "--system",
      description =
          "Let LVM2's own pvmove of this system do it, which moves volumes that are in use: to exactly"
              + " the places that are planned here, which is checked after each of its commands. With"
              + " --plan, print these commands. The devices are to be given by the paths that LVM2"
              + " knows. Beware: it does not tell when the source cannot be read.")
  private boolean system;

  @Option(
      names = "--lvm",
      paramLabel = "PROGRAM",
      description = "With --system: where the program lvm is; lvm on the path by default.")
  private @Nullable String lvm;

  @Option(
      names = "--abort",
      description =
          "Give up moves in progress: from a physical volume, or all. Segments that are at their"
              + " new place stay there; an atomic move goes back as a whole.")
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
      names = "--reportformat",
      paramLabel = "FORMAT",
      converter = ReportFormat.Converter.class,
      description =
          "With --plan or --test, how the plan is printed: basic for a text, json for JSON without"
              + " anything else on the standard output.")
  private ReportFormat reportFormat = ReportFormat.BASIC;

  @Option(
      names = {"-v", "--verbose"},
      description = "Say more; twice: also where a failure comes from.")
  private boolean[] verbose = {};

  @Parameters(
      paramLabel = "PV",
      description =
          "The physical volume to move from; then those to move to, in order of preference, none for"
              + " any.")
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
    Access access = list || plan || test || system ? Access.READ_ONLY : Access.READ_WRITE;
    try (DeviceSet open = DeviceSet.open(access, paths)) {
      if (list) {
        return Listing.print(open.scan(), console);
      }
      HowToMove how =
          new HowToMove(
              readErrors,
              elsewhere,
              verify,
              checkpointBytes,
              locks(open),
              ActiveVolumes.ofSystem(),
              system ? ImmutableList.of(lvm == null ? "lvm" : lvm) : null);
      return move(new Moves(open, mode(), how, console, howToGoOn()), console);
    }
  }

  private int move(Moves moves, Console console) throws CommandException, IOException {
    if (test && reportFormat == ReportFormat.BASIC) {
      console.say("TEST MODE: nothing will be written.");
    }
    if (abort) {
      return physicalVolumes.isEmpty() ? moves.abort() : moves.abort(physicalVolumes.get(0));
    }
    if (physicalVolumes.isEmpty()) {
      return moves.restart();
    }
    return moves.move(request());
  }

  /** As the library does by default, unless told otherwise. */
  private VolumeGroupLocks locks(DeviceSet open) {
    Path directory =
        lockingDirectory == null && open.hasDisks()
            ? VolumeGroupLocks.LVM_DIRECTORY
            : lockingDirectory;
    VolumeGroupLocks locks =
        noLocking || directory == null
            ? VolumeGroupLocks.onDevices()
            : VolumeGroupLocks.inDirectory(directory);
    return lockTimeout == null ? locks : locks.waitingAtMost(Duration.ofSeconds(lockTimeout));
  }

  /** What was asked for, in the words of the command line. */
  private MoveRequest request() {
    MoveRequest.Builder request =
        MoveRequest.from(physicalVolumes.get(0), moreSources.toArray(new String[0]))
            .to(physicalVolumes.subList(1, physicalVolumes.size()))
            .logicalVolumes(logicalVolumes)
            .without(excluded)
            .policy(policy)
            .clingTags(clingTags.stream().map(PvmoveCommand::withoutAtSign).toList())
            .atomic(atomic)
            .strict(strict)
            .largerBlocks(largerBlocks);
    if (maxSegmentBytes != null) {
      request.maxSegmentBytes(maxSegmentBytes);
    }
    return request.build();
  }

  /** In lvm.conf(5) tags have one. */
  private static String withoutAtSign(String tag) {
    return tag.startsWith("@") ? tag.substring(1) : tag;
  }

  private Moves.Mode mode() {
    if (reportFormat == ReportFormat.JSON) {
      return Moves.Mode.JSON;
    }
    if (plan) {
      return Moves.Mode.PLAN;
    }
    return test ? Moves.Mode.TEST : Moves.Mode.EXECUTE;
  }

  /** Nothing that was given is ignored. */
  private void checkCombinations() {
    if (list && (abort || plan || test || !physicalVolumes.isEmpty())) {
      throw wrong("--list goes with --devices only");
    }
    if (plan && test) {
      throw wrong("--plan and --test exclude each other: neither writes, --plan prints more");
    }
    if (abort && physicalVolumes.size() > 1) {
      throw wrong(
          "--abort takes one physical volume, the source of the move; destinations make no sense");
    }
    if (elsewhere && (abort || list || physicalVolumes.isEmpty())) {
      throw wrong("--elsewhere goes with a new move, which has a physical volume as its source");
    }
    if (abort || list) {
      List<String> given = optionsGiven(Set.of("--on-read-error", "--verify", "--checkpoint"));
      if (!given.isEmpty()) {
        throw wrong(
            "%s goes with moving or restarting, and not with --abort or --list"
                .formatted(given.get(0)));
      }
    }
    if (list) {
      List<String> given = optionsGiven(Set.of("--nolocking", "--locking-dir", "--lock-timeout"));
      if (!given.isEmpty()) {
        throw wrong("%s does not go with --list, which locks nothing".formatted(given.get(0)));
      }
    }
    if (system) {
      List<String> given =
          optionsGiven(
              Set.of(
                  "--on-read-error",
                  "--elsewhere",
                  "--verify",
                  "--checkpoint",
                  "--nolocking",
                  "--locking-dir",
                  "--lock-timeout",
                  "--list"));
      if (!given.isEmpty()) {
        throw wrong(
            "%s does not go with --system: LVM2 copies and locks in its own way"
                .formatted(given.get(0)));
      }
    } else if (lvm != null) {
      throw wrong("--lvm goes with --system");
    }
    if (noLocking && lockingDirectory != null) {
      throw wrong("--nolocking and --locking-dir exclude each other");
    }
    if (lockTimeout != null && lockTimeout < 0) {
      throw wrong("--lock-timeout: expected seconds, 0 or more, found " + lockTimeout);
    }
    if (abort || physicalVolumes.isEmpty()) {
      List<String> given = optionsOfAMove();
      if (!given.isEmpty()) {
        throw wrong(
            "%s needs the physical volume to move from, and does not go with --abort or --list"
                .formatted(given.get(0)));
      }
    }
    if (!clingTags.isEmpty() && policy != AllocationPolicy.CLING_BY_TAGS) {
      throw wrong("--cling-tags goes with --alloc cling_by_tags");
    }
    if (reportFormat == ReportFormat.JSON && !plan && !test) {
      throw wrong("--reportformat json goes with --plan or --test");
    }
  }

  /** Those given that say what a new move is to be like. */
  private List<String> optionsOfAMove() {
    return optionsGiven(
        Set.of(
            "--name",
            "--exclude",
            "--also-from",
            "--alloc",
            "--cling-tags",
            "--atomic",
            "--strict",
            "--larger-blocks",
            "--max-segment",
            "--reportformat"));
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
    StringBuilder line = new StringBuilder("pvmove --devices ");
    line.append(devices.stream().map(Texts::quoted).collect(Collectors.joining(",")));
    // Whoever goes on without thinking shall not go on with less locking.
    if (lockingDirectory != null) {
      line.append(" --locking-dir ").append(Texts.quoted(lockingDirectory.toString()));
    }
    if (noLocking) {
      line.append(" --nolocking");
    }
    if (system) {
      line.append(" --system");
    }
    if (lvm != null) {
      line.append(" --lvm ").append(Texts.quoted(lvm));
    }
    return line.toString();
  }

  private ParameterException wrong(String message) {
    return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
  }

  private Console console() {
    CommandLine commandLine = Objects.requireNonNull(spec).commandLine();
    return new Console(commandLine.getOut(), commandLine.getErr(), verbose.length);
  }

  /** Reads a word that pvmove(8) knows for an allocation policy. */
  static final class PolicyWord implements ITypeConverter<AllocationPolicy> {
    @Override
    public AllocationPolicy convert(String word) {
      for (AllocationPolicy policy : AllocationPolicy.values()) {
        if (policy.word().equals(word)) {
          return policy;
        }
      }
      throw new TypeConversionException(
          "expected one of %s, found \"%s\""
              .formatted(
                  Arrays.stream(AllocationPolicy.values())
                      .map(AllocationPolicy::word)
                      .collect(Collectors.joining(", ")),
                  word));
    }
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
