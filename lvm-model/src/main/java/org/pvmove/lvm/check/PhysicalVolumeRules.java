// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import com.google.common.math.LongMath;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;

/** What is asked of each physical volume. */
final class PhysicalVolumeRules {
  private static final long MAX_U32 = 0xFFFF_FFFFL;

  /** The label may stand in any of these first sectors of a device. */
  private static final long LABEL_SECTORS = 4;

  private PhysicalVolumeRules() {}

  static String name(PhysicalVolume pv) {
    return "physical volume " + Names.shorten(pv.label());
  }

  static void check(VolumeGroup vg, Findings out) {
    Set<String> handles = new HashSet<>();
    Map<LvmUuid, PhysicalVolume> ids = new HashMap<>();
    boolean exported = vg.flags().has(StatusFlag.EXPORTED);
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      String object = name(pv);
      if (!handles.add(pv.handle())) {
        out.unreadable(
            object,
            "a section name of its own",
            Names.quote(pv.handle()) + ", which another physical volume has");
      }
      PhysicalVolume other = ids.putIfAbsent(pv.id(), pv);
      if (other != null) {
        out.unwritable(
            object,
            "a uuid of its own",
            pv.id()
                + ", the uuid of "
                + name(other)
                + " in section "
                + Names.quote(other.handle()));
      }
      Words.PHYSICAL_VOLUME.check(object, pv.flags(), out);
      Words.checkTags(object, pv.tags(), out);
      if (pv.flags().has(StatusFlag.EXPORTED) != exported) {
        out.notice(
            object,
            "EXPORTED on the group and all its physical volumes or on none",
            exported ? "it on the group only" : "it on this physical volume only");
      }
      checkExtents(vg, pv, object, out);
    }
  }

  private static void checkExtents(VolumeGroup vg, PhysicalVolume pv, String object, Findings out) {
    if (pv.peCount() < 0 || pv.peCount() > MAX_U32) {
      out.unreadable(object, "pe_count from 0 to 4294967295", pv.peCount());
      return;
    }
    if (pv.peStart().count() < LABEL_SECTORS && pv.peCount() > 0) {
      out.unwritable(
          object,
          "pe_start behind the label, at sector " + LABEL_SECTORS + " or later",
          "sector " + pv.peStart().count());
    }
    Sectors end =
        Sectors.of(
            LongMath.saturatedAdd(
                pv.peStart().count(),
                LongMath.saturatedMultiply(pv.peCount(), vg.extentSize().sectors())));
    if (pv.deviceSize() != null && pv.deviceSize().compareTo(end) < 0) {
      String expected =
          "dev_size of at least %d sectors for pe_start %d and %d extents"
              .formatted(end.count(), pv.peStart().count(), pv.peCount());
      // LVM2's pvresize --setphysicalvolumesize leaves pe_start out of the size that it notes.
      Sectors noted =
          Sectors.of(LongMath.saturatedAdd(pv.deviceSize().count(), pv.peStart().count()));
      if (noted.compareTo(end) < 0) {
        out.unwritable(object, expected, pv.deviceSize());
      } else {
        out.notice(object, expected, pv.deviceSize());
      }
    } else if (end.count() > Long.MAX_VALUE / Sectors.BYTES) {
      out.unwritable(object, "extents that end within 2^63 bytes", end);
    }
    if ((pv.bootloaderStart() == null) != (pv.bootloaderSize() == null)) {
      out.unreadable(
          object,
          "both or none of ba_start and ba_size",
          pv.bootloaderStart() == null ? "ba_size only" : "ba_start only");
    } else if (pv.bootloaderStart() != null && pv.bootloaderSize() != null) {
      long start = pv.bootloaderStart().count();
      long stop = LongMath.saturatedAdd(start, pv.bootloaderSize().count());
      if (start < end.count() && stop > pv.peStart().count() && start < stop) {
        out.unwritable(
            object,
            "a bootloader area outside the extents in sectors %d to %d"
                .formatted(pv.peStart().count(), end.count() - 1),
            "sectors %d to %d".formatted(start, stop - 1));
      }
    }
  }
}
