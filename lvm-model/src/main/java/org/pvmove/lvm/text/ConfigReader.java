// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.text;

import com.google.common.collect.ImmutableList;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pvmove.lvm.ConfigNode;
import org.pvmove.lvm.ConfigValue;

/**
 * Reads LVM2's configuration syntax into nodes, by the rules LVM2's own reader follows (see
 * docs/format.md): what it rejects is rejected, with the place.
 *
 * <p>Time and memory are linear in the text; nesting is bounded.
 */
final class ConfigReader {
  /** Real metadata nests five deep (VG, LVs, LV, segment, message or policy settings). */
  private static final int MAX_DEPTH = 32;

  /** What LVM2 takes a creation time for that does not fit 64 bits: some day in May 2018. */
  private static final long CREATION_TIME_SUBSTITUTE = 1_527_120_000L;

  /** By this LVM2 finds the end of the volume group, from behind and without reading it. */
  private static final String BRACE_LINE = "\n}\n";

  /** Enough for all field names and most values; a hostile text gains nothing from more. */
  private static final int MAX_SHARED_WORDS = 1024;

  private static final int MAX_SHARED_LENGTH = 32;

  private final String text;
  private final int end;
  private final Map<String, String> words = new HashMap<>();
  private int at;

  /** Where the last top-level section ended that a brace alone on a line closes. */
  private int brace = -1;

  /** How many top-level nodes stand before that brace. */
  private int nodesBeforeBrace;

  private ConfigReader(byte[] bytes) {
    this.text = new String(bytes, StandardCharsets.ISO_8859_1);
    int nul = text.indexOf('\0');
    this.end = nul < 0 ? text.length() : nul;
  }

  /** Reads all nodes; a NUL byte ends the text wherever it stands. */
  static ImmutableList<ConfigNode> read(byte[] bytes) {
    return new ConfigReader(bytes).all();
  }

  /**
   * Reads all nodes of a text found in a metadata area. LVM2 looks there for the name of the volume
   * group in the first bytes, and for the header behind the last brace that is alone on a line; a
   * text where these lead it astray is no metadata to it.
   */
  static ImmutableList<ConfigNode> readDisk(byte[] bytes) {
    ConfigReader reader = new ConfigReader(bytes);
    String name = reader.firstWord();
    ImmutableList<ConfigNode> nodes = reader.all();
    if (!(nodes.get(0) instanceof ConfigNode.Section first) || !first.key().equals(name)) {
      reader.at = 0;
      throw reader.error("the name of the volume group and its section", abbreviate(name));
    }
    int last = reader.text.lastIndexOf(BRACE_LINE, reader.end - BRACE_LINE.length());
    if (last < 0 || last + 1 != reader.brace) {
      reader.at = last < 0 ? reader.end : last + 1;
      throw reader.error(
          "the volume group's closing '}' alone on a line, the last such line",
          last < 0 ? "none" : "another '}'");
    }
    for (String key : new String[] {"contents", "version"}) {
      if (nodes.stream()
          .skip(reader.nodesBeforeBrace)
          .noneMatch(node -> node instanceof ConfigNode.Entry && node.key().equals(key))) {
        reader.at = reader.end;
        throw reader.error("the field " + key + " behind the volume group", "none");
      }
    }
    return nodes;
  }

  private ImmutableList<ConfigNode> all() {
    ImmutableList<ConfigNode> nodes = nodes(0);
    if (at < end) {
      throw error("a key", "'}' that closes nothing");
    }
    return nodes;
  }

  /** The word that the text begins with; not a blank, a comment or a string. */
  private String firstWord() {
    int to = 0;
    while (to < end && !endsWord(text.charAt(to))) {
      to++;
    }
    if (to == 0 || startsString(text.charAt(0))) {
      throw error("the name of the volume group", end == 0 ? "the end" : quote(text.charAt(0)));
    }
    return text.substring(0, to);
  }

