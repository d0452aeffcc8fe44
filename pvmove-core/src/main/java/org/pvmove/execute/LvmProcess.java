// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.EvictingQueue;
import com.google.common.collect.ImmutableList;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.DoubleConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A command of LVM2 that runs. */
final class LvmProcess {
  private static final Logger LOG = LoggerFactory.getLogger(LvmProcess.class);

  /** What pvmove(8) prints of its progress, in percent of the temporary volume. */
  private static final Pattern MOVED =
      Pattern.compile("\\s*.*: Moved: ([0-9]+(?:\\.[0-9]+)?)%\\s*");

  private static final int LINES_KEPT = 20;

  private final ImmutableList<String> command;
  private final Process process;

  private LvmProcess(ImmutableList<String> command, Process process) {
    this.command = command;
    this.process = process;
  }

  /**
   * How a command ended.
   *
   * @param status its exit status
   * @param lastLines the last lines that it printed, reports of its progress left out
   */
  record Ended(ImmutableList<String> command, int status, ImmutableList<String> lastLines) {
    LvmCommandException unlike(String expectation) {
      return new LvmCommandException(expectation, command, status, lastLines);
    }
  }

  static LvmProcess start(ImmutableList<String> command) throws IOException {
    LOG.info("{}", command);
    // One stream for both kinds of messages, so that neither fills up while the other is read.
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("LC_ALL", "C");
    // It would complain about every descriptor that is not its own.
    builder.environment().put("LVM_SUPPRESS_FD_WARNINGS", "1");
    Process process = builder.start();
    process.getOutputStream().close();
    return new LvmProcess(command, process);
  }

  /**
   * Waits for its end.
   *
   * @param progress told each report of its progress, a number of percent from 0 to 100; what it
   *     throws terminates the command
   */
  Ended await(DoubleConsumer progress) throws IOException {
    EvictingQueue<String> lines = EvictingQueue.create(LINES_KEPT);
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        LOG.debug("{}", line);
        Matcher moved = MOVED.matcher(line);
        if (moved.matches()) {
          progress.accept(Math.min(100, Double.parseDouble(moved.group(1))));
        } else if (!line.isBlank()) {
          lines.add(line.strip());
        }
      }
    } catch (Throwable e) {
      terminate();
      process.onExit().join();
      throw e;
    }
    // Unlike waitFor() it does not end early because somebody wants this thread to stop.
    int status = process.onExit().join().exitValue();
    return new Ended(command, status, ImmutableList.copyOf(lines));
  }

  /**
   * Asks it to end, by SIGTERM, which LVM2 puts off while it holds the lock of a volume group. To
   * kill it could leave logical volumes suspended, so that whoever uses them hangs.
   */
  void terminate() {
    // Not through the process itself, which would also close the stream that its output is read
    // from.
    process.toHandle().destroy();
  }
}
