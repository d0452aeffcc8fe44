// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import java.io.IOException;
import java.io.Serial;

/**
 * Bytes could not be read from the source of a segment, or not be written to its destination, or
 * not be made durable there.
 */
public final class CopyFailedException extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  private final String device;
  private final long byteOffset;
  private final long byteCount;

  CopyFailedException(
      String action, String device, long byteOffset, long byteCount, IOException cause) {
    super(
        "%s: %d bytes at byte %d (%s from sector %d) cannot be %s: %s"
            .formatted(
                device,
                byteCount,
                byteOffset,
                byteCount / 512 == 1 ? "1 sector" : byteCount / 512 + " sectors",
                byteOffset / 512,
                action,
                cause.getMessage()),
        cause);
    this.device = device;
    this.byteOffset = byteOffset;
    this.byteCount = byteCount;
  }

  /** Name of the device. */
  public String device() {
    return device;
  }

  /** First byte of the range, counted from the start of the device. */
  public long byteOffset() {
    return byteOffset;
  }

  /** Length of the range in bytes. */
  public long byteCount() {
    return byteCount;
  }
}
