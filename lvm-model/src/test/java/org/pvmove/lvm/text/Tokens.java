// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.text;

import com.google.common.collect.ImmutableList;

/**
 * The tokens of a metadata text: what is left of it when layout and comments do not count. Knows
 * nothing of the reader under test.
 */
final class Tokens {
  private Tokens() {}

  static ImmutableList<String> of(byte[] text) {
    StringBuilder decoded = new StringBuilder(text.length);
    for (byte b : text) {
      if (b != 0) {
        decoded.append((char) (b & 0xff));
      }
    }
    return of(decoded.toString());
  }

  static ImmutableList<String> of(String text) {
    ImmutableList.Builder<String> tokens = ImmutableList.builder();
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i);
      int end;
      if (Character.isWhitespace(c)) {
        i++;
        continue;
      } else if (c == '#') {
        int newline = text.indexOf('\n', i);
        i = newline < 0 ? text.length() : newline;
        continue;
      } else if (c == '"') {
        end = i + 1;
        while (text.charAt(end) != '"') {
          end += text.charAt(end) == '\\' ? 2 : 1;
        }
        end++;
      } else if ("={}[],".indexOf(c) >= 0) {
        end = i + 1;
      } else {
        end = i;
        while (end < text.length() && " \t\n#={}[],\"".indexOf(text.charAt(end)) < 0) {
          end++;
        }
      }
      tokens.add(text.substring(i, end));
      i = end;
    }
    return tokens.build();
  }
}
