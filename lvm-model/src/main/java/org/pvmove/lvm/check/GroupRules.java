// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;

/** What is asked of the volume group itself. */
final class GroupRules {
  private static final long MAX_U32 = 0xFFFF_FFFFL;

  private GroupRules() {}

  static String name(VolumeGroup vg) {
    return "volume group " + Names.shorten(vg.name());
  }

  static void check(VolumeGroup vg, Findings out) {
    String object = name(vg);
    if (!Names.isLegal(vg.name())) {
      out.unreadable(object, Names.LEGAL, Names.quote(vg.name()));
    }
    Words.VOLUME_GROUP.check(object, vg.flags(), out);
    if (vg.flags().has(StatusFlag.CLUSTERED)) {
      out.unreadable(object, "a group that is not clustered (clvmd is gone)", "CLUSTERED");
    }
    if (vg.flags().has(StatusFlag.PARTIAL)) {
      out.unwritable(object, "the whole volume group", "PARTIAL");
    }
    Words.checkTags(object, vg.tags(), out);
    if (vg.seqno() < 0 || vg.seqno() >= MAX_U32) {
      out.unwritable(object, "a seqno below 4294967295 (the next would wrap)", vg.seqno());
    } else if (vg.seqno() == 0) {
      out.notice(object, "a seqno above 0", 0);
    }
    if (!vg.extentSize().isUsual()) {
      out.notice(
          object,
          "an extent size that is a power of two or a multiple of 128 KiB",
          vg.extentSize().sectors() + " sectors");
    }
    if (vg.allocationPolicy() == AllocationPolicy.CLING_BY_TAGS) {
      out.notice(object, "allocation policy cling (LVM2 reads it so)", "cling_by_tags");
    }
    checkCounts(object, vg, out);
    checkLocks(object, vg, out);
  }

  private static void checkCounts(String object, VolumeGroup vg, Findings out) {
    if (vg.physicalVolumes().isEmpty()) {
      out.unwritable(object, "at least one physical volume", "none");
    }
    if (vg.maxPv() > 0 && vg.physicalVolumes().size() > vg.maxPv()) {
      out.notice(
          object, "at most max_pv = " + vg.maxPv() + " volumes", vg.physicalVolumes().size());
    }
    long visible =
        vg.logicalVolumes().stream().filter(lv -> lv.flags().has(StatusFlag.VISIBLE)).count();
    if (vg.maxLv() > 0 && visible > vg.maxLv()) {
      out.notice(object, "at most max_lv = " + vg.maxLv() + " visible volumes", visible);
    }
    long extents = 0;
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      extents =
          Math.min(extents + Math.max(0, Math.min(pv.peCount(), MAX_U32)), Long.MAX_VALUE / 2);
    }
    if (extents > MAX_U32) {
      out.unwritable(object, "at most 4294967295 physical extents", extents);
    }
  }

  private static void checkLocks(String object, VolumeGroup vg, Findings out) {
    if (vg.lockType() == null || vg.lockType().equals("none")) {
      if (vg.lockArgs() != null) {
        out.unwritable(object, "no lock_args without a lock_type", Names.quote(vg.lockArgs()));
      }
    } else if (!vg.isShared()) {
      out.unwritable(object, "lock_type none, sanlock, dlm or idm", Names.quote(vg.lockType()));
    } else {
      if (vg.lockArgs() == null) {
        out.unwritable(object, "lock_args for lock_type " + vg.lockType(), "none");
      }
      if (vg.systemId() != null && !vg.systemId().isEmpty()) {
        out.unwritable(
            object,
            "no system_id in a group with lock_type " + vg.lockType(),
            Names.quote(vg.systemId()));
      }
    }
  }

  /** The lock arguments of a logical volume belong to a shared group. */
  static void checkLockArgs(VolumeGroup vg, LogicalVolume lv, String object, Findings out) {
    @Nullable String args = lv.lockArgs();
    if (args == null) {
      return;
    }
    if (!vg.isShared()) {
      out.unwritable(object, "no lock_args in a group that is not shared", Names.quote(args));
    } else if ("sanlock".equals(vg.lockType())) {
      int colon = args.indexOf(':');
      if (colon < 1
          || colon == args.length() - 1
          || !Names.hasNameCharactersOnly(args.substring(0, colon))
          || !Names.hasNameCharactersOnly(args.substring(colon + 1))) {
        out.unwritable(object, "lock_args of the form VERSION:INFO", Names.quote(args));
      }
    }
  }
}
