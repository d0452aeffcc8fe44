// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.HistoricalLogicalVolume;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;

/** The rows of {@code lvs -a -H}. */
final class LvReport {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss Z", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final GroupView group;
  private final LogicalVolume lv;
  private final @Nullable SegmentType type;

  private LvReport(GroupView group, LogicalVolume lv) {
    this.group = group;
    this.lv = lv;
    this.type = GroupView.type(lv);
  }

  /** Adds the rows of a group. */
  static void addTo(SortedRows rows, GroupView group) {
    NameRoom room = new NameRoom();
    for (LogicalVolume lv : group.listed()) {
      // Made at once: the names of relatives share what room there is, first come first served.
      Row row = new LvReport(group, lv).row(room);
      rows.add(group.name(), lv.name(), 0, () -> row);
    }
    for (HistoricalLogicalVolume lv : group.vg().historicalLogicalVolumes()) {
      rows.add(group.name(), lv.name(), 0, () -> historicalRow(group, lv));
    }
  }

  private Row row(NameRoom room) {
    Row row = new Row();
    row.text("lv_name", group.displayName(lv));
    row.text("lv_uuid", lv.id().toString());
    row.text("lv_full_name", group.name() + "/" + lv.name());
    row.text("vg_name", group.name());
    row.text("lv_attr", LvAttributes.of(group, lv));
    LvRoles roles = LvRoles.of(group, lv);
    row.list("lv_layout", roles.layout());
    row.list("lv_role", roles.roles());
    row.size("lv_size", lv.extentCount() - reshapeExtents(), group.vg().extentSize());
    row.number("seg_count", lv.segments().size());
    addRelatives(row, room);
    addSettings(row);
    addStates(row);
    row.text("lv_time", time(lv.creationTime()));
    row.empty("lv_time_removed");
    row.text("lv_host", lv.creationHost());
    row.text("lv_profile", lv.profile());
    row.text("lv_lockargs", lv.lockArgs());
    row.tags("lv_tags", lv.tags());
    return row;
  }

  private void addRelatives(Row row, NameRoom room) {
    row.text("origin", group.displayName(origin()));
    row.text("lv_parent", group.displayName(group.parent(lv)));
    row.list("lv_ancestors", group.ancestors(lv, room));
    row.list("lv_descendants", group.descendants(lv, room));
    row.text("pool_lv", group.displayName(pool()));
    row.text("data_lv", group.displayName(poolData()));
    row.text("metadata_lv", group.displayName(poolMetadata()));
    addMetadataSize(row);
    String log = type instanceof SegmentType.Mirror mirror ? mirror.log() : null;
    row.text("mirror_log", group.displayName(log));
    row.text("move_pv", group.moveSource(lv));
    row.text("convert_lv", group.displayName(convertedImage()));
  }

  private void addSettings(Row row) {
    row.text(
        "lv_allocation_policy", Allocation.word(lv.allocationPolicy(), AllocationPolicy.INHERIT));
    row.word("lv_allocation_locked", lv.isLocked(), "allocation locked");
    boolean fixed = lv.flags().has(StatusFlag.FIXED_MINOR);
    row.word("lv_fixed_minor", fixed, "fixed minor");
    // A fixed minor without a major number takes the kernel's; there is none to ask.
    row.number("lv_major", fixed ? orElse(lv.major(), 0) : -1);
    row.number("lv_minor", fixed ? orElse(lv.minor(), -1) : -1);
    addReadAhead(row);
    row.word("lv_skip_activation", lv.flags().has(StatusFlag.ACTIVATION_SKIP), "skip activation");
    String whenFull = lv.flags().has(StatusFlag.ERROR_WHEN_FULL) ? "error" : "queue";
    row.word("lv_when_full", group.is(lv, LvKind.THIN_POOL), whenFull);
  }

  private void addReadAhead(Row row) {
    long sectors = orElse(lv.readAhead(), 0);
    if (sectors == 0) {
      row.text("lv_read_ahead", "auto");
    } else {
      row.size("lv_read_ahead", Sectors.of(Math.max(0, sectors)));
    }
  }

  private void addStates(Row row) {
    boolean synced =
        group.is(lv, LvKind.RAID, LvKind.MIRROR) && !lv.flags().has(StatusFlag.NOTSYNCED);
    row.word("lv_initial_image_sync", synced, "initial image sync");
    row.empty("lv_image_synced");
    // Of a thin merge LVM2 marks the snapshot only.
    boolean merging = group.is(lv, LvKind.MERGING_THICK_ORIGIN, LvKind.MERGING_SNAPSHOT);
    row.word("lv_merging", merging, "merging");
    row.word("lv_converting", group.is(lv, LvKind.CONVERTING), "converting");
    row.empty("lv_historical");
  }

