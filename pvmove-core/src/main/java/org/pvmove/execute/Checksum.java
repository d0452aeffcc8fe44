// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/**
 * What tells bytes from other bytes, fast enough not to be felt while they are copied: CRC-32 as in
 * zip, gzip and Ethernet. It finds every damage of up to 32 bits in a row; any other damage by
 * chance goes unnoticed once in four thousand million times. It is no protection against somebody
 * who means to deceive.
 *
 * @param crc32 CRC-32 of the bytes, as an unsigned number
 */
public record Checksum(long crc32) {
  /** The polynomial with its bits reversed, as the check uses it. */
  private static final int POLYNOMIAL = 0xedb88320;

  /** Of no bytes. */
  static final Checksum NONE = new Checksum(0);

  /** Of the bytes between position and limit, which stay as they are. */
  static Checksum of(ByteBuffer bytes) {
    CRC32 crc32 = new CRC32();
    crc32.update(bytes.duplicate());
    return new Checksum(crc32.getValue());
  }

  /** Of so many zeros. */
  static Checksum ofZeros(long count) {
    // The check begins and ends with all bits inverted: what zeros do to the state in between is
    // the same as what they do to any state.
    return new Checksum(~shift(-1, count) & 0xffff_ffffL);
  }

  /**
   * Of the bytes of this and then those of another: blocks that are read at the same time are
   * checked each for itself.
   *
   * @param count how many bytes the other is of
   */
  Checksum then(Checksum next, long count) {
    return new Checksum((shift((int) crc32, count) ^ next.crc32) & 0xffff_ffffL);
  }

  /**
   * What a state becomes by so many zero bytes: its product with x to the power of eight times
   * their number, modulo the polynomial. The highest bit stands for x to the power of 0.
   */
  private static int shift(int state, long count) {
    int product = state;
    int power = 1 << (31 - 8);
    for (long rest = count; rest != 0; rest >>>= 1) {
      if ((rest & 1) != 0) {
        product = multiply(product, power);
      }
      power = multiply(power, power);
    }
    return product;
  }

  private static int multiply(int a, int b) {
    int product = 0;
    int factor = b;
    for (int bits = a; bits != 0; bits <<= 1) {
      if (bits < 0) {
        product ^= factor;
      }
      factor = (factor & 1) == 0 ? factor >>> 1 : (factor >>> 1) ^ POLYNOMIAL;
    }
    return product;
  }

  /** In hexadecimal digits: {@code 3d653119}. */
  @Override
  public String toString() {
    return "%08x".formatted(crc32);
  }
}
