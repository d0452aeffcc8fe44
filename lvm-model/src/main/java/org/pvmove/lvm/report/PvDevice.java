// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import com.google.common.collect.ImmutableList;
import org.pvmove.lvm.disk.MetadataAreaHeader;
import org.pvmove.lvm.disk.PvLabel;

/**
 * What was read from a device that carries a physical volume, as far as reports show it.
 *
 * @param name how reports name the device
 * @param size bytes the device has now
 * @param label its label
 * @param metadataAreas the headers of its metadata areas that could be read, ignored areas included
 * @param duplicate whether another device with the same identity is used in its place
 */
public record PvDevice(
    String name,
    long size,
    PvLabel label,
    ImmutableList<MetadataAreaHeader> metadataAreas,
    boolean duplicate) {
  public PvDevice {
    if (size < 0) {
      throw new IllegalArgumentException("expected a device size >= 0, found " + size);
    }
  }
}
