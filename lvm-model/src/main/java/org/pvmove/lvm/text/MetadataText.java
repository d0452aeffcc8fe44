// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.text;

import org.pvmove.lvm.VolumeGroup;

/**
 * A version of a volume group's metadata as LVM2 writes it into the metadata areas and, with the
 * header in front, into backup and archive files (see lvm(8) and vgcfgbackup(8)).
 *
 * @param volumeGroup the volume group
 * @param header who wrote this version
 */
public record MetadataText(VolumeGroup volumeGroup, MetadataHeader header) {
  /** The value of the {@code contents} field of every metadata text. */
  static final String CONTENTS = "Text Format Volume Group";

  /** The only version of the text format. */
  static final long VERSION = 1;

  /**
   * Reads a text, whether the header stands in front or behind; a NUL byte ends it. Time and memory
   * are linear in the length.
   *
   * @param bytes the text
   * @throws MetadataFormatException if it is not LVM2 metadata, with the place and what was
   *     expected
   */
  public static MetadataText parse(byte[] bytes) {
    return new MetadataReader().read(ConfigReader.read(bytes));
  }

  /**
   * Reads a text found in a metadata area. There LVM2 demands more than {@link #parse} does, and so
   * does this: the first byte begins the name of the volume group, whose closing brace stands alone
   * on a line, the last such line, with the header behind it.
   *
   * @param bytes the text, without or with the NUL byte at its end
   * @throws MetadataFormatException if it is not LVM2 metadata, with the place and what was
   *     expected
   */
  public static MetadataText parseDisk(byte[] bytes) {
    return new MetadataReader().read(ConfigReader.readDisk(bytes));
  }

  /**
   * Prints the text as it is stored in a metadata area: the volume group first, no indentation,
   * with the NUL byte at its end that LVM2 counts in size and checksum. What {@link #parseDisk}
   * makes of it equals this, except for line breaks in the header's strings that would hide the
   * volume group from LVM2.
   *
   * @throws IllegalArgumentException if a string contains a NUL or a character above U+00FF:
   *     strings hold bytes
   */
  public byte[] toDiskBytes() {
    StringBuilder printed = MetadataPrinter.print(this);
    return bytes(printed, printed.length() + 1);
  }

  /**
   * Prints the text as LVM2 keeps it in backup and archive files: the header first, indented, with
   * comments for people. {@link #parse} reads it back, and so does vgcfgrestore(8).
   *
   * @throws IllegalArgumentException as {@link #toDiskBytes}
   */
  public byte[] toFileBytes() {
    StringBuilder printed = MetadataPrinter.printFile(this);
    return bytes(printed, printed.length());
  }

  /**
   * How long {@link #toDiskBytes} is.
   *
   * @throws IllegalArgumentException as {@link #toDiskBytes}
   */
  public long diskByteCount() {
    StringBuilder printed = MetadataPrinter.print(this);
    for (int i = 0; i < printed.length(); i++) {
      requireByte(printed.charAt(i));
    }
    return printed.length() + 1L;
  }

  /** One byte for each character, and zeros up to that length. */
  private static byte[] bytes(StringBuilder printed, int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < printed.length(); i++) {
      bytes[i] = (byte) requireByte(printed.charAt(i));
    }
    return bytes;
  }

  private static char requireByte(char c) {
    if (c == 0 || c > 0xff) {
      throw new IllegalArgumentException(
          "expected strings of characters from U+0001 to U+00FF (one for each byte), found U+%04X"
              .formatted((int) c));
    }
    return c;
  }

  /** The text without the NUL, for reading. */
  @Override
  public String toString() {
    return MetadataPrinter.print(this).toString();
  }
}
