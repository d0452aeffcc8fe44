// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;

/** What is asked of raid segments. */
final class RaidRules {
  private static final int MAX_IMAGES = 64;

  private RaidRules() {}

  static void check(FamilyRules.Site site, SegmentType.Raid raid) {
    String name = raid.name();
    boolean raid0 = name.startsWith("raid0");
    boolean raid1 = name.equals("raid1");
    boolean raid10 = name.startsWith("raid10");
    checkCount(site, raid);
    if (raid0) {
      requireAbsent(site, raid, "region_size", raid.regionSize());
      requireAbsent(site, raid, "min_recovery_rate", raid.minRecoveryRate());
      requireAbsent(site, raid, "max_recovery_rate", raid.maxRecoveryRate());
    } else {
      site.requirePowerOfTwo("a region_size", raid.regionSize());
    }
    if (raid1) {
      requireAbsent(site, raid, "stripe_size", raid.stripeSize());
    } else {
      requireAbsent(site, raid, "writebehind", raid.writebehind());
      site.requirePowerOfTwo("a stripe_size", raid.stripeSize());
    }
    if (!raid10) {
      requireAbsent(site, raid, "data_copies", raid.dataCopies());
    }
    if (!FamilyRules.hasSoundAreaLength(site.segment())) {
      site.unreadable("data_copies from 1 to the number of images", raid.dataCopies() + "");
    }
    if (raid.minRecoveryRate() != null
        && raid.maxRecoveryRate() != null
        && raid.minRecoveryRate() > raid.maxRecoveryRate()) {
      site.unreadable(
          "min_recovery_rate of at most max_recovery_rate = " + raid.maxRecoveryRate(),
          raid.minRecoveryRate());
    }
    if (raid.dataOffset() != null) {
      checkDataOffset(site, raid.dataOffset().count());
    }
    checkImages(site, raid);
  }

  private static void requireAbsent(
      FamilyRules.Site site, SegmentType.Raid raid, String field, @Nullable Object value) {
    if (value != null) {
      site.unreadable("no " + field + " in a " + raid.name() + " segment", value);
    }
  }

  private static void checkCount(FamilyRules.Site site, SegmentType.Raid raid) {
    int least = 1;
    if (raid.parityImages() == 2) {
      least = 5;
    } else if (raid.parityImages() == 1) {
      least = 2;
    } else if (raid.name().startsWith("raid10")) {
      least = 4;
    }
    int found = raid.images().size();
    if (found < least || found > MAX_IMAGES) {
      site.unreadable(
          "%d to %d images in a %s segment".formatted(least, MAX_IMAGES, raid.name()), found);
    } else if (found < 2) {
      site.notice("at least 2 images", found);
    }
  }

  private static void checkDataOffset(FamilyRules.Site site, long offset) {
    if (!site.hasTypeWord("RESHAPE_DATA_OFFSET")) {
      site.unreadable("data_offset with RESHAPE_DATA_OFFSET only", offset + " sectors without it");
    }
    // 1 stands for "none any more, but the kernel is still to be told".
    if (offset > 1 && offset % site.vg().extentSize().sectors() != 0) {
      site.unreadable(
          "a data_offset of whole extents of %d sectors"
              .formatted(site.vg().extentSize().sectors()),
          offset + " sectors");
    }
  }

  private static void checkImages(FamilyRules.Site site, SegmentType.Raid raid) {
    boolean withMetadata = !raid.name().equals("raid0");
    // LVM2 takes these two also without, because conversions pass through them.
    boolean metadataOptional = raid.name().equals("raid4") || raid.name().equals("raid5_n");
    LogicalVolume firstData = null;
    LogicalVolume firstMetadata = null;
    for (int i = 0; i < raid.images().size(); i++) {
      SegmentType.RaidImage image = raid.images().get(i);
      if (!(image.data() instanceof Area.Logical data)) {
        site.unreadable("images that are logical volumes", image.data());
        continue;
      }
      if (data.extent() != 0) {
        site.unreadable("images used from extent 0", data);
      }
      firstData = checkPart(site, data.lv(), "image", firstData);
      if (image.metadata() != null) {
        if (!withMetadata) {
          site.unreadable("no metadata volumes in raid0", Names.quote(image.metadata()));
        }
        if (!image.metadata().contains("_rmeta_")) {
          site.unreadable("metadata volumes named …_rmeta_N", Names.quote(image.metadata()));
        }
        firstMetadata = checkPart(site, image.metadata(), "metadata volume", firstMetadata);
      } else if (withMetadata && !metadataOptional) {
        site.unreadable("a metadata volume for each image", "none for image " + i);
      }
    }
    checkLength(site, firstData);
  }

  /** Longer images than the data need are odd; shorter ones are reported as a stack too short. */
  private static void checkLength(FamilyRules.Site site, @Nullable LogicalVolume image) {
    if (image != null && FamilyRules.hasSoundAreaLength(site.segment())) {
      long length = site.segment().areaLength();
      if (image.extentCount() > length) {
        site.notice("images of %d extents".formatted(length), image);
      }
    }
  }

  /**
   * All parts of a kind are alike in size; returns the first, against which others are measured.
   */
  private static @Nullable LogicalVolume checkPart(
      FamilyRules.Site site, String part, String what, @Nullable LogicalVolume first) {
    site.requireOwn(part, what);
    LogicalVolume volume = site.volume(part);
    if (volume == null) {
      return first;
    }
    // One leg may be split off for a while, to be merged back later: it is visible and not
    // activated by itself.
    if (volume.flags().has(StatusFlag.VISIBLE) && !volume.flags().has(StatusFlag.ACTIVATION_SKIP)) {
      site.unreadable("hidden parts", "visible " + LogicalVolumeRules.name(volume));
    }
    if (first == null) {
      return volume;
    }
    if (volume.extentCount() != first.extentCount()) {
      site.unreadable(
          "every %s as long as %s, %d extents"
              .formatted(what, Names.quote(first.name()), first.extentCount()),
          "%s of %d extents".formatted(Names.quote(part), volume.extentCount()));
    }
    return first;
  }
}
