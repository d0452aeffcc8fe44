// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Longs;
import java.util.Arrays;
import java.util.Map;

/**
 * A JSON value that somebody expects something of.
 *
 * @param value the value
 * @param path the way to it from the whole text; empty for the whole
 */
record JsonNode(Json value, String path) {
  static JsonNode parse(String text) throws JsonException {
    return new JsonNode(JsonReader.read(text), "");
  }

  String text() throws JsonException {
    if (value instanceof Json.Text text) {
      return text.value();
    }
    throw wrong("a string");
  }

  boolean truth() throws JsonException {
    if (value instanceof Json.Word word && !word.word().equals("null")) {
      return Boolean.parseBoolean(word.word());
    }
    throw wrong("true or false");
  }

  /** A whole number within limits, both included. */
  long number(long least, long most) throws JsonException {
    if (value instanceof Json.Digits number) {
      Long found = Longs.tryParse(number.digits());
      if (found != null && found >= least && found <= most) {
        return found;
      }
    }
    throw wrong("a whole number from %d to %d".formatted(least, most));
  }

  ImmutableList<JsonNode> elements() throws JsonException {
    if (!(value instanceof Json.Array array)) {
      throw wrong("an array");
    }
    ImmutableList.Builder<JsonNode> nodes = ImmutableList.builder();
    int index = 0;
    for (Json element : array.elements()) {
      nodes.add(new JsonNode(element, path + "[" + index++ + "]"));
    }
    return nodes.build();
  }

  /** The members of an object, whatever they are called. */
  ImmutableMap<String, JsonNode> members() throws JsonException {
    ImmutableMap.Builder<String, JsonNode> nodes = ImmutableMap.builder();
    object()
        .members()
        .forEach((name, member) -> nodes.put(name, new JsonNode(member, below(name))));
    return nodes.buildOrThrow();
  }

  JsonNode member(String name) throws JsonException {
    Json member = object().members().get(name);
    if (member == null) {
      throw wrong("a member " + Json.quote(name), "none");
    }
    return new JsonNode(member, below(name));
  }

  /** Checks that it is an object that has no other members than these. */
  void requireOnly(String... names) throws JsonException {
    for (Map.Entry<String, JsonNode> member : members().entrySet()) {
      if (!Arrays.asList(names).contains(member.getKey())) {
        throw member
            .getValue()
            .wrong("one of the members " + String.join(", ", names), Json.quote(member.getKey()));
      }
    }
  }

  private Json.Members object() throws JsonException {
    if (value instanceof Json.Members object) {
      return object;
    }
    throw wrong("an object");
  }

  private String below(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  JsonException wrong(String expected) {
    return wrong(expected, value.describe());
  }

  private JsonException wrong(String expected, String found) {
    return new JsonException(value.place(), path, expected, found);
  }
}
