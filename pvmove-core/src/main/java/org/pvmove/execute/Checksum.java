// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/**
 * What tells bytes from other bytes, fast enough not to be felt while they are copied: two checks
 * with different polynomials, together as sharp as one of 64 bits against damage by chance. It is
 * no protection against somebody who means to deceive.
 *
 * @param crc32c CRC-32C (Castagnoli) of the bytes, as an unsigned number
 * @param crc32 CRC-32 (as in zip and gzip) of the bytes, as an unsigned number
 */
public record Checksum(long crc32c, long crc32) {
  /** Both in hexadecimal digits, CRC-32C first: {@code 1c291ca3-3d653119}. */
  @Override
  public String toString() {
    return "%08x-%08x".formatted(crc32c, crc32);
  }

  /** Sees bytes one after the other. */
  static final class Builder {
    private final CRC32C crc32c = new CRC32C();
    private final CRC32 crc32 = new CRC32();

    /** The bytes between position and limit, which stay as they are. */
    void update(ByteBuffer bytes) {
      crc32c.update(bytes.duplicate());
      crc32.update(bytes.duplicate());
    }

    Checksum build() {
      return new Checksum(crc32c.getValue(), crc32.getValue());
    }
  }
}