  private ImmutableList<ConfigNode> nodes(int depth) {
    if (depth > MAX_DEPTH) {
      throw error("at most " + MAX_DEPTH + " nested sections", "one more");
    }
    ImmutableList.Builder<ConfigNode> nodes = ImmutableList.builder();
    int count = 0;
    while (true) {
      skipBlanks();
      if (at == end || text.charAt(at) == '}') {
        return nodes.build();
      }
      nodes.add(node(depth));
      if (depth == 0) {
        noteBrace(++count);
      }
    }
  }

  /** Remembers the end of a top-level section if it can be found from behind. */
  private void noteBrace(int nodes) {
    if (text.startsWith(BRACE_LINE, at - 2)) {
      brace = at - 1;
      nodesBeforeBrace = nodes;
    }
  }

  private ConfigNode node(int depth) {
    String key = key();
    skipBlanks();
    if (at == end) {
      throw error("'{' or '=' behind key \"" + abbreviate(key) + "\"", "the end");
    }
    int slash = key.lastIndexOf('/');
    String last = key.substring(slash + 1);
    ConfigNode node;
    char c = text.charAt(at);
    if (c == '{') {
      at++;
      ImmutableList<ConfigNode> nodes = nodes(depth + 1 + slashes(key));
      if (at == end) {
        throw error("'}' at the end of section \"" + abbreviate(key) + "\"", "the end");
      }
      at++;
      node = new ConfigNode.Section(last, nodes);
    } else if (c == '=') {
      at++;
      node = new ConfigNode.Entry(last, value(last));
    } else {
      throw error("'{' or '=' behind key \"" + abbreviate(key) + "\"", quote(c));
    }
    return slash < 0 ? node : nest(key.substring(0, slash), node, depth);
  }

  /** {@code a/b = 1} means {@code a { b = 1 }}. */
  private ConfigNode nest(String path, ConfigNode inner, int depth) {
    String[] keys = path.split("/", -1);
    if (inner.key().isEmpty() || Arrays.asList(keys).contains("")) {
      throw error("a key on both sides of every '/'", quotePath(path, inner));
    }
    if (depth + keys.length > MAX_DEPTH) {
      throw error("at most " + MAX_DEPTH + " nested sections", "more in " + quotePath(path, inner));
    }
    ConfigNode node = inner;
    for (int i = keys.length - 1; i >= 0; i--) {
      node = new ConfigNode.Section(keys[i], ImmutableList.of(node));
    }
    return node;
  }

  private static int slashes(String key) {
    int count = 0;
    for (int slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
      count++;
    }
    return count;
  }

  private static String quotePath(String path, ConfigNode inner) {
    return '"' + abbreviate(path + "/" + inner.key()) + '"';
  }

  private String key() {
    char c = text.charAt(at);
    String key;
    if (startsString(c)) {
      key = string();
    } else if (c == '[' || c == ']' || c == ',') {
      throw error("a key", quote(c));
    } else {
      int from = at;
      while (at < end && !endsWord(text.charAt(at))) {
        at++;
      }
      key = word(from);
    }
    if (key.isEmpty()) {
      throw error("a key", at < end ? quote(text.charAt(at)) : "the end");
    }
    return key;
  }

  private ConfigValue value(String key) {
    skipBlanks();
    if (at < end && text.charAt(at) == '[') {
      at++;
      return array(key);
    }
    return scalar(key);
  }

  private ConfigValue array(String key) {
    List<ConfigValue> items = new ArrayList<>();
    boolean separated = true;
    while (true) {
      skipBlanks();
      if (at == end) {
        throw error("']' at the end of the array \"" + abbreviate(key) + "\"", "the end");
      }
      char c = text.charAt(at);
      if (c == ']') {
        at++;
        return new ConfigValue.Array(ImmutableList.copyOf(items));
      }
      if (c == ',') {
        if (separated) {
          throw error("a value", "','");
        }
        at++;
        separated = true;
        continue;
      }
      if (!separated && !startsString(c)) {
        throw error("',' or ']'", quote(c));
      }
      items.add(scalar(key));
      separated = false;
    }
  }

