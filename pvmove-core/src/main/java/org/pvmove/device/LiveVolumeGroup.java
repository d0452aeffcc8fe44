// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import static com.google.common.base.Preconditions.checkState;

import java.io.Closeable;
import java.io.IOException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.text.MetadataHeader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A volume group on its devices that is changed step by step, while others may change it in
 * between: LVM2 commands, or other processes that use this library. Each step locks it, looks what
 * it is now, changes that, and commits: what others did is kept.
 *
 * <p>Not thread-safe: every thread has one of its own.
 */
public final class LiveVolumeGroup {
  private static final Logger LOG = LoggerFactory.getLogger(LiveVolumeGroup.class);

  private final DeviceSet devices;
  private final @Nullable String systemId;
  private final VolumeGroupLocks locks;
  private final Function<String, MetadataHeader> headers;
  private final @Nullable BackupFiles backups;
  private final BooleanSupplier stopped;
  private boolean archived;
  private StoredVolumeGroup current;

  /**
   * A volume group as it lies on the devices now; nothing is locked yet.
   *
   * @param devices the devices
   * @param nameOrId name or uuid of the volume group
   * @param systemId this host's LVM2 system id; none if absent
   * @param locks how it is locked
   * @param headers makes the header of a metadata version from its description
   * @param backups where the metadata are kept in files; nowhere if absent
   * @param stopped asked while waiting for a lock whether to give up
   * @throws LvmException if there is no such volume group
   */
  public LiveVolumeGroup(
      DeviceSet devices,
      String nameOrId,
      @Nullable String systemId,
      VolumeGroupLocks locks,
      Function<String, MetadataHeader> headers,
      @Nullable BackupFiles backups,
      BooleanSupplier stopped) {
    this.devices = devices;
    this.systemId = systemId;
    this.locks = locks;
    this.headers = headers;
    this.backups = backups;
    this.stopped = stopped;
    this.current = devices.scan(systemId).volumeGroup(nameOrId);
  }

  /** The volume group as it was last seen. */
  public StoredVolumeGroup current() {
    return current;
  }

  /** Claims the disks among its devices, see {@link DeviceSet#claimDisks()}. */
  public Closeable claimDisks() throws IOException {
    return devices.claimDisks();
  }

  /**
   * Locks the volume group and reads what others have changed.
   *
   * @return the lock, to be closed
   * @throws AccessRefusedException if it must not be changed
   * @throws VolumeGroupLockedException if others have it locked for too long
   * @throws VolumeGroupChangedException if it is not there any more
   * @throws IOException if the system does not lock
   */
  public Locked lock() throws IOException {
    while (true) {
      StoredVolumeGroup known = current;
      known.requireRepairable();
      Closeable held = locks.lock(known, stopped);
      try {
        current = devices.refresh(known, systemId);
        if (current.volumeGroup().name().equals(known.volumeGroup().name())
            && current.devices().keySet().equals(known.devices().keySet())) {
          return new Locked(held);
        }
        // What was locked is not what has to be: it was renamed, or has other devices.
        held.close();
      } catch (Throwable e) {
        held.close();
        throw e;
      }
    }
  }

  /** The volume group while it is locked. */
  public final class Locked implements Closeable {
    private final Closeable held;
    private boolean open = true;

    private Locked(Closeable held) {
      this.held = held;
    }

    /** The volume group as it lies on the devices. */
    public StoredVolumeGroup group() {
      return current;
    }

    /**
     * Commits a change.
     *
     * @param edit makes the new version of what is there now
     * @param description what the text says it was written for
     * @return the new version, durable
     * @throws IOException if a device fails or a backup file cannot be written
     */
    public StoredVolumeGroup commit(UnaryOperator<VolumeGroup> edit, String description)
        throws IOException {
      checkState(open, "the lock is released");
      VolumeGroup next = edit.apply(current.volumeGroup());
      if (backups != null && !archived) {
        backups.archive(current.volumeGroup(), current.header());
        archived = true;
      }
      current = devices.commit(current, next, headers.apply(description));
      if (backups != null) {
        backups.backup(current.volumeGroup(), current.header());
      }
      LOG.debug("{}: version {}: {}", next.name(), current.volumeGroup().seqno(), description);
      return current;
    }

    @Override
    public void close() throws IOException {
      open = false;
      held.close();
    }
  }
}
