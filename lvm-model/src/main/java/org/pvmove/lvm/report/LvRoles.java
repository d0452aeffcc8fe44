// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.Reference.Use;
import org.pvmove.lvm.SegmentType;

/**
 * How a logical volume is laid out and which roles it plays: the words of {@code lv_layout} and
 * {@code lv_role}, explained in lvmreport(7).
 */
final class LvRoles {
  /** The ways to spread parity that have a word of their own. */
  private static final ImmutableSet<String> PARITY_WORDS =
      ImmutableSet.of(
          "raid5_la", "raid5_ra", "raid5_ls", "raid5_rs", "raid6_zr", "raid6_nr", "raid6_nc");

  /** What types without that part in their name do. */
  private static final ImmutableMap<String, String> PARITY_BY_DEFAULT =
      ImmutableMap.of("raid5", "raid5_ls", "raid6", "raid6_zr");

  private final GroupView group;
  private final LogicalVolume lv;
  private final Set<String> layout = new LinkedHashSet<>();
  private final Set<String> roles = new LinkedHashSet<>();
  private boolean isPrivate;

  private LvRoles(GroupView group, LogicalVolume lv) {
    this.group = group;
    this.lv = lv;
  }

  static LvRoles of(GroupView group, LogicalVolume lv) {
    LvRoles of = new LvRoles(group, lv);
    of.findLayout();
    of.findPartRoles();
    of.findSnapshotRoles();
    return of;
  }

  /** The words of {@code lv_layout} in LVM2's order. */
  Set<String> layout() {
    return layout;
  }

  /** The words of {@code lv_role} in LVM2's order. */
  Set<String> roles() {
    Set<String> all = new LinkedHashSet<>();
    all.add(isPrivate ? "private" : "public");
    all.addAll(roles);
    return all;
  }

  private void findLayout() {
    layoutIf(is(LvKind.MIRROR) && !is(LvKind.MIRROR_IMAGE), "mirror");
    if (is(LvKind.RAID) && !is(LvKind.RAID_IMAGE, LvKind.RAID_METADATA)) {
      layout.add("raid");
      if (GroupView.type(lv) instanceof SegmentType.Raid raid) {
        addRaidWords(raid.name());
      }
    }
    layoutIf(is(LvKind.THIN_POOL), "thin", "pool");
    layoutIf(is(LvKind.THIN_VOLUME), "thin", "sparse");
    layoutIf(is(LvKind.CACHE), "cache");
    layoutIf(is(LvKind.CACHE_POOL), "cache", "pool");
    layoutIf(is(LvKind.WRITECACHE), "writecache");
    String use = is(LvKind.WRITECACHE_VOLUME) ? "writecache" : "cache";
    layoutIf(is(LvKind.CACHE_VOLUME), use, "cachevol");
    layoutIf(is(LvKind.INTEGRITY), "integrity");
    layoutIf(is(LvKind.VDO_VOLUME), "vdo", "sparse");
    layoutIf(is(LvKind.VDO_POOL), "vdo", "pool");
    layoutIf(is(LvKind.VIRTUAL_ORIGIN), "virtual");
    if (layout.isEmpty()) {
      findPlainLayout();
    }
  }

  private void addRaidWords(String type) {
    if (type.equals("raid0_meta")) {
      // The one type that LVM2 has no second word for.
      return;
    }
    int end = type.indexOf('_');
    layout.add(end < 0 ? type : type.substring(0, end));
    String parity = PARITY_BY_DEFAULT.getOrDefault(type, type);
    layoutIf(PARITY_WORDS.contains(parity), parity);
  }

  private void findPlainLayout() {
    layoutIf(hasSegmentsOf(1, 1), "linear");
    layoutIf(hasSegmentsOf(2, Integer.MAX_VALUE), "striped");
    layoutIf(layout.isEmpty(), "unknown");
  }

  private boolean hasSegmentsOf(int leastStripes, int mostStripes) {
    return lv.segments().stream()
        .anyMatch(
            segment ->
                segment.type() instanceof SegmentType.Striped striped
                    && striped.areas().size() >= leastStripes
                    && striped.areas().size() <= mostStripes);
  }

  /** The roles of parts of other volumes, and of pools, which nobody uses directly either. */
  private void findPartRoles() {
    privateIf(LvKind.MIRROR_IMAGE, "mirror", "image");
    privateIf(LvKind.MIRROR_LOG, "mirror", "log");
    privateIf(LvKind.PVMOVE, "pvmove");
    privateIf(LvKind.RAID_IMAGE, "raid", "image");
    privateIf(LvKind.RAID_METADATA, "raid", "metadata");
    privateIf(LvKind.THIN_POOL);
    privateIf(LvKind.THIN_POOL_DATA, "thin", "pool", "data");
    privateIf(LvKind.THIN_POOL_METADATA, "thin", "pool", "metadata");
    privateIf(LvKind.POOL_SPARE, "pool", "spare");
    privateIf(LvKind.CACHE_POOL);
    privateIf(LvKind.CACHE_VOLUME);
    privateIf(LvKind.CACHE_POOL_DATA, "cache", "pool", "data");
    privateIf(LvKind.CACHE_POOL_METADATA, "cache", "pool", "metadata");
    privateIf(LvKind.CACHE_ORIGIN, "cache", "origin", "cacheorigin");
    privateIf(LvKind.WRITECACHE_ORIGIN, "writecache", "origin", "writecacheorigin");
    privateIf(LvKind.INTEGRITY_ORIGIN, "integrity", "origin", "integrityorigin");
    privateIf(LvKind.INTEGRITY_METADATA, "integrity", "metadata");
    privateIf(LvKind.VDO_POOL);
    privateIf(LvKind.VDO_POOL_DATA, "vdo", "pool", "data");
    privateIf(LvKind.VIRTUAL_ORIGIN);
  }

  private void findSnapshotRoles() {
    if (is(LvKind.EXTERNAL_ORIGIN)) {
      origin("extthinorigin", group.users(lv, Use.EXTERNAL_ORIGIN));
    }
    if (is(LvKind.THIN_VOLUME)) {
      origin("thinorigin", group.users(lv, Use.THIN_ORIGIN));
      snapshotIf(group.isThinSnapshot(lv), "thinsnapshot");
    }
    origin("thickorigin", group.users(lv, Use.SNAPSHOT_ORIGIN));
    snapshotIf(is(LvKind.THICK_SNAPSHOT), "thicksnapshot");
  }

  private void origin(String word, long snapshots) {
    if (snapshots > 0) {
      roles.add("origin");
      roles.add(word);
    }
    if (snapshots > 1) {
      roles.add("multi" + word);
    }
  }

  private void snapshotIf(boolean is, String word) {
    if (is) {
      roles.add("snapshot");
      roles.add(word);
    }
  }

  private void layoutIf(boolean is, String... words) {
    if (is) {
      layout.addAll(Arrays.asList(words));
    }
  }

  private void privateIf(LvKind kind, String... words) {
    if (is(kind)) {
      isPrivate = true;
      roles.addAll(Arrays.asList(words));
    }
  }

  private boolean is(LvKind... any) {
    return group.is(lv, any);
  }
}