  /** Extents that the raid keeps for a reshape and that hold no data of the volume. */
  private long reshapeExtents() {
    long extents = 0;
    for (Segment segment : lv.segments()) {
      extents += segment.reshapeCount() * Stripes.data(segment.type());
    }
    return extents;
  }

  private @Nullable String origin() {
    if (type instanceof SegmentType.Cache cache) {
      return cache.origin();
    }
    if (type instanceof SegmentType.Writecache writecache) {
      return writecache.origin();
    }
    if (type instanceof SegmentType.Integrity integrity) {
      return integrity.origin();
    }
    return group.snapshotOrigin(lv);
  }

  private @Nullable String pool() {
    if (type instanceof SegmentType.Thin thin) {
      return thin.pool();
    }
    if (type instanceof SegmentType.Cache cache) {
      return cache.cache();
    }
    if (type instanceof SegmentType.Writecache writecache) {
      return writecache.cache();
    }
    return type instanceof SegmentType.Vdo vdo ? vdo.pool() : null;
  }

  private @Nullable String poolData() {
    if (type instanceof SegmentType.ThinPool pool) {
      return pool.data();
    }
    if (type instanceof SegmentType.CachePool pool) {
      return pool.data();
    }
    return type instanceof SegmentType.VdoPool pool ? pool.data() : null;
  }

  private @Nullable String poolMetadata() {
    if (type instanceof SegmentType.ThinPool pool) {
      return pool.metadata();
    }
    return type instanceof SegmentType.CachePool pool ? pool.metadata() : null;
  }

  private void addMetadataSize(Row row) {
    String column = "lv_metadata_size";
    if (type instanceof SegmentType.Cache cache && cache.layout() != null) {
      row.size(column, cache.layout().metadataLength());
      return;
    }
    String metadata = poolMetadata();
    if (metadata == null) {
      row.empty(column);
    } else {
      long extents = group.vg().logicalVolume(metadata).map(LogicalVolume::extentCount).orElse(0L);
      row.size(column, extents, group.vg().extentSize());
    }
  }

  /** The mirror that is being merged into this one as an image. */
  private @Nullable String convertedImage() {
    if (type instanceof SegmentType.Mirror mirror) {
      for (Area area : mirror.areas()) {
        if (area instanceof Area.Logical image
            && group.vg().logicalVolume(image.lv()).filter(this::isMirror).isPresent()) {
          return image.lv();
        }
      }
    }
    return null;
  }

  /** A mirror that a move has locked does not count. */
  private boolean isMirror(LogicalVolume image) {
    return group.is(image, LvKind.MIRROR) && !image.isLocked();
  }

  private static Row historicalRow(GroupView group, HistoricalLogicalVolume lv) {
    Row row = new Row();
    row.text("lv_name", "-" + lv.name());
    row.text("lv_uuid", lv.id().toString());
    row.text("lv_full_name", group.name() + "/" + lv.name());
    row.text("vg_name", group.name());
    row.text("lv_attr", LvAttributes.HISTORICAL);
    row.text("lv_layout", "none");
    row.text("lv_role", "public,history");
    row.number("lv_size", 0);
    row.number("seg_count", 1);
    row.empty("origin");
    row.empty("lv_parent");
    row.empty("lv_ancestors");
    row.empty("lv_descendants");
    row.empty("pool_lv");
    row.empty("data_lv");
    row.empty("metadata_lv");
    row.empty("lv_metadata_size");
    row.empty("mirror_log");
    row.empty("move_pv");
    row.empty("convert_lv");
    row.text("lv_allocation_policy", "unknown");
    row.empty("lv_allocation_locked");
    row.empty("lv_fixed_minor");
    row.number("lv_major", -1);
    row.number("lv_minor", -1);
    row.number("lv_read_ahead", 0);
    row.empty("lv_skip_activation");
    row.empty("lv_when_full");
    row.empty("lv_initial_image_sync");
    row.empty("lv_image_synced");
    row.empty("lv_merging");
    row.empty("lv_converting");
    row.text("lv_historical", "historical");
    row.text("lv_time", time(lv.creationTime()));
    row.text("lv_time_removed", time(lv.removalTime()));
    row.empty("lv_host");
    row.empty("lv_profile");
    row.empty("lv_lockargs");
    row.empty("lv_tags");
    return row;
  }

  private static @Nullable String time(@Nullable Long seconds) {
    if (seconds == null
        || seconds == 0
        || seconds < Instant.MIN.getEpochSecond()
        || seconds > Instant.MAX.getEpochSecond()) {
      // Beyond what a calendar holds there is no date to show.
      return null;
    }
    return TIME.format(Instant.ofEpochSecond(seconds));
  }

  private static long orElse(@Nullable Long value, long otherwise) {
    return value == null ? otherwise : value;
  }
}
