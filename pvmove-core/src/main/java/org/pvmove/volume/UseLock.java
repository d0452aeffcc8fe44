// SPDX-License-Identifier: Apache-2.0
package org.pvmove.volume;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.RangeLock;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;

/**
 * Keeps those who use volumes and those who move them without knowing of each other apart. Whoever
 * uses volumes of a group holds a lock far behind the end of the device of its first physical
 * volume, where nothing else is locked; whoever moves has the first source extent of the move
 * locked. Both are looked at only by those who have the volume group locked, one after the other.
 */
final class UseLock {
  private static final long BASE = 1L << 62;

  private UseLock() {}

  /**
   * Takes the lock of those who use volumes.
   *
   * @throws VolumesInUseException if others have it, or move
   */
  static RangeLock take(StoredVolumeGroup group) throws IOException {
    RangeLock lock = tryLock(group);
    if (lock == null) {
      throw inUse(group.volumeGroup());
    }
    try {
      for (Pvmove move : Pvmove.allOf(group.volumeGroup())) {
        requireIdle(group, move);
      }
      return lock;
    } catch (Throwable e) {
      lock.close();
      throw e;
    }
  }

  private static void requireIdle(StoredVolumeGroup group, Pvmove move) throws IOException {
    PeRange source = move.pieces().get(0).source();
    long offset = group.volumeGroup().byteOffset(source.pv(), source.first());
    RangeLock claim = group.device(source.pv()).device().tryLock(offset, 1);
    if (claim == null) {
      throw new VolumesInUseException(
          "%s: expected that nobody moves extents who does not know of the use, found that %s is"
                  .formatted(group.volumeGroup().name(), move.name())
              + " worked on: let it end, or stop it and go on with it beneath the volumes once they"
              + " are open (PvMover.Builder.volumes)");
    }
    claim.close();
  }

  /** Checks that nobody has it. */
  static void requireFree(StoredVolumeGroup group) throws IOException {
    RangeLock lock = tryLock(group);
    if (lock == null) {
      throw inUse(group.volumeGroup());
    }
    lock.close();
  }

  private static @Nullable RangeLock tryLock(StoredVolumeGroup group) throws IOException {
    VolumeGroup vg = group.volumeGroup();
    LvmUuid first = vg.physicalVolumes().get(0).id();
    // Several groups may lie on one device only as one after the other, but nothing costs less.
    long offset = BASE + Integer.toUnsignedLong(vg.id().hashCode());
    return group.device(first).device().tryLock(offset, 1);
  }

  private static VolumesInUseException inUse(VolumeGroup vg) {
    return new VolumesInUseException(
        vg.name()
            + ": expected that nobody has its volumes open for reading and writing, found that"
            + " somebody has: close them, or move with them (PvMover.Builder.volumes)");
  }
}
