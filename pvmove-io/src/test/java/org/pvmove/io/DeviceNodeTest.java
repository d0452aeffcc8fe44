// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Finds the logical block size in directories laid out like sysfs. */
class DeviceNodeTest {
  @TempDir Path sysfs;
  private Path links;

  @BeforeEach
  void makeLinksDirectory() throws IOException {
    links = Files.createDirectories(sysfs.resolve("dev/block"));
  }

  private void disk(String majorMinor, String name, String blockSize) throws IOException {
    Path queue = Files.createDirectories(sysfs.resolve("devices").resolve(name).resolve("queue"));
    Files.writeString(queue.resolve("logical_block_size"), blockSize);
    link(majorMinor, name);
  }

  private void link(String majorMinor, String name) throws IOException {
    Files.createSymbolicLink(links.resolve(majorMinor), Path.of("../../devices").resolve(name));
  }

  @Test
  void readsTheBlockSizeOfADisk() throws Exception {
    disk("8:1", "sda", "4096\n");
    disk("259:300", "nvme0n1", "512\n");
    disk("7:300000", "loop300000", "1024\n");
    disk("5000:70000", "odd", "8192\n");

    // Device numbers as makedev(3) makes them from the majors and minors above.
    assertThat(DeviceNode.logicalBlockSize(links, 0x801)).isEqualTo(4096);
    assertThat(DeviceNode.logicalBlockSize(links, 0x11032c)).isEqualTo(512);
    assertThat(DeviceNode.logicalBlockSize(links, 0x493007e0)).isEqualTo(1024);
    assertThat(DeviceNode.logicalBlockSize(links, 0x100011138870L)).isEqualTo(8192);
  }

  @Test
  void readsTheBlockSizeOfAPartitionFromItsDisk() throws Exception {
    disk("8:0", "sda", "4096\n");
    Path partition = Files.createDirectory(sysfs.resolve("devices/sda/sda1"));
    Files.writeString(partition.resolve("partition"), "1\n");
    link("8:1", "sda/sda1");

    assertThat(DeviceNode.logicalBlockSize(links, 0x801)).isEqualTo(4096);
  }

  @Test
  void rejectsADeviceThatSysfsDoesNotKnow() {
    assertThatThrownBy(() -> DeviceNode.logicalBlockSize(links, 0x801))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessage(links.resolve("8:1").toString());
  }

  @Test
  void rejectsABlockSizeThatMakesNoSense() throws Exception {
    disk("8:1", "sda", "many\n");
    disk("8:2", "sdb", "1000\n");
    disk("8:3", "sdc", "256\n");
    disk("8:4", "sdd", "-2147483648\n");

    assertRejected(0x801, "many");
    assertRejected(0x802, "1000");
    assertRejected(0x803, "256");
    assertRejected(0x804, "-2147483648");
  }

  private void assertRejected(long rdev, String found) {
    assertThatThrownBy(() -> DeviceNode.logicalBlockSize(links, rdev))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("logical_block_size': expected a power of two of at least 512")
        .hasMessageEndingWith("found '" + found + "'");
  }
}
