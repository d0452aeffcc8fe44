// SPDX-License-Identifier: Apache-2.0
package org.pvmove.benchmarks;

import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pvmove.PvMover;
import org.pvmove.device.DeviceSet;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;

/**
 * A move in a virtual machine of its own, with little memory.
 *
 * @param moveNanos what {@link PvMover#execute(MovePlan)} took
 * @param processNanos what the process took from its start to its end
 * @param segments number of segments of the plan
 * @param residentBytes most memory that the process occupied
 * @param heapBytes most heap that was in use, in all its pools together
 * @param directBytes most memory in direct buffers, of what was seen every 10 ms
 */
record TimedMove(
    long moveNanos,
    long processNanos,
    long segments,
    long residentBytes,
    long heapBytes,
    long directBytes) {
  private static final String HEAP = "-Xmx64m";
  private static final String DIRECT = "-XX:MaxDirectMemorySize=64m";

  /**
   * How the README says that a program is best started that ends after a move: the other compiler
   * would take processors from the copy, for code that is over before it pays.
   */
  private static final String QUICK_COMPILER = "-XX:TieredStopAtLevel=1";

  /**
   * Moves everything from one physical volume to another, which are paths of devices.
   *
   * @param classes an archive of the classes that a move needs, as the launcher of the program has
   *     one; the first move makes it
   */
  static TimedMove run(Path from, Path to, boolean verify, Path classes)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                HEAP,
                DIRECT,
                QUICK_COMPILER,
                (Files.exists(classes) ? "-XX:SharedArchiveFile=" : "-XX:ArchiveClassesAtExit=")
                    + classes,
                "-Xlog:cds=off",
                "-Xlog:cds+dynamic=off",
                // Nobody reads a log here.
                "-Dslf4j.internal.verbosity=ERROR",
                "-cp",
                System.getProperty("java.class.path"),
                TimedMove.class.getName(),
                from.toString(),
                to.toString(),
                Boolean.toString(verify))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int status = process.waitFor();
      long nanos = System.nanoTime() - start;
      if (status != 0) {
        throw new IOException("expected the move to succeed, found exit status " + status);
      }
      Map<String, Long> values = new HashMap<>();
      for (String line : output.lines().filter(each -> each.contains("=")).toList()) {
        int equals = line.indexOf('=');
        values.put(line.substring(0, equals), Long.valueOf(line.substring(equals + 1)));
      }
      return new TimedMove(
          value(values, "nanos"),
          nanos,
          value(values, "segments"),
          value(values, "resident"),
          value(values, "heap"),
          value(values, "direct"));
    } finally {
      process.destroyForcibly();
    }
  }

  private static long value(Map<String, Long> values, String name) throws IOException {
    Long value = values.get(name);
    if (value == null) {
      throw new IOException("expected the move to tell its " + name + ", found " + values);
    }
    return value;
  }

  /**
   * Moves, and prints what it took. The arguments are source, destination, and whether to verify.
   */
  public static void main(String[] args) throws Exception {
    Path from = Path.of(args[0]);
    Path to = Path.of(args[1]);
    DirectBuffers direct = new DirectBuffers();
    direct.start();
    try (DeviceSet devices = DeviceSet.open(from, to)) {
      PvMover mover =
          PvMover.builder(devices, CopyGroup.NAME).verify(Boolean.parseBoolean(args[2])).build();
      MovePlan plan =
          mover.plan(MoveRequest.from(from.toString()).to(to.toString()).build()).orElseThrow();
      long start = System.nanoTime();
      MoveOutcome outcome = mover.execute(plan);
      long nanos = System.nanoTime() - start;
      if (outcome instanceof MoveOutcome.Stopped stopped) {
        throw new IOException(
            "expected the move to end, found that it stopped: " + stopped.reason());
      }
      System.out.printf(
          "nanos=%d%nsegments=%d%nresident=%d%nheap=%d%ndirect=%d%n",
          nanos, plan.segments().size(), resident(), heap(), direct.most());
    }
  }

  private static long resident() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
      }
    }
    throw new IOException("expected a line VmHWM in /proc/self/status, found none");
  }

  private static long heap() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .map(MemoryPoolMXBean::getPeakUsage)
        .mapToLong(usage -> usage.getUsed())
        .sum();
  }

  /** Looks how much memory is in direct buffers; the virtual machine does not remember the most. */
  private static final class DirectBuffers extends Thread {
    private static final long LOOK_MILLIS = 10;

    private final List<BufferPoolMXBean> pools =
        ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(pool -> pool.getName().equals("direct"))
            .toList();
    private volatile long most;

    private DirectBuffers() {
      super("direct buffers");
      setDaemon(true);
    }

    @Override
    public void run() {
      try {
        while (true) {
          look();
          Thread.sleep(LOOK_MILLIS);
        }
      } catch (InterruptedException e) {
        interrupt();
      }
    }

    private synchronized void look() {
      most = Math.max(most, pools.stream().mapToLong(BufferPoolMXBean::getMemoryUsed).sum());
    }

    private long most() {
      look();
      return most;
    }
  }
}
