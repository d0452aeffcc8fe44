// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LVM2's own program accepts what ours leaves behind, even when it is killed. */
@Tag("tools")
class RealLvmTest {
  private static final int SEGMENTS = 24;

  @TempDir private Path directory;

  @BeforeEach
  void requireTools() {
    RequiredTools.requireLvmOnLoopDevices();
  }

  @Test
  void vgckIsSilentAfterAKillAndAfterTheRestart() throws Exception {
    Images images = Images.scattered(directory, SEGMENTS);
    try (ChildProgram pvmove =
        ChildProgram.pvmove("-v", "--devices", images.devices(), images.name(0))) {
      assertThat(pvmove.awaitLine(line -> line.contains("segment 2 of"))).isTrue();
      pvmove.kill();
      pvmove.exitCode();
    }
    lvmAccepts(images);
    assertThat(images.pvmove().exitCode()).isZero();
    lvmAccepts(images);
    assertThat(images.used(0)).isZero();
    assertThat(images.firstDifference()).isEmpty();
  }

  @Test
  void vgckIsSilentAfterAnAbort() throws Exception {
    Images images = Images.small(directory);
    images.moveOneSegment(0);
    lvmAccepts(images);
    assertThat(images.pvmove("--abort").exitCode()).isZero();
    lvmAccepts(images);
    assertThat(images.firstDifference()).isEmpty();
  }

  /** Has vgck(8) check the volume group, on loop devices that nothing else looks at. */
  private void lvmAccepts(Images images) throws IOException, InterruptedException {
    List<String> loops = new ArrayList<>();
    try {
      for (Path image : images.paths()) {
        RequiredTools.Output loop =
            RequiredTools.run(Map.of(), List.of("losetup", "--find", "--show", image.toString()));
        assertThat(loop.exitCode()).as(loop.text()).isZero();
        loops.add(loop.text());
      }
      RequiredTools.Output vgck =
          RequiredTools.run(
              Map.of(
                  "LVM_SYSTEM_DIR",
                  configuration(loops).toString(),
                  "LVM_SUPPRESS_FD_WARNINGS",
                  "1"),
              List.of("lvm", "vgck", "vg"));
      // That it runs without the kernel's driver is as the configuration wants it.
      assertThat(vgck.text().lines().filter(line -> !line.contains("Activation disabled")))
          .isEmpty();
      assertThat(vgck.exitCode()).isZero();
    } finally {
      for (String loop : loops) {
        RequiredTools.run(Map.of(), List.of("losetup", "--detach", loop));
      }
    }
  }

  private Path configuration(List<String> loops) throws IOException {
    Path lvm = Files.createDirectories(directory.resolve("lvm"));
    String filter =
        loops.stream().map(loop -> "\"a|^" + loop + "$|\", ").collect(Collectors.joining());
    Files.writeString(
        lvm.resolve("lvm.conf"),
        """
        global { activation = 0 locking_dir = "%s" use_lvmpolld = 0 }
        devices { use_devicesfile = 0 filter = [ %s"r|.*|" ] }
        backup { backup = 0 archive = 0 }
        """
            .formatted(lvm.resolve("lock"), filter));
    return lvm;
  }
}
