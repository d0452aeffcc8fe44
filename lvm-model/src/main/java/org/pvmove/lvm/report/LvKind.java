// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

/** What a logical volume is or is part of; one can be several of these at once. */
enum LvKind {
  /** The temporary volume of a move. */
  PVMOVE,
  /** A mirror that images are being added to. */
  CONVERTING,
  MIRROR,
  MIRROR_IMAGE,
  MIRROR_LOG,
  RAID,
  RAID_IMAGE,
  RAID_METADATA,
  THIN_POOL,
  THIN_POOL_DATA,
  THIN_POOL_METADATA,
  THIN_VOLUME,
  /** A volume outside a thin pool that thin volumes read from. */
  EXTERNAL_ORIGIN,
  CACHE,
  CACHE_ORIGIN,
  CACHE_POOL,
  CACHE_POOL_DATA,
  CACHE_POOL_METADATA,
  /** A plain volume set aside to be a cache or writecache. */
  CACHE_VOLUME,
  WRITECACHE,
  WRITECACHE_ORIGIN,
  /** The plain volume that a writecache uses. */
  WRITECACHE_VOLUME,
  INTEGRITY,
  INTEGRITY_ORIGIN,
  INTEGRITY_METADATA,
  VDO_VOLUME,
  VDO_POOL,
  VDO_POOL_DATA,
  /** The origin of a copy-on-write ("thick") snapshot. */
  THICK_ORIGIN,
  /** The store of a copy-on-write snapshot, which stands for the snapshot in reports. */
  THICK_SNAPSHOT,
  /** The tie between an origin and a store; not shown in reports. */
  SNAPSHOT_TIE,
  /** The origin of a copy-on-write snapshot that is being merged into it. */
  MERGING_THICK_ORIGIN,
  /** The origin of a thin snapshot that is being merged into it. */
  MERGING_THIN_ORIGIN,
  /** The snapshot, thick or thin, that is being merged. */
  MERGING_SNAPSHOT,
  /** The origin of a copy-on-write snapshot, with extents that stand on nothing. */
  VIRTUAL_ORIGIN,
  /** The spare for the metadata of a pool. */
  POOL_SPARE,
  /** Has extents that stand on nothing. */
  VIRTUAL,
  /** Has a segment of a type that is not known. */
  UNKNOWN
}
