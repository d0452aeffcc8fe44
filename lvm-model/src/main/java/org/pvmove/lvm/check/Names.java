// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import com.google.common.base.CharMatcher;
import java.util.regex.Pattern;

/** LVM2's rules for names and tags (lvm(8), "VALID NAMES" and "TAGS"). */
final class Names {
  /** Longest name of a volume group or logical volume alone, in characters. */
  static final int MAX_NAME = 127;

  /** Longest {@code VG-LV} in characters; the kernel's device names need some for themselves. */
  static final int MAX_VG_AND_LV = 124;

  private static final CharMatcher ALPHANUMERIC =
      CharMatcher.inRange('a', 'z')
          .or(CharMatcher.inRange('A', 'Z'))
          .or(CharMatcher.inRange('0', '9'));
  private static final CharMatcher NAME = ALPHANUMERIC.or(CharMatcher.anyOf("._-+"));
  private static final CharMatcher TAG = ALPHANUMERIC.or(CharMatcher.anyOf("_+.-/=!:&#"));

  /** The names LVM2 gives the parts of volumes; users may not take them. */
  private static final Pattern RESERVED =
      Pattern.compile(
          "^(pvmove|snapshot)|_(cdata|cmeta|corig|cpool|cvol|wcorig|mimage|mlog|rimage|rmeta|tdata"
              + "|tmeta|vdata|imeta|iorig|pmspare|vorigin)");

  private static final Pattern PVMOVE = Pattern.compile("pvmove[0-9]+");

  /** What is expected of a name that is not {@linkplain #isLegal legal}. */
  static final String LEGAL =
      "a name of 1 to 127 of a-z A-Z 0-9 _ . - +, not beginning with '-', not \".\" or \"..\"";

  private Names() {}

  static boolean isLegal(String name) {
    return !name.isEmpty()
        && name.length() <= MAX_NAME
        && hasNameCharactersOnly(name)
        && !name.startsWith("-")
        && !name.equals(".")
        && !name.equals("..");
  }

  static boolean hasNameCharactersOnly(String text) {
    return NAME.matchesAllOf(text);
  }

  static boolean isLegalTag(String tag) {
    return !tag.isEmpty() && TAG.matchesAllOf(tag);
  }

  static boolean isReserved(String lv) {
    return lv.length() <= MAX_NAME && RESERVED.matcher(lv).find();
  }

  /** Whether it is the name of a move's temporary volume, such as {@code pvmove0}. */
  static boolean isPvmove(String lv) {
    return lv.length() <= MAX_NAME && PVMOVE.matcher(lv).matches();
  }

  /** A name for a message: a hostile one must not make every message long. */
  static String shorten(String name) {
    return name.length() <= MAX_NAME + 1 ? name : name.substring(0, MAX_NAME) + "…";
  }

  static String quote(String text) {
    return '"' + shorten(text) + '"';
  }
}
