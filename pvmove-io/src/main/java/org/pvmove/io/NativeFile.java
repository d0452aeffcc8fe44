// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A descriptor of a file or block device for what Java has no words for. It belongs to whoever
 * opened it, as all descriptors of a file do: see {@link OpenFiles}.
 *
 * <p>Thread-safe, and calls do not wait for each other. The offset of the descriptor, which all
 * calls share, means nothing here: lseek returns what it found itself, and fallocate is told where.
 */
final class NativeFile implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(NativeFile.class);

  private final Path path;
  private final LinuxCalls.Calls calls;
  private final int descriptor;

  /**
   * Closing waits for calls under way: the number of a closed descriptor is given to the next file
   * that is opened, and that is not the one to punch a hole into.
   */
  private final ReadWriteLock use = new ReentrantReadWriteLock();

  @GuardedBy("use")
  private boolean closed;

  private NativeFile(Path path, LinuxCalls.Calls calls, int descriptor) {
    this.path = path;
    this.calls = calls;
    this.descriptor = descriptor;
  }

  /**
   * Opens a file.
   *
   * @param fileKey what must be there: the file may have been renamed since the path was looked at
   * @return null if there are no such calls here, or another file is there by now
   */
  static @Nullable NativeFile open(Path path, Object fileKey, Access access) throws IOException {
    LinuxCalls.Calls calls = LinuxCalls.calls();
    if (calls == null || path.getFileSystem() != FileSystems.getDefault()) {
      return null;
    }
    int mode = access == Access.READ_WRITE ? LinuxCalls.O_RDWR : LinuxCalls.O_RDONLY;
    int descriptor;
    try {
      descriptor = calls.open(path.toString(), mode | LinuxCalls.O_CLOEXEC, 0);
    } catch (LinuxCalls.ErrnoException e) {
      LOG.debug("'{}' cannot be opened", path, e);
      return null;
    }
    NativeFile file = new NativeFile(path, calls, descriptor);
    Object found = null;
    try {
      found =
          Files.readAttributes(Path.of("/proc/self/fd/" + descriptor), BasicFileAttributes.class)
              .fileKey();
    } catch (IOException e) {
      LOG.debug("what '{}' leads to by now cannot be found out", path, e);
    }
    if (fileKey.equals(found)) {
      return file;
    }
    LOG.debug("'{}' leads to another file by now", path);
    OpenFiles.closeOther(found == null ? fileKey : found, file);
    return null;
  }

  /**
   * Finds the next byte that is not in a hole; {@link Long#MAX_VALUE} if there is none.
   *
   * @throws LinuxCalls.ErrnoException if that cannot be found out
   */
  long seekData(long from) throws IOException {
    use.readLock().lock();
    try {
      checkOpen();
      return calls.seekData(descriptor, from);
    } finally {
      use.readLock().unlock();
    }
  }

  /** Changes how a range is stored, see fallocate(2); again if a signal interrupted it. */
  void fallocate(int mode, long from, long count) throws IOException {
    use.readLock().lock();
    try {
      checkOpen();
      boolean done = false;
      while (!done) {
        try {
          calls.fallocate(descriptor, mode, from, count);
          done = true;
        } catch (LinuxCalls.ErrnoException e) {
          // What was done of it does no harm when it is done again.
          if (e.errno() != LinuxCalls.EINTR) {
            throw e;
          }
        }
      }
    } finally {
      use.readLock().unlock();
    }
  }

  @GuardedBy("use")
  private void checkOpen() throws IOException {
    if (closed) {
      throw new IOException("'" + path + "' is closed");
    }
  }

  @Override
  public void close() throws IOException {
    use.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        calls.close(descriptor);
      }
    } finally {
      use.writeLock().unlock();
    }
  }
}
