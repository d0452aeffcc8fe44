// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import java.io.Serializable;

/**
 * Bytes that could not be read, written or made durable: where they are on the device, and in which
 * logical volume.
 *
 * @param device name of the device
 * @param byteOffset first byte, counted from the start of the device
 * @param byteCount how many bytes
 * @param logicalVolume name of the volume they belong to: one that stands on the physical volume
 *     directly, such as an image of a raid volume
 * @param logicalVolumeOffset first byte, counted from the start of that volume
 */
public record BadRange(
    String device, long byteOffset, long byteCount, String logicalVolume, long logicalVolumeOffset)
    implements Serializable {
  private static final int SECTOR = 512;

  /** Sectors as counted by LVM2 and by the kernel. */
  @Override
  public String toString() {
    long sectors = byteCount / SECTOR;
    return "%s: %d bytes at byte %d (%s from sector %d; logical volume %s at byte %d)"
        .formatted(
            device,
            byteCount,
            byteOffset,
            sectors == 1 ? "1 sector" : sectors + " sectors",
            byteOffset / SECTOR,
            logicalVolume,
            logicalVolumeOffset);
  }
}
