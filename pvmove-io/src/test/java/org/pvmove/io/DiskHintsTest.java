// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Finds hints in directories laid out like sysfs. */
class DiskHintsTest {
  @TempDir Path sysfs;
  private Path links;
  private DiskHints hints;

  @BeforeEach
  void makeLinksDirectory() throws IOException {
    links = Files.createDirectories(sysfs.resolve("dev/block"));
    hints = new DiskHints(links);
  }

  private Path disk(int minor, String name, String rotational, String requests, String maxKib)
      throws IOException {
    Path disk = sysfs.resolve("devices").resolve(name);
    Path queue = Files.createDirectories(disk.resolve("queue"));
    Files.writeString(queue.resolve("rotational"), rotational + "\n");
    Files.writeString(queue.resolve("nr_requests"), requests + "\n");
    Files.writeString(queue.resolve("max_sectors_kb"), maxKib + "\n");
    link(minor, disk);
    return disk;
  }

  private void link(int minor, Path device) throws IOException {
    Files.createSymbolicLink(links.resolve("8:" + minor), device);
  }

  private IoHints of(int minor) {
    return hints.ofBlockDevice(0x800 + minor);
  }

  @Test
  void goesByTheQueueOfTheDisk() throws Exception {
    disk(0, "ssd", "0", "1023", "1280");
    disk(1, "hdd", "1", "64", "256");
    disk(2, "odd", "0", "3", "32767");
    disk(3, "small", "0", "0", "4");
    disk(4, "garbage", "x", "y", "z");

    assertThat(of(0)).isEqualTo(new IoHints(of(0).medium(), false, 8, 1 << 20));
    assertThat(of(1)).isEqualTo(new IoHints(of(1).medium(), true, 2, 256 << 10));
    assertThat(of(2)).isEqualTo(new IoHints(of(2).medium(), false, 3, 4 << 20));
    assertThat(of(3)).isEqualTo(new IoHints(of(3).medium(), false, 1, 64 << 10));
    assertThat(of(4)).isEqualTo(new IoHints(of(4).medium(), false, 4, 1 << 20));
    assertThat(of(0).medium()).isNotEqualTo(of(1).medium());
  }

  @Test
  void takesPartitionsForTheirDiskAndStackedDevicesForTheOneBelow() throws Exception {
    Path sda = disk(0, "sda", "1", "64", "512");
    Path sda1 = Files.createDirectory(sda.resolve("sda1"));
    Files.writeString(sda1.resolve("partition"), "1\n");
    link(1, sda1);
    Path sdb = disk(2, "sdb", "0", "64", "512");
    Path crypt = disk(3, "dm-0", "0", "128", "128");
    Files.createSymbolicLink(Files.createDirectory(crypt.resolve("slaves")).resolve("sda1"), sda1);
    Path stacked = disk(4, "dm-1", "0", "128", "128");
    Files.createSymbolicLink(
        Files.createDirectory(stacked.resolve("slaves")).resolve("dm-0"), crypt);
    Path raid = disk(5, "md0", "1", "128", "128");
    Path slaves = Files.createDirectory(raid.resolve("slaves"));
    Files.createSymbolicLink(slaves.resolve("sda1"), sda1);
    Files.createSymbolicLink(slaves.resolve("sdb"), sdb);

    assertThat(of(1)).isEqualTo(of(0));
    assertThat(of(3)).isEqualTo(of(0));
    assertThat(of(4)).isEqualTo(of(0));
    assertThat(of(5).medium()).isNotIn(of(0).medium(), of(2).medium());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void looksBelowLoopDevicesAsFarAsItCan() throws Exception {
    Path loop = disk(0, "loop0", "0", "128", "128");
    Path backing = Files.createDirectory(loop.resolve("loop")).resolve("backing_file");
    Files.writeString(backing, sysfs.resolve("removed (deleted)") + "\n");

    assertThat(of(0).medium()).hasToString("Medium[name=loop0]");

    Path image = Files.createFile(sysfs.resolve("image"));
    Files.writeString(backing, image + "\n");
    Path disk = disk(1, "sda", "0", "64", "512");
    String device = DeviceNode.majorMinor(DeviceNode.fileSystemDevice(image));
    Files.createSymbolicLink(links.resolve(device), disk);

    assertThat(of(0)).isEqualTo(of(1));
    assertThat(hints.ofFile(image)).isEqualTo(of(1));
  }

  @Test
  void endsEvenWhereDevicesStandOnThemselves() throws Exception {
    Path strange = disk(0, "dm-0", "0", "128", "128");
    Files.createSymbolicLink(
        Files.createDirectory(strange.resolve("slaves")).resolve("dm-0"), strange);

    assertThat(of(0).queueDepth()).isEqualTo(8);
  }

  @Test
  void hasHintsForWhatSysfsDoesNotKnow() {
    assertThat(of(7)).isEqualTo(new IoHints(of(7).medium(), false, 4, 1 << 20));
    assertThat(of(7).medium()).isEqualTo(of(7).medium()).isNotEqualTo(of(8).medium());
    assertThat(hints.ofFile(sysfs.resolve("missing")).queueDepth()).isEqualTo(4);
  }

  @Test
  void areWithinTheirRanges() {
    for (int depth : new int[] {-1, 0, 65}) {
      assertThatThrownBy(() -> new IoHints("m", false, depth, 1 << 20))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("queue depth of " + depth + ": expected 1 to 64");
    }
    for (int bytes : new int[] {0, 32 << 10, 100_000, 8 << 20}) {
      assertThatThrownBy(() -> new IoHints("m", false, 1, bytes))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "transfers of " + bytes + " bytes: expected a power of two from 65536 to 4194304");
    }
  }
}
