// SPDX-License-Identifier: Apache-2.0
package org.pvmove.benchmarks;

import com.google.common.io.Closer;
import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/**
 * Compares whole moves with dd(1) and cp(1) on the same files, and prints tables in Markdown.
 *
 * <p>All competitors have their turn in every round, each round beginning with another one. Before
 * each of them everything is written out and no byte of the files is in the cache, and every MiB of
 * the destination holds something else than the source. What moves, and what dd copies, goes to
 * places that were used before; cp makes its destination short and long again, as it always does.
 * What has been moved is durable at the end, what dd and cp have copied too, but for dd with direct
 * output, whose bytes may still be in the disk's own cache, which for a loop device is that of the
 * file below. Moves run in a virtual machine with 64 MiB of heap, and their time is that of the
 * move itself; that of the whole process is beside it.
 */
public final class CompareCopy {
  private static final String USAGE =
      """
      compare --directory DIR [OPTION...]
        --directory DIR  where the files are made; say /dev/shm for memory
        --size BYTES     how much is copied (4 GiB; K, M, G are powers of 1024)
        --rounds N       how often (7)
        --scenario NAME  one, verified, many, sparse; several times; all unless given
        --loop           on loop devices on these files (needs root)
        --direct-loop    the same, with loop devices past the cache
        --fresh          to destinations that are new and empty each time
      """;

  private static final double MB = 1e6;

  /** What is copied. */
  enum Scenario {
    /** One run of extents. */
    ONE,
    /** One run of extents, read back. */
    VERIFIED,
    /** Up to a thousand runs of one extent, and as much in one run beside them. */
    MANY,
    /** A volume sixteen times as large as what is in it. */
    SPARSE
  }

  /** Who copies. */
  enum Competitor {
    PVMOVE("this library"),
    WHOLE("this library, in one run"),
    DENSE("this library, the data alone"),
    DD_DIRECT("`dd iflag=direct oflag=direct bs=4M`"),
    DD("`dd bs=1M conv=fsync`"),
    CP("`cp` and `sync`"),
    CP_SPARSE("`cp --sparse=always` and `sync`");

    private final String text;

    Competitor(String text) {
      this.text = text;
    }
  }

  /** How a run of a competitor went; the move is what ours knows of itself. */
  private record Run(long nanos, @Nullable TimedMove move) {}

  private final Options options;
  private final Path directory;
  private final Closer loops = Closer.create();

  /** Whether copies are compared with what they are copies of: in the first round. */
  private boolean comparing = true;

  /** Devices on files, if the comparison is on loop devices. */
  private final Map<Path, Path> devices = new LinkedHashMap<>();

  private CompareCopy(Options options, Path directory) {
    this.options = options;
    this.directory = directory;
  }

  /** What is asked for. */
  private record Options(
      Path directory,
      long size,
      int rounds,
      List<Scenario> scenarios,
      boolean loop,
      boolean directLoop,
      boolean fresh) {
    private static Options of(String[] args) {
      Path directory = null;
      long size = 4L << 30;
      int rounds = 7;
      List<Scenario> scenarios = new ArrayList<>();
      boolean loop = false;
      boolean directLoop = false;
      boolean fresh = false;
      for (int i = 0; i < args.length; i++) {
        switch (args[i]) {
          case "--directory" -> directory = Path.of(args[++i]);
          case "--size" -> size = bytes(args[++i]);
          case "--rounds" -> rounds = Integer.parseInt(args[++i]);
          case "--scenario" -> scenarios.add(Scenario.valueOf(args[++i].toUpperCase(Locale.ROOT)));
          case "--loop" -> loop = true;
          case "--direct-loop" -> {
            loop = true;
            directLoop = true;
          }
          case "--fresh" -> fresh = true;
          default -> throw new IllegalArgumentException("found " + args[i]);
        }
      }
      if (directory == null || rounds < 1 || size < 4 * CopyGroup.EXTENT_BYTES) {
        throw new IllegalArgumentException(
            "expected a directory, at least one round, and at least four extents of 4 MiB");
      }
      return new Options(
          directory,
          size,
          rounds,
          scenarios.isEmpty() ? Arrays.asList(Scenario.values()) : scenarios,
          loop,
          directLoop,
          fresh);
    }

    private static long bytes(String text) {
      int unit = "KMG".indexOf(text.charAt(text.length() - 1));
      return unit < 0
          ? Long.parseLong(text)
          : Long.parseLong(text.substring(0, text.length() - 1)) << (10 * (unit + 1));
    }
  }

