// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import com.google.common.math.LongMath;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.SegmentType;

/** What is asked of mirrors, those of moves included. */
final class MirrorRules {
  private MirrorRules() {}

  static void check(FamilyRules.Site site, SegmentType.Mirror mirror) {
    Sectors region = mirror.regionSize();
    site.requirePowerOfTwo("a region_size", region);
    // A mirrored log is a mirror of its own and may be smaller than its region.
    if (region != null && !site.lv().name().contains("_mlog")) {
      long size =
          LongMath.saturatedMultiply(site.lv().extentCount(), site.vg().extentSize().sectors());
      if (region.count() > size) {
        site.unreadable(
            "a region_size of at most %d sectors, the volume's size".formatted(size), region);
      }
    }
    for (Area area : mirror.areas()) {
      if (area instanceof Area.Logical image) {
        checkImage(site, image);
      }
    }
    if (mirror.log() != null) {
      site.requireOwn(mirror.log(), "log");
    }
  }

  private static void checkImage(FamilyRules.Site site, Area.Logical image) {
    site.requireOwn(image.lv(), "mirror image");
    LogicalVolume volume = site.volume(image.lv());
    if (image.extent() != 0) {
      site.unreadable("images used from extent 0", image);
    }
    if (volume != null && volume.extentCount() != site.segment().extentCount()) {
      site.unreadable(
          "images of %d extents, its own length".formatted(site.segment().extentCount()),
          "%d in %s".formatted(volume.extentCount(), Names.quote(image.lv())));
    }
  }
}
