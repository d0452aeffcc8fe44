// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.text;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ConfigNode;
import org.pvmove.lvm.ConfigValue;
import org.pvmove.lvm.Extras;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.SegmentType;

/**
 * The fields of each segment type, reading and printing side by side. The order of printing is
 * LVM2's.
 */
final class SegmentFields {
  private static final ImmutableSet<String> TYPE_FLAGS =
      ImmutableSet.of(
          "RESHAPE",
          "RESHAPE_DATA_OFFSET",
          "RESHAPE_DELTA_DISKS_PLUS",
          "RESHAPE_DELTA_DISKS_MINUS",
          "REMOVE_AFTER_RESHAPE",
          "METADATA_FORMAT",
          "CROP_METADATA",
          "CACHE_USES_CACHEVOL");

  private static final ImmutableList<String> WRITECACHE_SETTINGS =
      ImmutableList.of(
          "high_watermark",
          "low_watermark",
          "writeback_jobs",
          "autocommit_blocks",
          "autocommit_time",
          "fua",
          "nofua",
          "cleaner",
          "max_age",
          "metadata_only",
          "pause_writeback",
          "writecache_setting_key",
          "writecache_setting_val");

  private static final ImmutableList<String> INTEGRITY_SETTINGS =
      ImmutableList.of(
          "recalculate",
          "journal_sectors",
          "interleave_sectors",
          "buffer_sectors",
          "journal_watermark",
          "commit_time",
          "bitmap_flush_interval",
          "sectors_per_bit",
          "allow_discards");

  private static final ImmutableList<String> VDO_SETTINGS =
      ImmutableList.of(
          "use_compression",
          "use_deduplication",
          "use_metadata_hints",
          "minimum_io_size",
          "block_map_cache_size_mb",
          "block_map_era_length",
          "use_sparse_index",
          "index_memory_size_mb",
          "max_discard",
          "slab_size_mb",
          "ack_threads",
          "bio_threads",
          "bio_rotation",
          "cpu_threads",
          "hash_zone_threads",
          "logical_threads",
          "physical_threads",
          "write_policy");

  private final Map<String, LvmUuid> idByHandle = new HashMap<>();
  private final Map<LvmUuid, String> handleById = new HashMap<>();

  SegmentFields(Iterable<PhysicalVolume> pvs) {
    for (PhysicalVolume pv : pvs) {
      idByHandle.putIfAbsent(pv.handle(), pv.id());
      handleById.putIfAbsent(pv.id(), pv.handle());
    }
  }

  /** Whether all flags behind the name of a type are known. */
  static boolean knowsFlags(Iterable<String> flags) {
    for (String flag : flags) {
      if (!TYPE_FLAGS.contains(flag)) {
        return false;
      }
    }
    return true;
  }

  /** Reads the fields of the named type; absent if the type is unknown. */
  @Nullable SegmentType read(String type, Fields in) {
    if (SegmentType.Raid.NAMES.contains(type)) {
      return readRaid(type, in);
    }
    return switch (type) {
      case "striped", "linear" -> readStriped(in);
      case "mirror" -> readMirror(in);
      case "snapshot" -> readSnapshot(in);
      case "thin-pool" -> readThinPool(in);
      case "thin" -> readThin(in);
      case "cache-pool" -> readCachePool(in);
      case "cache" -> readCache(in);
      case "writecache" -> readWritecache(in);
      case "integrity" -> readIntegrity(in);
      case "vdo-pool" -> readVdoPool(in);
      case "vdo" ->
          new SegmentType.Vdo(in.requiredString("vdo_pool"), in.requiredUnsigned32("vdo_offset"));
      case "zero" -> new SegmentType.ZeroTarget();
      case "error" -> new SegmentType.ErrorTarget();
      default -> null;
    };
  }

