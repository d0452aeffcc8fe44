// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import static java.util.stream.Collectors.joining;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ConfigNode;
import org.pvmove.lvm.ConfigValue;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.Reference.Use;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;

/** The rows of {@code lvs -a --segments}. */
final class LvSegmentReport {
  private final GroupView group;
  private final LogicalVolume lv;
  private final Segment segment;
  private final SegmentType type;

  private LvSegmentReport(GroupView group, LogicalVolume lv, Segment segment) {
    this.group = group;
    this.lv = lv;
    this.segment = segment;
    this.type = segment.type();
  }

  /** Adds the rows of a group. */
  static void addTo(SortedRows rows, GroupView group) {
    for (LogicalVolume lv : group.listed()) {
      for (Segment segment : lv.segments()) {
        rows.add(
            group.name(),
            lv.name(),
            segment.firstExtent(),
            () -> new LvSegmentReport(group, lv, segment).row());
      }
    }
  }

  /** The word of {@code segtype}: one stripe is called linear. */
  static String typeName(SegmentType type) {
    return type instanceof SegmentType.Striped striped && striped.areas().size() == 1
        ? "linear"
        : type.name();
  }

  private Row row() {
    ExtentSize extentSize = group.vg().extentSize();
    Row row = new Row();
    row.text("lv_name", group.displayName(lv));
    row.text("lv_uuid", lv.id().toString());
    row.text("segtype", typeName(type));
    addStripes(row);
    addThinAndCache(row);
    row.size("seg_start", segment.firstExtent(), extentSize);
    row.number("seg_start_pe", segment.firstExtent());
    row.size("seg_size", segment.extentCount(), extentSize);
    row.number("seg_size_pe", segment.extentCount());
    row.tags("seg_tags", segment.tags());
    addAreas(row);
    return row;
  }

  private void addStripes(Row row) {
    ImmutableList<Area> areas = Stripes.areas(type);
    row.number("stripes", areas.size());
    row.number("data_stripes", Stripes.data(type));
    if (Stripes.isReshapable(type) || isImageOfReshapable()) {
      row.size("reshape_len", segment.reshapeCount() * areas.size(), group.vg().extentSize());
    } else {
      row.empty("reshape_len");
    }
    long copies = Stripes.copies(type);
    row.number("data_copies", copies);
    row.text("parity_chunks", copies > 1 ? Long.toString(copies - 1) : null);
    row.size("stripe_size", stripeSize());
    row.size("region_size", regionSize());
    row.size("chunk_size", chunkSize());
  }

  /** LVM2 tells it for the first segment of an image only. */
  private boolean isImageOfReshapable() {
    return segment.firstExtent() == 0 && group.isImageOf(lv, Stripes::isReshapable);
  }

  private @Nullable Sectors stripeSize() {
    if (type instanceof SegmentType.Striped striped) {
      return striped.stripeSize();
    }
    return type instanceof SegmentType.Raid raid ? raid.stripeSize() : null;
  }

  private @Nullable Sectors regionSize() {
    if (type instanceof SegmentType.Mirror mirror) {
      return mirror.regionSize();
    }
    return type instanceof SegmentType.Raid raid ? raid.regionSize() : null;
  }

  private @Nullable Sectors chunkSize() {
    SegmentType.Snapshot snapshot = group.snapshotOf(lv).orElse(null);
    if (snapshot != null) {
      return snapshot.chunkSize();
    }
    if (type instanceof SegmentType.ThinPool pool) {
      return pool.chunkSize();
    }
    SegmentType.CacheSettings cache = cacheSettings();
    return cache == null ? null : cache.chunkSize();
  }

  private void addThinAndCache(Row row) {
    SegmentType.ThinPool pool = group.thinPool(type);
    SegmentType.CacheSettings cache = cacheSettings();
    String count = null;
    String transaction = null;
    String device = null;
    if (type instanceof SegmentType.ThinPool thinPool) {
      count = Long.toString(group.users(lv, Use.POOL));
      transaction = Long.toUnsignedString(thinPool.transactionId());
    } else if (type instanceof SegmentType.Thin thin) {
      transaction = Long.toUnsignedString(thin.transactionId());
      device = Long.toString(thin.deviceId());
    }
    row.text("thin_count", count);
    row.text("discards", pool == null ? null : discards(pool));
    row.text("cache_metadata_format", cache == null ? null : text(cache.metadataFormat()));
    row.text("cache_mode", cache == null ? null : cache.mode());
    row.text("cache_policy", cache == null ? null : cache.policy());
    row.list("cache_settings", cacheTunables(cache));
    row.text("zero", pool == null ? "unknown" : GroupView.isZeroing(pool) ? "zero" : "");
    row.text("transaction_id", transaction);
    row.text("thin_id", device);
  }

