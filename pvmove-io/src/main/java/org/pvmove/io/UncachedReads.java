// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import com.google.common.util.concurrent.Uninterruptibles;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Reads of a file past the system's cache ({@code O_DIRECT}), with the alignment that they need.
 * Its channel belongs to whoever opened it, as all channels of a file do: see {@link OpenFiles}.
 */
final class UncachedReads {
  private static final int BUFFER_BYTES = 1 << 20;

  /** Serves all disks and file systems in use; a multiple of their logical block sizes. */
  private static final int ALIGNMENT = 4096;

  private final AsynchronousFileChannel channel;

  @GuardedBy("this")
  private final ByteBuffer buffer =
      ByteBuffer.allocateDirect(BUFFER_BYTES + ALIGNMENT).alignedSlice(ALIGNMENT);

  private UncachedReads(AsynchronousFileChannel channel) {
    this.channel = channel;
  }

  /** Opens a file; null if its file system has no such reads, as one in memory. */
  static @Nullable UncachedReads open(Path path) {
    try {
      return new UncachedReads(
          FileBlockDevice.openChannel(
              path, Set.of(StandardOpenOption.READ, ExtendedOpenOption.DIRECT)));
    } catch (IOException | UnsupportedOperationException e) {
      return null;
    }
  }

  AsynchronousFileChannel channel() {
    return channel;
  }

  /**
   * Reads as much as can be read at once.
   *
   * @return number of bytes put into the target; 0 if the file ends before
   */
  synchronized int read(long byteOffset, ByteBuffer target) throws IOException {
    long start = byteOffset / ALIGNMENT * ALIGNMENT;
    int skip = (int) (byteOffset - start);
    int wanted = Math.min(target.remaining(), BUFFER_BYTES - skip);
    buffer.clear().limit((skip + wanted + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    int read;
    try {
      read = Uninterruptibles.getUninterruptibly(channel.read(buffer, start));
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException cause ? cause : new IOException(e);
    }
    int found = Math.min(wanted, read - skip);
    if (found <= 0) {
      return 0;
    }
    target.put(buffer.flip().position(skip).limit(skip + found));
    return found;
  }
}
