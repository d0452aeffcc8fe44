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
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** Reads a JSON text with the places of its values, which Jackson's own trees do not keep. */
final class JsonReader {
  /** Far more than what is read needs, and far less than a stack holds. */
  private static final int MAX_DEPTH = 64;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
          .build();

  private JsonReader() {}

  static Json read(String text) throws JsonException {
    try (JsonParser in = FACTORY.createParser(text)) {
      if (in.nextToken() == null) {
        throw new JsonException(new Json.Place(1, 1), "", "a value", "the end of the text");
      }
      Json value = value(in);
      if (in.nextToken() != null) {
        throw new JsonException(place(in), "", "the end of the text", Json.quote(in.getText()));
      }
      return value;
    } catch (JsonProcessingException e) {
      throw new JsonException(
          place(e.getLocation()),
          "",
          "JSON (RFC 8259)",
          "something else: " + e.getOriginalMessage());
    } catch (IOException e) {
      // The text is in memory.
      throw new UncheckedIOException(e);
    }
  }

  private static Json value(JsonParser in) throws IOException {
    Json.Place place = place(in);
    return switch (in.currentToken()) {
      case START_OBJECT -> members(place, in);
      case START_ARRAY -> array(place, in);
      case VALUE_STRING -> new Json.Text(place, in.getText());
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Json.Digits(place, in.getText());
      default -> new Json.Word(place, in.getText());
    };
  }

  private static Json members(Json.Place place, JsonParser in) throws IOException {
    ImmutableMap.Builder<String, Json> members = ImmutableMap.builder();
    while (in.nextToken() != JsonToken.END_OBJECT) {
      String name = in.currentName();
      in.nextToken();
      members.put(name, value(in));
    }
    return new Json.Members(place, members.buildOrThrow());
  }

  private static Json array(Json.Place place, JsonParser in) throws IOException {
    ImmutableList.Builder<Json> elements = ImmutableList.builder();
    while (in.nextToken() != JsonToken.END_ARRAY) {
      elements.add(value(in));
    }
    return new Json.Array(place, elements.build());
  }

  private static Json.Place place(JsonParser in) {
    return place(in.currentTokenLocation());
  }

  /** Jackson does not say where a text broke one of its limits. */
  private static Json.Place place(@Nullable JsonLocation at) {
    return at == null ? new Json.Place(1, 1) : new Json.Place(at.getLineNr(), at.getColumnNr());
  }
}