  private static @Nullable String text(@Nullable Long number) {
    return number == null ? null : number.toString();
  }

  private static String discards(SegmentType.ThinPool pool) {
    return pool.discards() == null ? "ignore" : pool.discards();
  }

  /** The settings of a cache pool, or of the cache that a cached volume uses. */
  private SegmentType.@Nullable CacheSettings cacheSettings() {
    SegmentType settled = type;
    if (type instanceof SegmentType.Cache cache) {
      if (cache.settings() != null) {
        return cache.settings();
      }
      settled = group.type(cache.cache());
    }
    return settled instanceof SegmentType.CachePool pool ? pool.settings() : null;
  }

  private List<String> cacheTunables(SegmentType.@Nullable CacheSettings cache) {
    ImmutableList<ConfigNode> nodes = ImmutableList.of();
    if (type instanceof SegmentType.Writecache writecache) {
      nodes = writecache.settings();
    } else if (cache != null && cache.policySettings() != null) {
      nodes = cache.policySettings();
    }
    List<String> tunables = new ArrayList<>();
    for (ConfigNode node : nodes) {
      if (node instanceof ConfigNode.Entry entry) {
        tunables.add(entry.key() + "=" + text(entry.value()));
      }
    }
    return tunables;
  }

  private static String text(ConfigValue value) {
    if (value instanceof ConfigValue.Int number) {
      return Long.toString(number.value());
    }
    if (value instanceof ConfigValue.Text string) {
      return string.text();
    }
    if (value instanceof ConfigValue.Bare bare) {
      return bare.word();
    }
    if (value instanceof ConfigValue.Real real) {
      return real.digits();
    }
    return ((ConfigValue.Array) value)
        .items().stream().map(LvSegmentReport::text).collect(joining(" "));
  }

  private void addAreas(Row row) {
    ImmutableList<Area> data = Stripes.areas(type);
    List<Area> metadata = metadataAreas();
    row.text("seg_pe_ranges", String.join(" ", ranges(data, false)));
    row.list("seg_le_ranges", ranges(data, true));
    row.list("seg_metadata_le_ranges", ranges(metadata, true));
    row.list("devices", starts(data));
    row.list("metadata_devices", starts(metadata));
  }

  private List<Area> metadataAreas() {
    List<Area> areas = new ArrayList<>();
    if (type instanceof SegmentType.Raid raid) {
      for (SegmentType.RaidImage image : raid.images()) {
        if (image.metadata() != null) {
          areas.add(new Area.Logical(image.metadata(), 0));
        }
      }
    }
    return areas;
  }

  /**
   * First and last extent of each area. LVM2 names all extents of a logical volume it uses, and
   * marks what follows a hidden one as hidden too, even a device.
   */
  private List<String> ranges(List<Area> areas, boolean marksHidden) {
    List<String> ranges = new ArrayList<>();
    boolean hidden = false;
    for (Area area : areas) {
      String name;
      long first = 0;
      long end = 0;
      if (area instanceof Area.Physical physical) {
        name = group.deviceName(physical.pv());
        first = physical.extent();
        end = first + segment.areaLength();
      } else {
        name = ((Area.Logical) area).lv();
        end = group.vg().logicalVolume(name).map(LogicalVolume::extentCount).orElse(0L);
        hidden = !name.equals(group.displayName(name));
      }
      String marked = hidden && marksHidden ? "[" + name + "]" : name;
      ranges.add(marked + ":" + first + "-" + Math.max(0, end - 1));
    }
    return ranges;
  }

  /** Each area with its first extent; of a logical volume LVM2 names the first of all. */
  private List<String> starts(List<Area> areas) {
    List<String> starts = new ArrayList<>();
    for (Area area : areas) {
      starts.add(
          area instanceof Area.Physical physical
              ? group.deviceName(physical.pv()) + "(" + physical.extent() + ")"
              : ((Area.Logical) area).lv() + "(0)");
    }
    return starts;
  }
}
