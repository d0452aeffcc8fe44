// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Another process that opens a device for writing and holds it until it is closed. */
final class WriterProcess implements Closeable {
  private final Process process;
  private final String answer;

  /** Starts the process and waits for its answer. */
  WriterProcess(Path path) throws IOException {
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                WriterProcess.class.getName(),
                path.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = output.readLine();
    answer = line == null ? "no answer" : line;
  }

  /** {@code "open"} or why it could not open the device. */
  String answer() {
    return answer;
  }

  /** What another process would be answered that tried to open the device now. */
  static String tryToOpen(Path path) throws IOException {
    try (WriterProcess writer = new WriterProcess(path)) {
      return writer.answer();
    }
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      throw new AssertionError(e);
    }
  }

  public static void main(String[] arguments) throws IOException {
    try (BlockDevice device = BlockDevices.open(Path.of(arguments[0]), Access.READ_WRITE)) {
      System.out.println("open");
      while (System.in.read() >= 0) {
        // Holds the device until the other side closes the pipe.
      }
      device.flush();
    } catch (IOException e) {
      System.out.println(e);
    }
  }
}
