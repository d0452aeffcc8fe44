// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ObjectArrays;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The program in a process of its own, which a test can end in its own way. */
final class ChildProgram implements AutoCloseable {
  private final Process process;
  private final BufferedReader lines;
  private final StringBuilder output = new StringBuilder();

  private ChildProgram(String... command) throws IOException {
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Starts the Java of this test with arguments. */
  static ChildProgram java(String... arguments) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ChildProgram(ObjectArrays.concat(java, arguments));
  }

  /** Starts the pvmove program with arguments, from the class path of this test. */
  static ChildProgram pvmove(String... arguments) throws IOException {
    String[] program = {
      "-Xmx64m",
      "-XX:TieredStopAtLevel=1",
      "-cp",
      System.getProperty("java.class.path"),
      PvmoveCommand.class.getName()
    };
    return java(ObjectArrays.concat(program, arguments, String.class));
  }

  /** Reads up to a line; returns whether it came before the end of the output. */
  boolean awaitLine(Predicate<String> wanted) throws IOException {
    for (@Nullable String line = lines.readLine(); line != null; line = lines.readLine()) {
      output.append(line).append('\n');
      if (wanted.test(line)) {
        return true;
      }
    }
    return false;
  }

  /** Waits for the process to end, but no longer than that. */
  void awaitEnd(Duration patience) throws InterruptedException {
    process.waitFor(patience.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Ends it with SIGKILL, as nothing that it could notice. */
  void kill() {
    process.toHandle().destroyForcibly();
  }

  /** Asks it to end, with SIGTERM. */
  void terminate() {
    process.toHandle().destroy();
  }

  /** Ends its standard input. */
  void endInput() throws IOException {
    process.getOutputStream().close();
  }

  /** Reads the rest of what it prints and returns its exit code. */
  int exitCode() throws IOException, InterruptedException {
    awaitLine(line -> false);
    return process.waitFor();
  }

  /** What it printed, as far as it was read. */
  String output() {
    return output.toString();
  }

  @Override
  public void close() throws IOException {
    process.toHandle().destroyForcibly();
    lines.close();
  }
}
