// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lab;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.io.Resources;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A virtual machine with a real kernel and real LVM2 that runs a script on disk images and switches
 * itself off. Its power can be cut, and it can be held still while its disks are looked at or
 * copied: they show what they would show after a power cut at that instant. Whatever is written to
 * it, it ends within a time limit.
 */
final class Machine implements AutoCloseable {
  private static final Duration TIME_LIMIT = Duration.ofMinutes(8);

  /** How many there were in this virtual machine, which is what tests here cost. */
  private static final AtomicInteger BOOTS = new AtomicInteger();

  private static final int SECTOR = 512;
  private static final int FIRST_SLOT = 4;
  private static final int FUNCTIONS = 8;
  private static final int LINES_IN_ERRORS = 60;
  private static final String END = "LAB-END";
  private static final String PANIC = "Kernel panic - not syncing";

  private final Process process;
  private final BufferedReader output;
  private final Path script;
  private final List<String> lines = new ArrayList<>();
  private final CompletableFuture<Void> timeLimit;
  private final @Nullable Bundle bundle;

  private Machine(Process process, Path script, @Nullable Bundle bundle) {
    this.process = process;
    this.bundle = bundle;
    this.script = script;
    this.output = process.inputReader(ISO_8859_1);
    Executor later = CompletableFuture.delayedExecutor(TIME_LIMIT.toSeconds(), TimeUnit.SECONDS);
    this.timeLimit = CompletableFuture.runAsync(process::destroyForcibly, later);
  }

  /** The disks and the script of a machine. */
  static final class Setup {
    private final Guest guest;
    private final Map<Path, String> disks = new LinkedHashMap<>();
    private final StringBuilder script = new StringBuilder();
    private @Nullable Integer bytesPerSecond;
    private @Nullable Path socket;
    private @Nullable Bundle bundle;

    private Setup(Guest guest) {
      this.guest = guest;
    }

    /** Attaches an image; the device's name in the guest. */
    String disk(Path image) {
      // The first disk is the script.
      return disks.computeIfAbsent(image, i -> "/dev/vd" + letters(disks.size() + 1));
    }

    /** Attaches images; the names of the devices in the guest, with blanks between them. */
    String disks(Iterable<Path> images) {
      List<String> names = new ArrayList<>();
      images.forEach(image -> names.add(disk(image)));
      return String.join(" ", names);
    }

    /** As the kernel counts: a to z, aa to az, ba and so on. */
    private static String letters(int index) {
      String last = String.valueOf((char) ('a' + index % 26));
      return index < 26 ? last : letters(index / 26 - 1) + last;
    }

    /**
     * Brings disks along in the machine's one big disk; to be used before any single disk is
     * attached. What the guest changes is in the images when it has ended.
     *
     * @return the line of script with which LVM2 sees them
     */
    String bring(DiskSet set) throws IOException {
      if (bundle == null) {
        bundle = new Bundle();
        disks.put(bundle.file(), "/dev/vdb");
      }
      StringBuilder line = new StringBuilder("attach");
      for (Path image : set.images()) {
        line.append(' ').append(bundle.add(image));
      }
      return line.append('\n').toString();
    }

    /** Adds to what the guest does; see {@code prelude.sh} for the words it knows. */
    Setup script(String text) {
      script.append(text).append('\n');
      return this;
    }

    /** Slows every disk down. */
    Setup throttled(int bytesPerSecond) {
      this.bytesPerSecond = bytesPerSecond;
      return this;
    }

    /** Gives the guest a second console, /dev/ttyS1, whose other end is a socket here. */
    Setup secondConsole(Path socket) {
      this.socket = socket;
      return this;
    }

    Machine boot() throws IOException {
      String text = Resources.toString(Resources.getResource(Machine.class, "prelude.sh"), UTF_8);
      byte[] content = (text + script).getBytes(UTF_8);
      Path file = Files.createTempFile("lab", ".sh");
      Files.write(file, content);
      // A disk has whole sectors, and the guest reads all of them as text.
      Files.writeString(
          file,
          "\n".repeat(Math.floorMod(-content.length, SECTOR)),
          java.nio.file.StandardOpenOption.APPEND);
      Process process =
          new ProcessBuilder(command(file))
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .start();
      System.out.printf("Boot %d: %s%n", BOOTS.incrementAndGet(), guest);
      return new Machine(process, file, bundle);
    }

