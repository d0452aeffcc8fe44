// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * LVM2's own program on loop devices of image files that nothing else looks at, with locks in a
 * directory of its own. The loop devices go when it is closed.
 */
final class LvmOnLoops implements AutoCloseable {
  private final List<String> loops = new ArrayList<>();
  private final Path system;

  LvmOnLoops(Path directory, Images images) throws IOException, InterruptedException {
    system = Files.createDirectories(directory.resolve("lvm"));
    try {
      for (Path image : images.paths()) {
        RequiredTools.Output loop =
            RequiredTools.run(Map.of(), List.of("losetup", "--find", "--show", image.toString()));
        assertThat(loop.exitCode()).as(loop.text()).isZero();
        loops.add(loop.text());
      }
      configure();
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  private void configure() throws IOException {
    Files.createDirectories(lockingDirectory());
    String filter =
        loops.stream().map(loop -> "\"a|^" + loop + "$|\", ").collect(Collectors.joining());
    Files.writeString(
        system.resolve("lvm.conf"),
        """
        global { activation = 0 locking_dir = "%s" use_lvmpolld = 0 }
        devices { use_devicesfile = 0 hints = "none" md_component_detection = 0 filter = [ %s"r|.*|" ] }
        backup { backup = 0 archive = 0 }
        """
            .formatted(lockingDirectory(), filter));
  }

  Path lockingDirectory() {
    return system.resolve("lock");
  }

  ImmutableList<Path> loops() {
    return loops.stream().map(Path::of).collect(ImmutableList.toImmutableList());
  }

  /** A command of LVM2, to be started. */
  ProcessBuilder command(String... words) {
    List<String> line = new ArrayList<>(List.of("lvm"));
    line.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(line);
    builder.environment().put("LVM_SYSTEM_DIR", system.toString());
    builder.environment().put("LVM_SUPPRESS_FD_WARNINGS", "1");
    return builder;
  }

  /** Has vgck(8) check the volume group. */
  void accepts() throws IOException, InterruptedException {
    assertThat(complaints()).isEmpty();
  }

  /**
   * Has vgck(8) check the volume group, which may have been left between the writing of two
   * metadata areas.
   *
   * @return whether it found a copy of the metadata that is older than another
   */
  boolean findsAnOlderCopy() throws IOException, InterruptedException {
    List<String> complaints = complaints();
    assertThat(complaints)
        .allMatch(
            line ->
                line.contains("ignoring metadata seqno")
                    || line.contains("Inconsistent metadata found for VG vg")
                    || line.contains("See vgck --updatemetadata"));
    return !complaints.isEmpty();
  }

  private List<String> complaints() throws IOException, InterruptedException {
    RequiredTools.Output vgck =
        RequiredTools.run(
            Map.of("LVM_SYSTEM_DIR", system.toString(), "LVM_SUPPRESS_FD_WARNINGS", "1"),
            List.of("lvm", "vgck", "vg"));
    assertThat(vgck.exitCode()).as(vgck.text()).isZero();
    // That it runs without the kernel's driver is as the configuration wants it.
    return vgck.text().lines().filter(line -> !line.contains("Activation disabled")).toList();
  }

  @Override
  public void close() throws IOException {
    for (String loop : loops) {
      try {
        RequiredTools.run(Map.of(), List.of("losetup", "--detach", loop));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    loops.clear();
  }
}
