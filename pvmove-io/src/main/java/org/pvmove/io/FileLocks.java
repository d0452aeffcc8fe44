// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Locks on whole files by {@code flock(2)}, as LVM2 takes them: made if need be, and removed again
 * by the last one. Other than the record locks behind {@link BlockDevice#tryLock}, which LVM2 does
 * not see, these belong to the opening of a file, so that they exclude others in this process too.
 *
 * <p>Needs Linux and JNA; {@link #available()} tells.
 */
public final class FileLocks {
  private static final int MODE = 0777;

  private FileLocks() {}

  /** Whether files can be locked here. */
  public static boolean available() {
    return LinuxCalls.calls() != null;
  }

  /** A lock that is held until it is closed. */
  public static final class Held implements Closeable {
    private final Path path;
    private final int descriptor;
    private boolean released;

    private Held(Path path, int descriptor) {
      this.path = path;
      this.descriptor = descriptor;
    }

    /**
     * Releases the lock. Whoever finds that nobody else has the file removes it, as LVM2 does; who
     * waits for it meanwhile finds that it is gone, and starts again.
     */
    @Override
    public synchronized void close() throws IOException {
      if (released) {
        return;
      }
      released = true;
      LinuxCalls.Calls c = c();
      try {
        c.flock(descriptor, LinuxCalls.LOCK_UN);
        if (flock(c, descriptor, LinuxCalls.LOCK_EX) && isSameFile(path, descriptor)) {
          Files.deleteIfExists(path);
        }
      } finally {
        closeDescriptor(c, descriptor);
      }
    }
  }

  /**
   * Tries to lock a file.
   *
   * @param path the file, which is made if it is not there; its directory must be
   * @param exclusive whether nobody else may hold it; otherwise others may share it
   * @return the lock; null if somebody holds one that excludes it
   * @throws UnsupportedOperationException if files cannot be locked here
   */
  public static @Nullable Held tryLock(Path path, boolean exclusive) throws IOException {
    return tryLock(path, exclusive, () -> {});
  }

  /**
   * Tries to lock a file.
   *
   * @param opened run when the file is open and not locked yet
   */
  static @Nullable Held tryLock(Path path, boolean exclusive, Runnable opened) throws IOException {
    LinuxCalls.Calls c = c();
    while (true) {
      int descriptor;
      try {
        descriptor =
            c.open(
                path.toString(),
                LinuxCalls.O_CREAT | LinuxCalls.O_APPEND | LinuxCalls.O_RDWR | LinuxCalls.O_CLOEXEC,
                MODE);
      } catch (LinuxCalls.ErrnoException e) {
        throw new IOException("'" + path + "' cannot be opened: " + e.getMessage(), e);
      }
      boolean keep = false;
      try {
        opened.run();
        if (!flock(c, descriptor, exclusive ? LinuxCalls.LOCK_EX : LinuxCalls.LOCK_SH)) {
          return null;
        }
        // The one who held it may have removed it: then this is a lock on a file nobody knows.
        if (isSameFile(path, descriptor)) {
          keep = true;
          return new Held(path, descriptor);
        }
      } finally {
        if (!keep) {
          closeDescriptor(c, descriptor);
        }
      }
    }
  }

  private static LinuxCalls.Calls c() {
    LinuxCalls.Calls c = LinuxCalls.calls();
    if (c == null) {
      throw new UnsupportedOperationException(
          "files can be locked by flock(2) only on Linux and with JNA");
    }
    return c;
  }

  private static boolean flock(LinuxCalls.Calls c, int descriptor, int operation)
      throws IOException {
    try {
      c.flock(descriptor, operation | LinuxCalls.LOCK_NB);
      return true;
    } catch (LinuxCalls.ErrnoException e) {
      if (e.errno() == LinuxCalls.EAGAIN) {
        return false;
      }
      throw new IOException("flock failed: " + e.getMessage(), e);
    }
  }

  private static void closeDescriptor(LinuxCalls.Calls c, int descriptor) throws IOException {
    try {
      c.close(descriptor);
    } catch (LinuxCalls.ErrnoException e) {
      throw new IOException("close failed: " + e.getMessage(), e);
    }
  }

  /** Whether the path still leads to the file that is open. */
  private static boolean isSameFile(Path path, int descriptor) throws IOException {
    try {
      return identity(path).equals(identity(Path.of("/proc/self/fd/" + descriptor)));
    } catch (NoSuchFileException gone) {
      return false;
    }
  }

  private static Map<String, Object> identity(Path path) throws IOException {
    return Files.readAttributes(path, "unix:dev,ino");
  }
}
