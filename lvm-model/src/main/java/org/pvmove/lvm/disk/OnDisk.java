// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What labels and metadata area headers have in common. */
final class OnDisk {
  /** Bytes in a sector, and the size of every header. */
  static final int SECTOR = 512;

  private OnDisk() {}

  /** A header full of zeros. */
  static ByteBuffer newSector() {
    return ByteBuffer.allocate(SECTOR).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The 512 bytes from {@code from} on, counted from the position of {@code bytes}. */
  static ByteBuffer sector(ByteBuffer bytes, int from) {
    if (bytes.remaining() < from + SECTOR) {
      throw new IllegalArgumentException(
          "expected at least %d bytes, found %d".formatted(from + SECTOR, bytes.remaining()));
    }
    return bytes.slice(bytes.position() + from, SECTOR).order(ByteOrder.LITTLE_ENDIAN);
  }

  static int checksum(ByteBuffer sector, int from) {
    return LvmChecksum.of(sector.slice(from, SECTOR - from));
  }

  static byte[] bytes(ByteBuffer sector, int from, int length) {
    byte[] bytes = new byte[length];
    sector.get(from, bytes);
    return bytes;
  }

  static boolean holds(ByteBuffer sector, int from, byte[] expected) {
    return Arrays.equals(bytes(sector, from, expected.length), expected);
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Bytes of unknown content in quotes, the unprintable ones in hexadecimal. */
  static String quote(byte[] bytes) {
    StringBuilder quoted = new StringBuilder("\"");
    for (byte b : bytes) {
      if (b >= ' ' && b <= '~' && b != '"' && b != '\\') {
        quoted.append((char) b);
      } else {
        quoted.append("\\x%02x".formatted(b));
      }
    }
    return quoted.append('"').toString();
  }

  static String hex(int checksum) {
    return "%08x".formatted(checksum);
  }
}
