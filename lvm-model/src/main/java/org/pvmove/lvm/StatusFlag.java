// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

/**
 * The words of the {@code status} and {@code flags} arrays of volume groups, physical volumes and
 * logical volumes. The order of the constants is the order in which LVM2 writes the words of a
 * logical volume.
 */
public enum StatusFlag {
  /** The volume group, and each of its physical volumes, is exported. */
  EXPORTED(false),
  /** The volume group may be extended and reduced. */
  RESIZEABLE(false),
  /** New extents may be allocated on the physical volume. */
  ALLOCATABLE(false),
  /** Readable. */
  READ(false),
  /** Writable. */
  WRITE(false),
  /** The logical volume has a fixed device number. */
  FIXED_MINOR(false),
  /** The logical volume is shown to users; absent on those that are parts of others. */
  VISIBLE(false),
  /** The temporary logical volume of a move. */
  PVMOVE(false),
  /** The allocation of the logical volume may not change: a move is going on. */
  LOCKED(false),
  /** The mirror's or raid's images were never synchronised. */
  NOTSYNCED(false),
  /** The raid image is being rebuilt. */
  REBUILD(false),
  /** The raid image is written, but read only in need. */
  WRITEMOSTLY(false),
  /** The volume group belongs to the former clvmd. */
  CLUSTERED(false),
  /** The volume group is shared through lvmlockd. */
  SHARED(false),
  /** The text describes only a part of the volume group; never to be written. */
  PARTIAL(false),
  /** The physical volume was absent when the text was written. */
  MISSING(true),
  /** Stands in for WRITE where older tools must not write. */
  WRITE_LOCKED(true),
  /** Not activated unless asked for by name. */
  ACTIVATION_SKIP(true),
  /** Not activated automatically. */
  NOAUTOACTIVATE(true),
  /** The thin pool fails writes when full instead of queueing them. */
  ERROR_WHEN_FULL(true),
  /** The logical volume is used as a cache without a cache pool. */
  CACHE_VOL(true);

  private final boolean compatible;

  StatusFlag(boolean compatible) {
    this.compatible = compatible;
  }

  /**
   * Whether the word stands in {@code flags}, where tools that do not know it ignore it, rather
   * than in {@code status}, where they refuse the volume group.
   */
  boolean compatible() {
    return compatible;
  }
}
