// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import com.google.common.collect.ImmutableList;
import org.jspecify.annotations.Nullable;
import org.pvmove.io.BlockDevice;
import org.pvmove.lvm.disk.LabelScan;
import org.pvmove.lvm.disk.PvLabel;

/**
 * What a scan found on one device.
 *
 * @param device the device
 * @param labelScan what its first sectors say; absent if they cannot be read or the device is too
 *     small
 * @param areas its metadata areas, in the label's order
 * @param leftOut why the device takes no part in any volume group; absent if it may
 */
public record ScannedDevice(
    BlockDevice device,
    @Nullable LabelScan labelScan,
    ImmutableList<MetadataAreaState> areas,
    @Nullable String leftOut) {

  /** The label in force, or null. */
  public @Nullable PvLabel label() {
    return labelScan == null ? null : labelScan.label().orElse(null);
  }

  /** What messages call the device. */
  public String name() {
    return device.name();
  }
}
