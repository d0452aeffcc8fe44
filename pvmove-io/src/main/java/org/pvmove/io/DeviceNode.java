// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;

/**
 * What a path leads to, as far as opening it as a block device is concerned.
 *
 * @param fileKey identity of the file, equal for all paths that lead to it
 * @param isBlockDevice whether it is a block device; otherwise it is a regular file
 * @param rdev which device a block device is, in the encoding of Linux's {@code st_rdev}
 */
record DeviceNode(Object fileKey, boolean isBlockDevice, long rdev) {
  /** Has one symbolic link {@code MAJOR:MINOR} per block device of this machine. */
  static final Path SYSFS_BLOCK_DEVICES = Path.of("/sys/dev/block");

  // The file type bits of st_mode, see inode(7).
  private static final int S_IFMT = 0170000;
  private static final int S_IFBLK = 0060000;
  private static final int S_IFCHR = 0020000;
  private static final int S_IFIFO = 0010000;
  private static final int S_IFSOCK = 0140000;

  /**
   * Looks at what is there without opening it, since opening a pipe waits and opening some
   * character devices has effects.
   */
  static DeviceNode examine(Path path) throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
    Object fileKey = attributes.fileKey() == null ? path.toRealPath() : attributes.fileKey();
    if (attributes.isRegularFile()) {
      return new DeviceNode(fileKey, false, 0);
    }
    if (attributes.isDirectory()) {
      throw new NotABlockDeviceException(path.toString(), "a directory");
    }
    if (!path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      throw new NotABlockDeviceException(path.toString(), "a special file");
    }
    // The "unix" view is the JDK's own and the only way in Java to tell special files apart.
    Map<String, Object> unix = Files.readAttributes(path, "unix:mode,rdev");
    int type = number(unix, "mode").intValue() & S_IFMT;
    if (type == S_IFBLK) {
      return new DeviceNode(fileKey, true, number(unix, "rdev").longValue());
    }
    throw new NotABlockDeviceException(
        path.toString(),
        switch (type) {
          case S_IFCHR -> "a character device";
          case S_IFIFO -> "a named pipe";
          case S_IFSOCK -> "a socket";
          default -> "a special file of type 0" + Integer.toOctalString(type);
        });
  }

  private static Number number(Map<String, Object> attributes, String name) {
    if (attributes.get(name) instanceof Number number) {
      return number;
    }
    throw new IllegalStateException("file attribute 'unix:" + name + "' is missing");
  }

  /** Logical block size in bytes of a block device of this machine. */
  static int logicalBlockSize(long rdev) throws IOException {
    return logicalBlockSize(SYSFS_BLOCK_DEVICES, rdev);
  }

  /**
   * Logical block size in bytes of a block device, as sysfs tells it (see {@code
   * Documentation/ABI/stable/sysfs-block} of Linux).
   *
   * @param sysfsBlockDevices the directory with one symbolic link {@code MAJOR:MINOR} per device
   */
  static int logicalBlockSize(Path sysfsBlockDevices, long rdev) throws IOException {
    Path file = disk(sysfsBlockDevices, rdev).resolve("queue/logical_block_size");
    String text = Files.readString(file).trim();
    try {
      int size = Integer.parseInt(text);
      if (size >= BlockDevices.USUAL_BLOCK_SIZE && Integer.bitCount(size) == 1) {
        return size;
      }
    } catch (NumberFormatException e) {
      // Reported below, like a number that makes no sense.
    }
    throw new IOException(
        "'" + file + "': expected a power of two of at least 512, found '" + text + "'");
  }

  /**
   * The directory of sysfs of a disk, or of the disk that a partition is one of.
   *
   * @param sysfsBlockDevices the directory with one symbolic link {@code MAJOR:MINOR} per device
   */
  static Path disk(Path sysfsBlockDevices, long rdev) throws IOException {
    return diskOf(sysfsBlockDevices.resolve(majorMinor(rdev)).toRealPath());
  }

  /** The same for the directory of a disk or a partition. */
  static Path diskOf(Path device) throws IOException {
    // The queue belongs to the disk; a partition is a directory within that of its disk.
    Path disk = Files.exists(device.resolve("partition")) ? device.getParent() : device;
    if (disk == null) {
      throw new NoSuchFileException(device + "/..");
    }
    return disk;
  }

  /**
   * Which device the file system is on that a file belongs to, in the encoding of Linux's {@code
   * st_dev}.
   *
   * @throws UnsupportedOperationException if this is not a Unix
   */
  static long fileSystemDevice(Path file) throws IOException {
    return number(Files.readAttributes(file, "unix:dev"), "dev").longValue();
  }

  /** A device number as sysfs writes it, for example {@code 8:1}. */
  static String majorMinor(long dev) {
    return major(dev) + ":" + minor(dev);
  }

  // Linux's dev_t as the C library encodes it, see makedev(3): 12 + 20 bits of major and 8 + 24
  // bits of minor number, interleaved.
  private static long major(long rdev) {
    return (rdev >>> 8 & 0xfff) | (rdev >>> 32 & 0xfffff000L);
  }

  private static long minor(long rdev) {
    return (rdev & 0xff) | (rdev >>> 12 & 0xffffff00L);
  }
}
