// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import com.google.common.collect.ImmutableSetMultimap;
import com.google.common.collect.ImmutableTable;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.Reference.Use;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.SegmentType.Cache;
import org.pvmove.lvm.SegmentType.CachePool;
import org.pvmove.lvm.SegmentType.ErrorTarget;
import org.pvmove.lvm.SegmentType.Integrity;
import org.pvmove.lvm.SegmentType.Mirror;
import org.pvmove.lvm.SegmentType.Raid;
import org.pvmove.lvm.SegmentType.Snapshot;
import org.pvmove.lvm.SegmentType.Thin;
import org.pvmove.lvm.SegmentType.ThinPool;
import org.pvmove.lvm.SegmentType.Unknown;
import org.pvmove.lvm.SegmentType.Vdo;
import org.pvmove.lvm.SegmentType.VdoPool;
import org.pvmove.lvm.SegmentType.Writecache;
import org.pvmove.lvm.SegmentType.ZeroTarget;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;

/**
 * Finds out what each logical volume is: from the types of its segments, from its flags and from
 * the segments of others that use it.
 */
final class LvKinds {
  /** What a segment of a type makes of its logical volume. */
  private static final ImmutableSetMultimap<Class<? extends SegmentType>, LvKind> OWNER =
      ImmutableSetMultimap.<Class<? extends SegmentType>, LvKind>builder()
          .put(Mirror.class, LvKind.MIRROR)
          .put(Raid.class, LvKind.RAID)
          .put(ThinPool.class, LvKind.THIN_POOL)
          .put(Thin.class, LvKind.THIN_VOLUME)
          .put(Cache.class, LvKind.CACHE)
          .put(CachePool.class, LvKind.CACHE_POOL)
          .put(Writecache.class, LvKind.WRITECACHE)
          .put(Integrity.class, LvKind.INTEGRITY)
          .put(VdoPool.class, LvKind.VDO_POOL)
          .putAll(Vdo.class, LvKind.VDO_VOLUME, LvKind.VIRTUAL)
          .put(Snapshot.class, LvKind.SNAPSHOT_TIE)
          .put(ZeroTarget.class, LvKind.VIRTUAL)
          .put(ErrorTarget.class, LvKind.VIRTUAL)
          .putAll(Unknown.class, LvKind.UNKNOWN, LvKind.VIRTUAL)
          .build();

  /** What the use by a segment of a type makes of the logical volume used. */
  private static final ImmutableTable<Class<? extends SegmentType>, Use, LvKind> PART =
      ImmutableTable.<Class<? extends SegmentType>, Use, LvKind>builder()
          .put(Mirror.class, Use.IMAGE, LvKind.MIRROR_IMAGE)
          .put(Mirror.class, Use.MIRROR_LOG, LvKind.MIRROR_LOG)
          .put(Raid.class, Use.IMAGE, LvKind.RAID_IMAGE)
          .put(Raid.class, Use.RAID_METADATA, LvKind.RAID_METADATA)
          .put(ThinPool.class, Use.POOL_DATA, LvKind.THIN_POOL_DATA)
          .put(ThinPool.class, Use.POOL_METADATA, LvKind.THIN_POOL_METADATA)
          .put(Thin.class, Use.EXTERNAL_ORIGIN, LvKind.EXTERNAL_ORIGIN)
          .put(Thin.class, Use.MERGE_TARGET, LvKind.MERGING_THIN_ORIGIN)
          .put(Cache.class, Use.ORIGIN, LvKind.CACHE_ORIGIN)
          .put(CachePool.class, Use.POOL_DATA, LvKind.CACHE_POOL_DATA)
          .put(CachePool.class, Use.POOL_METADATA, LvKind.CACHE_POOL_METADATA)
          .put(Writecache.class, Use.CACHE, LvKind.WRITECACHE_VOLUME)
          .put(Writecache.class, Use.ORIGIN, LvKind.WRITECACHE_ORIGIN)
          .put(Integrity.class, Use.ORIGIN, LvKind.INTEGRITY_ORIGIN)
          .put(Integrity.class, Use.INTEGRITY_METADATA, LvKind.INTEGRITY_METADATA)
          .put(VdoPool.class, Use.POOL_DATA, LvKind.VDO_POOL_DATA)
          .put(Snapshot.class, Use.SNAPSHOT_ORIGIN, LvKind.THICK_ORIGIN)
          .put(Snapshot.class, Use.SNAPSHOT_COW, LvKind.THICK_SNAPSHOT)
          .build();

  private final ImmutableSetMultimap.Builder<String, LvKind> kinds = ImmutableSetMultimap.builder();

  private LvKinds() {}

  /** The kinds by name of the logical volume. */
  static ImmutableSetMultimap<String, LvKind> of(VolumeGroup vg, LvGraph graph) {
    LvKinds finder = new LvKinds();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      finder.addByFlags(lv);
      for (Segment segment : lv.segments()) {
        finder.addByType(lv, segment.type());
      }
      for (LvGraph.User user : graph.usersOf(lv.name())) {
        finder.addByUse(lv, user);
      }
      if (isVirtual(lv) && isThickOrigin(lv, graph)) {
        finder.kinds.put(lv.name(), LvKind.VIRTUAL_ORIGIN);
      }
    }
    return finder.kinds.build();
  }

  /** What a logical volume is to one of its users, if there is a word for it. */
  static @Nullable LvKind part(LvGraph.User user) {
    return PART.get(user.segment().type().getClass(), user.use());
  }

  private void addByFlags(LogicalVolume lv) {
    if (lv.isPvmove()) {
      kinds.put(lv.name(), LvKind.PVMOVE);
    }
    if (lv.flags().has(StatusFlag.CACHE_VOL)) {
      kinds.put(lv.name(), LvKind.CACHE_VOLUME);
    }
    // Only its name marks it in the metadata.
    if (!lv.flags().has(StatusFlag.VISIBLE) && lv.name().contains("_pmspare")) {
      kinds.put(lv.name(), LvKind.POOL_SPARE);
    }
  }

  private void addByType(LogicalVolume lv, SegmentType type) {
    kinds.putAll(lv.name(), OWNER.get(type.getClass()));
    if (type instanceof Thin thin && thin.merge() != null) {
      kinds.put(lv.name(), LvKind.MERGING_SNAPSHOT);
    }
    if (type instanceof Mirror mirror && isConverting(mirror)) {
      kinds.put(lv.name(), LvKind.CONVERTING);
    }
  }

  private void addByUse(LogicalVolume lv, LvGraph.User user) {
    SegmentType type = user.segment().type();
    LvKind part = part(user);
    if (part == null) {
      return;
    }
    kinds.put(lv.name(), part);
    if (type instanceof Snapshot snapshot && snapshot.merging()) {
      kinds.put(
          lv.name(),
          part == LvKind.THICK_ORIGIN ? LvKind.MERGING_THICK_ORIGIN : LvKind.MERGING_SNAPSHOT);
    }
  }

  private static boolean isVirtual(LogicalVolume lv) {
    return lv.segments().stream()
        .anyMatch(segment -> OWNER.containsEntry(segment.type().getClass(), LvKind.VIRTUAL));
  }

  private static boolean isThickOrigin(LogicalVolume lv, LvGraph graph) {
    return graph.usersOf(lv.name()).stream().anyMatch(user -> part(user) == LvKind.THICK_ORIGIN);
  }

  /** The layer that the other images are added to is known by its name, and stands first. */
  private static boolean isConverting(Mirror mirror) {
    return !mirror.areas().isEmpty()
        && mirror.areas().get(0) instanceof Area.Logical image
        && image.lv().contains("_mimagetmp");
  }
}
