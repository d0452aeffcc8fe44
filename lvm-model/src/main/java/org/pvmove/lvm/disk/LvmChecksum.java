// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/**
 * The checksum of labels, metadata area headers and metadata texts: CRC-32 with the reflected
 * polynomial 0xEDB88320, but with a start value of LVM2's own and without the final inversion.
 *
 * <p>Checksums are unsigned 32-bit numbers in an {@code int}; on disk they are little endian.
 */
public final class LvmChecksum {
  /** The checksum of no bytes: where every checksum on disk starts from. */
  public static final int INITIAL = 0xF597A6CF;

  private static final int POLYNOMIAL = 0xEDB88320;

  private LvmChecksum() {}

  /**
   * The checksum over the remaining bytes of all pieces in order, such as the two pieces of a text
   * that wraps around the end of its ring. Positions and limits of the buffers stay as they are.
   */
  public static int of(ByteBuffer... pieces) {
    int checksum = INITIAL;
    for (ByteBuffer piece : pieces) {
      checksum = update(checksum, piece);
    }
    return checksum;
  }

  /**
   * Continues a checksum over the remaining bytes of {@code data}, whose position and limit stay as
   * they are.
   *
   * @param checksum the checksum of all bytes before, or {@link #INITIAL}
   */
  public static int update(int checksum, ByteBuffer data) {
    ByteBuffer rest = data.slice();
    if (rest.remaining() < Integer.BYTES) {
      return updateBitwise(checksum, rest);
    }
    // CRC32, which runs at memory speed, always starts from all ones. The start value meets nothing
    // but the first four bytes, and meets them by XOR: so the difference can go into those bytes.
    int difference = ~checksum;
    byte[] first = new byte[Integer.BYTES];
    for (int i = 0; i < first.length; i++) {
      first[i] = (byte) (rest.get() ^ (difference >>> (Byte.SIZE * i)));
    }
    CRC32 crc = new CRC32();
    crc.update(first);
    crc.update(rest);
    return ~(int) crc.getValue();
  }

  private static int updateBitwise(int checksum, ByteBuffer rest) {
    int c = checksum;
    while (rest.hasRemaining()) {
      c ^= Byte.toUnsignedInt(rest.get());
      for (int bit = 0; bit < Byte.SIZE; bit++) {
        c = (c & 1) == 0 ? c >>> 1 : (c >>> 1) ^ POLYNOMIAL;
      }
    }
    return c;
  }
}
