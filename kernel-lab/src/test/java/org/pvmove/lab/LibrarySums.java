// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lab;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.pvmove.device.DeviceSet;
import org.pvmove.io.BlockDevice;
import org.pvmove.volume.LiveVolumes;

/** What the library reads from volumes, in the words in which a guest says what its kernel does. */
final class LibrarySums {
  private static final int BUFFER_BYTES = 1 << 20;

  private LibrarySums() {}

  /** A line for each volume: its name and the checksum of its content. */
  static ImmutableList<String> of(DiskSet disks, List<String> names) throws IOException {
    ImmutableList.Builder<String> sums = ImmutableList.builder();
    try (DeviceSet devices = disks.open();
        LiveVolumes volumes = LiveVolumes.builder(devices, disks.volumeGroup()).open()) {
      for (String name : names) {
        try (BlockDevice volume = volumes.open(name)) {
          sums.add(name + " " + sum(volume));
        }
      }
    }
    return sums.build();
  }

  private static String sum(BlockDevice volume) throws IOException {
    // A guest's busybox has no other; nobody is deceived here.
    MessageDigest digest = md5();
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    for (long at = 0; at < volume.size(); at += buffer.limit()) {
      buffer.clear().limit((int) Math.min(BUFFER_BYTES, volume.size() - at));
      volume.read(at, buffer);
      digest.update(buffer.flip());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest md5() {
    try {
      return MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
