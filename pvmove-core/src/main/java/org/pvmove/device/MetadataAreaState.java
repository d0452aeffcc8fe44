// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.disk.DiskArea;
import org.pvmove.lvm.disk.MetadataAreaHeader;
import org.pvmove.lvm.text.MetadataText;

/**
 * What a scan found in one metadata area of a device.
 *
 * @param area where it is, in bytes from the start of the device
 * @param header its header; absent if it cannot be read or is damaged
 * @param text the metadata in force in it; absent if there is none or it is damaged
 * @param problem what is wrong with header or text; absent if nothing is
 */
public record MetadataAreaState(
    DiskArea area,
    @Nullable MetadataAreaHeader header,
    @Nullable MetadataText text,
    @Nullable String problem) {

  /** Whether new versions are written to it: its header is sound and it is not ignored. */
  public boolean isWritten() {
    return header != null && !header.isIgnored();
  }
}
