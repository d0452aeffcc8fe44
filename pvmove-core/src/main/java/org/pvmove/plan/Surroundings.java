// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.Map;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.VolumeGroup;

/**
 * What a plan depends on beside the volume group and the request.
 *
 * @param names what the physical volumes are called in the request, and in the answer
 * @param unwritable extents that were found to be unwritable, so that nothing may move there
 * @param logicalBlockSizes bytes in a logical block of the disks, as far as known; 512 otherwise
 * @param metadataRoom the largest metadata text that can be committed, in bytes
 * @param writer who would carry the plan out
 * @param timeSeconds when, in seconds since 1970
 */
public record Surroundings(
    PvNames names,
    ImmutableList<PeRange> unwritable,
    ImmutableMap<LvmUuid, Integer> logicalBlockSizes,
    long metadataRoom,
    MetadataWriter writer,
    long timeSeconds) {
  private static final int USUAL_BLOCK_SIZE = 512;

  /** Some time of ten digits, as all are for two centuries. */
  private static final long ANY_TIME = 1_800_000_000L;

  /**
   * None: physical volumes are called as the metadata remember them, their blocks have 512 bytes,
   * and there is room for any metadata.
   */
  public static Surroundings none(VolumeGroup vg) {
    return of(PvNames.of(vg));
  }

  /** None but the names of the physical volumes. */
  public static Surroundings of(PvNames names) {
    return new Surroundings(
        names,
        ImmutableList.of(),
        ImmutableMap.of(),
        Long.MAX_VALUE,
        MetadataWriter.ANYBODY,
        ANY_TIME);
  }

  /** The same on disks with these logical blocks. */
  public Surroundings withLogicalBlockSizes(Map<LvmUuid, Integer> sizes) {
    return new Surroundings(
        names, unwritable, ImmutableMap.copyOf(sizes), metadataRoom, writer, timeSeconds);
  }

  /** The same with extents that nothing may move to. */
  public Surroundings withUnwritable(List<PeRange> extents) {
    return new Surroundings(
        names, ImmutableList.copyOf(extents), logicalBlockSizes, metadataRoom, writer, timeSeconds);
  }

  /** The same with room for texts of so many bytes. */
  public Surroundings withMetadataRoom(long bytes) {
    return new Surroundings(names, unwritable, logicalBlockSizes, bytes, writer, timeSeconds);
  }

  /** The same for somebody who would carry the plan out. */
  public Surroundings withWriter(MetadataWriter newWriter, long newTimeSeconds) {
    return new Surroundings(
        names, unwritable, logicalBlockSizes, metadataRoom, newWriter, newTimeSeconds);
  }

  /** The same for another version of the volume group, which may have other physical volumes. */
  Surroundings in(VolumeGroup version) {
    return new Surroundings(
        names.in(version), unwritable, logicalBlockSizes, metadataRoom, writer, timeSeconds);
  }

  int logicalBlockSize(LvmUuid pv) {
    return logicalBlockSizes.getOrDefault(pv, USUAL_BLOCK_SIZE);
  }
}
