// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.io.Closer;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.pvmove.io.FileLocks;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.Sectors;

/**
 * How a volume group is locked while it is read and changed. Locks are held for the moment of a
 * commit only, never while data are copied.
 *
 * <p>The headers of the metadata areas are always locked on their devices, which keeps out others
 * who use this library on the same files or disks: see {@link org.pvmove.io.BlockDevice#tryLock}.
 * LVM2 does not see such locks; it is kept out by the files in its locking directory, {@code
 * P_global} (shared) and {@code V_VGNAME} (exclusive), with {@code flock(2)} as LVM2 does it: see
 * {@code locking_dir} and {@code prioritise_write_locks} in lvm.conf(5). Immutable.
 */
public final class VolumeGroupLocks {
  /** Where LVM2 has its locks unless lvm.conf(5) says otherwise. */
  public static final Path LVM_DIRECTORY = Path.of("/run/lock/lvm");

  private static final long FIRST_PAUSE_NANOS = 1_000_000;
  private static final long LAST_PAUSE_NANOS = 50_000_000;

  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private static final VolumeGroupLocks ON_DEVICES = new VolumeGroupLocks(null, null);

  private final @Nullable Path directory;
  private final @Nullable Duration timeout;

  private VolumeGroupLocks(@Nullable Path directory, @Nullable Duration timeout) {
    this.directory = directory;
    this.timeout = timeout;
  }

  /**
   * Those that fit some devices: in LVM2's directory if there are disks of this system among them,
   * else on the devices only. Waits until others are ready.
   */
  public static VolumeGroupLocks usual(DeviceSet devices) {
    return devices.hasDisks() ? inDirectory(LVM_DIRECTORY) : onDevices();
  }

  /**
   * Locks on the devices only: for image files that no LVM2 command is pointed at meanwhile. Waits
   * until others are ready.
   */
  public static VolumeGroupLocks onDevices() {
    return ON_DEVICES;
  }

  /**
   * Locks on the devices and in a directory that LVM2 uses too. Waits until others are ready.
   *
   * @param directory LVM2's {@code global/locking_dir}, such as {@link #LVM_DIRECTORY}; it is made
   *     when the first lock is taken if it is not there
   */
  public static VolumeGroupLocks inDirectory(Path directory) {
    return new VolumeGroupLocks(checkNotNull(directory), null);
  }

  /**
   * The same, giving up after some time.
   *
   * @param limit how long to wait for others; zero for not at all
   */
  public VolumeGroupLocks waitingAtMost(Duration limit) {
    checkArgument(!limit.isNegative(), "time to wait: expected none or some, found %s", limit);
    return new VolumeGroupLocks(directory, limit);
  }

  /**
   * Locks a volume group.
   *
   * @param stopped asked while waiting whether to give up
   * @return the lock, to be closed
   * @throws VolumeGroupLockedException if others did not get ready in time
   * @throws IOException if the system does not lock
   */
  Closeable lock(StoredVolumeGroup group, BooleanSupplier stopped) throws IOException {
    Waiting waiting = new Waiting(group.volumeGroup().name(), stopped);
    Closer held = Closer.create();
    try {
      if (directory != null) {
        if (!FileLocks.available()) {
          throw new IOException(
              "LVM2 cannot be kept away: files cannot be locked by flock(2) without JNA on Linux");
        }
        Files.createDirectories(directory, OWNER_ONLY);
        held.register(lock(directory.resolve("P_global"), false, waiting));
        held.register(lock(directory.resolve("V_" + group.volumeGroup().name()), true, waiting));
      }
      held.register(waiting.until("the metadata areas", () -> tryLockAreas(group)));
      return held;
    } catch (Throwable e) {
      held.close();
      throw e;
    }
  }

  /** Queues up as LVM2 does, so that writers are not starved by readers that come and go. */
  private static Closeable lock(Path file, boolean exclusive, Waiting waiting) throws IOException {
    Path queue = file.resolveSibling(file.getFileName() + ":aux");
    Closeable turn = waiting.until(queue.toString(), () -> FileLocks.tryLock(queue, true));
    try {
      if (!exclusive) {
        turn.close();
      }
      return waiting.until(file.toString(), () -> FileLocks.tryLock(file, exclusive));
    } finally {
      turn.close();
    }
  }

  /** All or none, so that two who want the same in another order do not wait for each other. */
  private static @Nullable Closeable tryLockAreas(StoredVolumeGroup group) throws IOException {
    Closer held = Closer.create();
    boolean all = false;
    try {
      List<ScannedDevice> devices =
          group.devices().entrySet().stream()
              .sorted(Comparator.comparing((Map.Entry<LvmUuid, ScannedDevice> pv) -> pv.getKey()))
              .map(Map.Entry::getValue)
              .toList();
      for (ScannedDevice device : devices) {
        for (MetadataAreaState area : device.areas()) {
          if (area.isWritten()) {
            Closeable lock = device.device().tryLock(area.area().offset(), Sectors.BYTES);
            if (lock == null) {
              return null;
            }
            held.register(lock);
          }
        }
      }
      all = true;
      return held;
    } finally {
      if (!all) {
        held.close();
      }
    }
  }

  private interface Attempt {
    @Nullable Closeable make() throws IOException;
  }

  /** One time limit for all the locks that are needed. */
  private final class Waiting {
    private final String volumeGroup;
    private final BooleanSupplier stopped;
    private final long start = System.nanoTime();

    Waiting(String volumeGroup, BooleanSupplier stopped) {
      this.volumeGroup = volumeGroup;
      this.stopped = stopped;
    }

    /** Asks again and again: a thread that waits in the system could not be told to stop. */
    Closeable until(String what, Attempt attempt) throws IOException {
      long pause = FIRST_PAUSE_NANOS;
      while (true) {
        Closeable lock = attempt.make();
        if (lock != null) {
          return lock;
        }
        if (stopped.getAsBoolean()) {
          throw locked(what, "no longer");
        }
        if (timeout != null && System.nanoTime() - start >= timeout.toNanos()) {
          throw locked(what, "for " + timeout.toMillis() + " ms");
        }
        LockSupport.parkNanos(pause);
        pause = Math.min(2 * pause, LAST_PAUSE_NANOS);
      }
    }

    private VolumeGroupLockedException locked(String what, String waited) {
      return new VolumeGroupLockedException(
          "volume group %s: expected to lock it, found that another process has locked %s; waited"
                  .formatted(volumeGroup, what)
              + " "
              + waited);
    }
  }
}