  /** Prints the fields of a type, without the type itself. */
  void print(SegmentType type, ConfigPrinter out) {
    if (type instanceof SegmentType.Striped striped) {
      printStriped(striped, out);
    } else if (type instanceof SegmentType.Mirror mirror) {
      printMirror(mirror, out);
    } else if (type instanceof SegmentType.Raid raid) {
      printRaid(raid, out);
    } else if (type instanceof SegmentType.Snapshot snapshot) {
      printSnapshot(snapshot, out);
    } else if (type instanceof SegmentType.ThinPool pool) {
      printThinPool(pool, out);
    } else if (type instanceof SegmentType.Thin thin) {
      printThin(thin, out);
    } else if (type instanceof SegmentType.CachePool pool) {
      printCachePool(pool, out);
    } else if (type instanceof SegmentType.Cache cache) {
      printCache(cache, out);
    } else if (type instanceof SegmentType.Writecache writecache) {
      printWritecache(writecache, out);
    } else if (type instanceof SegmentType.Integrity integrity) {
      printIntegrity(integrity, out);
    } else if (type instanceof SegmentType.VdoPool pool) {
      printVdoPool(pool, out);
    } else if (type instanceof SegmentType.Vdo vdo) {
      out.string("vdo_pool", vdo.pool());
      out.number("vdo_offset", vdo.offset());
    } else if (type instanceof SegmentType.Unknown unknown) {
      out.nodes(unknown.fields());
    }
    // ZeroTarget and ErrorTarget have no fields.
  }

  private SegmentType readStriped(Fields in) {
    long count = in.requiredUnsigned32("stripe_count");
    Sectors size = count == 1 ? in.sectors32("stripe_size") : in.requiredSectors32("stripe_size");
    return new SegmentType.Striped(size, areas(in, "stripes", count));
  }

  private void printStriped(SegmentType.Striped striped, ConfigPrinter out) {
    out.number("stripe_count", striped.areas().size());
    out.optional("stripe_size", striped.stripeSize());
    out.blank();
    out.lines("stripes", print(striped.areas()));
  }

  private SegmentType readMirror(Fields in) {
    long count = in.requiredUnsigned32("mirror_count");
    // Its presence alone makes the segment a part of a move.
    Long moved = in.has("extents_moved") ? in.requiredUnsigned32("extents_moved") : null;
    String log = in.string("mirror_log");
    Sectors region =
        log == null ? in.sectors32("region_size") : in.requiredSectors32("region_size");
    return new SegmentType.Mirror(moved, log, region, areas(in, "mirrors", count));
  }

  private void printMirror(SegmentType.Mirror mirror, ConfigPrinter out) {
    out.number("mirror_count", mirror.areas().size());
    out.optional("extents_moved", mirror.extentsMoved());
    out.optional("mirror_log", mirror.log());
    out.optional("region_size", mirror.regionSize());
    out.blank();
    out.lines("mirrors", print(mirror.areas()));
  }

  private SegmentType readRaid(String type, Fields in) {
    boolean striped = type.startsWith("raid0");
    long count = in.requiredUnsigned32(striped ? "stripe_count" : "device_count");
    Long copies = in.unsigned32("data_copies");
    Sectors region = in.sectors32("region_size");
    Sectors stripe = in.sectors32("stripe_size");
    return new SegmentType.Raid(
        type,
        raidImages(in, type.equals("raid0") ? "raid0_lvs" : "raids", count),
        copies,
        region,
        stripe,
        in.unsigned32("writebehind"),
        in.unsigned32("min_recovery_rate"),
        in.unsigned32("max_recovery_rate"),
        in.sectors32("data_offset"));
  }

