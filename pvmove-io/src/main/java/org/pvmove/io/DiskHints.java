// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out what disk a file or block device lies on, and how that is best used, as sysfs tells it
 * (see {@code Documentation/ABI/stable/sysfs-block} of Linux).
 */
final class DiskHints {
  private static final Logger LOG = LoggerFactory.getLogger(DiskHints.class);

  /** Enough for all disks there are; more would only keep memory busy. */
  private static final int ENOUGH_REQUESTS = 8;

  /**
   * Where the kernel tells no depth, and for what lies on no disk: file systems of several disks,
   * or from afar.
   */
  private static final int USUAL_REQUESTS = 4;

  /**
   * Not one: a disk that has the next request before it is done with this one does not wait for a
   * turn between two neighbours, and many disks of virtual machines say that they rotate. Not more,
   * since requests from two places make heads move.
   */
  private static final int ROTATIONAL_REQUESTS = 2;

  private static final ImmutableSet<String> IN_MEMORY = ImmutableSet.of("tmpfs", "ramfs");

  /**
   * Where processors do the work of the device: more at once get in each other's way at the lock of
   * the file.
   */
  private static final int MEMORY_REQUESTS = 2;

  /** Disks on files on disks: deeper than anyone goes, so that it ends in any case. */
  private static final int MAX_LAYERS = 8;

  /**
   * A disk by the name that the kernel has for it, or a file system by the number of its device.
   */
  private record Medium(String name) {}

  private final Path sysfsBlockDevices;

  /** For the disks of this machine. */
  DiskHints() {
    this(DeviceNode.SYSFS_BLOCK_DEVICES);
  }

  /**
   * @param sysfsBlockDevices the directory with one symbolic link {@code MAJOR:MINOR} per device
   */
  DiskHints(Path sysfsBlockDevices) {
    this.sysfsBlockDevices = sysfsBlockDevices;
  }

  /** Hints for a regular file. */
  IoHints ofFile(Path path) {
    try {
      long device = DeviceNode.fileSystemDevice(path);
      return IN_MEMORY.contains(Files.getFileStore(path).type())
          ? new IoHints(numbered(device), false, MEMORY_REQUESTS, IoHints.USUAL_TRANSFER_BYTES)
          : ofBlockDevice(device);
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      LOG.debug("the device of '{}' cannot be found out", path, e);
      return unknown(new Medium(path.toString()));
    }
  }

  private static IoHints unknown(Object medium) {
    return new IoHints(medium, false, USUAL_REQUESTS, IoHints.USUAL_TRANSFER_BYTES);
  }

  /** Hints for a block device. */
  IoHints ofBlockDevice(long dev) {
    try {
      Path disk = lowest(dev, MAX_LAYERS);
      Path queue = disk.resolve("queue");
      boolean rotational = number(queue.resolve("rotational")).orElse(0) == 1;
      long requests = number(queue.resolve("nr_requests")).orElse(USUAL_REQUESTS);
      long depth =
          rotational ? ROTATIONAL_REQUESTS : Math.max(1, Math.min(requests, ENOUGH_REQUESTS));
      return new IoHints(
          new Medium(String.valueOf(disk.getFileName())),
          rotational,
          (int) depth,
          transferBytes(number(queue.resolve("max_sectors_kb"))));
    } catch (IOException | RuntimeException e) {
      // Also what a sysfs of an odd shape leads to: nobody shall fail for want of a hint.
      LOG.debug("sysfs tells nothing of the device {}", DeviceNode.majorMinor(dev), e);
      return unknown(numbered(dev));
    }
  }

  private static Medium numbered(long dev) {
    return new Medium("device " + DeviceNode.majorMinor(dev));
  }

  private static int transferBytes(OptionalLong maxKib) {
    if (maxKib.isEmpty()) {
      return IoHints.USUAL_TRANSFER_BYTES;
    }
    long kib =
        Math.max(
            IoHints.MIN_TRANSFER_BYTES >> 10,
            Math.min(maxKib.getAsLong(), IoHints.MAX_TRANSFER_BYTES >> 10));
    return (int) Long.highestOneBit(kib) << 10;
  }

  /** The disk below a device, as a directory of sysfs. */
  private Path lowest(long dev, int layers) throws IOException {
    return lowest(DeviceNode.disk(sysfsBlockDevices, dev), layers);
  }

  private Path lowest(Path disk, int layers) throws IOException {
    if (layers == 0) {
      return disk;
    }
    Path backingFile = disk.resolve("loop/backing_file");
    if (Files.exists(backingFile)) {
      try {
        Path file = Path.of(Files.readString(backingFile).trim());
        return lowest(DeviceNode.fileSystemDevice(file), layers - 1);
      } catch (IOException e) {
        // A file of another mount namespace, or one that is removed, or that lies on no disk.
        LOG.debug("what is below '{}' cannot be found out", disk, e);
        return disk;
      }
    }
    Path slaves = disk.resolve("slaves");
    if (Files.isDirectory(slaves)) {
      List<Path> below;
      try (Stream<Path> each = Files.list(slaves)) {
        below = each.limit(2).toList();
      }
      if (below.size() == 1) {
        return lowest(DeviceNode.diskOf(below.get(0).toRealPath()), layers - 1);
      }
    }
    return disk;
  }

  private static OptionalLong number(Path file) {
    try {
      return OptionalLong.of(Long.parseLong(Files.readString(file).trim()));
    } catch (IOException | NumberFormatException e) {
      LOG.debug("'{}' tells nothing", file, e);
      return OptionalLong.empty();
    }
  }
}
