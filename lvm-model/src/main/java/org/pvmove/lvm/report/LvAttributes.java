// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.StatusFlag;

/**
 * The ten letters of {@code lv_attr}, as lvs(8) explains them. Where a volume is several things at
 * once, the order of the questions is the precedence.
 */
final class LvAttributes {
  private static final char NONE = '-';

  /** What only a kernel driver could tell. */
  private static final char NOT_ASKED = 'X';

  private final GroupView group;
  private final LogicalVolume lv;

  private LvAttributes(GroupView group, LogicalVolume lv) {
    this.group = group;
    this.lv = lv;
  }

  /** The letters of a removed volume that is only remembered. */
  static final String HISTORICAL = "----h-----";

  static String of(GroupView group, LogicalVolume lv) {
    LvAttributes of = new LvAttributes(group, lv);
    return String.valueOf(
        new char[] {
          of.volumeType(),
          of.permissions(),
          of.allocation(),
          lv.flags().has(StatusFlag.FIXED_MINOR) ? 'm' : NONE,
          NOT_ASKED,
          NOT_ASKED,
          of.target(),
          group.isZeroing(lv) ? 'z' : NONE,
          of.health(),
          lv.flags().has(StatusFlag.ACTIVATION_SKIP) ? 'k' : NONE
        });
  }

  private boolean is(LvKind... any) {
    return group.is(lv, any);
  }

  private char volumeType() {
    if (is(LvKind.PVMOVE)) {
      return 'p';
    }
    if (is(LvKind.CONVERTING)) {
      return 'c';
    }
    if (is(LvKind.THICK_ORIGIN, LvKind.EXTERNAL_ORIGIN)) {
      return is(LvKind.MERGING_THICK_ORIGIN) ? 'O' : 'o';
    }
    if (is(
        LvKind.THIN_POOL_METADATA,
        LvKind.CACHE_POOL_METADATA,
        LvKind.POOL_SPARE,
        LvKind.RAID_METADATA,
        LvKind.INTEGRITY_METADATA)) {
      return 'e';
    }
    if (is(
        LvKind.CACHE,
        LvKind.CACHE_POOL,
        LvKind.CACHE_POOL_DATA,
        LvKind.CACHE_VOLUME,
        LvKind.WRITECACHE)) {
      return 'C';
    }
    if (is(LvKind.RAID)) {
      return lv.flags().has(StatusFlag.NOTSYNCED) ? 'R' : 'r';
    }
    if (is(LvKind.MIRROR)) {
      return lv.flags().has(StatusFlag.NOTSYNCED) ? 'M' : 'm';
    }
    if (is(LvKind.THIN_VOLUME)) {
      return thinVolume();
    }
    return is(LvKind.VIRTUAL) ? 'v' : partType();
  }

  private char thinVolume() {
    if (is(LvKind.MERGING_THIN_ORIGIN)) {
      return 'O';
    }
    return is(LvKind.MERGING_SNAPSHOT) ? 'S' : 'V';
  }

  private char partType() {
    if (is(LvKind.THIN_POOL)) {
      return 't';
    }
    if (is(LvKind.THIN_POOL_DATA)) {
      return 'T';
    }
    if (is(LvKind.VDO_POOL)) {
      return 'd';
    }
    if (is(LvKind.VDO_POOL_DATA)) {
      return 'D';
    }
    if (is(LvKind.INTEGRITY)) {
      return 'g';
    }
    if (is(LvKind.MIRROR_IMAGE, LvKind.RAID_IMAGE)) {
      // In sync or not is for the kernel to say; LVM2 takes the worse until it does.
      return 'I';
    }
    if (is(LvKind.MIRROR_LOG)) {
      return 'l';
    }
    if (is(LvKind.THICK_SNAPSHOT)) {
      return is(LvKind.MERGING_SNAPSHOT) ? 'S' : 's';
    }
    return is(LvKind.CACHE_ORIGIN, LvKind.WRITECACHE_ORIGIN) ? 'o' : NONE;
  }

  private char permissions() {
    if (is(LvKind.PVMOVE)) {
      return NONE;
    }
    if (lv.flags().has(StatusFlag.WRITE) || lv.flags().has(StatusFlag.WRITE_LOCKED)) {
      return 'w';
    }
    return lv.flags().has(StatusFlag.READ) ? 'r' : NONE;
  }

  private char allocation() {
    char letter = Allocation.letter(lv.allocationPolicy(), AllocationPolicy.INHERIT);
    return lv.isLocked() ? Character.toUpperCase(letter) : letter;
  }

  private char target() {
    if (is(LvKind.THIN_POOL, LvKind.THIN_VOLUME)) {
      return 't';
    }
    if (is(
        LvKind.CACHE,
        LvKind.CACHE_POOL,
        LvKind.CACHE_VOLUME,
        LvKind.CACHE_ORIGIN,
        LvKind.WRITECACHE,
        LvKind.WRITECACHE_ORIGIN)) {
      return 'C';
    }
    if (isOfRaid()) {
      return 'r';
    }
    if (is(LvKind.MIRROR, LvKind.MIRROR_IMAGE, LvKind.MIRROR_LOG, LvKind.PVMOVE)) {
      return 'm';
    }
    if (is(LvKind.THICK_SNAPSHOT, LvKind.THICK_ORIGIN)) {
      return 's';
    }
    if (is(LvKind.UNKNOWN)) {
      return 'u';
    }
    return is(LvKind.VIRTUAL) ? 'v' : NONE;
  }

  private char health() {
    if (group.isPartial(lv)) {
      return 'p';
    }
    return isOfRaid() ? NOT_ASKED : NONE;
  }

  private boolean isOfRaid() {
    return is(LvKind.RAID, LvKind.RAID_IMAGE, LvKind.RAID_METADATA);
  }
}