  private static ImmutableList<SegmentType.RaidImage> raidImages(
      Fields in, String key, long count) {
    ImmutableList<String> names = in.required(key, in.strings(key), "a list of raid images");
    ImmutableList.Builder<SegmentType.RaidImage> images = ImmutableList.builder();
    int found = 0;
    String metadata = null;
    for (String name : names) {
      // LVM2 knows a metadata volume by its name only.
      if (name.contains("_rmeta_") && metadata == null) {
        metadata = name;
      } else {
        images.add(new SegmentType.RaidImage(metadata, new Area.Logical(name, 0)));
        metadata = null;
        found++;
      }
    }
    if (metadata != null || found != count || found == 0) {
      throw in.error(key, count + " raid images (at least one)", names.toString());
    }
    return images.build();
  }

  private static void printRaid(SegmentType.Raid raid, ConfigPrinter out) {
    boolean striped = raid.name().startsWith("raid0");
    out.number(striped ? "stripe_count" : "device_count", raid.images().size());
    out.optional("data_copies", raid.dataCopies());
    out.optional("region_size", raid.regionSize());
    bare(out, "stripe_size", raid.stripeSize());
    out.optional("writebehind", raid.writebehind());
    out.optional("min_recovery_rate", raid.minRecoveryRate());
    out.optional("max_recovery_rate", raid.maxRecoveryRate());
    out.optional("data_offset", raid.dataOffset());
    out.blank();
    List<String> lines = new ArrayList<>();
    for (SegmentType.RaidImage image : raid.images()) {
      String data = ConfigPrinter.quote(((Area.Logical) image.data()).lv());
      lines.add(
          image.metadata() == null ? data : ConfigPrinter.quote(image.metadata()) + ", " + data);
    }
    out.lines(raid.name().equals("raid0") ? "raid0_lvs" : "raids", lines);
  }

  private static SegmentType readSnapshot(Fields in) {
    Sectors chunk = in.requiredSectors32("chunk_size");
    String origin = in.requiredString("origin");
    String merging = in.string("merging_store");
    return merging != null
        ? new SegmentType.Snapshot(chunk, origin, merging, true)
        : new SegmentType.Snapshot(chunk, origin, in.requiredString("cow_store"), false);
  }

  private static void printSnapshot(SegmentType.Snapshot snapshot, ConfigPrinter out) {
    out.bareNumber("chunk_size", snapshot.chunkSize().count());
    out.string("origin", snapshot.origin());
    out.string(snapshot.merging() ? "merging_store" : "cow_store", snapshot.store());
  }

  private static SegmentType readThinPool(Fields in) {
    ImmutableList.Builder<SegmentType.ThinMessage> messages = ImmutableList.builder();
    String metadata = in.requiredString("metadata");
    String data = in.requiredString("pool");
    for (ConfigNode.Section section : in.numberedSections("message")) {
      Fields message = in.inside(section.key(), section.nodes());
      String create = message.string("create");
      Long delete = message.unsigned32("delete");
      if ((create == null) == (delete == null) || !message.extras().isEmpty()) {
        throw in.error(
            section.key(), "a message with either create or delete", section.nodes().toString());
      }
      messages.add(new SegmentType.ThinMessage(create, delete));
    }
    return new SegmentType.ThinPool(
        metadata,
        data,
        in.required("transaction_id", in.integer("transaction_id"), "a number"),
        in.requiredSectors32("chunk_size"),
        in.string("discards"),
        in.unsigned32("zero_new_blocks"),
        in.unsigned32("crop_metadata"),
        messages.build());
  }

  private static void printThinPool(SegmentType.ThinPool pool, ConfigPrinter out) {
    out.string("metadata", pool.metadata());
    out.string("pool", pool.data());
    out.number("transaction_id", pool.transactionId());
    out.number("chunk_size", pool.chunkSize().count());
    out.optional("discards", pool.discards());
    out.optional("zero_new_blocks", pool.zeroNewBlocks());
    out.optional("crop_metadata", pool.cropMetadata());
    int number = 0;
    for (SegmentType.ThinMessage message : pool.messages()) {
      if (number++ == 0) {
        out.blank();
      }
      out.open("message" + number, Extras.NONE);
      out.optional("create", message.create());
      out.optional("delete", message.delete());
      out.close();
    }
  }

