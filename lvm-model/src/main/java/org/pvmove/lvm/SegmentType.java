// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.math.LongMath;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/**
 * How a segment maps its extents. One record for each of LVM2's families of segment types; the
 * fields are those of the metadata text and keep its units.
 */
public sealed interface SegmentType {
  /** The word in the metadata text, such as {@code striped}, without the {@code +FLAG} parts. */
  String name();

  /** The areas the segment's data stand on, in order; empty for virtual ones. */
  default ImmutableList<Area> areas() {
    return ImmutableList.of();
  }

  /** All uses of other logical volumes, those through {@link #areas()} included. */
  default ImmutableList<Reference> references() {
    return logicalAreas(areas(), Reference.Use.STRIPE);
  }

  /**
   * Extents that each area is long, for a segment of that many extents.
   *
   * @param extentCount the segment's length in extents
   */
  default long areaLength(long extentCount) {
    return extentCount;
  }

  /** The same type on other areas, as many as before; only where the areas are the mapping. */
  default SegmentType withAreas(ImmutableList<Area> areas) {
    throw new UnsupportedOperationException("the areas of a " + name() + " segment are fixed");
  }

  /**
   * Linear (one stripe) and striped segments.
   *
   * @param stripeSize size of one chunk; absent for one stripe
   * @param areas the stripes, at least one
   */
  record Striped(@Nullable Sectors stripeSize, ImmutableList<Area> areas) implements SegmentType {
    public Striped {
      requireAreas(areas.size(), 1, "stripes");
      if (areas.size() > 1 && stripeSize == null) {
        throw new IllegalArgumentException(
            "expected a stripe size for " + areas.size() + " stripes, found none");
      }
    }

    /** A linear segment: one stripe. */
    public static Striped linear(Area area) {
      return new Striped(null, ImmutableList.of(area));
    }

    @Override
    public String name() {
      return "striped";
    }

    /** Rounded down; the validator refuses a length that the stripes do not divide. */
    @Override
    public long areaLength(long extentCount) {
      return extentCount / areas.size();
    }

    @Override
    public Striped withAreas(ImmutableList<Area> newAreas) {
      return new Striped(stripeSize, newAreas);
    }
  }

  /**
   * Mirrors of the old kind ({@code mirror}), among them the segments of a move: these have {@code
   * extentsMoved}, and their areas are source and destination. A move's segment is either copied
   * ({@code extentsMoved} equals its length: the destination is authoritative) or not (the source
   * is).
   *
   * @param extentsMoved extents already moved; absent in mirrors that are no move
   * @param log name of the log volume, if any
   * @param regionSize granularity of synchronisation, if given
   * @param areas the mirror legs
   */
  record Mirror(
      @Nullable Long extentsMoved,
      @Nullable String log,
      @Nullable Sectors regionSize,
      ImmutableList<Area> areas)
      implements SegmentType {
    public Mirror {
      requireAreas(areas.size(), 1, "mirrors");
    }

    @Override
    public String name() {
      return "mirror";
    }

    /** Whether this is a segment of a move. */
    public boolean isPvmove() {
      return extentsMoved != null;
    }

    @Override
    public ImmutableList<Reference> references() {
      ImmutableList.Builder<Reference> all = ImmutableList.builder();
      all.addAll(logicalAreas(areas, Reference.Use.IMAGE));
      if (log != null) {
        all.add(new Reference(Reference.Use.MIRROR_LOG, log));
      }
      return all.build();
    }

    @Override
    public Mirror withAreas(ImmutableList<Area> newAreas) {
      return new Mirror(extentsMoved, log, regionSize, newAreas);
    }

    /** The same mirror with another count of moved extents. */
    public Mirror withExtentsMoved(long moved) {
      return new Mirror(moved, log, regionSize, areas);
    }

    /** The same mirror with another size of regions. */
    public Mirror withRegionSize(Sectors size) {
      return new Mirror(extentsMoved, log, size, areas);
    }
  }

  /**
   * A raid image.
   *
   * @param metadata name of its metadata volume, if it has one
   * @param data where its data stand; always another logical volume in what LVM2 writes
   */
  record RaidImage(@Nullable String metadata, Area data) {}

