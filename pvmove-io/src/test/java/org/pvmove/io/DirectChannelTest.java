// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectChannelTest {
  @TempDir Path directory;

  @Test
  void transfersWhereAReadGetsThrough() throws Exception {
    for (int size : new int[] {0, 512, 10_000}) {
      Path file = Files.write(directory.resolve("file"), new byte[size]);
      try (AsynchronousFileChannel channel = AsynchronousFileChannel.open(file)) {
        assertThat(DirectChannel.transfers(channel, file)).as("%d bytes", size).isTrue();
      }
    }
  }

  /** Whatever the system says about it, and in which language. */
  @Test
  void doesNotTransferWhereAReadFails() throws Exception {
    Path file = Files.write(directory.resolve("file"), new byte[10_000]);
    AsynchronousFileChannel channel = AsynchronousFileChannel.open(file);
    channel.close();

    assertThat(DirectChannel.transfers(channel, file)).isFalse();
  }
}
