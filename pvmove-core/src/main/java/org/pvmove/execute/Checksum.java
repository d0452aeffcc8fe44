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
  // The polynomials with their bits reversed, as both checks use them.
  private static final int CRC32C_POLYNOMIAL = 0x82f63b78;
  private static final int CRC32_POLYNOMIAL = 0xedb88320;

  /** Of no bytes. */
  static final Checksum NONE = new Checksum(0, 0);

  /** Of the bytes between position and limit, which stay as they are. */
  static Checksum of(ByteBuffer bytes) {
    CRC32C crc32c = new CRC32C();
    CRC32 crc32 = new CRC32();
    crc32c.update(bytes.duplicate());
    crc32.update(bytes.duplicate());
    return new Checksum(crc32c.getValue(), crc32.getValue());
  }

  /** Of so many zeros. */
  static Checksum ofZeros(long count) {
    // Both checks begin and end with all bits inverted: what zeros do to the state in between is
    // the same as what they do to any state.
    return new Checksum(
        ~shift(CRC32C_POLYNOMIAL, -1, count) & 0xffff_ffffL,
        ~shift(CRC32_POLYNOMIAL, -1, count) & 0xffff_ffffL);
  }

  /**
   * Of the bytes of this and then those of another: blocks that are read at the same time are
   * checked each for itself.
   *
   * @param count how many bytes the other is of
   */
  Checksum then(Checksum next, long count) {
    return new Checksum(
        (shift(CRC32C_POLYNOMIAL, (int) crc32c, count) ^ next.crc32c) & 0xffff_ffffL,
        (shift(CRC32_POLYNOMIAL, (int) crc32, count) ^ next.crc32) & 0xffff_ffffL);
  }

  /**
   * What a state becomes by so many zero bytes: its product with x to the power of eight times
   * their number, modulo the polynomial. The highest bit stands for x to the power of 0.
   */
  private static int shift(int polynomial, int state, long count) {
    int product = state;
    int power = 1 << (31 - 8);
    for (long rest = count; rest != 0; rest >>>= 1) {
      if ((rest & 1) != 0) {
        product = multiply(polynomial, product, power);
      }
      power = multiply(polynomial, power, power);
    }
    return product;
  }

  private static int multiply(int polynomial, int a, int b) {
    int product = 0;
    int factor = b;
    for (int bits = a; bits != 0; bits <<= 1) {
      if (bits < 0) {
        product ^= factor;
      }
      factor = (factor & 1) == 0 ? factor >>> 1 : (factor >>> 1) ^ polynomial;
    }
    return product;
  }

  /** Both in hexadecimal digits, CRC-32C first: {@code 1c291ca3-3d653119}. */
  @Override
  public String toString() {
    return "%08x-%08x".formatted(crc32c, crc32);
  }
}
