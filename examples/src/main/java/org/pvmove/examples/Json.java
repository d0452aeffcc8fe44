// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Locale;

/** A value in a JSON text (RFC 8259) that knows where it stands. */
sealed interface Json {
  /** Where in the text it begins. */
  Place place();

  /** How messages call it. */
  String describe();

  /** A place in a text; both counted from 1. */
  record Place(int line, int column) {}

  /** A string. */
  record Text(Place place, String value) implements Json {
    @Override
    public String describe() {
      return quote(value.length() <= 60 ? value : value.substring(0, 60) + "...");
    }
  }

  /** A number, as it is written. */
  record Digits(Place place, String digits) implements Json {
    @Override
    public String describe() {
      return digits;
    }
  }

  /** {@code true}, {@code false} or {@code null}. */
  record Word(Place place, String word) implements Json {
    @Override
    public String describe() {
      return word;
    }
  }

  /** An array. */
  record Array(Place place, ImmutableList<Json> elements) implements Json {
    @Override
    public String describe() {
      return "an array";
    }
  }

  /** An object, its members in the order of the text. */
  record Members(Place place, ImmutableMap<String, Json> members) implements Json {
    @Override
    public String describe() {
      return "an object";
    }
  }

  /** A string as JSON writes it, in ASCII: whatever the encoding of a terminal or a file is. */
  static String quote(String value) {
    StringBuilder quoted = new StringBuilder(value.length() + 2).append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c >= ' ' && c <= '~') {
        quoted.append(c);
      } else {
        quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      }
    }
    return quoted.append('"').toString();
  }
}
