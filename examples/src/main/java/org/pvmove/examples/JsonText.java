// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.function.Consumer;

/** Writes JSON: strings, and objects on one line or in lines as a reader likes them. */
final class JsonText {
  /** In ASCII: whatever the encoding of a terminal or a file is. */
  private static final JsonFactory FACTORY =
      JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private JsonText() {}

  /** A string as JSON writes it, in ASCII too. */
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

  /** Writes a part of an object or an array. */
  @FunctionalInterface
  interface Part {
    void write(JsonGenerator json) throws IOException;
  }

  /** Writes an element of an array. */
  @FunctionalInterface
  interface Element<T> {
    void write(JsonGenerator json, T value) throws IOException;
  }

  /** The lines of an object with these members. */
  static ImmutableList<String> object(Part members) {
    return write(
            json ->
                json.setPrettyPrinter(
                    new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"))),
            members)
        .lines()
        .collect(ImmutableList.toImmutableList());
  }

  /** An object on one line whose only member is an object with these members. */
  static String line(String name, Part members) {
    return write(json -> {}, json -> object(json, name, members));
  }

  private static String write(Consumer<JsonGenerator> setUp, Part members) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = FACTORY.createGenerator(text)) {
      setUp.accept(json);
      json.writeStartObject();
      members.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      // The text is in memory.
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  /** Writes a member that is an object. */
  static void object(JsonGenerator json, String name, Part members) throws IOException {
    json.writeObjectFieldStart(name);
    members.write(json);
    json.writeEndObject();
  }

  /** Writes a member that is an array of objects. */
  static <T> void objects(
      JsonGenerator json, String name, Iterable<? extends T> values, Element<T> members)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (T value : values) {
      json.writeStartObject();
      members.write(json, value);
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** Writes a member that is an array of strings. */
  static void strings(JsonGenerator json, String name, Iterable<String> values) throws IOException {
    json.writeArrayFieldStart(name);
    for (String value : values) {
      json.writeString(value);
    }
    json.writeEndArray();
  }
}
