// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.CompletionHandler;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Linux tells of bytes that did not get to the disk once for each descriptor. */
class FailedFlushTest {
  @Test
  void isToldToEveryWriterOfTheFile() throws Exception {
    Object key = new Object();
    Path path = Path.of("image");
    OpenFiles.WrittenFile one = OpenFiles.openForWriting(path, key, file -> new FailsOnce());
    OpenFiles.WrittenFile other = OpenFiles.openForWriting(path, key, file -> new FailsOnce());
    try {
      assertThatThrownBy(one::flush).isInstanceOf(IOException.class).hasMessage("EIO");
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(other::flush)
            .isInstanceOf(IOException.class)
            .hasMessageContaining("an earlier flush has failed: EIO");
      }
    } finally {
      OpenFiles.closeWriter(one);
      OpenFiles.closeWriter(other);
    }
  }

  /** Fails with the first flush, and does nothing else. */
  private static final class FailsOnce extends AsynchronousFileChannel {
    private boolean failed;

    @Override
    public void force(boolean metaData) throws IOException {
      if (!failed) {
        failed = true;
        throw new IOException("EIO");
      }
    }

    @Override
    public long size() {
      return 0;
    }

    @Override
    public AsynchronousFileChannel truncate(long size) {
      throw new UnsupportedOperationException();
    }

    @Override
    public <A> void lock(
        long position,
        long size,
        boolean shared,
        A attachment,
        CompletionHandler<FileLock, ? super A> handler) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Future<FileLock> lock(long position, long size, boolean shared) {
      throw new UnsupportedOperationException();
    }

    @Override
    public @Nullable FileLock tryLock(long position, long size, boolean shared) {
      return null;
    }

    @Override
    public <A> void read(
        ByteBuffer target,
        long position,
        A attachment,
        CompletionHandler<Integer, ? super A> handler) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Future<Integer> read(ByteBuffer target, long position) {
      throw new UnsupportedOperationException();
    }

    @Override
    public <A> void write(
        ByteBuffer source,
        long position,
        A attachment,
        CompletionHandler<Integer, ? super A> handler) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Future<Integer> write(ByteBuffer source, long position) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }
}
