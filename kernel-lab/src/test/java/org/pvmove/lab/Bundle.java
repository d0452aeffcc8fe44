// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lab;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Many small images, one after the other in one sparse file: a machine has room for few disks, and
 * LVM2 is slow where there are many.
 */
final class Bundle {
  private static final int BLOCK = 64 << 10;
  private static final ByteBuffer ZEROS = ByteBuffer.allocate(BLOCK).asReadOnlyBuffer();

  private final Path file;
  private final Map<Path, Long> offsets = new LinkedHashMap<>();
  private long size;

  Bundle() throws IOException {
    file = Files.createTempFile("lab", ".disks");
  }

  Path file() {
    return file;
  }

  /**
   * Adds an image.
   *
   * @return the byte at which it begins
   */
  long add(Path image) throws IOException {
    long offset = size;
    try (FileChannel from = FileChannel.open(image);
        FileChannel to = FileChannel.open(file, StandardOpenOption.WRITE)) {
      copy(from, 0, to, offset, from.size(), false);
      size += from.size();
    }
    offsets.put(image, offset);
    return offset;
  }

  /** Writes every image as it is now. */
  void extract() throws IOException {
    try (FileChannel from = FileChannel.open(file)) {
      for (Map.Entry<Path, Long> entry : offsets.entrySet()) {
        try (FileChannel to =
            FileChannel.open(entry.getKey(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
          copy(from, entry.getValue(), to, 0, to.size(), true);
        }
      }
    }
  }

  /** Writes nothing where the target holds zeros already and is to hold zeros. */
  private static void copy(
      FileChannel from, long fromOffset, FileChannel to, long toOffset, long count, boolean zeros)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(BLOCK);
    for (long done = 0; done < count; done += buffer.limit()) {
      buffer.clear().limit((int) Math.min(BLOCK, count - done));
      while (buffer.hasRemaining()) {
        if (from.read(buffer, fromOffset + done + buffer.position()) < 0) {
          throw new IOException("an image ended early");
        }
      }
      buffer.flip();
      if (zeros || !buffer.equals(ZEROS.duplicate().limit(buffer.limit()))) {
        while (buffer.hasRemaining()) {
          to.write(buffer, toOffset + done + buffer.position());
        }
      } else if (done + buffer.limit() == count && to.size() < toOffset + count) {
        // The last byte makes the file as long as it is to be.
        to.write(ByteBuffer.allocate(1), toOffset + count - 1);
      }
    }
  }

  void delete() throws IOException {
    Files.deleteIfExists(file);
  }
}