  /**
   * All raid types. Fields that a type does not have are absent.
   *
   * @param name {@code raid0}, {@code raid0_meta}, {@code raid1}, {@code raid5_ls}, …
   * @param images the images in order
   * @param dataCopies copies of the data, for raid10
   * @param regionSize granularity of synchronisation
   * @param stripeSize size of one chunk
   * @param writebehind outstanding writes to write-mostly images, for raid1
   * @param minRecoveryRate lower bound of the recovery rate in KiB/s for each device
   * @param maxRecoveryRate upper bound of the recovery rate in KiB/s for each device
   * @param dataOffset where the data start on each image while it is reshaped
   */
  record Raid(
      String name,
      ImmutableList<RaidImage> images,
      @Nullable Long dataCopies,
      @Nullable Sectors regionSize,
      @Nullable Sectors stripeSize,
      @Nullable Long writebehind,
      @Nullable Long minRecoveryRate,
      @Nullable Long maxRecoveryRate,
      @Nullable Sectors dataOffset)
      implements SegmentType {

    /** The raid types LVM2 knows. */
    public static final ImmutableSet<String> NAMES =
        ImmutableSet.of(
            "raid0",
            "raid0_meta",
            "raid1",
            "raid4",
            "raid5",
            "raid5_n",
            "raid5_la",
            "raid5_ra",
            "raid5_ls",
            "raid5_rs",
            "raid6",
            "raid6_n_6",
            "raid6_nc",
            "raid6_nr",
            "raid6_zr",
            "raid6_ls_6",
            "raid6_rs_6",
            "raid6_la_6",
            "raid6_ra_6",
            "raid10",
            "raid10_near");

    public Raid {
      requireAreas(images.size(), 1, "raid images");
    }

    /** Images whose worth is parity: 1 for raid4 and raid5, 2 for raid6, else 0. */
    public int parityImages() {
      if (name.startsWith("raid6")) {
        return 2;
      }
      return name.startsWith("raid4") || name.startsWith("raid5") ? 1 : 0;
    }

    /** The number of stripes, for all but raid10. */
    private int dataStripes() {
      return name.equals("raid1") ? 1 : images.size() - parityImages();
    }

    @Override
    public ImmutableList<Area> areas() {
      return images.stream().map(RaidImage::data).collect(ImmutableList.toImmutableList());
    }

    @Override
    public ImmutableList<Reference> references() {
      ImmutableList.Builder<Reference> all = ImmutableList.builder();
      for (RaidImage image : images) {
        if (image.metadata() != null) {
          all.add(new Reference(Reference.Use.RAID_METADATA, image.metadata()));
        }
        all.addAll(logicalAreas(ImmutableList.of(image.data()), Reference.Use.IMAGE));
      }
      return all.build();
    }

    @Override
    public long areaLength(long extentCount) {
      if (name.equals("raid1")) {
        return extentCount;
      }
      if (name.startsWith("raid10")) {
        long copies = dataCopies == null ? 2 : dataCopies;
        // A hostile text may hold any number of copies.
        return Math.min(
            extentCount,
            LongMath.divide(
                LongMath.saturatedMultiply(extentCount, copies),
                images.size(),
                RoundingMode.CEILING));
      }
      return LongMath.divide(extentCount, Math.max(1, dataStripes()), RoundingMode.CEILING);
    }
  }

  /**
   * The tie between a copy-on-write store and its origin.
   *
   * @param chunkSize size of one exception
   * @param origin name of the origin
   * @param store name of the volume that stores the exceptions
   * @param merging whether the snapshot is being merged into its origin
   */
  record Snapshot(Sectors chunkSize, String origin, String store, boolean merging)
      implements SegmentType {
    @Override
    public String name() {
      return "snapshot";
    }

    @Override
    public ImmutableList<Reference> references() {
      return ImmutableList.of(
          new Reference(Reference.Use.SNAPSHOT_ORIGIN, origin),
          new Reference(Reference.Use.SNAPSHOT_COW, store));
    }
  }

  /**
   * A pool of thin volumes.
   *
   * @param metadata name of the metadata volume
   * @param data name of the data volume
   * @param transactionId number of the last change, as the kernel counts it (unsigned 64 bits)
   * @param chunkSize size of one block of the pool
   * @param discards {@code passdown}, {@code nopassdown} or {@code ignore}; absent means ignore
   * @param zeroNewBlocks whether new blocks are zeroed; absent means not
   * @param cropMetadata whether the metadata volume is cropped to the kernel's maximum, if stated
   * @param messages messages still to be sent to the kernel, in order
   */
  record ThinPool(
      String metadata,
      String data,
      long transactionId,
      Sectors chunkSize,
      @Nullable String discards,
      @Nullable Long zeroNewBlocks,
      @Nullable Long cropMetadata,
      ImmutableList<ThinMessage> messages)
      implements SegmentType {
    @Override
    public String name() {
      return "thin-pool";
    }

    @Override
    public ImmutableList<Area> areas() {
      return ImmutableList.of(new Area.Logical(data, 0));
    }

    @Override
    public ImmutableList<Reference> references() {
      return ImmutableList.of(
          new Reference(Reference.Use.POOL_METADATA, metadata),
          new Reference(Reference.Use.POOL_DATA, data));
    }
  }

