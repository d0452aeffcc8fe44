// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;

/** What is asked of each logical volume and of the row of its segments, whatever their types. */
final class LogicalVolumeRules {
  private static final long MAX_U32 = 0xFFFF_FFFFL;
  private static final int MAX_AREAS = 128;

  private LogicalVolumeRules() {}

  static String name(LogicalVolume lv) {
    return "logical volume " + Names.shorten(lv.name());
  }

  /** Names a segment; {@code index} counts from 0, the name from 1 as the metadata text does. */
  static String name(LogicalVolume lv, int index) {
    return name(lv) + ", segment " + (index + 1);
  }

  static void check(VolumeGroup vg, LvGraph graph, Findings out) {
    checkIdentities(vg, out);
    for (LogicalVolume lv : vg.logicalVolumes()) {
      String object = name(lv);
      Words.LOGICAL_VOLUME.check(object, lv.flags(), out);
      Words.checkTags(object, lv.tags(), out);
      GroupRules.checkLockArgs(vg, lv, object, out);
      if ((lv.creationTime() == null) != (lv.creationHost() == null)) {
        out.unreadable(
            object,
            "both or none of creation_time and creation_host",
            lv.creationTime() == null ? "creation_host only" : "creation_time only");
      }
      if (lv.flags().has(StatusFlag.FIXED_MINOR) && lv.minor() == null) {
        out.unreadable(object, "a minor number with FIXED_MINOR", "none");
      }
      checkVisibility(lv, graph, object, out);
      checkSegments(lv, object, out);
      FamilyRules.check(vg, graph, lv, out);
    }
  }

