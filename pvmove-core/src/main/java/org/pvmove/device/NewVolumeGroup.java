// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import java.security.SecureRandom;
import java.util.random.RandomGenerator;
import org.pvmove.lvm.ExtentSize;

/**
 * What a new volume group shall be like; see vgcreate(8). Immutable.
 *
 * <p>Its physical volumes are laid out as pvcreate(8) does by default.
 */
public final class NewVolumeGroup {
  private static final long DEFAULT_EXTENT_BYTES = 4 << 20;
  private static final long DEFAULT_METADATA_BYTES = (1 << 20) - 4096;

  private final String name;
  private final ExtentSize extentSize;
  private final int metadataAreas;
  private final long metadataBytes;
  private final RandomGenerator random;

  private NewVolumeGroup(
      String name,
      ExtentSize extentSize,
      int metadataAreas,
      long metadataBytes,
      RandomGenerator random) {
    this.name = name;
    this.extentSize = extentSize;
    this.metadataAreas = metadataAreas;
    this.metadataBytes = metadataBytes;
    this.random = random;
  }

  /** A volume group with extents of 4 MiB and one metadata area on each physical volume. */
  public static NewVolumeGroup named(String name) {
    return new NewVolumeGroup(
        checkNotNull(name),
        ExtentSize.ofBytes(DEFAULT_EXTENT_BYTES),
        1,
        DEFAULT_METADATA_BYTES,
        new SecureRandom());
  }

  /** With extents of another size. */
  public NewVolumeGroup extentSize(ExtentSize size) {
    return new NewVolumeGroup(name, size, metadataAreas, metadataBytes, random);
  }

  /** With 1 or 2 metadata areas on each physical volume. */
  public NewVolumeGroup metadataAreas(int count) {
    checkArgument(count == 1 || count == 2, "expected 1 or 2 metadata areas, found %s", count);
    return new NewVolumeGroup(name, extentSize, count, metadataBytes, random);
  }

  /** With metadata areas of at least that many bytes each. */
  public NewVolumeGroup metadataBytes(long bytes) {
    return new NewVolumeGroup(name, extentSize, metadataAreas, bytes, random);
  }

  /** With identities drawn from the given source; a seeded one makes the same bytes again. */
  public NewVolumeGroup random(RandomGenerator source) {
    return new NewVolumeGroup(name, extentSize, metadataAreas, metadataBytes, source);
  }

  String name() {
    return name;
  }

  ExtentSize extentSize() {
    return extentSize;
  }

  int metadataAreas() {
    return metadataAreas;
  }

  long metadataBytes() {
    return metadataBytes;
  }

  RandomGenerator random() {
    return random;
  }
}
