// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The name of this host, for the metadata's creation fields. */
public final class HostName {
  private HostName() {}

  /** The kernel's host name where it can be had, else {@code localhost}; never asks the network. */
  public static String get() {
    try {
      String name =
          Files.readString(Path.of("/proc/sys/kernel/hostname"), StandardCharsets.UTF_8).strip();
      return name.isEmpty() ? "localhost" : name;
    } catch (IOException notLinux) {
      return "localhost";
    }
  }
}
