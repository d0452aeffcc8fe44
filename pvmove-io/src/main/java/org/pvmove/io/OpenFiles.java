// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The files that devices of this JVM have open.
 *
 * <p>A POSIX record lock belongs to the process, and closing <em>any</em> descriptor of the file
 * releases it. So all writers of a file share one channel, which is closed with the last of them,
 * and all other channels and descriptors of the file stay open until then.
 */
final class OpenFiles {
  /** What opens a channel. */
  @FunctionalInterface
  interface Opener {
    AsynchronousFileChannel open(Path path) throws IOException;
  }

  /** A file with writers. */
  static final class WrittenFile {
    private final Object fileKey;
    private final AsynchronousFileChannel channel;

    @GuardedBy("OpenFiles.class")
    private int writers = 1;

    /** The first one, if there was any. */
    @GuardedBy("this")
    private @Nullable IOException flushFailure;

    /** How writes past the system's cache and others go together. */
    private final WriteTurns turns = new WriteTurns();

    /** What else has the file open, to be closed after the channel of the writers. */
    @GuardedBy("OpenFiles.class")
    private final List<Closeable> closeLater = new ArrayList<>();

    private WrittenFile(Object fileKey, AsynchronousFileChannel channel) {
      this.fileKey = fileKey;
      this.channel = channel;
    }

    AsynchronousFileChannel channel() {
      return channel;
    }

    WriteTurns turns() {
      return turns;
    }

    /**
     * Makes durable what any writer has written. The system reports a failure once for the channel,
     * that is to one of its writers; the others must not take the next flush for a success.
     *
     * @throws IOException if it fails, or has failed before for any writer
     */
    synchronized void flush() throws IOException {
      IOException failure = flushFailure;
      if (failure != null) {
        throw new IOException("an earlier flush has failed: " + failure.getMessage(), failure);
      }
      try {
        // The size is fixed, so what else a file's metadata holds does not matter to the bytes.
        channel.force(false);
      } catch (IOException e) {
        flushFailure = e;
        throw e;
      }
    }

    @Nullable RangeLock tryLock(long byteOffset, long byteCount) throws IOException {
      FileLock lock;
      try {
        lock = channel.tryLock(byteOffset, byteCount, false);
      } catch (OverlappingFileLockException heldInThisProcess) {
        return null;
      }
      return lock == null ? null : lock::close;
    }
  }

  @GuardedBy("OpenFiles.class")
  private static final Map<Object, WrittenFile> WRITTEN = new HashMap<>();

  private OpenFiles() {}

  /**
   * Opens a file for one more writer.
   *
   * @param fileKey identity of the file
   */
  static WrittenFile openForWriting(Path path, Object fileKey, Opener opener) throws IOException {
    synchronized (OpenFiles.class) {
      WrittenFile known = WRITTEN.get(fileKey);
      if (known != null) {
        known.writers++;
        return known;
      }
      WrittenFile opened = new WrittenFile(fileKey, opener.open(path));
      WRITTEN.put(fileKey, opened);
      return opened;
    }
  }

  /** Gives a file up for one of its writers. */
  static void closeWriter(WrittenFile file) throws IOException {
    synchronized (OpenFiles.class) {
      if (--file.writers == 0) {
        WRITTEN.remove(file.fileKey);
        List<Closeable> last = new ArrayList<>(file.closeLater);
        last.add(0, file.channel);
        // Under the monitor: a writer that came in now would lose its locks.
        for (Closeable each : last) {
          each.close();
        }
      }
    }
  }

  /**
   * Closes a channel or a descriptor that is not the channel of the writers, as soon as that does
   * not cost them their locks.
   */
  static void closeOther(Object fileKey, Closeable channel) throws IOException {
    synchronized (OpenFiles.class) {
      WrittenFile written = WRITTEN.get(fileKey);
      if (written != null) {
        written.closeLater.add(channel);
        return;
      }
      // Closed under the monitor: a writer that came in now would lose its locks.
      channel.close();
    }
  }
}
