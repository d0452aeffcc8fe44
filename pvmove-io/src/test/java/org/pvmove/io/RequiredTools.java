// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * Programs and rights that some tests need. Where they are missing the test is skipped and says
 * why; with {@code PVMOVE_REQUIRE_TOOLS=1} in the environment it fails.
 */
final class RequiredTools {
  private RequiredTools() {}

  static void require(boolean present, String what) {
    if (present) {
      return;
    }
    if ("1".equals(System.getenv("PVMOVE_REQUIRE_TOOLS"))) {
      Assertions.fail("needs " + what);
    }
    Assumptions.abort("skipped, since it needs " + what);
  }

  static void requireLoopDevices() throws IOException, InterruptedException {
    require(isOnPath("losetup"), "the program losetup");
    require(Files.isWritable(Path.of("/dev/loop-control")), "the right to set up loop devices");
  }

  static boolean isOnPath(String program) {
    String path = System.getenv("PATH");
    return path != null
        && Arrays.stream(path.split(":", -1))
            .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  /** Runs a program and returns what it printed, without the line end. */
  static String run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = process.waitFor();
    if (status != 0) {
      throw new IOException(String.join(" ", command) + " exited with " + status + ": " + output);
    }
    return output.strip();
  }
}
