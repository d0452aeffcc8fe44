// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Another process that tries to lock bytes of a device and holds the lock until it is closed. */
final class LockerProcess implements Closeable {
  private final Process process;
  private final String answer;

  /** Starts the process and waits for its answer. */
  LockerProcess(Path path, long byteOffset, long byteCount) throws IOException {
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                LockerProcess.class.getName(),
                path.toString(),
                "" + byteOffset,
                "" + byteCount)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = output.readLine();
    answer = line == null ? "no answer" : line;
  }

  /** {@code "locked"}, {@code "refused"} or what went wrong. */
  String answer() {
    return answer;
  }

  /** What another process would be answered that tried to lock the bytes now. */
  static String tryToLock(Path path, long byteOffset, long byteCount) throws IOException {
    try (LockerProcess locker = new LockerProcess(path, byteOffset, byteCount)) {
      return locker.answer();
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
      RangeLock lock = device.tryLock(Long.parseLong(arguments[1]), Long.parseLong(arguments[2]));
      System.out.println(lock == null ? "refused" : "locked");
      while (System.in.read() >= 0) {
        // Holds the lock until the other side closes the pipe.
      }
    } catch (IOException e) {
      System.out.println(e);
    }
  }
}
