// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import java.io.IOException;
import java.nio.file.Path;

/** Opens block devices and wraps them. */
public final class BlockDevices {
  /** Logical block size in bytes of a disk that nothing else is known of. */
  static final int USUAL_BLOCK_SIZE = 512;

  private BlockDevices() {}

  /**
   * Opens an image file, taken to be of a disk with 512-byte logical blocks, or a Linux block
   * device.
   *
   * @param path a regular file or a block device, or a symbolic link to one; it names the device
   * @throws NotABlockDeviceException if something else is there, such as a directory
   * @throws java.nio.file.NoSuchFileException if nothing is there
   * @throws IOException if it cannot be opened for another reason, or its size or logical block
   *     size cannot be found out
   */
  public static BlockDevice open(Path path, Access access) throws IOException {
    return open(path, access, USUAL_BLOCK_SIZE);
  }

  /**
   * Opens an image file or a Linux block device, like {@link #open(Path, Access)}.
   *
   * @param imageBlockSize logical block size, in bytes, of the disk that an image file is an image
   *     of: a power of two, at least 512. A block device knows its own.
   */
  public static BlockDevice open(Path path, Access access, int imageBlockSize) throws IOException {
    checkArgument(
        imageBlockSize >= USUAL_BLOCK_SIZE && Integer.bitCount(imageBlockSize) == 1,
        "logical block size of %s bytes: expected a power of two, at least 512",
        imageBlockSize);
    return FileBlockDevice.open(path, access, imageBlockSize);
  }

  /**
   * A device in memory, full of zeros, with 512-byte logical blocks. Memory is used only for the
   * parts that are written, so the size may be far beyond the heap.
   *
   * @param size in bytes, not negative
   */
  public static BlockDevice inMemory(String name, long size) {
    return new MemoryBlockDevice(name, size);
  }

  /**
   * The same device, refusing writes. A flush is passed on, closing the view closes the device.
   *
   * @return a view; {@code device} stays as writable as it is
   */
  public static BlockDevice readOnly(BlockDevice device) {
    return new ReadOnlyBlockDevice(checkNotNull(device));
  }

  /**
   * The same device, given up at the first flush that fails: from then on every read, write and
   * flush throws an {@link IOException} that names that failure and has it as its cause.
   *
   * <p>After such a failure nobody knows what the disk holds, and the next flush might well
   * succeed, because the error was reported once and is forgotten; going on would turn lost writes
   * into a success. Reads are refused too, since they may show, from a cache, what will never be on
   * the disk. A read or a write that fails, on the other hand, says only something about its own
   * range: one bad sector does not make a dead disk. It is reported to its caller alone, who may
   * try again or go around it.
   *
   * <p>Flushes are made one at a time: a flush that succeeds covers no lost write. All writes must
   * go through this wrapper. Closing it closes the device.
   */
  public static BlockDevice failStop(BlockDevice device) {
    return new FailStopBlockDevice(checkNotNull(device));
  }

  /**
   * Checks that a range is within a device, for implementations of {@link BlockDevice}.
   *
   * @param byteOffset where the range begins
   * @param byteCount its length; an empty range may begin anywhere from 0 to the size
   * @throws IllegalArgumentException if the range is not within the device
   */
  public static void checkRange(BlockDevice device, long byteOffset, long byteCount) {
    // Written so that no sum can overflow.
    if (byteOffset < 0 || byteCount < 0 || byteOffset > device.size() - byteCount) {
      throw new IllegalArgumentException(
          String.format(
              "expected a range within the %d bytes of '%s', found %d bytes at byte offset %d",
              device.size(), device.name(), byteCount, byteOffset));
    }
  }
}
