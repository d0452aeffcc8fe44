// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.text;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Makes strings of parts of a text, of short words that occur again and again (the names of fields,
 * most values) only one, as a rule. Bounded in size and time whatever the words are.
 *
 * <p>Not thread-safe.
 */
final class SharedWords {
  private static final int MAX_SHARED_LENGTH = 32;

  /** A power of two; enough for all field names and most values. */
  private static final int SLOTS = 2048;

  /** How many slots are tried for a word; where all are taken, the first one's word has to go. */
  private static final int PROBES = 8;

  private final @Nullable String[] shared = new String[SLOTS];

  /** The characters of these bytes, one for each. */
  String get(byte[] text, int from, int to) {
    if (to - from > MAX_SHARED_LENGTH) {
      return make(text, from, to);
    }
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + text[i];
    }
    for (int probe = 0; probe < PROBES; probe++) {
      int slot = (hash + probe) & (SLOTS - 1);
      String word = shared[slot];
      if (word == null) {
        word = make(text, from, to);
        shared[slot] = word;
        return word;
      }
      if (isAt(word, text, from, to)) {
        return word;
      }
    }
    String word = make(text, from, to);
    shared[hash & (SLOTS - 1)] = word;
    return word;
  }

  private static boolean isAt(String word, byte[] text, int from, int to) {
    if (word.length() != to - from) {
      return false;
    }
    for (int i = 0; i < word.length(); i++) {
      if (word.charAt(i) != (text[from + i] & 0xff)) {
        return false;
      }
    }
    return true;
  }

  private static String make(byte[] text, int from, int to) {
    return new String(text, from, to - from, StandardCharsets.ISO_8859_1);
  }
}