  private static SegmentType readThin(Fields in) {
    return new SegmentType.Thin(
        in.requiredString("thin_pool"),
        in.required("transaction_id", in.integer("transaction_id"), "a number"),
        in.requiredUnsigned32("device_id"),
        in.string("external_origin"),
        in.string("origin"),
        in.string("merge"));
  }

  private static void printThin(SegmentType.Thin thin, ConfigPrinter out) {
    out.string("thin_pool", thin.pool());
    out.number("transaction_id", thin.transactionId());
    out.number("device_id", thin.deviceId());
    out.optional("external_origin", thin.externalOrigin());
    out.optional("origin", thin.origin());
    out.optional("merge", thin.merge());
  }

  private static SegmentType.CacheSettings readCacheSettings(Fields in) {
    return new SegmentType.CacheSettings(
        in.unsigned32("metadata_format"),
        in.sectors32("chunk_size"),
        in.string("cache_mode"),
        in.string("policy"),
        in.section("policy_settings"));
  }

  private static void printCacheSettings(SegmentType.CacheSettings settings, ConfigPrinter out) {
    out.optional("metadata_format", settings.metadataFormat());
    bare(out, "chunk_size", settings.chunkSize());
    out.optional("cache_mode", settings.mode());
    out.optional("policy", settings.policy());
    if (settings.policySettings() != null) {
      out.open("policy_settings", Extras.NONE);
      out.nodes(settings.policySettings());
      out.close();
    }
  }

  private static SegmentType readCachePool(Fields in) {
    return new SegmentType.CachePool(
        in.requiredString("data"), in.requiredString("metadata"), readCacheSettings(in));
  }

  private static void printCachePool(SegmentType.CachePool pool, ConfigPrinter out) {
    out.string("data", pool.data());
    out.string("metadata", pool.metadata());
    printCacheSettings(pool.settings(), out);
  }

  private static SegmentType readCache(Fields in) {
    String cache = in.requiredString("cache_pool");
    String origin = in.requiredString("origin");
    Long cleaner = in.unsigned32("cleaner");
    SegmentType.CacheSettings settings = readCacheSettings(in);
    Sectors metadataStart = in.sectors("metadata_start");
    SegmentType.CacheVolLayout layout =
        metadataStart == null
            ? null
            : new SegmentType.CacheVolLayout(
                metadataStart,
                in.requiredSectors("metadata_len"),
                in.requiredSectors("data_start"),
                in.requiredSectors("data_len"),
                in.string("metadata_id"),
                in.string("data_id"));
    boolean plain = settings.equals(new SegmentType.CacheSettings(null, null, null, null, null));
    return new SegmentType.Cache(cache, origin, cleaner, plain ? null : settings, layout);
  }

  private static void printCache(SegmentType.Cache cache, ConfigPrinter out) {
    out.string("cache_pool", cache.cache());
    out.string("origin", cache.origin());
    out.optional("cleaner", cache.cleaner());
    if (cache.settings() != null) {
      printCacheSettings(cache.settings(), out);
    }
    SegmentType.CacheVolLayout layout = cache.layout();
    if (layout != null) {
      out.number("metadata_start", layout.metadataStart().count());
      out.number("metadata_len", layout.metadataLength().count());
      out.number("data_start", layout.dataStart().count());
      out.number("data_len", layout.dataLength().count());
      out.optional("metadata_id", layout.metadataId());
      out.optional("data_id", layout.dataId());
    }
  }

  private static SegmentType readWritecache(Fields in) {
    return new SegmentType.Writecache(
        in.requiredString("writecache"),
        in.requiredString("origin"),
        in.requiredUnsigned32("writecache_block_size"),
        in.take(WRITECACHE_SETTINGS));
  }

