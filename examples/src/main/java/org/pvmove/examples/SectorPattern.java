// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.pvmove.lvm.Sectors;

/**
 * Contents that tell where they belong: every sector of a logical volume says {@code vg/lv sector
 * N}, padded with blanks to a line. A sector that got lost, moved or mixed up is seen at once.
 */
final class SectorPattern {
  private static final int SECTORS_AT_ONCE = 2048;

  private SectorPattern() {}

  /** Writes the pattern to all of a volume. */
  static void fill(LogicalVolumeBytes volume, String fullName) throws IOException {
    for (long at = 0; at < volume.size(); ) {
      ByteBuffer text = text(volume, fullName, at);
      volume.write(at, text);
      at += text.limit();
    }
  }

  /**
   * The first sector of the volume that is not as it was filled, and what it says; absent if none.
   */
  static Optional<String> firstDifference(LogicalVolumeBytes volume, String fullName)
      throws IOException {
    for (long at = 0; at < volume.size(); ) {
      ByteBuffer expected = text(volume, fullName, at);
      ByteBuffer found = ByteBuffer.allocate(expected.remaining());
      volume.read(at, found);
      int mismatch = expected.mismatch(found.flip());
      if (mismatch >= 0) {
        int sector = mismatch / Sectors.BYTES;
        return Optional.of(
            "%s: expected \"%s\", found \"%s\""
                .formatted(fullName, line(expected, sector), line(found, sector)));
      }
      at += found.limit();
    }
    return Optional.empty();
  }

  /** The text for the volume from an offset on, as much as is handled at once. */
  private static ByteBuffer text(LogicalVolumeBytes volume, String fullName, long byteOffset) {
    long first = byteOffset / Sectors.BYTES;
    int count = (int) Math.min(SECTORS_AT_ONCE, volume.size() / Sectors.BYTES - first);
    byte[] text = new byte[count * Sectors.BYTES];
    Arrays.fill(text, (byte) ' ');
    for (int i = 0; i < count; i++) {
      byte[] words = (fullName + " sector " + (first + i)).getBytes(StandardCharsets.ISO_8859_1);
      System.arraycopy(words, 0, text, i * Sectors.BYTES, words.length);
      text[(i + 1) * Sectors.BYTES - 1] = '\n';
    }
    return ByteBuffer.wrap(text);
  }

  private static String line(ByteBuffer text, int sector) {
    byte[] line = new byte[Sectors.BYTES];
    text.get(sector * Sectors.BYTES, line);
    return new String(line, StandardCharsets.ISO_8859_1).replace('\0', ' ').strip();
  }
}
