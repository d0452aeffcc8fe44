// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.pvmove.device.DeviceSet;
import org.pvmove.io.BlockDevice;

/**
 * Real LVM2 on disks of its own: loop devices, and a configuration that lets it see nothing else,
 * take no lock and leave no file anywhere else. It needs no device-mapper in the kernel, so its
 * logical volumes are never active. The loop devices go when it is closed.
 *
 * <p>Where the programs or the rights are missing the test is skipped and says why; with {@code
 * PVMOVE_REQUIRE_TOOLS=1} in the environment it fails.
 */
public final class LvmTools implements AutoCloseable {
  private static final int USUAL_BLOCK_BYTES = 512;
  private static final int BLOCK = 64 << 10;

  /**
   * What LVM2 says again and again because it is kept away from the kernel's device-mapper, and of
   * disks whose last 128 KiB are not whole.
   */
  private static final Pattern NOISE =
      Pattern.compile(
          "Activation disabled|mapper/control|Failure to communicate with kernel device-mapper"
              + "|Check that device-mapper is available|Incompatible libdevmapper"
              + "|Device read short \\d+ bytes remaining");

  private static final Pattern FIELD = Pattern.compile("\"(\\w+)\":\"([^\"]*)\"");

  private final Path directory;
  private int blockBytes = USUAL_BLOCK_BYTES;
  private final List<Path> images = new ArrayList<>();
  private final List<Path> disks = new ArrayList<>();

  private LvmTools(Path directory) {
    this.directory = directory;
  }

  /**
   * What a program did.
   *
   * @param status its exit status
   * @param output what it printed, line by line
   * @param errors what it complained about, line by line
   */
  public record Result(int status, ImmutableList<String> output, ImmutableList<String> errors) {}

  /** Empty disks of these sizes in bytes; files go into the directory. */
  public static LvmTools start(Path directory, long... sizes) throws Exception {
    return startWithBlocks(USUAL_BLOCK_BYTES, directory, sizes);
  }