  private static void checkIdentities(VolumeGroup vg, Findings out) {
    Set<String> names = new HashSet<>();
    Map<LvmUuid, String> ids = new HashMap<>();
    Set<String> handles = new HashSet<>();
    Set<String> lockArgs = new HashSet<>();
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      handles.add(pv.handle());
    }
    String spare = null;
    for (LogicalVolume lv : vg.logicalVolumes()) {
      String object = name(lv);
      if (!names.add(lv.name())) {
        out.unreadable(object, "a name of its own", "another logical volume of this name");
      }
      String other = ids.putIfAbsent(lv.id(), object);
      if (other != null) {
        out.unwritable(object, "a uuid of its own", lv.id() + ", the uuid of " + other);
      }
      if (!Names.isLegal(lv.name())) {
        out.unwritable(object, Names.LEGAL, Names.quote(lv.name()));
      }
      long length = (long) vg.name().length() + lv.name().length();
      if (length > Names.MAX_VG_AND_LV) {
        out.unwritable(
            object,
            "at most %d characters in the names of the group and the volume"
                .formatted(Names.MAX_VG_AND_LV),
            length);
      }
      if (handles.contains(lv.name())) {
        out.notice(
            object,
            "a name that is not also the section name of a physical volume",
            Names.quote(lv.name()));
      }
      if (lv.name().contains("_pmspare") && !lv.flags().has(StatusFlag.VISIBLE)) {
        if (spare != null) {
          out.unreadable(object, "one hidden _pmspare volume in the group", spare + " as well");
        }
        spare = object;
      }
      if ("sanlock".equals(vg.lockType())
          && lv.lockArgs() != null
          && !lockArgs.add(lv.lockArgs())) {
        out.unwritable(object, "lock_args of its own", Names.quote(lv.lockArgs()) + " again");
      }
    }
  }

  private static void checkVisibility(
      LogicalVolume lv, LvGraph graph, String object, Findings out) {
    boolean visible = lv.flags().has(StatusFlag.VISIBLE);
    boolean snapshot =
        !lv.segments().isEmpty() && lv.segments().get(0).type() instanceof SegmentType.Snapshot;
    boolean used = !graph.usersOf(lv.name()).isEmpty();
    if (!lv.flags().has(StatusFlag.READ)) {
      out.notice(object, "status READ", lv.flags().status());
    }
    if (visible && !snapshot && !used && Names.isReserved(lv.name())) {
      out.notice(
          object, "a name that LVM2 does not keep for parts of volumes", Names.quote(lv.name()));
    }
    if (!visible
        && !used
        && !snapshot
        && !lv.isPvmove()
        && !isMerging(lv)
        && !lv.name().contains("_pmspare")
        && !lv.name().equals("lvmlock")) {
      out.notice(object, "a hidden volume to be used by another", "none that uses it");
    }
  }

  private static boolean isMerging(LogicalVolume lv) {
    return !lv.segments().isEmpty()
        && lv.segments().get(0).type() instanceof SegmentType.Thin thin
        && thin.merge() != null;
  }

  private static void checkSegments(LogicalVolume lv, String object, Findings out) {
    if (lv.segments().isEmpty()) {
      if (Names.isPvmove(lv.name())) {
        // Newer LVM2 reads it, and breaks on the next move.
        out.unwritable(object, "at least one segment", "none");
      } else {
        out.unreadable(object, "at least one segment", "none");
      }
    }
    if (lv.extentCount() > MAX_U32) {
      out.unreadable(object, "at most 4294967295 extents", lv.extentCount());
    }
    Set<String> words = new HashSet<>();
    for (String word : lv.flags().status()) {
      if (Words.TYPE_WORDS.contains(word)) {
        words.add(word);
      }
    }
    long next = 0;
    for (int i = 0; i < lv.segments().size(); i++) {
      Segment segment = lv.segments().get(i);
      if (segment.firstExtent() != next) {
        out.unreadable(
            name(lv, i),
            "start_extent " + next + ", where the segment before it ends",
            segment.firstExtent());
      }
      next = segment.end();
      if (!segment.tags().isEmpty()) {
        Words.checkTags(name(lv, i), segment.tags(), out);
      }
      checkWords(lv, i, segment, words, out);
      checkShape(lv, i, segment, out);
    }
    if (lv.segments().size() > 1) {
      for (int i = 0; i < lv.segments().size(); i++) {
        SegmentType type = lv.segments().get(i).type();
        if (mustBeAlone(type)) {
          out.unreadable(
              name(lv, i),
              "a " + type.name() + " segment to be the only one",
              lv.segments().size() + " segments");
        }
      }
    }
  }

  private static boolean mustBeAlone(SegmentType type) {
    return type instanceof SegmentType.Cache
        || type instanceof SegmentType.CachePool
        || type instanceof SegmentType.Integrity
        || type instanceof SegmentType.Raid
        || type instanceof SegmentType.Snapshot
        || type instanceof SegmentType.Thin
        || type instanceof SegmentType.ThinPool
        || type instanceof SegmentType.Vdo
        || type instanceof SegmentType.VdoPool;
  }

  /** Words that say something about the type of a segment, wherever they stand. */
  private static void checkWords(
      LogicalVolume lv, int index, Segment segment, Set<String> lvWords, Findings out) {
    SegmentType type = segment.type();
    if (type instanceof SegmentType.Unknown) {
      return;
    }
    for (String word : Sets.union(lvWords, ImmutableSet.copyOf(segment.typeFlags()))) {
      boolean fits =
          Words.RESHAPE_WORDS.contains(word)
              ? type instanceof SegmentType.Raid
              : switch (word) {
                case "CACHE_USES_CACHEVOL" -> type instanceof SegmentType.Cache;
                case "CROP_METADATA" -> type instanceof SegmentType.ThinPool;
                case "METADATA_FORMAT" ->
                    type instanceof SegmentType.CachePool || type instanceof SegmentType.Cache;
                default -> false;
              };
      if (!fits) {
        out.unreadable(
            name(lv, index),
            "no word that does not fit its type " + type.name(),
            Names.quote(word));
      }
    }
    if (segment.reshapeCount() != 0 && !(type instanceof SegmentType.Raid)) {
      out.unreadable(
          name(lv, index), "reshape_count in raid segments only", segment.reshapeCount());
    }
  }

  private static void checkShape(LogicalVolume lv, int index, Segment segment, Findings out) {
    SegmentType type = segment.type();
    if (type instanceof SegmentType.Unknown) {
      out.unwritable(name(lv, index), "a type this library knows", Names.quote(type.name()));
      return;
    }
    int count = type instanceof SegmentType.Raid raid ? raid.images().size() : type.areas().size();
    if (count > MAX_AREAS) {
      out.unreadable(name(lv, index), "at most " + MAX_AREAS + " areas", count);
    }
    if (type instanceof SegmentType.Striped striped) {
      if (segment.extentCount() % count != 0) {
        out.unreadable(
            name(lv, index),
            "a length that " + count + " stripes divide",
            segment.extentCount() + " extents");
      }
      if (count > 1
          && striped.stripeSize() != null
          && Long.bitCount(striped.stripeSize().count()) != 1) {
        out.notice(name(lv, index), "a stripe_size that is a power of two", striped.stripeSize());
      }
      checkApart(lv, index, segment, out);
    } else if (type instanceof SegmentType.Mirror mirror && !mirror.isPvmove()) {
      checkApart(lv, index, segment, out);
    }
  }

  /** Stripes on one disk are slow, mirror legs on one disk are none. */
  private static void checkApart(LogicalVolume lv, int index, Segment segment, Findings out) {
    if (segment.areas().size() < 2) {
      return;
    }
    Set<LvmUuid> seen = new HashSet<>();
    for (Area area : segment.areas()) {
      if (area instanceof Area.Physical physical && !seen.add(physical.pv())) {
        out.notice(
            name(lv, index), "its areas on different physical volumes", "two on " + physical.pv());
        return;
      }
    }
  }
}
