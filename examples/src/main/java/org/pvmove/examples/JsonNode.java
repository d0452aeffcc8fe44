// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Longs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A value in a JSON text (RFC 8259) that knows where it stands, which the nodes of Jackson's own
 * trees do not; so whoever expects something else of it can say where.
 *
 * @param line where it begins, counted from 1
 * @param column where it begins there, counted from 1
 * @param path the way to it from the whole text; empty for the whole
 * @param kind the token that it begins with
 * @param scalar that token as it is written, a string without quotes
 * @param elements what an array has
 * @param members what an object has, in the order of the text
 */
record JsonNode(
    int line,
    int column,
    String path,
    JsonToken kind,
    String scalar,
    ImmutableList<JsonNode> elements,
    ImmutableMap<String, JsonNode> members) {
  /** Far more than what is read needs, and far less than a stack holds. */
  private static final int MAX_DEPTH = 64;

  private static final int LONGEST_SHOWN = 60;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
          .build();

  // ---- reading

  /**
   * Reads a text.
   *
   * @throws JsonException if it is not one JSON value
   */
  static JsonNode parse(String text) throws JsonException {
    try (JsonParser in = FACTORY.createParser(text)) {
      if (in.nextToken() == null) {
        throw new JsonException(1, 1, "", "a value", "the end of the text");
      }
      JsonNode value = read(in, "");
      if (in.nextToken() != null) {
        JsonLocation at = in.currentTokenLocation();
        throw new JsonException(
            at.getLineNr(),
            at.getColumnNr(),
            "",
            "the end of the text",
            JsonText.quote(in.getText()));
      }
      return value;
    } catch (JsonProcessingException e) {
      // Jackson does not say where a text broke one of its limits.
      @Nullable JsonLocation at = e.getLocation();
      throw new JsonException(
          at == null ? 1 : at.getLineNr(),
          at == null ? 1 : at.getColumnNr(),
          "",
          "JSON (RFC 8259)",
          "something else: " + e.getOriginalMessage());
    } catch (IOException e) {
      // The text is in memory.
      throw new UncheckedIOException(e);
    }
  }

  /** The value that begins with the current token; that it ends with is the current one then. */
  private static JsonNode read(JsonParser in, String path) throws IOException {
    JsonLocation at = in.currentTokenLocation();
    JsonToken kind = in.currentToken();
    String scalar = in.getText();
    ImmutableList.Builder<JsonNode> elements = ImmutableList.builder();
    ImmutableMap.Builder<String, JsonNode> members = ImmutableMap.builder();
    if (kind == JsonToken.START_ARRAY) {
      for (int i = 0; in.nextToken() != JsonToken.END_ARRAY; i++) {
        elements.add(read(in, path + "[" + i + "]"));
      }
    } else if (kind == JsonToken.START_OBJECT) {
      while (in.nextToken() != JsonToken.END_OBJECT) {
        String name = in.currentName();
        in.nextToken();
        members.put(name, read(in, path.isEmpty() ? name : path + "." + name));
      }
    }
    return new JsonNode(
        at.getLineNr(),
        at.getColumnNr(),
        path,
        kind,
        scalar,
        elements.build(),
        members.buildOrThrow());
  }

  // ---- expecting something

  String text() throws JsonException {
    require(kind == JsonToken.VALUE_STRING, "a string");
    return scalar;
  }

  boolean truth() throws JsonException {
    require(kind.isBoolean(), "true or false");
    return kind == JsonToken.VALUE_TRUE;
  }

  /** A whole number within limits, both included. */
  long number(long least, long most) throws JsonException {
    Long number = kind.isNumeric() ? Longs.tryParse(scalar) : null;
    if (number == null || number < least || number > most) {
      throw wrong("a whole number from %d to %d".formatted(least, most));
    }
    return number;
  }

  /** The elements of an array. */
  ImmutableList<JsonNode> array() throws JsonException {
    require(kind == JsonToken.START_ARRAY, "an array");
    return elements;
  }

  /** The members of an object, whatever they are called. */
  ImmutableMap<String, JsonNode> object() throws JsonException {
    require(kind == JsonToken.START_OBJECT, "an object");
    return members;
  }

  JsonNode member(String name) throws JsonException {
    JsonNode member = object().get(name);
    if (member == null) {
      throw wrong("a member " + JsonText.quote(name), "none");
    }
    return member;
  }

  /** Checks that it is an object that has no other members than these. */
  void requireOnly(String... names) throws JsonException {
    for (String name : object().keySet()) {
      if (!Arrays.asList(names).contains(name)) {
        throw member(name)
            .wrong("one of the members " + String.join(", ", names), JsonText.quote(name));
      }
    }
  }

  private void require(boolean right, String expected) throws JsonException {
    if (!right) {
      throw wrong(expected);
    }
  }

  JsonException wrong(String expected) {
    return wrong(
        expected,
        switch (kind) {
          case START_ARRAY -> "an array";
          case START_OBJECT -> "an object";
          case VALUE_STRING ->
              JsonText.quote(
                  scalar.length() <= LONGEST_SHOWN
                      ? scalar
                      : scalar.substring(0, LONGEST_SHOWN) + "...");
          default -> scalar;
        });
  }

  private JsonException wrong(String expected, String found) {
    return new JsonException(line, column, path, expected, found);
  }
}
