// SPDX-License-Identifier: Apache-2.0
package org.pvmove.volume;

import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.pvmove.io.BlockDevice;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;

/**
 * Whether the images of a raid1 volume hold its bytes. LVM2's metadata do not say it: the kernel's
 * raid target (dm-raid) keeps it in a superblock at the start of each image's metadata volume.
 */
final class RaidImages {
  private static final int SUPERBLOCK_BYTES = 64;

  /** "DmRd", little-endian. */
  private static final int MAGIC = 0x64526D44;

  private static final int FAILED_DEVICES_OFFSET = 24;
  private static final int RECOVERY_OFFSET = 32;

  private RaidImages() {}

  /**
   * Checks that all images of the raid volumes below a volume are in sync.
   *
   * @throws UnmappableVolumeException if one is not
   * @throws IOException if a superblock cannot be read
   */
  static void requireInSync(
      VolumeGroup vg, LogicalVolume volume, Function<LvmUuid, BlockDevice> devices)
      throws IOException {
    ImmutableSet<String> below = LvGraph.of(vg).below(volume.name());
    for (String name : below) {
      LogicalVolume lv = vg.logicalVolume(name).orElseThrow();
      for (Segment segment : lv.segments()) {
        if (segment.type() instanceof SegmentType.Raid raid) {
          check(volume, superblocks(vg, raid, devices));
        }
      }
    }
  }

  private static Map<Integer, ByteBuffer> superblocks(
      VolumeGroup vg, SegmentType.Raid raid, Function<LvmUuid, BlockDevice> devices)
      throws IOException {
    Map<Integer, ByteBuffer> superblocks = new TreeMap<>();
    for (int i = 0; i < raid.images().size(); i++) {
      String metadata = raid.images().get(i).metadata();
      if (metadata != null) {
        superblocks.put(i, superblock(vg, metadata, devices));
      }
    }
    return superblocks;
  }

  private static void check(LogicalVolume volume, Map<Integer, ByteBuffer> superblocks) {
    if (superblocks.values().stream().noneMatch(RaidImages::isWritten)) {
      // Never activated yet: nothing was written that could be out of sync.
      return;
    }
    // An image that failed could not be told so: what the others say of it counts.
    long failed = 0;
    for (ByteBuffer superblock : superblocks.values()) {
      failed |= isWritten(superblock) ? superblock.getLong(FAILED_DEVICES_OFFSET) : 0;
    }
    for (Map.Entry<Integer, ByteBuffer> each : superblocks.entrySet()) {
      int image = each.getKey();
      ByteBuffer superblock = each.getValue();
      boolean hasFailed = image < Long.SIZE && (failed >>> image & 1) != 0;
      // All ones mean that nothing is left to recover.
      if (hasFailed || !isWritten(superblock) || superblock.getLong(RECOVERY_OFFSET) != -1) {
        throw new UnmappableVolumeException(
            volume.name(),
            "that image %d of it is %s".formatted(image, hasFailed ? "failed" : "not in sync"));
      }
    }
  }

  private static boolean isWritten(ByteBuffer superblock) {
    return superblock.getInt(0) == MAGIC;
  }

  private static ByteBuffer superblock(
      VolumeGroup vg, String metadata, Function<LvmUuid, BlockDevice> devices) throws IOException {
    ByteBuffer superblock = ByteBuffer.allocate(SUPERBLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    VolumeMap.Place place = VolumeMap.start(vg, metadata);
    devices.apply(place.pv()).read(place.byteOffset(), superblock);
    return superblock.flip();
  }
}