  /**
   * A message to the kernel's thin pool that is not yet known to be delivered.
   *
   * @param create name of the thin volume to create; absent in a delete message
   * @param delete device id to delete; absent in a create message
   */
  record ThinMessage(@Nullable String create, @Nullable Long delete) {}

  /**
   * A thin volume.
   *
   * @param pool name of its pool
   * @param transactionId the pool's transaction that made it (unsigned 64 bits)
   * @param deviceId its number in the pool, 0 to 2^24-1
   * @param externalOrigin name of a volume outside the pool it reads from
   * @param origin name of the thin volume it is a snapshot of
   * @param merge name of the thin volume it is being merged into
   */
  record Thin(
      String pool,
      long transactionId,
      long deviceId,
      @Nullable String externalOrigin,
      @Nullable String origin,
      @Nullable String merge)
      implements SegmentType {
    @Override
    public String name() {
      return "thin";
    }

    @Override
    public ImmutableList<Reference> references() {
      ImmutableList.Builder<Reference> all = ImmutableList.builder();
      all.add(new Reference(Reference.Use.POOL, pool));
      add(all, Reference.Use.EXTERNAL_ORIGIN, externalOrigin);
      add(all, Reference.Use.THIN_ORIGIN, origin);
      add(all, Reference.Use.MERGE_TARGET, merge);
      return all.build();
    }
  }

  /**
   * How a cache works; of a cache pool, or of a cache that uses a plain volume.
   *
   * @param metadataFormat 1 or 2, if stated
   * @param chunkSize size of one block of the cache, if stated
   * @param mode {@code writethrough}, {@code writeback} or {@code passthrough}, if stated
   * @param policy name of the replacement policy, if stated
   * @param policySettings the policy's settings as they stand in the text, if any
   */
  record CacheSettings(
      @Nullable Long metadataFormat,
      @Nullable Sectors chunkSize,
      @Nullable String mode,
      @Nullable String policy,
      @Nullable ImmutableList<ConfigNode> policySettings) {}

  /**
   * A pool used as a cache.
   *
   * @param data name of the data volume
   * @param metadata name of the metadata volume
   * @param settings how it works
   */
  record CachePool(String data, String metadata, CacheSettings settings) implements SegmentType {
    @Override
    public String name() {
      return "cache-pool";
    }

    @Override
    public ImmutableList<Area> areas() {
      return ImmutableList.of(new Area.Logical(data, 0));
    }

    @Override
    public ImmutableList<Reference> references() {
      return ImmutableList.of(
          new Reference(Reference.Use.POOL_DATA, data),
          new Reference(Reference.Use.POOL_METADATA, metadata));
    }
  }

  /**
   * Where data and metadata of a cache lie on a plain volume used as cache (a "cachevol").
   *
   * @param metadataStart first sector of the metadata
   * @param metadataLength length of the metadata
   * @param dataStart first sector of the data
   * @param dataLength length of the data
   * @param metadataId identity of the metadata, if stated
   * @param dataId identity of the data, if stated
   */
  record CacheVolLayout(
      Sectors metadataStart,
      Sectors metadataLength,
      Sectors dataStart,
      Sectors dataLength,
      @Nullable String metadataId,
      @Nullable String dataId) {}

  /**
   * A cached volume.
   *
   * @param cache name of the cache pool or of the plain volume used as one
   * @param origin name of the slow volume
   * @param cleaner 1 if the cache is being emptied, if stated
   * @param settings how it works, where the cache is a plain volume
   * @param layout where things lie on it, where the cache is a plain volume
   */
  record Cache(
      String cache,
      String origin,
      @Nullable Long cleaner,
      @Nullable CacheSettings settings,
      @Nullable CacheVolLayout layout)
      implements SegmentType {
    @Override
    public String name() {
      return "cache";
    }

    @Override
    public ImmutableList<Area> areas() {
      return ImmutableList.of(new Area.Logical(origin, 0));
    }

    @Override
    public ImmutableList<Reference> references() {
      return ImmutableList.of(
          new Reference(Reference.Use.CACHE, cache), new Reference(Reference.Use.ORIGIN, origin));
    }
  }

