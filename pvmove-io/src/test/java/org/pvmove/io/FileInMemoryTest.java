// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Files of a file system in memory, which has no disk and may have no way past the cache. */
class FileInMemoryTest extends BlockDeviceContract {
  private static final Path MEMORY = Path.of("/dev/shm");

  private final List<Path> images = new ArrayList<>();

  @BeforeEach
  void needsMemory() throws IOException {
    assumeTrue(
        Files.isWritable(MEMORY) && Files.getFileStore(MEMORY).type().equals("tmpfs"),
        "there is no tmpfs at " + MEMORY);
  }

  @AfterEach
  void removeImages() throws IOException {
    for (Path image : images) {
      Files.deleteIfExists(image);
    }
  }

  @Override
  protected BlockDevice create(long size) throws Exception {
    Path image = Files.createTempFile(MEMORY, "disk", ".img");
    images.add(image);
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(size);
    }
    return BlockDevices.open(image, Access.READ_WRITE);
  }

  @Test
  void sharesAMediumThatDoesNotRotate() throws Exception {
    try (BlockDevice one = create(4096);
        BlockDevice two = create(4096)) {
      assertThat(one.hints()).isEqualTo(two.hints());
      assertThat(one.hints().rotational()).isFalse();
      assertThat(one.hints().queueDepth()).isEqualTo(2);
      assertThat(one.nextData(0, 4096)).isEqualTo(4096);
    }
  }
}
