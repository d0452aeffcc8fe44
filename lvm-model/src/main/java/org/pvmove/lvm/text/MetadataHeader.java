// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.text;

import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.Extras;

/**
 * What stands in a metadata text beside the volume group: who wrote it, when and why.
 *
 * @param description what made this version, such as {@code Write from vgcreate vg /dev/sda.}
 * @param creationHost name of the host that wrote it, if stated
 * @param creationHostSystemId LVM2 system id of that host, if it has one
 * @param creationTime when it was written, in seconds since 1970, if stated
 * @param extras top-level fields this library does not know
 */
public record MetadataHeader(
    @Nullable String description,
    @Nullable String creationHost,
    @Nullable String creationHostSystemId,
    @Nullable Long creationTime,
    Extras extras) {

  /** A header with a description, a host and a time in seconds since 1970. */
  public static MetadataHeader of(String description, String creationHost, long creationTime) {
    return new MetadataHeader(description, creationHost, null, creationTime, Extras.NONE);
  }
}
