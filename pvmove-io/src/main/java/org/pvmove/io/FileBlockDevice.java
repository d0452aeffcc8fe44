// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import com.google.common.util.concurrent.MoreExecutors;
import com.google.common.util.concurrent.Uninterruptibles;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * An image file or a Linux block device; see {@link BlockDevices#open(Path, Access)}.
 *
 * <p>A {@link java.nio.channels.FileChannel} is closed for everybody when one of the threads that
 * use it is interrupted. An {@link AsynchronousFileChannel} is not, and with an executor that runs
 * its tasks at once it does the I/O right here, on the caller's thread, without a hand-over.
 */
final class FileBlockDevice implements BlockDevice {
  /**
   * At most so many bytes go to the channel at a time: for a heap buffer the JDK takes a direct
   * buffer of that size and keeps it for the thread.
   */
  private static final int MAX_TRANSFER_BYTES = 4 << 20;

  private final String name;
  private final Access access;
  private final long size;
  private final int logicalBlockSize;
  private final Object fileKey;
  private final AsynchronousFileChannel channel;

  /** What the channel belongs to, if it is open for writing. */
  private final OpenFiles.@Nullable WrittenFile written;

  private final Set<RangeLock> locks = ConcurrentHashMap.newKeySet();
  private final Path path;

  @GuardedBy("this")
  private @Nullable UncachedReads uncached;

  @GuardedBy("this")
  private boolean uncachedTried;

  private volatile boolean closed;

  private FileBlockDevice(
      Path path,
      Access access,
      long size,
      int logicalBlockSize,
      Object fileKey,
      AsynchronousFileChannel channel,
      OpenFiles.@Nullable WrittenFile written) {
    this.path = path;
    this.name = path.toString();
    this.access = access;
    this.size = size;
    this.logicalBlockSize = logicalBlockSize;
    this.fileKey = fileKey;
    this.channel = channel;
    this.written = written;
  }

  static FileBlockDevice open(Path path, Access access, int imageBlockSize) throws IOException {
    DeviceNode node = DeviceNode.examine(path);
    int logicalBlockSize =
        node.isBlockDevice() ? DeviceNode.logicalBlockSize(node.rdev()) : imageBlockSize;
    OpenFiles.WrittenFile written =
        access == Access.READ_WRITE
            ? OpenFiles.openForWriting(
                path,
                node.fileKey(),
                file ->
                    openChannel(file, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE)))
            : null;
    AsynchronousFileChannel channel =
        written != null ? written.channel() : openChannel(path, Set.of(StandardOpenOption.READ));
    try {
      return new FileBlockDevice(
          path, access, channel.size(), logicalBlockSize, node.fileKey(), channel, written);
    } catch (Throwable e) {
      close(written, node.fileKey(), channel);
      throw e;
    }
  }

  static AsynchronousFileChannel openChannel(Path path, Set<? extends OpenOption> options)
      throws IOException {
    return AsynchronousFileChannel.open(path, options, MoreExecutors.newDirectExecutorService());
  }

  private static void close(
      OpenFiles.@Nullable WrittenFile written, Object fileKey, AsynchronousFileChannel channel)
      throws IOException {
    if (written != null) {
      OpenFiles.closeWriter(written);
    } else {
      OpenFiles.closeReader(fileKey, channel);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public int logicalBlockSize() {
    return logicalBlockSize;
  }

  @Override
  public boolean readOnly() {
    return access == Access.READ_ONLY;
  }

  @Override
  public void read(long byteOffset, ByteBuffer target) throws IOException {
    BlockDevices.checkRange(this, byteOffset, target.remaining());
    checkOpen();
    ByteBuffer rest = target.duplicate();
    while (rest.position() < target.limit()) {
      long at = byteOffset + rest.position() - target.position();
      limitTransfer(rest, target.limit());
      int count = await(channel.read(rest, at), "read", at, rest.remaining());
      if (count < 0) {
        throw endedAt(at);
      }
    }
    target.position(target.limit());
  }

  private EOFException endedAt(long at) {
    return new EOFException(
        String.format(
            "'%s' ended at byte offset %d: expected the %d bytes it had when opened",
            name, at, size));
  }

  @Override
  public void write(long byteOffset, ByteBuffer source) throws IOException {
    if (readOnly()) {
      throw ReadOnlyBlockDevice.refusal(this);
    }
    BlockDevices.checkRange(this, byteOffset, source.remaining());
    checkOpen();
    checkNotShrunk();
    ByteBuffer rest = source.duplicate();
    while (rest.position() < source.limit()) {
      long at = byteOffset + rest.position() - source.position();
      limitTransfer(rest, source.limit());
      int count = await(channel.write(rest, at), "write", at, rest.remaining());
      if (count <= 0) {
        throw new IOException(
            String.format(
                "'%s' took none of the %d bytes written at byte offset %d",
                name, rest.remaining(), at));
      }
    }
    source.position(source.limit());
  }

  private static void limitTransfer(ByteBuffer rest, int limit) {
    rest.limit((int) Math.min(limit, (long) rest.position() + MAX_TRANSFER_BYTES));
  }

  @Override
  public void flush() throws IOException {
    checkOpen();
    if (readOnly()) {
      return;
    }
    try {
      // The size is fixed, so what else a file's metadata holds does not matter to the bytes.
      channel.force(false);
    } catch (IOException e) {
      throw new IOException("'" + name + "': cannot flush: " + reason(e), e);
    }
    checkNotShrunk();
  }

  @Override
  public boolean readFromDisk(long byteOffset, ByteBuffer target) throws IOException {
    UncachedReads reads = uncached();
    if (reads == null) {
      read(byteOffset, target);
      return false;
    }
    BlockDevices.checkRange(this, byteOffset, target.remaining());
    checkOpen();
    ByteBuffer rest = target.duplicate();
    while (rest.hasRemaining()) {
      long at = byteOffset + rest.position() - target.position();
      int count;
      try {
        count = reads.read(at, rest);
      } catch (IOException e) {
        throw failed("read", at, rest.remaining(), e);
      }
      if (count == 0) {
        throw endedAt(at);
      }
    }
    target.position(target.limit());
    return true;
  }

  private synchronized @Nullable UncachedReads uncached() throws IOException {
    checkOpen();
    if (!uncachedTried) {
      uncached = UncachedReads.open(path);
      uncachedTried = true;
    }
    return uncached;
  }

  @Override
  public @Nullable RangeLock tryLock(long byteOffset, long byteCount) throws IOException {
    checkOpen();
    if (written == null) {
      throw ReadOnlyBlockDevice.refusal(this);
    }
    RangeLock lock = written.tryLock(byteOffset, byteCount);
    if (lock == null) {
      return null;
    }
    // Others may keep the channel open: so the lock would stay when this device is closed.
    locks.add(lock);
    return () -> {
      if (locks.remove(lock)) {
        lock.close();
      }
    };
  }

  @Override
  public void close() throws IOException {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    for (RangeLock lock : locks) {
      lock.close();
    }
    UncachedReads reads = openUncached();
    if (reads != null) {
      OpenFiles.closeReader(fileKey, reads.channel());
    }
    close(written, fileKey, channel);
  }

  private synchronized @Nullable UncachedReads openUncached() {
    return uncached;
  }

  @Override
  public String toString() {
    return name;
  }

  private void checkOpen() throws IOException {
    if (closed) {
      throw new IOException("'" + name + "' is closed");
    }
  }

  /**
   * Writing behind the end of a truncated file would silently make it grow again, with zeros in
   * place of what was cut off.
   */
  private void checkNotShrunk() throws IOException {
    long sizeNow;
    try {
      sizeNow = channel.size();
    } catch (IOException e) {
      throw new IOException("'" + name + "': cannot find out the size: " + reason(e), e);
    }
    if (sizeNow < size) {
      throw new EOFException(
          String.format(
              "'%s' has shrunk: expected the %d bytes it had when opened, found %d",
              name, size, sizeNow));
    }
  }

  private int await(Future<Integer> transfer, String verb, long at, int count) throws IOException {
    try {
      return Uninterruptibles.getUninterruptibly(transfer);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw failed(verb, at, count, cause);
    }
  }

  private IOException failed(String verb, long at, int count, Throwable cause) {
    return new IOException(
        String.format(
            "'%s': cannot %s %d bytes at byte offset %d: %s", name, verb, count, at, reason(cause)),
        cause);
  }

  private static String reason(Throwable e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }
}