  /**
   * A volume with a write cache.
   *
   * @param cache name of the fast volume
   * @param origin name of the slow volume
   * @param blockSize bytes in a block of the cache
   * @param settings the optional settings, such as {@code high_watermark}, in the text's order
   */
  record Writecache(String cache, String origin, long blockSize, ImmutableList<ConfigNode> settings)
      implements SegmentType {
    @Override
    public String name() {
      return "writecache";
    }

    @Override
    public ImmutableList<Area> areas() {
      return ImmutableList.of(new Area.Logical(origin, 0));
    }

    @Override
    public ImmutableList<Reference> references() {
      return ImmutableList.of(
          new Reference(Reference.Use.CACHE, cache), new Reference(Reference.Use.ORIGIN, origin));
    }
  }

  /**
   * A volume with integrity checksums.
   *
   * @param origin name of the volume with the data
   * @param dataSectors size of the data
   * @param mode {@code J} (journal), {@code B} (bitmap), {@code D} or {@code R}
   * @param tagSize bytes in a checksum
   * @param blockSize bytes covered by a checksum
   * @param internalHash name of the checksum
   * @param metadataDevice name of the volume that holds the checksums, if a separate one
   * @param settings the optional settings, such as {@code journal_sectors}, in the text's order
   */
  record Integrity(
      String origin,
      Sectors dataSectors,
      String mode,
      long tagSize,
      long blockSize,
      String internalHash,
      @Nullable String metadataDevice,
      ImmutableList<ConfigNode> settings)
      implements SegmentType {
    @Override
    public String name() {
      return "integrity";
    }

    @Override
    public ImmutableList<Area> areas() {
      return ImmutableList.of(new Area.Logical(origin, 0));
    }

    @Override
    public ImmutableList<Reference> references() {
      ImmutableList.Builder<Reference> all = ImmutableList.builder();
      all.add(new Reference(Reference.Use.ORIGIN, origin));
      add(all, Reference.Use.INTEGRITY_METADATA, metadataDevice);
      return all.build();
    }
  }

  /**
   * A pool of deduplicated and compressed data.
   *
   * @param data name of the data volume
   * @param headerSize sectors kept free at both ends of the pool
   * @param virtualExtents extents the pool offers
   * @param settings the tunables, such as {@code slab_size_mb}, in the text's order
   */
  record VdoPool(
      String data, Sectors headerSize, long virtualExtents, ImmutableList<ConfigNode> settings)
      implements SegmentType {
    @Override
    public String name() {
      return "vdo-pool";
    }

    @Override
    public ImmutableList<Area> areas() {
      return ImmutableList.of(new Area.Logical(data, 0));
    }

    @Override
    public ImmutableList<Reference> references() {
      return ImmutableList.of(new Reference(Reference.Use.POOL_DATA, data));
    }
  }

  /**
   * A volume in a vdo pool.
   *
   * @param pool name of the pool
   * @param offset logical extent of the pool at which the volume starts
   */
  record Vdo(String pool, long offset) implements SegmentType {
    @Override
    public String name() {
      return "vdo";
    }

    @Override
    public ImmutableList<Reference> references() {
      return ImmutableList.of(new Reference(Reference.Use.POOL, pool));
    }
  }

  /** Reads as zeros, writes are dropped. */
  record ZeroTarget() implements SegmentType {
    @Override
    public String name() {
      return "zero";
    }
  }

  /** Every access fails. */
  record ErrorTarget() implements SegmentType {
    @Override
    public String name() {
      return "error";
    }
  }

  /**
   * A type this library does not know, or a known one with a flag it does not know. The fields are
   * kept as they stand; what they use is not known.
   *
   * @param name the type as it stands in the text, flags included
   * @param fields all fields but start, count, type and tags
   */
  record Unknown(String name, ImmutableList<ConfigNode> fields) implements SegmentType {}

  private static ImmutableList<Reference> logicalAreas(
      ImmutableList<Area> areas, Reference.Use use) {
    ImmutableList.Builder<Reference> all = null;
    for (Area area : areas) {
      if (area instanceof Area.Logical logical) {
        // Most segments have none, and this is asked of every segment again and again.
        if (all == null) {
          all = ImmutableList.builder();
        }
        all.add(new Reference(use, logical.lv()));
      }
    }
    return all == null ? ImmutableList.of() : all.build();
  }

  private static void add(
      ImmutableList.Builder<Reference> all, Reference.Use use, @Nullable String lv) {
    if (lv != null) {
      all.add(new Reference(use, lv));
    }
  }

  private static void requireAreas(int found, int least, String what) {
    if (found < least) {
      throw new IllegalArgumentException(
          "expected at least %d %s, found %d".formatted(least, what, found));
    }
  }
}
