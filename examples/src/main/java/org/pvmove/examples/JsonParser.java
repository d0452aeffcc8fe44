// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.base.CharMatcher;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads a JSON text (RFC 8259) and nothing beyond it: no comments, no name twice in an object. */
final class JsonParser {
  /** Far more than what is read needs, and far less than a stack holds. */
  private static final int MAX_DEPTH = 64;

  private static final CharMatcher BLANKS = CharMatcher.anyOf(" \t\r\n");
  private static final CharMatcher DIGITS = CharMatcher.inRange('0', '9');

  private final String text;
  private int at;
  private int line = 1;
  private int lineStart;

  private JsonParser(String text) {
    this.text = text;
  }

  static Json parse(String text) throws JsonException {
    JsonParser parser = new JsonParser(text);
    parser.skipBlanks();
    Json value = parser.value(0);
    parser.skipBlanks();
    if (parser.at < text.length()) {
      throw parser.wrong("the end of the text");
    }
    return value;
  }

  private Json value(int depth) throws JsonException {
    if (depth > MAX_DEPTH) {
      throw wrong("at most %d arrays and objects in one another".formatted(MAX_DEPTH));
    }
    Json.Place place = place();
    return switch (peek()) {
      case '{' -> members(place, depth);
      case '[' -> array(place, depth);
      case '"' -> new Json.Text(place, string());
      case 't' -> word(place, "true");
      case 'f' -> word(place, "false");
      case 'n' -> word(place, "null");
      default -> number(place);
    };
  }

  private Json word(Json.Place place, String word) throws JsonException {
    if (!text.startsWith(word, at)) {
      throw wrong("a value");
    }
    at += word.length();
    return new Json.Word(place, word);
  }

  private Json members(Json.Place place, int depth) throws JsonException {
    Map<String, Json> members = new LinkedHashMap<>();
    at++;
    skipBlanks();
    while (peek() != '}') {
      if (!members.isEmpty()) {
        expect(',', "',' or '}'");
      }
      Json.Place nameAt = place();
      if (peek() != '"') {
        throw wrong("a name in double quotes");
      }
      String name = string();
      skipBlanks();
      expect(':', "':'");
      if (members.put(name, value(depth + 1)) != null) {
        throw new JsonException(nameAt, "", "every name once", Json.quote(name) + " again");
      }
      skipBlanks();
    }
    at++;
    return new Json.Members(place, ImmutableMap.copyOf(members));
  }

  private Json array(Json.Place place, int depth) throws JsonException {
    ImmutableList.Builder<Json> elements = ImmutableList.builder();
    at++;
    skipBlanks();
    for (boolean first = true; peek() != ']'; first = false) {
      if (!first) {
        expect(',', "',' or ']'");
      }
      elements.add(value(depth + 1));
      skipBlanks();
    }
    at++;
    return new Json.Array(place, elements.build());
  }

  private Json number(Json.Place place) throws JsonException {
    int begin = at;
    skip('-');
    if (!DIGITS.matches(peek())) {
      throw begin == at ? wrong("a value") : wrong("a digit");
    }
    if (!skip('0')) {
      digits();
    }
    if (skip('.')) {
      digits();
    }
    if (skip('e') || skip('E')) {
      if (!skip('+')) {
        skip('-');
      }
      digits();
    }
    return new Json.Digits(place, text.substring(begin, at));
  }

  private void digits() throws JsonException {
    if (!DIGITS.matches(peek())) {
      throw wrong("a digit");
    }
    while (DIGITS.matches(peek())) {
      at++;
    }
  }

  private String string() throws JsonException {
    StringBuilder value = new StringBuilder();
    at++;
    while (peek() != '"') {
      char c = peek();
      if (c < ' ') {
        throw wrong(at < text.length() ? "an escaped control character" : "a closing quote");
      }
      at++;
      value.append(c == '\\' ? escaped() : c);
    }
    at++;
    return value.toString();
  }

  private char escaped() throws JsonException {
    char c = peek();
    int plain = "\"\\/bfnrt".indexOf(c);
    if (c == 'u') {
      at++;
      return hexadecimal();
    }
    if (plain < 0) {
      throw wrong("one of \" \\ / b f n r t u");
    }
    at++;
    return "\"\\/\b\f\n\r\t".charAt(plain);
  }

  private char hexadecimal() throws JsonException {
    int value = 0;
    for (int i = 0; i < 4; i++) {
      char c = peek();
      // Only these: Character.digit() would take digits of other scripts too.
      int digit = c < 0x80 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        throw wrong("a hexadecimal digit");
      }
      value = value << 4 | digit;
      at++;
    }
    return (char) value;
  }

  private void expect(char c, String expected) throws JsonException {
    if (!skip(c)) {
      throw wrong(expected);
    }
    skipBlanks();
  }

  private boolean skip(char c) {
    boolean here = at < text.length() && text.charAt(at) == c;
    at += here ? 1 : 0;
    return here;
  }

  private void skipBlanks() {
    while (BLANKS.matches(peek())) {
      if (text.charAt(at) == '\n') {
        line++;
        lineStart = at + 1;
      }
      at++;
    }
  }

  /** The next character; behind the end NUL, which JSON has no use for. */
  private char peek() {
    return at < text.length() ? text.charAt(at) : '\0';
  }

  private Json.Place place() {
    return new Json.Place(line, at - lineStart + 1);
  }

  private JsonException wrong(String expected) {
    String found =
        at < text.length() ? Json.quote(text.substring(at, at + 1)) : "the end of the text";
    return new JsonException(place(), "", expected, found);
  }
}
