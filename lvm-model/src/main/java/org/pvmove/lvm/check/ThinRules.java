// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import com.google.common.collect.ImmutableSet;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;

/** What is asked of thin pools and thin volumes; see lvmthin(7). */
final class ThinRules {
  private static final long MIN_CHUNK = 128;
  private static final long MAX_CHUNK = 2_097_152;
  private static final long MAX_DEVICE_ID = (1 << 24) - 1;
  private static final ImmutableSet<String> DISCARDS =
      ImmutableSet.of("passdown", "nopassdown", "ignore");

  private ThinRules() {}

  static void checkPool(FamilyRules.Site site, SegmentType.ThinPool pool) {
    site.requireOwn(pool.data(), "data volume");
    site.requireOwn(pool.metadata(), "metadata volume");
    if (!pool.metadata().contains("_tmeta")) {
      site.unreadable("a metadata volume named …_tmeta", Names.quote(pool.metadata()));
    }
    long chunk = pool.chunkSize().count();
    if (chunk < MIN_CHUNK || chunk > MAX_CHUNK || chunk % MIN_CHUNK != 0) {
      site.unreadable(
          "a chunk_size that is a multiple of 128 sectors from 128 to 2097152", pool.chunkSize());
    }
    if (pool.discards() != null && !DISCARDS.contains(pool.discards())) {
      site.unreadable("discards passdown, nopassdown or ignore", Names.quote(pool.discards()));
    }
    for (SegmentType.ThinMessage message : pool.messages()) {
      String created = message.create();
      if (created != null && !(site.typeOf(created) instanceof SegmentType.Thin)) {
        site.unreadable("messages that create thin volumes of this group", Names.quote(created));
      }
      if (message.delete() != null && message.delete() > MAX_DEVICE_ID) {
        site.unreadable("messages that delete a device id up to 16777215", message.delete());
      }
    }
  }

  static void checkVolume(FamilyRules.Site site, SegmentType.Thin thin) {
    if (site.volume(thin.pool()) != null
        && !(site.typeOf(thin.pool()) instanceof SegmentType.ThinPool)) {
      site.unreadable("a thin pool as its pool", Names.quote(thin.pool()));
    }
    if (thin.deviceId() < 0 || thin.deviceId() > MAX_DEVICE_ID) {
      site.unreadable("a device_id from 0 to 16777215", thin.deviceId());
    }
    LogicalVolume external = site.volume(thin.externalOrigin());
    if (external != null
        && (external.flags().has(StatusFlag.WRITE)
            || external.flags().has(StatusFlag.WRITE_LOCKED))) {
      site.unreadable(
          "an external origin that is read-only", "writable " + LogicalVolumeRules.name(external));
    }
    if (thin.merge() != null
        && site.volume(thin.merge()) != null
        && !(site.typeOf(thin.merge()) instanceof SegmentType.Thin)) {
      site.unreadable("to be merged into a thin volume", Names.quote(thin.merge()));
    }
  }
}
