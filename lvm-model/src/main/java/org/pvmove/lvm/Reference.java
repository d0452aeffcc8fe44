// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

/**
 * A segment's use of another logical volume.
 *
 * @param use what for
 * @param lv name of the logical volume used
 */
public record Reference(Use use, String lv) {
  /** What a logical volume is used for by a segment of another. */
  public enum Use {
    /** Extents of it are a stripe of a striped or linear segment. */
    STRIPE,
    /** It is an image of a mirror or raid. */
    IMAGE,
    /** It holds the metadata of a raid image. */
    RAID_METADATA,
    /** It is the log of a mirror. */
    MIRROR_LOG,
    /** It is the origin of a copy-on-write snapshot. */
    SNAPSHOT_ORIGIN,
    /** It stores the exceptions of a copy-on-write snapshot. */
    SNAPSHOT_COW,
    /** It holds the data of a thin, cache or vdo pool. */
    POOL_DATA,
    /** It holds the metadata of a thin or cache pool. */
    POOL_METADATA,
    /** It is the pool a thin or vdo volume lives in. */
    POOL,
    /** A thin volume was made as a snapshot of it. */
    THIN_ORIGIN,
    /** A thin volume reads from it what it has not written. */
    EXTERNAL_ORIGIN,
    /** A thin snapshot is being merged into it. */
    MERGE_TARGET,
    /** It is the slow volume behind a cache or writecache, or the data under integrity. */
    ORIGIN,
    /** It is the cache: a cache pool, or a plain volume used as one. */
    CACHE,
    /** It holds the integrity metadata. */
    INTEGRITY_METADATA
  }
}
