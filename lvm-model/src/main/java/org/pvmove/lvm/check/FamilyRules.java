// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import com.google.common.math.LongMath;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.Reference;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;

/** What each family of segment types asks of its segments; this class knows who asks what. */
final class FamilyRules {
  private FamilyRules() {}

  /**
   * A segment in its surroundings.
   *
   * @param object how messages name it
   */
  record Site(
      VolumeGroup vg,
      LvGraph graph,
      LogicalVolume lv,
      Segment segment,
      String object,
      Findings out) {

    void unreadable(String expected, Object found) {
      out.unreadable(object, expected, found);
    }

    void notice(String expected, Object found) {
      out.notice(object, expected, found);
    }

    /** The volume of that name; absent (and reported elsewhere) if there is none. */
    @Nullable LogicalVolume volume(@Nullable String name) {
      return name == null ? null : vg.logicalVolume(name).orElse(null);
    }

    /** The type of the named volume's first segment, absent if there is none. */
    @Nullable SegmentType typeOf(String name) {
      LogicalVolume volume = volume(name);
      return volume == null || volume.segments().isEmpty() ? null : volume.segments().get(0).type();
    }

    /** A volume that is a part of another belongs to it alone. */
    void requireOwn(String part, String what) {
      long users =
          graph.usersOf(part).stream()
              .filter(user -> user.use() != Reference.Use.THIN_ORIGIN)
              .limit(2)
              .count();
      if (users > 1) {
        unreadable("no other use of its " + what, Names.quote(part) + " used elsewhere");
      }
    }

    /** Whether a word stands behind the segment's type or, as old texts have it, in the status. */
    boolean hasTypeWord(String word) {
      return segment.typeFlags().contains(word) || lv.flags().status().contains(word);
    }

    /** A size that must be there and be a power of two. */
    void requirePowerOfTwo(String field, @Nullable Sectors size) {
      if (size == null || Long.bitCount(size.count()) != 1) {
        unreadable(field + " that is a power of two", size == null ? "none" : size);
      }
    }
  }

  /**
   * Whether the length of the segment's areas can be computed: the numbers of images and copies of
   * a raid are not absurd.
   */
  static boolean hasSoundAreaLength(Segment segment) {
    return !(segment.type() instanceof SegmentType.Raid raid)
        || raid.dataCopies() == null
        || (raid.dataCopies() >= 1 && raid.dataCopies() <= raid.images().size());
  }

  static void check(VolumeGroup vg, LvGraph graph, LogicalVolume lv, Findings out) {
    boolean pool = false;
    for (int i = 0; i < lv.segments().size(); i++) {
      Segment segment = lv.segments().get(i);
      SegmentType type = segment.type();
      if (type instanceof SegmentType.Striped) {
        continue;
      }
      Site site = new Site(vg, graph, lv, segment, LogicalVolumeRules.name(lv, i), out);
      pool |= type instanceof SegmentType.ThinPool || type instanceof SegmentType.Unknown;
      if (type instanceof SegmentType.Mirror mirror) {
        MirrorRules.check(site, mirror);
      } else if (type instanceof SegmentType.Raid raid) {
        RaidRules.check(site, raid);
      } else if (type instanceof SegmentType.Snapshot snapshot) {
        checkSnapshot(site, snapshot);
      } else if (type instanceof SegmentType.ThinPool thinPool) {
        ThinRules.checkPool(site, thinPool);
      } else if (type instanceof SegmentType.Thin thin) {
        ThinRules.checkVolume(site, thin);
      } else if (type instanceof SegmentType.CachePool cachePool) {
        CacheRules.checkPool(site, cachePool);
      } else if (type instanceof SegmentType.Cache cache) {
        CacheRules.checkCache(site, cache);
      } else if (type instanceof SegmentType.Writecache writecache) {
        CacheRules.checkWritecache(site, writecache);
      } else if (type instanceof SegmentType.Integrity integrity) {
        checkIntegrity(site, integrity);
      } else if (type instanceof SegmentType.VdoPool vdoPool) {
        VdoRules.checkPool(site, vdoPool);
      } else if (type instanceof SegmentType.Vdo vdo) {
        VdoRules.checkVolume(site, vdo);
      }
    }
    if (lv.flags().has(StatusFlag.ERROR_WHEN_FULL) && !pool) {
      out.unreadable(
          LogicalVolumeRules.name(lv), "ERROR_WHEN_FULL on thin pools only", "it on another kind");
    }
  }

  private static void checkSnapshot(Site site, SegmentType.Snapshot snapshot) {
    if (snapshot.origin().equals(snapshot.store())) {
      site.unreadable(
          "an origin and a store that differ", Names.quote(snapshot.origin()) + " as both");
    } else {
      site.requireOwn(snapshot.store(), "store");
    }
    LogicalVolume origin = site.volume(snapshot.origin());
    if (origin != null && origin.extentCount() != site.segment().extentCount()) {
      site.notice(
          "the length of its origin, %d extents".formatted(origin.extentCount()),
          site.segment().extentCount() + " extents");
    }
    if (Long.bitCount(snapshot.chunkSize().count()) != 1) {
      site.notice("a chunk_size that is a power of two", snapshot.chunkSize());
    }
  }

  private static void checkIntegrity(Site site, SegmentType.Integrity integrity) {
    if (!integrity.origin().contains("_iorig")) {
      site.unreadable("an origin named …_iorig", Names.quote(integrity.origin()));
    }
    site.requireOwn(integrity.origin(), "origin");
    if (integrity.metadataDevice() != null) {
      site.requireOwn(integrity.metadataDevice(), "metadata volume");
    }
    if (integrity.mode().length() != 1 || "DJBR".indexOf(integrity.mode().charAt(0)) < 0) {
      site.notice("mode D, J, B or R", Names.quote(integrity.mode()));
    }
    long sectors =
        LongMath.saturatedMultiply(site.segment().extentCount(), site.vg().extentSize().sectors());
    if (integrity.dataSectors().count() != sectors) {
      site.notice("data_sectors = " + sectors + ", its size", integrity.dataSectors());
    }
  }
}
