// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which place the bytes of an open file or block device take: where its holes are, and how ranges
 * are zeroed and given back without moving bytes. What the system turns out not to know it is not
 * asked again.
 *
 * <p>The file is opened when it is first needed. Thread-safe.
 */
final class FileSpace implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(FileSpace.class);

  /** A hole: whatever was there is given back. */
  private static final int DISCARD =
      LinuxCalls.FALLOC_FL_PUNCH_HOLE | LinuxCalls.FALLOC_FL_KEEP_SIZE;

  /** What older kernels take for the discard of a disk, which need not read as zeros then. */
  private static final int DISCARD_DISK = DISCARD | LinuxCalls.FALLOC_FL_NO_HIDE_STALE;

  private final Path path;
  private final DeviceNode node;
  private final Access access;

  @GuardedBy("this")
  private @Nullable NativeFile file;

  @GuardedBy("this")
  private boolean tried;

  @GuardedBy("this")
  private boolean closed;

  /** Whether the system tells where holes are, as far as is known. */
  private volatile boolean tellsHoles;

  /** How fallocate is told to zero a range; 0 if it cannot be. */
  private volatile int zeroMode;

  /** How fallocate is told to discard a range; 0 if it cannot be. */
  private volatile int discardMode;

  /**
   * Opens nothing yet.
   *
   * @param node what the path leads to
   */
  FileSpace(Path path, DeviceNode node, Access access) {
    this.path = path;
    this.node = node;
    this.access = access;
    this.tellsHoles = !node.isBlockDevice();
    // A block device need not give its place up for zeros, only write them if it knows no better.
    this.zeroMode =
        LinuxCalls.FALLOC_FL_KEEP_SIZE
            | (node.isBlockDevice()
                ? LinuxCalls.FALLOC_FL_ZERO_RANGE
                : LinuxCalls.FALLOC_FL_PUNCH_HOLE);
    this.discardMode = node.isBlockDevice() ? DISCARD_DISK : DISCARD;
  }

  /**
   * The next byte that is not known to be in a hole; {@link Long#MAX_VALUE} if there is nothing but
   * holes up to the end, wherever that is.
   */
  long nextData(long from) throws IOException {
    NativeFile opened = tellsHoles ? file() : null;
    if (opened == null) {
      return from;
    }
    try {
      return opened.seekData(from);
    } catch (LinuxCalls.ErrnoException e) {
      LOG.debug("'{}': holes cannot be found", path, e);
      tellsHoles = false;
      return from;
    }
  }

  /** Whether {@link #zero} may do it, and so that it costs much less than writing zeros. */
  boolean zeroesCheaply() {
    if (node.isBlockDevice() || zeroMode == 0) {
      return false;
    }
    try {
      return file() != null;
    } catch (IOException e) {
      LOG.debug("zeros cost as much as other bytes", e);
      return false;
    }
  }

  /**
   * Zeroes whole pages of the cache and whole blocks.
   *
   * @param turns those of the writers of the file
   * @return whether it was done; otherwise any part of the range may be zeroed
   * @throws LinuxCalls.ErrnoException if the device failed to do it
   */
  boolean zero(WriteTurns turns, long from, long count) throws IOException {
    int mode = zeroMode;
    NativeFile opened = mode == 0 ? null : file();
    if (opened == null) {
      return false;
    }
    try {
      return fallocate(turns, opened, mode, from, count);
    } catch (LinuxCalls.ErrnoException e) {
      if (isUnsupported(e)) {
        LOG.debug("'{}': zeros are written from now on", path, e);
        zeroMode = 0;
        return false;
      }
      if (isForNow(e)) {
        return false;
      }
      throw e;
    }
  }

  /**
   * Gives whole pages of the cache and whole blocks back.
   *
   * @param turns those of the writers of the file
   * @return whether it was done
   * @throws LinuxCalls.ErrnoException if the device failed to do it
   */
  boolean discard(WriteTurns turns, long from, long count) throws IOException {
    NativeFile opened = file();
    int mode = discardMode;
    while (opened != null && mode != 0) {
      try {
        return fallocate(turns, opened, mode, from, count);
      } catch (LinuxCalls.ErrnoException e) {
        if (isForNow(e)) {
          return false;
        }
        if (!isUnsupported(e)) {
          throw e;
        }
        // Newer kernels know the old way no more. That they do with zeros, or not at all.
        mode = mode == DISCARD_DISK ? DISCARD : 0;
        discardMode = mode;
      }
    }
    return false;
  }

  /** Returns true, or throws. */
  private static boolean fallocate(
      WriteTurns turns, NativeFile file, int mode, long from, long count) throws IOException {
    return turns.take(
        false,
        from,
        count,
        () -> {
          file.fallocate(mode, from, count);
          return true;
        });
  }

  private static boolean isUnsupported(LinuxCalls.ErrnoException e) {
    return e.errno() == LinuxCalls.EOPNOTSUPP
        || e.errno() == LinuxCalls.ENOSYS
        || e.errno() == LinuxCalls.EINVAL
        || e.errno() == LinuxCalls.ENODEV;
  }

  /**
   * Whether others have claimed the disk and the cache has something to write there, or there is no
   * room to note a hole. Neither keeps anyone from writing.
   */
  private static boolean isForNow(LinuxCalls.ErrnoException e) {
    return e.errno() == LinuxCalls.EBUSY || e.errno() == LinuxCalls.ENOSPC;
  }

  /** The file for what Java has no words for; null if that is not to be had. */
  private synchronized @Nullable NativeFile file() throws IOException {
    if (closed) {
      throw new IOException("'" + path + "' is closed");
    }
    if (!tried) {
      tried = true;
      file = NativeFile.open(path, node.fileKey(), access);
    }
    return file;
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    if (file != null) {
      OpenFiles.closeOther(node.fileKey(), file);
    }
  }
}