  /** The program. */
  public static void main(String[] args) throws Exception {
    Options options;
    try {
      options = Options.of(args);
    } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
      System.err.println(e.getMessage());
      System.err.print(USAGE);
      System.exit(3);
      return;
    }
    System.out.println(surroundings(options));
    for (Scenario scenario : options.scenarios()) {
      Path directory = Files.createTempDirectory(options.directory(), "pvmove-compare");
      CompareCopy compare = new CompareCopy(options, directory);
      // Ctrl-C must leave neither loop devices nor files behind.
      Thread cleaner = new Thread(compare::close);
      Runtime.getRuntime().addShutdownHook(cleaner);
      try {
        System.out.println(compare.table(scenario));
      } finally {
        Runtime.getRuntime().removeShutdownHook(cleaner);
        compare.close();
      }
    }
  }

  private static String surroundings(Options options) throws IOException, InterruptedException {
    String disk = shell("df --output=fstype,source " + quote(options.directory()) + " | tail -1");
    return "%d MiB in %d rounds on %s%s; Linux %s, Java %s, %s; %d processors."
        .formatted(
            options.size() >> 20,
            options.rounds(),
            disk.strip().replaceAll(" +", " "),
            options.loop()
                ? options.directLoop() ? ", loop devices past the cache" : ", loop devices"
                : "",
            shell("uname -r").strip(),
            System.getProperty("java.version"),
            shell("dd --version | head -1").strip(),
            Runtime.getRuntime().availableProcessors());
  }

  private synchronized void close() {
    try {
      loops.close();
      if (Files.exists(directory)) {
        MoreFiles.deleteRecursively(directory, RecursiveDeleteOption.ALLOW_INSECURE);
      }
    } catch (IOException e) {
      System.err.println("could not remove " + directory + ": " + e.getMessage());
    }
  }

  // ---- what is copied

  private Path image(String name, long bytes) throws IOException, InterruptedException {
    Path image = directory.resolve(name);
    CopyGroup.makeImage(image, bytes);
    if (!options.loop()) {
      return image;
    }
    String device =
        shell(
                "losetup --find --show "
                    + (options.directLoop() ? "--direct-io=on " : "")
                    + quote(image))
            .strip();
    loops.register(
        () -> {
          try {
            shell("losetup --detach " + device);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    devices.put(Path.of(device), image);
    return Path.of(device);
  }

  /** The devices of a volume group. */
  private record Disks(
      CopyGroup group, Path source, Path destination, long destinationBytes, boolean fresh) {}

  private Disks disks(String name, long bytes, boolean gaps, boolean fresh)
      throws IOException, InterruptedException {
    int extents = (int) (bytes / CopyGroup.EXTENT_BYTES);
    Path source = image(name + "-a.img", CopyGroup.deviceBytes(gaps ? 2L * extents : extents));
    long room = CopyGroup.deviceBytes(extents);
    Path destination = image(name + "-b.img", room);
    CopyGroup group = CopyGroup.create(source, destination, extents, gaps);
    return new Disks(group, source, destination, room, fresh);
  }

  /** Makes the destination of the next copy new and empty. */
  private void empty(Path file, long bytes) throws IOException, InterruptedException {
    if (options.loop()) {
      shell("blkdiscard " + quote(file));
    } else {
      CopyGroup.makeImage(file, bytes);
    }
  }

  private String table(Scenario scenario) throws IOException, InterruptedException {
    return switch (scenario) {
      case ONE, VERIFIED -> dense(scenario, options.size());
      case MANY -> dense(scenario, Math.min(options.size(), 1000 * CopyGroup.EXTENT_BYTES));
      case SPARSE -> sparse();
    };
  }

  private String dense(Scenario scenario, long bytes) throws IOException, InterruptedException {
    Disks disks = filled("pv", bytes, scenario == Scenario.MANY);
    Map<Competitor, Turn> turns = new EnumMap<>(Competitor.class);
    turns.put(Competitor.PVMOVE, () -> move(disks, scenario == Scenario.VERIFIED));
    if (takesDirect(disks.source())) {
      turns.put(
          Competitor.DD_DIRECT, () -> dd(disks, "bs=4M", "iflag=direct,", "oflag=direct,", ""));
    }
    turns.put(Competitor.DD, () -> dd(disks, "bs=1M", "iflag=", "oflag=", ",fsync"));
    if (scenario == Scenario.MANY) {
      Disks whole = filled("one", bytes, false);
      turns.put(Competitor.WHOLE, () -> move(whole, false));
    } else {
      turns.put(Competitor.CP, cp(disks.group().bytes()));
    }
    Map<Competitor, List<Run>> runs = race(turns);
    long segments =
        Objects.requireNonNull(runs.get(Competitor.PVMOVE)).stream()
            .map(Run::move)
            .filter(Objects::nonNull)
            .mapToLong(move -> Objects.requireNonNull(move).segments())
            .max()
            .orElse(0);
    return "\nScenario `%s`, %d MiB, a move of %d segments, %s destination:\n\n%s"
        .formatted(
            scenario.name().toLowerCase(Locale.ROOT),
            disks.group().bytes() >> 20,
            segments,
            options.fresh() ? "a fresh" : "a used",
            render(runs, disks.group().bytes()));
  }

  /** Disks with something to move and, unless they are to be new each time, in its way. */
  private Disks filled(String name, long bytes, boolean gaps)
      throws IOException, InterruptedException {
    Disks disks = disks(name, bytes, gaps, options.fresh());
    disks.group().fillSource(disks.source());
    if (!options.fresh()) {
      disks.group().fillDestination(disks.destination());
    }
    return disks;
  }

  private Turn cp(long bytes) throws IOException, InterruptedException {
    Path plain = image("plain-a.img", bytes);
    Path copy = image("plain-b.img", bytes);
    CopyGroup.makePlain(plain, bytes);
    if (!options.fresh()) {
      CopyGroup.makePlain(copy, bytes);
    }
    return () -> {
      if (options.fresh()) {
        empty(copy, bytes);
      }
      settle(List.of(plain, copy));
      return timed("cp " + quote(plain) + " " + quote(copy) + " && sync " + quote(copy));
    };
  }

  private String sparse() throws IOException, InterruptedException {
    long data = options.size() / 4;
    Disks disks = disks("sparse", options.size() * 16, false, true);
    disks.group().fillSome(disks.source(), data);
    Disks dense = disks("dense", data, false, true);
    dense.group().fillSource(dense.source());
    Map<Competitor, Turn> turns = new EnumMap<>(Competitor.class);
    Path copy = directory.resolve("copy.img");
    long[] allocated = new long[2];
    turns.put(
        Competitor.PVMOVE,
        () -> {
          Run run = move(disks, false);
          allocated[0] = allocated(disks.destination());
          return run;
        });
    turns.put(Competitor.DENSE, () -> move(dense, false));
    turns.put(
        Competitor.CP_SPARSE,
        () -> {
          Files.deleteIfExists(copy);
          Path source = devices.getOrDefault(disks.source(), disks.source());
          settle(List.of(source));
          Run run =
              timed(
                  "cp --sparse=always "
                      + quote(source)
                      + " "
                      + quote(copy)
                      + " && sync "
                      + quote(copy));
          allocated[1] = allocated(copy);
          return run;
        });
    String table = render(race(turns), data);
    return "\nScenario `sparse`, %d MiB of data in %d MiB, a fresh destination:\n\n%s"
            .formatted(data >> 20, disks.group().bytes() >> 20, table)
        + "\nThe destination occupies %d MiB after a move, and %d MiB after cp.\n"
            .formatted(allocated[0] >> 20, allocated[1] >> 20);
  }

  private long allocated(Path file) throws IOException, InterruptedException {
    return 512
        * Long.parseLong(shell("stat -c %b " + quote(devices.getOrDefault(file, file))).strip());
  }

  // ---- who copies

  /** One run of a competitor. */
  @FunctionalInterface
  private interface Turn {
    Run take() throws IOException, InterruptedException;
  }

  private Map<Competitor, List<Run>> race(Map<Competitor, Turn> turns)
      throws IOException, InterruptedException {
    List<Competitor> order = List.copyOf(turns.keySet());
    Map<Competitor, List<Run>> runs = new EnumMap<>(Competitor.class);
    for (int round = 0; round < options.rounds(); round++) {
      comparing = round == 0;
      for (int i = 0; i < order.size(); i++) {
        Competitor competitor = order.get((round + i) % order.size());
        Run run = Objects.requireNonNull(turns.get(competitor)).take();
        System.err.printf(
            "round %d of %d: %s: %.3f s%n",
            round + 1, options.rounds(), competitor.text, run.nanos() / 1e9);
        runs.computeIfAbsent(competitor, key -> new ArrayList<>()).add(run);
      }
    }
    return runs;
  }

  private Run move(Disks disks, boolean verify) throws IOException, InterruptedException {
    prepare(disks);
    TimedMove move =
        TimedMove.run(
            disks.source(), disks.destination(), verify, directory.resolve("classes.jsa"));
    requireCopied(disks);
    return new Run(move.moveNanos(), move);
  }

  private Run dd(Disks disks, String blocks, String in, String out, String convert)
      throws IOException, InterruptedException {
    prepare(disks);
    StringBuilder script = new StringBuilder("set -e\n");
    for (CopyGroup.Run run : disks.group().longRuns()) {
      script.append(
          "dd status=none %s if=%s of=%s skip=%d seek=%d count=%d conv=notrunc%s "
              .formatted(
                  blocks,
                  quote(disks.source()),
                  quote(disks.destination()),
                  run.source(),
                  run.destination(),
                  run.count(),
                  disks.group().longRuns().size() == 1 ? convert : ""));
      script.append("%sskip_bytes,count_bytes %sseek_bytes%n".formatted(in, out));
    }
    if (disks.group().longRuns().size() > 1) {
      // One flush for all of them is the best that a script can do.
      script.append("sync ").append(quote(disks.destination())).append('\n');
    }
    Path file = Files.writeString(directory.resolve("dd.sh"), script);
    Run run = timed("sh " + quote(file));
    requireCopied(disks);
    return run;
  }

  private void requireCopied(Disks disks) throws IOException {
    if (comparing) {
      disks.group().requireCopied(disks.source(), disks.destination());
    }
  }

  private void prepare(Disks disks) throws IOException, InterruptedException {
    if (disks.fresh()) {
      empty(disks.destination(), disks.destinationBytes());
    } else {
      disks.group().spoil(disks.destination());
    }
    disks.group().putBack(disks.source(), disks.destination());
    settle(List.of(disks.source(), disks.destination()));
  }

  /** Writes everything out, and has nothing of the files in the cache. */
  private void settle(List<Path> files) throws IOException, InterruptedException {
    StringBuilder script = new StringBuilder("sync");
    for (Path file : files) {
      for (Path each : List.of(file, devices.getOrDefault(file, file))) {
        if (Files.exists(each)) {
          script.append(" && dd status=none iflag=nocache count=0 if=").append(quote(each));
        }
      }
    }
    shell(script.toString());
  }

  private static boolean takesDirect(Path file) throws InterruptedException {
    try {
      shell("dd status=none iflag=direct bs=4M count=1 of=/dev/null if=" + quote(file));
      return true;
    } catch (IOException e) {
      System.err.println("left out dd with iflag=direct: " + e.getMessage());
      return false;
    }
  }

  private static Run timed(String command) throws IOException, InterruptedException {
    long start = System.nanoTime();
    shell(command);
    return new Run(System.nanoTime() - start, null);
  }

  private static String quote(Path path) {
    return "'" + path.toString().replace("'", "'\\''") + "'";
  }

  private static String shell(String command) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder("sh", "-c", command).redirectErrorStream(true);
    builder.environment().put("LC_ALL", "C");
    Process process = builder.start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int status = process.waitFor();
      if (status != 0) {
        throw new IOException(
            "expected %s to succeed, found exit status %d: %s".formatted(command, status, output));
      }
      return output;
    } finally {
      process.destroyForcibly();
    }
  }

  // ---- the table

  private static String render(Map<Competitor, List<Run>> runs, long bytes) {
    StringBuilder out = new StringBuilder();
    out.append("| | median, s | min to max, s | MB/s | time / best dd | time / cp |");
    out.append(" process, s | memory, MB | heap, MB | direct buffers, MB |\n");
    out.append("|:--|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    double dd = Math.min(median(runs.get(Competitor.DD)), median(runs.get(Competitor.DD_DIRECT)));
    double cp = Math.min(median(runs.get(Competitor.CP)), median(runs.get(Competitor.CP_SPARSE)));
    runs.forEach(
        (competitor, each) -> {
          double[] nanos = each.stream().mapToDouble(Run::nanos).sorted().toArray();
          double median = median(each);
          out.append(
              "| %s | %.3f | %.3f to %.3f | %,.0f | %s | %s |"
                  .formatted(
                      competitor.text,
                      median / 1e9,
                      nanos[0] / 1e9,
                      nanos[nanos.length - 1] / 1e9,
                      bytes / MB / (median / 1e9),
                      ratio(median, dd),
                      ratio(median, cp)));
          List<TimedMove> moves = new ArrayList<>();
          each.forEach(
              run -> {
                if (run.move() != null) {
                  moves.add(run.move());
                }
              });
          out.append(
              moves.isEmpty()
                  ? " | | | |\n"
                  : " %.3f | %.0f | %.0f | %.1f |%n"
                      .formatted(
                          median(moves.stream().mapToDouble(TimedMove::processNanos)) / 1e9,
                          moves.stream().mapToLong(TimedMove::residentBytes).max().orElse(0) / MB,
                          moves.stream().mapToLong(TimedMove::heapBytes).max().orElse(0) / MB,
                          moves.stream().mapToLong(TimedMove::directBytes).max().orElse(0) / MB));
        });
    return out.toString();
  }

  /** Infinite where nobody competed. */
  private static double median(@Nullable List<Run> runs) {
    return runs == null ? Double.POSITIVE_INFINITY : median(runs.stream().mapToDouble(Run::nanos));
  }

  private static double median(DoubleStream values) {
    double[] sorted = values.sorted().toArray();
    return (sorted[sorted.length / 2] + sorted[(sorted.length - 1) / 2]) / 2;
  }

  private static String ratio(double value, double other) {
    return Double.isInfinite(other) ? "-" : "%.2f".formatted(value / other);
  }
}