  /** Empty disks whose logical blocks have so many bytes. */
  public static LvmTools startWithBlocks(int blockBytes, Path directory, long... sizes)
      throws Exception {
    requireTools();
    LvmTools tools = new LvmTools(directory);
    tools.blockBytes = blockBytes;
    try {
      for (long size : sizes) {
        Path image = tools.newImage();
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
          file.setLength(size);
        }
      }
      tools.attach();
      return tools;
    } catch (Throwable e) {
      tools.close();
      throw e;
    }
  }

  /** Disks with the contents of these. */
  public static LvmTools start(Path directory, List<? extends BlockDevice> contents)
      throws Exception {
    requireTools();
    LvmTools tools = new LvmTools(directory);
    try {
      for (BlockDevice device : contents) {
        copy(device, tools.newImage());
      }
      tools.attach();
      return tools;
    } catch (Throwable e) {
      tools.close();
      throw e;
    }
  }

  private static void requireTools() {
    require(isOnPath("lvm"), "the program lvm (Debian package lvm2)");
    require(isOnPath("losetup"), "the program losetup");
    require(Files.isWritable(Path.of("/dev/loop-control")), "the right to set up loop devices");
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
            .anyMatch(entry -> Files.isExecutable(Path.of(entry, program)));
  }

  private Path newImage() {
    Path image = directory.resolve("disk" + images.size() + ".img");
    images.add(image);
    return image;
  }

  private static void copy(BlockDevice device, Path image) throws IOException {
    byte[] zeros = new byte[BLOCK];
    try (FileChannel file =
        FileChannel.open(image, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (long at = 0; at < device.size(); at += BLOCK) {
        byte[] block = new byte[(int) Math.min(BLOCK, device.size() - at)];
        device.read(at, ByteBuffer.wrap(block));
        if (!Arrays.equals(block, 0, block.length, zeros, 0, block.length)) {
          file.write(ByteBuffer.wrap(block), at);
        }
      }
    }
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(device.size());
    }
  }

  private void attach() throws IOException, InterruptedException {
    for (Path image : images) {
      Result result =
          execute(
              List.of(
                  "losetup",
                  "--find",
                  "--show",
                  "--sector-size",
                  Integer.toString(blockBytes),
                  image.toString()));
      assertThat(result.status()).as("losetup: %s", result).isZero();
      disks.add(Path.of(result.output().get(0)));
    }
    Path system = Files.createDirectories(directory.resolve("lvm"));
    String accept =
        disks.stream()
            .map(disk -> "\"a|^%s$|\", ".formatted(disk))
            .collect(Collectors.joining("", "[ ", "\"r|.*|\" ]"));
    Files.writeString(
        system.resolve("lvm.conf"),
        """
        devices {
          use_devicesfile = 0
          scan_lvs = 0
          hints = "none"
          obtain_device_list_from_udev = 0
          external_device_info_source = "none"
          md_component_detection = 0
          multipath_component_detection = 0
          filter = %1$s
          global_filter = %1$s
        }
        global {
          locking_dir = "%2$s/lock"
          use_lvmpolld = 0
          system_id_source = "none"
          notify_dbus = 0
          event_activation = 0
          use_aio = 0
        }
        activation {
          udev_sync = 0
          udev_rules = 0
          monitoring = 0
        }
        backup {
          backup_dir = "%2$s/backup"
          archive_dir = "%2$s/archive"
        }
        """
            .formatted(accept, system));
  }

  /** Gives this host an LVM2 system id, to which volume groups made from now on belong. */
  public void useSystemId(String systemId) throws IOException {
    Path system = directory.resolve("lvm");
    Path main = system.resolve("lvm.conf");
    Files.writeString(
        main,
        Files.readString(main)
            .replace("system_id_source = \"none\"", "system_id_source = \"lvmlocal\""));
    Files.writeString(
        system.resolve("lvmlocal.conf"), "local {\n  system_id = \"%s\"\n}\n".formatted(systemId));
  }

  /** The loop devices. */
  public ImmutableList<Path> disks() {
    return ImmutableList.copyOf(disks);
  }

  /** The path of a loop device, by its place in the list of disks. */
  public String disk(int index) {
    return disks.get(index).toString();
  }

  /** The disks as this library opens them; to be closed before LVM2 changes anything. */
  public DeviceSet open() throws IOException {
    return DeviceSet.open(disks.toArray(new Path[0]));
  }

  /**
   * The words in front of those of LVM2's commands that make {@code lvm} see these disks only, for
   * programs that call it themselves.
   */
  public ImmutableList<String> program() {
    return ImmutableList.of(
        "env",
        "LVM_SYSTEM_DIR=" + directory.resolve("lvm"),
        "sh",
        "-c",
        "exec lvm \"$@\" --driverloaded n",
        "lvm");
  }

  /** Runs a command of LVM2, whatever comes of it. */
  public Result run(String... command) throws IOException, InterruptedException {
    List<String> line = new ArrayList<>();
    line.add("lvm");
    line.addAll(List.of(command));
    line.addAll(List.of("--driverloaded", "n"));
    return execute(line);
  }

  /** Runs a command of LVM2 that must succeed, and returns what it printed. */
  public ImmutableList<String> succeed(String... command) throws IOException, InterruptedException {
    Result result = run(command);
    assertThat(result.status()).as("%s: %s", String.join(" ", command), result).isZero();
    return result.output();
  }

  /** Runs a command of LVM2 that must succeed and have nothing to complain about. */
  public ImmutableList<String> succeedSilently(String... command)
      throws IOException, InterruptedException {
    Result result = run(command);
    assertThat(result.status()).as("%s: %s", String.join(" ", command), result).isZero();
    assertThat(result.errors()).as(String.join(" ", command)).isEmpty();
    return result.output();
  }

  /** A report of LVM2: for each row, the fields by name, sizes in bytes. */
  public ImmutableList<Map<String, String>> report(String... command)
      throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of(command));
    line.addAll(List.of("--reportformat", "json", "--units", "b", "--nosuffix"));
    return rows(succeedSilently(line.toArray(new String[0])));
  }

  /** The rows of a report in JSON, where each row is a line and each value a string. */
  public static ImmutableList<Map<String, String>> rows(List<String> lines) {
    ImmutableList.Builder<Map<String, String>> rows = ImmutableList.builder();
    for (String line : lines) {
      ImmutableMap.Builder<String, String> row = ImmutableMap.builder();
      Matcher matcher = FIELD.matcher(line);
      while (matcher.find()) {
        row.put(matcher.group(1), matcher.group(2));
      }
      ImmutableMap<String, String> fields = row.buildOrThrow();
      if (!fields.isEmpty()) {
        rows.add(fields);
      }
    }
    return rows.build();
  }

  private Result execute(List<String> command) throws IOException, InterruptedException {
    // Standard error goes to a file, so that neither stream can fill up while the other is read.
    Path errors = directory.resolve("stderr");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
    builder.environment().put("LVM_SYSTEM_DIR", directory.resolve("lvm").toString());
    builder.environment().put("LVM_SUPPRESS_FD_WARNINGS", "1");
    builder.environment().put("LC_ALL", "C");
    builder.environment().put("TZ", "UTC");
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = process.waitFor();
    return new Result(status, lines(output), lines(Files.readString(errors)));
  }

  private static ImmutableList<String> lines(String text) {
    return text.lines()
        .filter(line -> !line.isBlank() && !NOISE.matcher(line).find())
        .map(String::strip)
        .collect(ImmutableList.toImmutableList());
  }

  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (Path disk : disks) {
      try {
        Result result = execute(List.of("losetup", "--detach", disk.toString()));
        if (result.status() != 0) {
          throw new IOException("cannot detach " + disk + ": " + result.errors());
        }
      } catch (IOException e) {
        failure = e;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        failure = new IOException("interrupted while detaching " + disk, e);
      }
    }
    disks.clear();
    if (failure != null) {
      throw failure;
    }
  }
}
