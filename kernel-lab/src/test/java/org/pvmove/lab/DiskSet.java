// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lab;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.Access;

/**
 * The disks of one volume group as image files, called a, b, c and so on.
 *
 * @param volumeGroup name of the volume group
 * @param images the disks
 */
record DiskSet(String volumeGroup, ImmutableList<Path> images) {
  /** Empty disks in a new directory. */
  static DiskSet create(Path directory, String volumeGroup, int disks, long bytes)
      throws IOException {
    Files.createDirectories(directory);
    ImmutableList.Builder<Path> images = ImmutableList.builder();
    for (int i = 0; i < disks; i++) {
      Path image = directory.resolve(String.valueOf((char) ('a' + i)));
      try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
        file.setLength(bytes);
      }
      images.add(image);
    }
    return new DiskSet(volumeGroup, images.build());
  }

  /** Disk a, b, ... */
  Path image(char letter) {
    return images.get(letter - 'a');
  }

  /** A copy of the disks as they are, in a new directory. */
  DiskSet copyTo(Path directory) throws IOException, InterruptedException {
    Files.createDirectories(directory);
    List<String> command = new ArrayList<>(List.of("cp", "--sparse=always"));
    images.forEach(image -> command.add(image.toString()));
    command.add(directory.toString());
    if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
      throw new IOException("cannot copy to " + directory);
    }
    return new DiskSet(
        volumeGroup,
        images.stream()
            .map(image -> directory.resolve(image.getFileName()))
            .collect(ImmutableList.toImmutableList()));
  }

  DeviceSet open() throws IOException {
    return DeviceSet.open(images.toArray(new Path[0]));
  }

  /** The volume group as the disks tell. */
  StoredVolumeGroup scan() throws IOException {
    try (DeviceSet devices = DeviceSet.open(Access.READ_ONLY, images)) {
      return devices.scan(null).volumeGroup(volumeGroup);
    }
  }

  /** Whether the disks hold the volume group yet. */
  boolean isMade() throws IOException {
    try (DeviceSet devices = DeviceSet.open(Access.READ_ONLY, images)) {
      return devices.scan(null).volumeGroups().stream()
          .anyMatch(found -> found.volumeGroup().name().equals(volumeGroup));
    }
  }
}
