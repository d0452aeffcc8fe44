// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A fixed number of bytes that can be read and written at any offset and made durable.
 *
 * <p><b>Whole or not at all, as the caller sees it.</b> A read or write handles all of the buffer's
 * remaining bytes and then moves the position to the limit, or it throws and leaves the position
 * where it was. After a read that threw, the bytes between position and limit are undefined; after
 * a write that threw, each 512-byte sector of the range holds its old or its new bytes. The buffer
 * must not be used by anyone else during the call. No alignment is asked of callers, but ranges
 * aligned to {@link #logicalBlockSize()} and direct buffers are the cheap ones. Of files and disks,
 * 64 KiB and more move past the system's cache if the offset, the length and the address of a
 * direct buffer ({@link ByteBuffer#alignedSlice}) are multiples of 4096.
 *
 * <p><b>Durable.</b> A write that returned is seen by every later read. It survives a power loss
 * only once a {@link #flush()} that began after it has returned; until then any of its sectors may
 * or may not reach the disk, in any order. {@link #close()} makes nothing durable.
 *
 * <p><b>Threads.</b> Every method may be called from any thread, also at the same time. Reads and
 * writes of ranges that do not overlap do not disturb each other; what a read sees of an
 * overlapping write that has not returned is undefined.
 *
 * <p><b>Interrupts.</b> An interrupt neither ends a call early nor closes the device: the call
 * completes and the thread's interrupt flag is left set. Stopping between calls is the caller's
 * business.
 *
 * <p><b>Errors.</b> A range that is not within the device is an {@link IllegalArgumentException},
 * writing to a read-only device an {@link IllegalStateException}; both happen before anything is
 * touched. Trouble with the device, including its being closed, is an {@link IOException} whose
 * message names the device and the place. {@link BlockDevices#checkRange} helps implementations to
 * agree on this.
 */
public interface BlockDevice extends Closeable {
  /** What messages call this device, for example the path it was opened by. */
  String name();

  /** Size in bytes, as found when the device was opened; it does not change while it is open. */
  long size();

  /**
   * The smallest unit in bytes that the disk addresses, a power of two and at least 512. Power loss
   * may tear larger writes.
   */
  int logicalBlockSize();

  /** Whether {@link #write} is refused. */
  boolean readOnly();

  /**
   * Fills the buffer from the device.
   *
   * @param byteOffset where the first byte is read, from 0 to {@code size() - target.remaining()}
   * @param target receives {@code target.remaining()} bytes, which may be none
   * @throws IllegalArgumentException if the range is not within the device or the buffer is
   *     read-only
   * @throws java.io.EOFException if the device ends before its {@link #size()}
   * @throws IOException if the bytes cannot be read or the device is closed
   */
  void read(long byteOffset, ByteBuffer target) throws IOException;

  /**
   * Writes the buffer to the device, where it is not yet durable.
   *
   * @param byteOffset where the first byte is written, from 0 to {@code size() -
   *     source.remaining()}
   * @param source holds {@code source.remaining()} bytes, which may be none
   * @throws IllegalArgumentException if the range is not within the device
   * @throws IllegalStateException if the device is read-only
   * @throws IOException if the bytes cannot be written or the device is closed
   */
  void write(long byteOffset, ByteBuffer source) throws IOException;

  /**
   * Makes durable every write that returned before this call began.
   *
   * <p>A flush that failed leaves the fate of all writes since the last good one unknown, and
   * flushing again does not tell: systems report a lost write once and then forget it. Give the
   * device up; {@link BlockDevices#failStop} sees to that.
   *
   * @throws IOException if the writes are not known to be durable or the device is closed
   */
  void flush() throws IOException;

  /**
   * Reads like {@link #read}, but from the disk itself and not from a cache that shows what was
   * written and may never have got there: the answer to the question what a flush that failed left.
   * The default does not know how, and reads like any other read.
   *
   * @return whether the bytes are known to come from the disk
   * @throws IllegalArgumentException as {@link #read}
   * @throws IOException as {@link #read}
   */
  default boolean readFromDisk(long byteOffset, ByteBuffer target) throws IOException {
    read(byteOffset, target);
    return false;
  }

  /**
   * Finds the next byte that may be something else than zero, without reading any: a way past the
   * holes of a sparse file. The default knows of no holes. What is said of bytes that are written
   * to meanwhile is undefined, as it is for {@link #read}.
   *
   * @param from where to begin, in bytes, from 0 to {@code to}
   * @param to where to end, from {@code from} to {@code size()}; this byte itself does not matter
   * @return the first byte offset from {@code from} on that is not known to read as zero; {@code
   *     to} if all bytes up to there are known to
   * @throws IllegalArgumentException if the range is not within the device
   * @throws java.io.EOFException if the device is found to end before its {@link #size()}
   * @throws IOException if the device is closed, or does not answer
   */
  default long nextData(long from, long to) throws IOException {
    BlockDevices.checkRange(this, from, to - from);
    return from;
  }

  /**
   * Makes bytes read as zeros. In all respects it is a write of zeros: durable once flushed, and if
   * it throws, each 512-byte sector of the range holds its old bytes or zeros. It may take less
   * time and space, see {@link #zeroesCheaply()}. The default writes zeros, at most 1 MiB at a
   * time.
   *
   * @param from where the first byte is, from 0 to {@code size() - count}
   * @param count how many bytes, which may be none
   * @throws IllegalArgumentException if the range is not within the device
   * @throws IllegalStateException if the device is read-only
   * @throws IOException as {@link #write}
   */
  default void writeZeroes(long from, long count) throws IOException {
    if (readOnly()) {
      throw ReadOnlyBlockDevice.refusal(this);
    }
    BlockDevices.checkRange(this, from, count);
    ByteBuffer zeros = ByteBuffer.allocate((int) Math.min(count, 1 << 20));
    long done = 0;
    do {
      zeros.clear().limit((int) Math.min(zeros.capacity(), count - done));
      write(from + done, zeros);
      done += zeros.limit();
    } while (done < count);
  }

  /**
   * Whether {@link #writeZeroes} costs much less than writing as many bytes, so that it pays to
   * look whether what is to be written is zeros. A hint like {@link #hints()}; the answer may
   * change.
   */
  default boolean zeroesCheaply() {
    return false;
  }

  /**
   * Tells the device that bytes are not needed any more, so that it may use their place otherwise.
   * Until they are written again it is undefined what they read as, which may differ from one read
   * to the next; they never show what is stored elsewhere on the disk. Bytes at the ends of the
   * range that do not fill a block of the device stay as they are. The default does nothing.
   *
   * @param from where the first byte is, from 0 to {@code size() - count}
   * @param count how many bytes, which may be none
   * @return whether anything was passed on to the device
   * @throws IllegalArgumentException if the range is not within the device
   * @throws IllegalStateException if the device is read-only
   * @throws IOException if the device failed to do it, or is closed
   */
  default boolean discard(long from, long count) throws IOException {
    if (readOnly()) {
      throw ReadOnlyBlockDevice.refusal(this);
    }
    BlockDevices.checkRange(this, from, count);
    return false;
  }

  /**
   * How the device is best used. Never depend on it for more than speed. The default knows nothing:
   * the medium is the device itself.
   */
  default IoHints hints() {
    return IoHints.unknown(this);
  }

  /**
   * Tries to lock a range of byte offsets against all others who lock it. Such a lock excludes
   * other locks only: it keeps nobody from reading or writing. The range need not be within the
   * device.
   *
   * <p>The default keeps out users of this very object. Devices opened by {@link BlockDevices} on
   * files and block devices keep out all users of the file in this and other processes, by a POSIX
   * record lock ({@code fcntl}); the lock belongs to the node or file, not to the disk.
   *
   * @param byteOffset where the range begins, not negative
   * @param byteCount its length, at least 1
   * @return the lock; null if somebody has locked an overlapping range
   * @throws IllegalStateException if the device is read-only
   * @throws IOException if the system does not lock, or the device is closed
   */
  default @Nullable RangeLock tryLock(long byteOffset, long byteCount) throws IOException {
    return ObjectLocks.tryLock(this, byteOffset, byteCount);
  }

  /**
   * Gives the device up. Calls under way on other threads complete or fail with an {@link
   * IOException}; later ones fail. Closing again does nothing. Writes that were not flushed are as
   * undecided as before.
   */
  @Override
  void close() throws IOException;
}
