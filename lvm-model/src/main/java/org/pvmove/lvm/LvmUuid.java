// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import java.util.random.RandomGenerator;

/**
 * The identity of a physical volume, volume group or logical volume: 32 characters out of {@code
 * 0-9a-zA-Z} (LVM2 also reads {@code !} and {@code #}).
 *
 * @param value the 32 characters without dashes, as in a physical volume's header
 */
public record LvmUuid(String value) implements Comparable<LvmUuid> {
  private static final int LENGTH = 32;
  private static final String ALPHABET =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

  /** Where the dashes of the text form stand: groups of 6, 4, 4, 4, 4, 4 and 6 characters. */
  private static final int[] GROUPS = {6, 4, 4, 4, 4, 4, 6};

  public LvmUuid {
    if (value.length() != LENGTH) {
      throw new IllegalArgumentException(
          "expected %d characters in a uuid, found %d in \"%s\""
              .formatted(LENGTH, value.length(), abbreviate(value)));
    }
    for (int i = 0; i < LENGTH; i++) {
      char c = value.charAt(i);
      if (!isValid(c)) {
        throw new IllegalArgumentException(
            "expected letters and digits in a uuid, found character 0x%02x in \"%s\""
                .formatted((int) c, value));
      }
    }
  }

  private static boolean isValid(char c) {
    return (c >= '0' && c <= '9')
        || (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || c == '!'
        || c == '#';
  }

  /**
   * Reads a uuid with or without dashes; like LVM2 it drops dashes wherever they stand.
   *
   * @throws IllegalArgumentException if not exactly 32 valid characters remain
   */
  public static LvmUuid parse(String text) {
    return new LvmUuid(text.replace("-", ""));
  }

  /** Draws a new uuid as LVM2 does: 32 independent characters from the 62 letters and digits. */
  public static LvmUuid random(RandomGenerator random) {
    StringBuilder text = new StringBuilder(LENGTH);
    for (int i = 0; i < LENGTH; i++) {
      text.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
    }
    return new LvmUuid(text.toString());
  }

  @Override
  public int compareTo(LvmUuid other) {
    return value.compareTo(other.value);
  }

  /** The text form with dashes, as in LVM2's metadata and reports. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(LENGTH + GROUPS.length - 1);
    int from = 0;
    for (int group : GROUPS) {
      if (from > 0) {
        text.append('-');
      }
      text.append(value, from, from + group);
      from += group;
    }
    return text.toString();
  }

  private static String abbreviate(String text) {
    return text.length() <= 60 ? text : text.substring(0, 60) + "…";
  }
}