  private static void printWritecache(SegmentType.Writecache writecache, ConfigPrinter out) {
    out.string("writecache", writecache.cache());
    out.string("origin", writecache.origin());
    out.number("writecache_block_size", writecache.blockSize());
    out.nodes(writecache.settings());
  }

  private static SegmentType readIntegrity(Fields in) {
    return new SegmentType.Integrity(
        in.requiredString("origin"),
        in.requiredSectors("data_sectors"),
        in.requiredString("mode"),
        in.requiredUnsigned32("tag_size"),
        in.requiredUnsigned32("block_size"),
        in.requiredString("internal_hash"),
        in.string("meta_dev"),
        in.take(INTEGRITY_SETTINGS));
  }

  private static void printIntegrity(SegmentType.Integrity integrity, ConfigPrinter out) {
    out.string("origin", integrity.origin());
    out.number("data_sectors", integrity.dataSectors().count());
    out.string("mode", integrity.mode());
    out.number("tag_size", integrity.tagSize());
    out.number("block_size", integrity.blockSize());
    out.string("internal_hash", integrity.internalHash());
    out.optional("meta_dev", integrity.metadataDevice());
    out.nodes(integrity.settings());
  }

  private static SegmentType readVdoPool(Fields in) {
    return new SegmentType.VdoPool(
        in.requiredString("data"),
        in.requiredSectors("header_size"),
        in.requiredUnsigned32("virtual_extents"),
        in.take(VDO_SETTINGS));
  }

  private static void printVdoPool(SegmentType.VdoPool pool, ConfigPrinter out) {
    out.string("data", pool.data());
    out.number("header_size", pool.headerSize().count());
    out.number("virtual_extents", pool.virtualExtents());
    out.blank();
    for (ConfigNode node : pool.settings()) {
      if (node instanceof ConfigNode.Entry entry
          && entry.value() instanceof ConfigValue.Int number) {
        out.number(entry.key(), number.value());
      } else {
        out.nodes(ImmutableList.of(node));
      }
    }
  }

  /** A list of (name, extent) pairs; names are looked up among the physical volumes first. */
  private ImmutableList<Area> areas(Fields in, String key, long count) {
    ImmutableList<ConfigValue> items = in.required(key, in.array(key), "a list of areas");
    if (count < 1 || items.size() != 2 * count) {
      throw in.error(
          key, count + " areas (at least one) of a name and an extent", items.size() + " values");
    }
    ImmutableList.Builder<Area> areas = ImmutableList.builder();
    for (int i = 0; i < items.size(); i += 2) {
      if (!(items.get(i) instanceof ConfigValue.Text name)
          || !(items.get(i + 1) instanceof ConfigValue.Int extent)
          || extent.value() < 0
          || extent.value() > 0xFFFF_FFFFL) {
        throw in.error(
            key,
            "a name and an extent from 0 to 4294967295",
            ConfigPrinter.print(items.get(i)) + ", " + ConfigPrinter.print(items.get(i + 1)));
      }
      LvmUuid pv = idByHandle.get(name.text());
      areas.add(
          pv != null
              ? new Area.Physical(pv, extent.value())
              : new Area.Logical(name.text(), extent.value()));
    }
    return areas.build();
  }

  private List<String> print(ImmutableList<Area> areas) {
    List<String> lines = new ArrayList<>(areas.size());
    for (Area area : areas) {
      String name;
      if (area instanceof Area.Physical physical) {
        name = handleById.get(physical.pv());
        if (name == null) {
          throw new IllegalArgumentException(
              "expected a physical volume of the volume group, found " + physical.pv());
        }
      } else {
        name = ((Area.Logical) area).lv();
      }
      lines.add(ConfigPrinter.quote(name) + ", " + area.extent());
    }
    return lines;
  }

  private static void bare(ConfigPrinter out, String key, @Nullable Sectors value) {
    if (value != null) {
      out.bareNumber(key, value.count());
    }
  }
}
