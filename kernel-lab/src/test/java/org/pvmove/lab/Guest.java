// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lab;

import com.google.common.collect.ImmutableList;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * A system to boot: the kernel and the LVM2 of a Debian release, as the script {@code guests} of
 * this module makes it.
 *
 * @param release name of the release
 * @param lvm version of its LVM2
 */
record Guest(String release, String lvm) {
  static final Guest BOOKWORM = new Guest("bookworm", "2.03.16");
  static final Guest TRIXIE = new Guest("trixie", "2.03.31");
  static final ImmutableList<Guest> ALL = ImmutableList.of(BOOKWORM, TRIXIE);

  static final String EMULATOR = "qemu-system-x86_64";

  Path kernel() {
    return directory().resolve("vmlinuz");
  }

  Path initrd() {
    return directory().resolve("initrd");
  }

  private Path directory() {
    return Path.of(System.getProperty("pvmove.guests", "target/guests")).resolve(release);
  }

  /** Skips the test if the guest cannot be booted here; fails it if all tools are required. */
  void require() {
    require(
        Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
            .anyMatch(directory -> Files.isExecutable(Path.of(directory, EMULATOR))),
        "the program " + EMULATOR);
    require(
        Files.isReadable(kernel()) && Files.isReadable(initrd()),
        "a kernel and LVM2 of Debian %s, which kernel-lab/guests makes".formatted(release));
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

  @Override
  public String toString() {
    return "LVM2 " + lvm;
  }
}
