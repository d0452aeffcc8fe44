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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An image file or a Linux block device; see {@link BlockDevices#open(Path, Access)}.
 *
 * <p>A {@link java.nio.channels.FileChannel} is closed for everybody when one of the threads that
 * use it is interrupted. An {@link AsynchronousFileChannel} is not, and with an executor that runs
 * its tasks at once it does the I/O right here, on the caller's thread, without a hand-over.
 */
final class FileBlockDevice implements BlockDevice {
  private static final Logger LOG = LoggerFactory.getLogger(FileBlockDevice.class);

  /**
   * At most so many bytes go to the channel at a time: for a heap buffer the JDK takes a direct
   * buffer of that size and keeps it for the thread.
   */
  private static final int MAX_TRANSFER_BYTES = 4 << 20;

  /** At most so much is zeroed by one call, so that a device can be closed before all is done. */
  private static final long MAX_ZEROED_BYTES = 1 << 30;

  /** A hole: whatever was there is given back. */
  private static final int DISCARD =
      LinuxCalls.FALLOC_FL_PUNCH_HOLE | LinuxCalls.FALLOC_FL_KEEP_SIZE;

  /** What older kernels take for the discard of a disk, which need not read as zeros then. */
  private static final int DISCARD_DISK = DISCARD | LinuxCalls.FALLOC_FL_NO_HIDE_STALE;

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
  private final DeviceNode node;

  @GuardedBy("this")
  private @Nullable DirectChannel direct;

  @GuardedBy("this")
  private boolean directTried;

  @GuardedBy("this")
  private @Nullable NativeFile nativeFile;

  @GuardedBy("this")
  private boolean nativeTried;

  /** Whether the system tells where holes are, as far as is known. */
  private volatile boolean tellsHoles;

  /** How fallocate is told to zero a range; 0 if it cannot be. */
  private volatile int zeroMode;

  /** How fallocate is told to discard a range; 0 if it cannot be. */
  private volatile int discardMode;

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
    this.fileKey = node.fileKey();
    this.channel = channel;
    this.written = written;
    this.tellsHoles = !node.isBlockDevice();
    // A block device need not give its place up for zeros, only write them if it knows no better.
    this.zeroMode =
        LinuxCalls.FALLOC_FL_KEEP_SIZE
            | (node.isBlockDevice()
                ? LinuxCalls.FALLOC_FL_ZERO_RANGE
                : LinuxCalls.FALLOC_FL_PUNCH_HOLE);
    this.discardMode = node.isBlockDevice() ? DISCARD_DISK : DISCARD;
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
    NativeFile file = tellsHoles && from < to ? nativeFile() : null;
    if (file == null) {
      return from;
    }
    try {
      long data = file.seekData(from);
      if (data == Long.MAX_VALUE) {
        // There is nothing but holes up to the end, wherever that is.
        checkNotShrunk();
      }
      return Math.max(from, Math.min(to, data));
    } catch (LinuxCalls.ErrnoException e) {
      LOG.debug("'{}': holes cannot be found", name, e);
      tellsHoles = false;
      return from;
    }
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
      if (!fallocateZeros(at, piece, written.turns())) {
        BlockDevice.super.writeZeroes(at, piece);
      }
    }
    BlockDevice.super.writeZeroes(end, from + count - end);
  }

  /** Returns whether it was done; otherwise any part of the range may be zeroed. */
  private boolean fallocateZeros(long from, long count, WriteTurns turns) throws IOException {
    int mode = zeroMode;
    NativeFile file = mode == 0 ? null : nativeFile();
    if (file == null) {
      return false;
    }
    try {
      return fallocate(turns, file, mode, from, count);
    } catch (LinuxCalls.ErrnoException e) {
      if (isUnsupported(e)) {
        LOG.debug("'{}': zeros are written from now on", name, e);
        zeroMode = 0;
        return false;
      }
      // Others have claimed the disk and the cache has something to write there; or there is no
      // room to note a hole. Neither keeps anyone from writing.
      if (e.errno() == LinuxCalls.EBUSY || e.errno() == LinuxCalls.ENOSPC) {
        return false;
      }
      throw failed("zero", from, count, e);
    }
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

  @Override
  public boolean zeroesCheaply() {
    if (node.isBlockDevice() || readOnly() || zeroMode == 0) {
      return false;
    }
    try {
      return nativeFile() != null;
    } catch (IOException e) {
      LOG.debug("zeros cost as much as other bytes", e);
      return false;
    }
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
    NativeFile file = begin < end ? nativeFile() : null;
    int mode = discardMode;
    while (file != null && mode != 0) {
      try {
        return fallocate(written.turns(), file, mode, begin, end - begin);
      } catch (LinuxCalls.ErrnoException e) {
        if (e.errno() == LinuxCalls.EBUSY || e.errno() == LinuxCalls.ENOSPC) {
          return false;
        }
        if (!isUnsupported(e)) {
          throw failed("discard", begin, end - begin, e);
        }
        // Newer kernels know the old way no more. That they do with zeros, or not at all.
        mode = mode == DISCARD_DISK ? DISCARD : 0;
        discardMode = mode;
      }
    }
    return false;
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

  /** The file for what Java has no words for; null if that is not to be had. */
  private synchronized @Nullable NativeFile nativeFile() throws IOException {
    checkOpen();
    if (!nativeTried) {
      nativeTried = true;
      nativeFile = NativeFile.open(path, fileKey, access);
    }
    return nativeFile;
  }

  @Override
  public IoHints hints() {
    IoHints found = hints;
    if (found == null) {
      found = node.isBlockDevice() ? DeviceNode.hints(node.rdev()) : DeviceNode.hints(path);
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
    closeOthers();
    close(written, fileKey, channel);
  }

  private synchronized void closeOthers() throws IOException {
    if (direct != null) {
      OpenFiles.closeOther(fileKey, direct.channel());
    }
    if (nativeFile != null) {
      OpenFiles.closeOther(fileKey, nativeFile);
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
