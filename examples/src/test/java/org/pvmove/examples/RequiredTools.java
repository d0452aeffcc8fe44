// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * Programs and rights that some tests need. Where they are missing the test is skipped and says
 * why; with {@code PVMOVE_REQUIRE_TOOLS=1} in the environment it fails.
 */
final class RequiredTools {
  private RequiredTools() {}

  /** Loop devices and LVM2's own program, with the right to use them. */
  static void requireLvmOnLoopDevices() {
    require(isOnPath("lvm"), "the program lvm, of LVM2");
    require(isOnPath("losetup"), "the program losetup");
    require(Files.isWritable(Path.of("/dev/loop-control")), "the right to set up loop devices");
  }

  /** Programs that are clients of the NBD protocol. */
  static void requireNbdClients() {
    require(isOnPath("nbdinfo") && isOnPath("nbdcopy"), "nbdinfo and nbdcopy, of libnbd");
    require(isOnPath("qemu-img") && isOnPath("qemu-io"), "qemu-img and qemu-io, of QEMU");
    require(isOnPath("fio"), "the program fio");
  }

  /** A browser that shows pages without a window. */
  static void requireChromium() {
    require(isOnPath("chromium"), "the browser chromium");
  }

  /** The right to change the root directory, what that is done with, and a shell to put there. */
  static void requireChangeOfRoot() {
    require(
        isOnPath("unshare") && isOnPath("chroot") && isOnPath("ldd"), "unshare, chroot and ldd");
    require(isOnPath("busybox"), "the program busybox");
    require("root".equals(System.getProperty("user.name")), "the rights of root");
  }

  /** Whether LVM2 and loop devices are there. */
  static boolean hasLvmOnLoopDevices() {
    return isOnPath("lvm") && isOnPath("losetup") && Files.isWritable(Path.of("/dev/loop-control"));
  }

  private static void require(boolean present, String what) {
    if (present) {
      return;
    }
    if ("1".equals(System.getenv("PVMOVE_REQUIRE_TOOLS"))) {
      Assertions.fail("needs " + what);
    }
    Assumptions.abort("skipped, since it needs " + what);
  }

  private static boolean isOnPath(String program) {
    String path = System.getenv("PATH");
    return path != null
        && Arrays.stream(path.split(":", -1))
            .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  /** What a program printed and its exit code. */
  record Output(int exitCode, String text) {}

  static Output run(Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Output(process.waitFor(), text.strip());
  }
}
