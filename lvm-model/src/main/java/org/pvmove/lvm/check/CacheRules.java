// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import com.google.common.collect.ImmutableSet;
import com.google.common.math.LongMath;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;

/** What is asked of caches and write caches; see lvmcache(7). */
final class CacheRules {
  private static final long MIN_CHUNK = 64;
  private static final long MAX_CHUNK = 2_097_152;
  private static final ImmutableSet<String> MODES =
      ImmutableSet.of("writethrough", "writeback", "passthrough");

  private CacheRules() {}

  static void checkPool(FamilyRules.Site site, SegmentType.CachePool pool) {
    site.requireOwn(pool.data(), "data volume");
    site.requireOwn(pool.metadata(), "metadata volume");
    if (!pool.metadata().contains("_cmeta")) {
      site.unreadable("a metadata volume named …_cmeta", Names.quote(pool.metadata()));
    }
    checkSettings(site, pool.settings());
    boolean second = Long.valueOf(2).equals(pool.settings().metadataFormat());
    if (second != site.hasTypeWord("METADATA_FORMAT")) {
      site.unreadable(
          "METADATA_FORMAT with metadata_format 2 and not otherwise",
          second ? "2 without it" : "it with " + pool.settings().metadataFormat());
    }
  }

  private static void checkSettings(FamilyRules.Site site, SegmentType.CacheSettings settings) {
    Long format = settings.metadataFormat();
    if (format != null && format != 1 && format != 2) {
      site.unreadable("metadata_format 1 or 2", format);
    }
    if (settings.chunkSize() != null) {
      long chunk = settings.chunkSize().count();
      if (chunk < MIN_CHUNK || chunk > MAX_CHUNK || chunk % MIN_CHUNK != 0) {
        site.unreadable(
            "a chunk_size that is a multiple of 64 sectors from 64 to 2097152",
            settings.chunkSize());
      }
    }
    if (settings.mode() != null && !MODES.contains(settings.mode())) {
      site.unreadable(
          "cache_mode writethrough, writeback or passthrough", Names.quote(settings.mode()));
    }
    if (settings.policySettings() != null && settings.policy() == null) {
      site.unreadable("a policy for policy_settings", "none");
    }
  }

  static void checkCache(FamilyRules.Site site, SegmentType.Cache cache) {
    site.requireOwn(cache.origin(), "origin");
    site.requireOwn(cache.cache(), "cache");
    LogicalVolume fast = site.volume(cache.cache());
    boolean isPool = site.typeOf(cache.cache()) instanceof SegmentType.CachePool;
    if (site.hasTypeWord("CACHE_USES_CACHEVOL")) {
      requireCacheVolume(site, fast);
      if (isPool) {
        site.unreadable("a plain volume as cache", "the cache pool " + Names.quote(cache.cache()));
      }
      if (cache.settings() == null || cache.layout() == null) {
        site.unreadable(
            "settings, metadata_start, metadata_len, data_start and data_len of the cache", "none");
      } else {
        if (cache.settings().chunkSize() == null) {
          site.notice("a chunk_size of the cache", "none");
        }
        checkLayout(site, cache.layout(), fast);
      }
    } else {
      if (fast != null && !isPool) {
        site.unreadable("a cache pool as cache", Names.quote(cache.cache()));
      }
      if (cache.settings() != null || cache.layout() != null) {
        site.unreadable("the settings of the cache in the cache pool", "them here");
      }
    }
    if (cache.settings() != null) {
      checkSettings(site, cache.settings());
    }
  }

  private static void checkLayout(
      FamilyRules.Site site, SegmentType.CacheVolLayout layout, @Nullable LogicalVolume fast) {
    long metadataEnd =
        LongMath.saturatedAdd(layout.metadataStart().count(), layout.metadataLength().count());
    long dataEnd = LongMath.saturatedAdd(layout.dataStart().count(), layout.dataLength().count());
    if (layout.metadataStart().count() < dataEnd && layout.dataStart().count() < metadataEnd) {
      site.notice("metadata and data of the cache in different places", layout);
    }
    if (fast != null) {
      long size = LongMath.saturatedMultiply(fast.extentCount(), site.vg().extentSize().sectors());
      if (metadataEnd > size || dataEnd > size) {
        site.notice(
            "metadata and data within the %d sectors of %s"
                .formatted(size, LogicalVolumeRules.name(fast)),
            layout);
      }
    }
  }

  static void checkWritecache(FamilyRules.Site site, SegmentType.Writecache writecache) {
    site.requireOwn(writecache.origin(), "origin");
    site.requireOwn(writecache.cache(), "cache");
    requireCacheVolume(site, site.volume(writecache.cache()));
    if (writecache.blockSize() != 512 && writecache.blockSize() != 4096) {
      site.notice("writecache_block_size 512 or 4096", writecache.blockSize());
    }
  }

  private static void requireCacheVolume(FamilyRules.Site site, @Nullable LogicalVolume fast) {
    if (fast != null && !fast.flags().has(StatusFlag.CACHE_VOL)) {
      site.unreadable("CACHE_VOL on the volume used as cache", fast.flags().compatible());
    }
  }
}
