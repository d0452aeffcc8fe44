// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import com.google.common.collect.ImmutableSet;
import com.google.common.util.concurrent.Uninterruptibles;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads and writes of a file past the system's cache ({@code O_DIRECT}), with the alignment that
 * they need. Its channel belongs to whoever opened it, as all channels of a file do: see {@link
 * OpenFiles}.
 *
 * <p><b>Beside the cache.</b> The same bytes may be read and written through the cache by others.
 * On block devices and the file systems named here Linux keeps the two in step: before a direct
 * read it writes back what the cache holds of the range that is newer than the disk; before a
 * direct write it does so and drops the range from the cache, and after the write it drops the
 * range once more, for what was read into the cache meanwhile. Where it cannot, it writes through
 * the cache. A flush through any descriptor covers both. The one gap is a write through the cache
 * at the same time and in the same cached page: {@link WriteTurns} closes it. On other file systems
 * bytes move through the cache only, as long as nobody asks for the disk's own.
 *
 * <p>Thread-safe; aligned transfers do not wait for each other.
 */
final class DirectChannel {
  private static final Logger LOG = LoggerFactory.getLogger(DirectChannel.class);

  /** Serves all disks and file systems in use; a multiple of their logical block sizes. */
  static final int ALIGNMENT = 4096;

  /** Below this the cache is the faster way: it gathers and reads ahead. */
  static final int MIN_BULK_BYTES = 64 << 10;

  /** Where direct transfers are known to go together with others, and to be worthwhile. */
  private static final ImmutableSet<String> COHERENT =
      ImmutableSet.of("ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "overlay");

  private static final int BUFFER_BYTES = 1 << 20;

  private final AsynchronousFileChannel channel;
  private final boolean forBulk;

  @GuardedBy("this")
  private @Nullable ByteBuffer buffer;

  private DirectChannel(AsynchronousFileChannel channel, boolean forBulk) {
    this.channel = channel;
    this.forBulk = forBulk;
  }

  /**
   * Opens a file; null if there are no such transfers of it, as in a file system in memory, or
   * another file is there by now.
   *
   * @param node what must be there: the path is opened again, and may lead to another file by now
   */
  static @Nullable DirectChannel open(Path path, DeviceNode node, Access access)
      throws IOException {
    if (!leadsTo(path, node)) {
      return null;
    }
    Set<OpenOption> options = new HashSet<>();
    options.add(StandardOpenOption.READ);
    options.add(ExtendedOpenOption.DIRECT);
    if (access == Access.READ_WRITE) {
      options.add(StandardOpenOption.WRITE);
    }
    AsynchronousFileChannel channel;
    try {
      channel = FileBlockDevice.openChannel(path, options);
    } catch (IOException | UnsupportedOperationException e) {
      LOG.debug("'{}' is read and written through the system's cache", path, e);
      return null;
    }
    if (leadsTo(path, node) && transfers(channel, path)) {
      return new DirectChannel(channel, node.isBlockDevice() || isCoherent(path));
    }
    OpenFiles.closeOther(node.fileKey(), channel);
    return null;
  }

  private static boolean leadsTo(Path path, DeviceNode node) {
    try {
      return node.equals(DeviceNode.examine(path));
    } catch (IOException e) {
      LOG.debug("'{}' is gone", path, e);
      return false;
    }
  }

  /**
   * Whether a transfer of the least size gets through. Some systems open a file and refuse then
   * what is done with it, and blocks of a disk may be larger than all those known today; of a later
   * error nobody could tell this from an error of the disk. Where the very beginning cannot be read
   * for another reason the cache serves as well.
   */
  static boolean transfers(AsynchronousFileChannel channel, Path path) {
    try {
      int unused = await(channel.read(alignedBuffer(ALIGNMENT), 0));
      return true;
    } catch (IOException e) {
      LOG.debug("'{}' is read and written through the system's cache", path, e);
      return false;
    }
  }

  private static boolean isCoherent(Path path) {
    try {
      return COHERENT.contains(Files.getFileStore(path).type());
    } catch (IOException e) {
      LOG.debug("the file system of '{}' cannot be found out", path, e);
      return false;
    }
  }

  AsynchronousFileChannel channel() {
    return channel;
  }

  /** Whether {@linkplain #isBulk large} transfers had best go this way. */
  boolean isForBulk() {
    return forBulk;
  }

  /** Whether a transfer is large and aligned. */
  static boolean isBulk(long byteOffset, ByteBuffer bytes) {
    return bytes.remaining() >= MIN_BULK_BYTES && isAligned(byteOffset, bytes);
  }

  private static boolean isAligned(long byteOffset, ByteBuffer bytes) {
    return bytes.isDirect()
        && byteOffset % ALIGNMENT == 0
        && bytes.remaining() % ALIGNMENT == 0
        && bytes.alignmentOffset(bytes.position(), ALIGNMENT) == 0;
  }

  /**
   * Reads as much as can be read at once, whatever the alignment.
   *
   * @return number of bytes put into the target; 0 if the file ends before
   */
  int readAny(long byteOffset, ByteBuffer target) throws IOException {
    return isAligned(byteOffset, target)
        ? Math.max(0, await(channel.read(target, byteOffset)))
        : readThroughBuffer(byteOffset, target);
  }

  private synchronized int readThroughBuffer(long byteOffset, ByteBuffer target)
      throws IOException {
    ByteBuffer aligned = buffer;
    if (aligned == null) {
      aligned = alignedBuffer(BUFFER_BYTES);
      buffer = aligned;
    }
    long start = byteOffset / ALIGNMENT * ALIGNMENT;
    int skip = (int) (byteOffset - start);
    int wanted = Math.min(target.remaining(), BUFFER_BYTES - skip);
    aligned.clear().limit((skip + wanted + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    int found = Math.min(wanted, await(channel.read(aligned, start)) - skip);
    if (found <= 0) {
      return 0;
    }
    target.put(aligned.flip().position(skip).limit(skip + found));
    return found;
  }

  private static ByteBuffer alignedBuffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes + ALIGNMENT).alignedSlice(ALIGNMENT).limit(bytes);
  }

  private static int await(Future<Integer> transfer) throws IOException {
    try {
      return Uninterruptibles.getUninterruptibly(transfer);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException cause ? cause : new IOException(e);
    }
  }
}