    private List<String> command(Path script) {
      List<String> command = new ArrayList<>();
      command.addAll(List.of(Guest.EMULATOR, "-accel", "tcg", "-cpu", "max"));
      // One processor: with several the emulator may run code that a kernel is just changing, and
      // the kernel panics. Guests are booted side by side instead.
      command.addAll(List.of("-smp", "1", "-m", "1024", "-nographic", "-nic", "none"));
      command.addAll(List.of("-no-reboot", "-serial", "mon:stdio"));
      command.addAll(List.of("-kernel", guest.kernel().toString()));
      command.addAll(List.of("-initrd", guest.initrd().toString()));
      command.addAll(List.of("-append", "console=ttyS0 panic=-1 loglevel=3"));
      if (socket != null) {
        command.addAll(List.of("-serial", "unix:" + socket + ",server=on,wait=off"));
      }
      command.addAll(
          List.of("-drive", "file=%s,if=none,id=d0,format=raw,readonly=on".formatted(script)));
      command.addAll(List.of("-device", device(0)));
      int index = 1;
      for (Path image : disks.keySet()) {
        String throttle = bytesPerSecond == null ? "" : ",throttling.bps-total=" + bytesPerSecond;
        command.add("-drive");
        command.add(
            "file=%s,file.locking=off,if=none,id=d%d,format=raw,cache=writeback%s"
                .formatted(image, index, throttle));
        command.addAll(List.of("-device", device(index++)));
      }
      return command;
    }

    /** Several disks share a slot, since slots are few; the kernel finds them in this order. */
    private static String device(int index) {
      return "virtio-blk-pci,drive=d%d,num-queues=1,multifunction=on,addr=%x.%x"
          .formatted(index, FIRST_SLOT + index / FUNCTIONS, index % FUNCTIONS);
    }
  }

  static Setup of(Guest guest) {
    guest.require();
    return new Setup(guest);
  }

  /**
   * Waits until the guest prints a line with this pattern.
   *
   * @return that line
   */
  String await(String pattern) throws IOException {
    Pattern wanted = Pattern.compile(pattern);
    for (String line = read(); line != null; line = read()) {
      if (wanted.matcher(line).find()) {
        return line;
      }
    }
    throw new AssertionError("the guest ended without \"%s\":\n%s".formatted(pattern, tail()));
  }

  private @Nullable String read() throws IOException {
    String line = output.readLine();
    if (line != null) {
      lines.add(line);
    }
    return line;
  }

  private String tail() {
    return String.join(
        "\n", lines.subList(Math.max(0, lines.size() - LINES_IN_ERRORS), lines.size()));
  }

  /** Waits until the guest has done its script. */
  Console end() throws IOException {
    await(END);
    process.onExit().join();
    if (bundle != null) {
      bundle.extract();
    }
    return console();
  }

  /** What the guest has printed so far, as far as it was waited for. */
  Console console() {
    return Console.of(lines);
  }

  /** Something to do while the machine is held still. */
  interface Action {
    void run() throws Exception;
  }

  /** Holds the machine still meanwhile: its disks are as a power cut would leave them. */
  void hold(Action action) throws Exception {
    signal("STOP");
    try {
      action.run();
    } finally {
      signal("CONT");
    }
  }

  private void signal(String name) throws IOException, InterruptedException {
    Process kill =
        new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).inheritIO().start();
    if (kill.waitFor() != 0) {
      throw new AssertionError("the machine ended before it was held still:\n" + tail());
    }
  }

  /** Cuts the power, if the machine has not switched itself off. */
  @Override
  public void close() throws IOException {
    timeLimit.cancel(false);
    try {
      // The last words of a guest that has ended may be those that matter.
      while (!process.isAlive() && read() != null) {}
      process.destroyForcibly().onExit().join();
    } finally {
      output.close();
      if (bundle != null) {
        bundle.delete();
      }
      Files.deleteIfExists(script);
    }
    if (lines.stream().anyMatch(line -> line.contains(PANIC))) {
      throw new GuestPanicError(tail());
    }
  }
}