  private ConfigValue scalar(String key) {
    if (at == end) {
      throw error("a value for \"" + abbreviate(key) + "\"", "the end");
    }
    char c = text.charAt(at);
    if (startsString(c)) {
      return new ConfigValue.Text(string());
    }
    if ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.') {
      return number(key);
    }
    if (c == '{' || c == '}' || c == ']' || c == '[' || c == ',' || c == '=') {
      throw error("a value for \"" + abbreviate(key) + "\"", quote(c));
    }
    int from = at;
    while (at < end && !endsWord(text.charAt(at))) {
      at++;
    }
    return new ConfigValue.Bare(word(from));
  }

  private ConfigValue number(String key) {
    int from = at;
    boolean real = false;
    char sign = text.charAt(at);
    if (sign == '+' || sign == '-') {
      at++;
    }
    while (at < end) {
      char c = text.charAt(at);
      if (c == '.' && !real) {
        real = true;
      } else if (c < '0' || c > '9') {
        break;
      }
      at++;
    }
    String digits = text.substring(from, at);
    if (real) {
      return new ConfigValue.Real(word(from));
    }
    int first = sign == '+' || sign == '-' ? 1 : 0;
    try {
      // A leading zero makes it octal, as in C.
      boolean octal = digits.length() > first + 1 && digits.charAt(first) == '0';
      return new ConfigValue.Int(Long.parseLong(digits, octal ? 8 : 10));
    } catch (NumberFormatException notALong) {
      if (key.equals("creation_time") && digits.length() > 18) {
        return new ConfigValue.Int(CREATION_TIME_SUBSTITUTE);
      }
      MetadataFormatException error =
          error("an integer of 64 bits for \"" + abbreviate(key) + "\"", abbreviate(digits));
      error.addSuppressed(notALong);
      throw error;
    }
  }

  /** A string in double quotes, where a backslash escapes, or in single quotes, where none does. */
  private String string() {
    char quote = text.charAt(at);
    int from = ++at;
    StringBuilder unescaped = null;
    while (at < end) {
      char c = text.charAt(at);
      if (c == quote) {
        String rest = unescaped == null ? word(from) : text.substring(from, at);
        at++;
        return unescaped == null ? rest : unescaped.append(rest).toString();
      }
      if (c == '\\' && quote == '"' && at + 1 < end) {
        char next = text.charAt(at + 1);
        if (next == '"' || next == '\\') {
          if (unescaped == null) {
            unescaped = new StringBuilder();
          }
          unescaped.append(text, from, at).append(next);
          at += 2;
          from = at;
          continue;
        }
      }
      at++;
    }
    throw error("a closing " + quote, "the end");
  }

  /** What was read from there on; only once for short words that occur again and again. */
  private String word(int from) {
    String word = text.substring(from, at);
    if (word.length() > MAX_SHARED_LENGTH) {
      return word;
    }
    String shared = words.get(word);
    if (shared == null) {
      shared = word;
      if (words.size() < MAX_SHARED_WORDS) {
        words.put(word, word);
      }
    }
    return shared;
  }

  private void skipBlanks() {
    while (at < end) {
      char c = text.charAt(at);
      if (c == '#') {
        int newline = text.indexOf('\n', at);
        at = newline < 0 || newline > end ? end : newline;
      } else if (isBlank(c)) {
        at++;
      } else {
        return;
      }
    }
  }

  private static boolean isBlank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
  }

  private static boolean startsString(char c) {
    return c == '"' || c == '\'';
  }

  static boolean endsWord(char c) {
    return isBlank(c) || c == '#' || c == '=' || c == '{' || c == '}';
  }

  private MetadataFormatException error(String expected, String found) {
    int line = 1;
    int lineStart = 0;
    for (int i = 0; i < at; i++) {
      if (text.charAt(i) == '\n') {
        line++;
        lineStart = i + 1;
      }
    }
    return new MetadataFormatException(
        "line %d, column %d".formatted(line, at - lineStart + 1), expected, found);
  }

  private static String quote(char c) {
    return c > ' ' && c < 0x7f ? "'" + c + "'" : "byte 0x%02x".formatted((int) c);
  }

  static String abbreviate(String s) {
    return s.length() <= 60 ? s : s.substring(0, 60) + "…";
  }
}
