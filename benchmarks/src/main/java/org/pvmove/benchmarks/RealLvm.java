// SPDX-License-Identifier: Apache-2.0
package org.pvmove.benchmarks;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.DeviceSet;

/**
 * Real LVM2 with one of the {@linkplain ManyVolumes volume groups} on a loop device of its own, and
 * a configuration that lets it see nothing else. It needs no device-mapper in the kernel.
 */
final class RealLvm {
  /** A command that takes longer has failed; JMH itself gives up after ten minutes. */
  private static final long LIMIT_MINUTES = 9;

  private final Path directory;
  private final String disk;

  private RealLvm(Path directory, String disk) {
    this.directory = directory;
    this.disk = disk;
  }

  /** What is missing to run LVM2, or null if nothing is. */
  static @Nullable String missing() {
    for (String program : List.of("lvm", "losetup")) {
      if (!isOnPath(program)) {
        return "the program " + program;
      }
    }
    return Files.isWritable(Path.of("/dev/loop-control"))
        ? null
        : "the right to set up loop devices";
  }

  private static boolean isOnPath(String program) {
    String path = System.getenv("PATH");
    return path != null
        && Arrays.stream(path.split(":", -1))
            .anyMatch(entry -> Files.isExecutable(Path.of(entry, program)));
  }

  /** Puts such a volume group where LVM2 sees it. */
  static RealLvm with(int logicalVolumes, Layout layout) throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("pvmove-benchmark");
    try {
      Path image = directory.resolve("disk.img");
      try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
        file.setLength(ManyVolumes.DEVICE_BYTES);
      }
      try (DeviceSet device = DeviceSet.open(image)) {
        ManyVolumes.store(device, logicalVolumes, layout);
      }
      String disk = run(directory, "losetup", "--find", "--show", image.toString());
      configure(directory, disk);
      return new RealLvm(directory, disk);
    } catch (Throwable e) {
      MoreFiles.deleteRecursively(directory, RecursiveDeleteOption.ALLOW_INSECURE);
      throw e;
    }
  }

  private static void configure(Path directory, String disk) throws IOException {
    // LVM2 reads no text that is larger than its memory for input and output (in KiB).
    Files.writeString(
        directory.resolve("lvm.conf"),
        """
        devices {
          use_devicesfile = 0
          scan_lvs = 0
          hints = "none"
          obtain_device_list_from_udev = 0
          external_device_info_source = "none"
          md_component_detection = 0
          multipath_component_detection = 0
          filter = [ "a|^%1$s$|", "r|.*|" ]
          global_filter = [ "a|^%1$s$|", "r|.*|" ]
        }
        global {
          io_memory_size = 524288
          locking_dir = "%2$s/lock"
          use_lvmpolld = 0
          system_id_source = "none"
          notify_dbus = 0
          event_activation = 0
        }
        activation {
          udev_sync = 0
          udev_rules = 0
          monitoring = 0
        }
        """
            .formatted(disk, directory));
  }

  /**
   * Name and number of logical volumes of the volume groups that vgs(8) finds.
   *
   * @throws IOException if it fails or does not end within nine minutes
   */
  String vgs() throws IOException, InterruptedException {
    return run(
        directory,
        "lvm vgs --noheadings --separator / -o vg_name,lv_count --driverloaded n".split(" ", -1));
  }

  private static String run(Path directory, String... command)
      throws IOException, InterruptedException {
    Path output = directory.resolve("output");
    Path errors = directory.resolve("errors");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(output.toFile()).redirectError(errors.toFile());
    builder.environment().put("LVM_SYSTEM_DIR", directory.toString());
    builder.environment().put("LVM_SUPPRESS_FD_WARNINGS", "1");
    builder.environment().put("LC_ALL", "C");
    Process process = builder.start();
    try {
      if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
        throw new IOException(
            "expected %s to end within %d minutes, found it still running"
                .formatted(String.join(" ", command), LIMIT_MINUTES));
      }
    } finally {
      process.destroyForcibly();
    }
    if (process.exitValue() != 0) {
      throw new IOException(
          "expected %s to succeed, found exit status %d: %s"
              .formatted(String.join(" ", command), process.exitValue(), Files.readString(errors)));
    }
    return Files.readString(output).strip();
  }

  /** Removes the loop device and its image. */
  void remove() throws IOException, InterruptedException {
    run(directory, "losetup", "--detach", disk);
    MoreFiles.deleteRecursively(directory, RecursiveDeleteOption.ALLOW_INSECURE);
  }
}
