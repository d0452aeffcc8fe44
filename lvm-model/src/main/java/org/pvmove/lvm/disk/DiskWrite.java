// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import java.nio.ByteBuffer;

/**
 * Bytes to be written to a device.
 *
 * @param offset where the first byte goes, counted from the start of the device, not negative
 * @param bytes what to write; read-only, and every call gives a buffer with a position of its own
 */
public record DiskWrite(long offset, ByteBuffer bytes) {
  public DiskWrite {
    if (offset < 0 || offset > Long.MAX_VALUE - bytes.remaining()) {
      throw new IllegalArgumentException(
          "expected %d bytes to lie below 2^63, found offset %s"
              .formatted(bytes.remaining(), Long.toUnsignedString(offset)));
    }
    bytes = bytes.slice().asReadOnlyBuffer();
  }

  @Override
  public ByteBuffer bytes() {
    return bytes.duplicate();
  }

  @Override
  public String toString() {
    return bytes.remaining() + " bytes at byte " + offset;
  }
}
