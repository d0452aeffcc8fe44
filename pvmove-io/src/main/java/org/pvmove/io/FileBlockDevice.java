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

  /** At most so much is zeroed by one call, so that a device can be closed before all is done. */
  private static final long MAX_ZEROED_BYTES = 1 << 30;

  private final String name;
  private final Access access;
  private final long size;
  private final int logicalBlockSize;
  private final AsynchronousFileChannel channel;

  /** What the channel belongs to, if it is open for writing. */
  private final OpenFiles.@Nullable WrittenFile written;

  private final Set<RangeLock> locks = ConcurrentHashMap.newKeySet();
  private final Path path;
  private final DeviceNode node;
  private final FileSpace space;

  @GuardedBy("this")
  private @Nullable DirectChannel direct;

  @GuardedBy("this")
  private boolean directTried;

  private volatile @Nullable IoHints hints;
  private volatile boolean closed;

  private FileBlockDevice(
      Path path,
      Access access,
      long size,
      int logicalBlockSize,
      DeviceNode node,
      AsynchronousFileChannel channel,
      OpenFiles.@Nullable WrittenFile written) {
    this.path = path;
    this.name = path.toString();
    this.access = access;
    this.size = size;
    this.logicalBlockSize = logicalBlockSize;
    this.node = node;
    this.channel = channel;
    this.written = written;
    this.space = new FileSpace(path, node, access);
  }

  static FileBlockDevice open(Path path, Access access, int imageBlockSize) throws IOException {
    DeviceNode node = DeviceNode.examine(path);
    if (access == Access.READ_WRITE) {
      LinuxCalls.prepare();
    }
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
          path, access, channel.size(), logicalBlockSize, node, channel, written);
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
      OpenFiles.closeOther(fileKey, channel);
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
      int count = transfer("read", at, rest, null);
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
    WriteTurns turns = written == null ? null : written.turns();
    if (turns == null) {
      throw ReadOnlyBlockDevice.refusal(this);
    }
    BlockDevices.checkRange(this, byteOffset, source.remaining());
    checkOpen();
    checkNotShrunk();
    ByteBuffer rest = source.duplicate();
    while (rest.position() < source.limit()) {
      long at = byteOffset + rest.position() - source.position();
      limitTransfer(rest, source.limit());
      int count = transfer("write", at, rest, turns);
      if (count <= 0) {
        throw new IOException(
            String.format(
                "'%s' took none of the %d bytes written at byte offset %d",
                name, rest.remaining(), at));
      }
    }
    source.position(source.limit());
  }

  /**
   * Reads or writes as much as can be at once, past the cache if it is worthwhile.
   *
   * @param turns those of a write; null for a read
   */
  private int transfer(String verb, long at, ByteBuffer bytes, @Nullable WriteTurns turns)
      throws IOException {
    DirectChannel disk = DirectChannel.isBulk(at, bytes) ? direct() : null;
    AsynchronousFileChannel way = disk != null && disk.isForBulk() ? disk.channel() : channel;
    int count = bytes.remaining();
    if (turns == null) {
      return await(way.read(bytes, at), verb, at, count);
    }
    boolean pastCache = way != channel;
    return turns.take(pastCache, at, count, () -> await(way.write(bytes, at), verb, at, count));
  }

  private static void limitTransfer(ByteBuffer rest, int limit) {
    rest.limit((int) Math.min(limit, (long) rest.position() + MAX_TRANSFER_BYTES));
  }

  @Override
  public void flush() throws IOException {
    checkOpen();
    if (written == null) {
      return;
    }
    try {
      written.flush();
    } catch (IOException e) {
      throw new IOException("'" + name + "': cannot flush: " + reason(e), e);
    }
    checkNotShrunk();
  }

  @Override
  public boolean readFromDisk(long byteOffset, ByteBuffer target) throws IOException {
    DirectChannel disk = direct();
    if (disk == null) {
      read(byteOffset, target);
      return false;
    }
    BlockDevices.checkRange(this, byteOffset, target.remaining());
    checkOpen();
    ByteBuffer rest = target.duplicate();
    while (rest.position() < target.limit()) {
      long at = byteOffset + rest.position() - target.position();
      limitTransfer(rest, target.limit());
      int count;
      try {
        count = disk.readAny(at, rest);
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

  /** The way past the cache; null if there is none. */
  private synchronized @Nullable DirectChannel direct() throws IOException {
    checkOpen();
    if (!directTried) {
      directTried = true;
      if (logicalBlockSize <= DirectChannel.ALIGNMENT) {
        direct = DirectChannel.open(path, node, access);
      }
    }
    return direct;
  }

  @Override
  public long nextData(long from, long to) throws IOException {
    BlockDevices.checkRange(this, from, to - from);
    checkOpen();
    if (from == to) {
      return to;
    }
    long data = space.nextData(from);
    if (data == Long.MAX_VALUE) {
      checkNotShrunk();
    }
    return Math.max(from, Math.min(to, data));
  }

  @Override
  public void writeZeroes(long from, long count) throws IOException {
    if (written == null) {
      throw ReadOnlyBlockDevice.refusal(this);
    }
    BlockDevices.checkRange(this, from, count);
    checkOpen();
    checkNotShrunk();
    long begin = roundUp(from);
    long end = roundDown(from + count);
    if (begin >= end) {
      BlockDevice.super.writeZeroes(from, count);
      return;
    }
    BlockDevice.super.writeZeroes(from, begin - from);
    for (long at = begin; at < end; at += MAX_ZEROED_BYTES) {
      long piece = Math.min(end - at, MAX_ZEROED_BYTES);
      if (!zeroInPlace(written.turns(), at, piece)) {
        BlockDevice.super.writeZeroes(at, piece);
      }
    }
    BlockDevice.super.writeZeroes(end, from + count - end);
  }

  private boolean zeroInPlace(WriteTurns turns, long from, long count) throws IOException {
    try {
      return space.zero(turns, from, count);
    } catch (LinuxCalls.ErrnoException e) {
      throw failed("zero", from, count, e);
    }
  }

  @Override
  public boolean zeroesCheaply() {
    return !readOnly() && space.zeroesCheaply();
  }

  @Override
  public boolean discard(long from, long count) throws IOException {
    if (written == null) {
      throw ReadOnlyBlockDevice.refusal(this);
    }
    BlockDevices.checkRange(this, from, count);
    checkOpen();
    checkNotShrunk();
    long begin = roundUp(from);
    long end = roundDown(from + count);
    if (begin >= end) {
      return false;
    }
    try {
      return space.discard(written.turns(), begin, end - begin);
    } catch (LinuxCalls.ErrnoException e) {
      throw failed("discard", begin, end - begin, e);
    }
  }

  // Whole pages of the cache and whole blocks, so that nothing is left to be done for parts of
  // them, which is where kernels differ.
  private long roundUp(long at) {
    long unit = unit();
    return at % unit == 0 ? at : roundDown(at) + unit;
  }

  private long roundDown(long at) {
    return at - at % unit();
  }

  private long unit() {
    return Math.max(DirectChannel.ALIGNMENT, logicalBlockSize);
  }

  @Override
  public IoHints hints() {
    IoHints found = hints;
    if (found == null) {
      DiskHints disks = new DiskHints();
      found = node.isBlockDevice() ? disks.ofBlockDevice(node.rdev()) : disks.ofFile(path);
      hints = found;
    }
    return found;
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
    closeDirect();
    space.close();
    close(written, node.fileKey(), channel);
  }

  private synchronized void closeDirect() throws IOException {
    if (direct != null) {
      OpenFiles.closeOther(node.fileKey(), direct.channel());
    }
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

  private IOException failed(String verb, long at, long count, Throwable cause) {
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
