// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Range;
import com.google.common.math.LongMath;
import java.util.HashMap;
import java.util.Map;
import org.pvmove.lvm.ConfigNode;
import org.pvmove.lvm.ConfigValue;
import org.pvmove.lvm.SegmentType;

/** What is asked of vdo pools and the volumes in them; see lvmvdo(7). */
final class VdoRules {
  private static final ImmutableMap<String, Range<Long>> RANGES =
      ImmutableMap.<String, Range<Long>>builder()
          .put("block_map_cache_size_mb", Range.closed(128L, 16_777_215L))
          .put("block_map_era_length", Range.closed(1L, 16_380L))
          .put("index_memory_size_mb", Range.atLeast(256L))
          .put("slab_size_mb", Range.closed(128L, 32_768L))
          .put("max_discard", Range.atLeast(1L))
          .put("ack_threads", Range.closed(0L, 100L))
          .put("bio_threads", Range.closed(1L, 100L))
          .put("bio_rotation", Range.closed(1L, 1024L))
          .put("cpu_threads", Range.closed(1L, 100L))
          .put("hash_zone_threads", Range.closed(0L, 100L))
          .put("logical_threads", Range.closed(0L, 60L))
          .put("physical_threads", Range.closed(0L, 16L))
          .buildOrThrow();
  private static final ImmutableSet<String> WRITE_POLICIES =
      ImmutableSet.of("auto", "sync", "async", "async-unsafe");

  private VdoRules() {}

  static void checkPool(FamilyRules.Site site, SegmentType.VdoPool pool) {
    site.requireOwn(pool.data(), "data volume");
    Map<String, Long> numbers = new HashMap<>();
    for (ConfigNode node : pool.settings()) {
      if (node instanceof ConfigNode.Entry entry) {
        if (entry.value() instanceof ConfigValue.Int number) {
          numbers.put(entry.key(), number.value());
        }
        if (entry.key().equals("write_policy")) {
          checkWritePolicy(site, entry.value());
        }
      }
    }
    RANGES.forEach(
        (key, range) -> {
          Long value = numbers.get(key);
          if (value == null) {
            site.unreadable("a number for " + key, "none");
          } else if (!range.contains(value)) {
            site.unreadable(key + " in " + range, value);
          }
        });
    Long size = numbers.get("minimum_io_size");
    if (size != null && size != 512 && size != 4096) {
      site.unreadable("minimum_io_size 512 or 4096", size);
    }
    boolean hash = numbers.getOrDefault("hash_zone_threads", 0L) == 0;
    boolean logical = numbers.getOrDefault("logical_threads", 0L) == 0;
    boolean physical = numbers.getOrDefault("physical_threads", 0L) == 0;
    if (hash != logical || logical != physical) {
      site.unreadable(
          "hash_zone_threads, logical_threads and physical_threads all zero or none", "some zero");
    }
  }

  private static void checkWritePolicy(FamilyRules.Site site, ConfigValue value) {
    String word = null;
    if (value instanceof ConfigValue.Bare bare) {
      word = bare.word();
    } else if (value instanceof ConfigValue.Text text) {
      word = text.text();
    }
    if (word == null || !WRITE_POLICIES.contains(word)) {
      site.unreadable(
          "write_policy auto, sync, async or async-unsafe",
          word == null ? "something else" : Names.quote(word));
    }
  }

  static void checkVolume(FamilyRules.Site site, SegmentType.Vdo vdo) {
    SegmentType type = site.typeOf(vdo.pool());
    if (type instanceof SegmentType.VdoPool pool) {
      long end = LongMath.saturatedAdd(vdo.offset(), site.segment().extentCount());
      if (end > pool.virtualExtents()) {
        site.notice(
            "to end within the %d virtual extents of its pool".formatted(pool.virtualExtents()),
            "extents %d to %d".formatted(vdo.offset(), end - 1));
      }
    } else if (type != null) {
      site.unreadable("a vdo pool as its pool", Names.quote(vdo.pool()));
    }
  }
}
