// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.text;

import com.google.common.collect.ImmutableList;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

  /** Some digits that fit 64 bits, whatever they are. */
  private static final int SAFE_DIGITS = 18;

  private final byte[] text;
  private final int end;
  private final SharedWords words = new SharedWords();
  private int at;

  /** Where the last top-level section ended that a brace alone on a line closes. */
  private int brace = -1;

  /** How many top-level nodes stand before that brace. */
  private int nodesBeforeBrace;

  private ConfigReader(byte[] text) {
    this.text = text;
    int nul = 0;
    while (nul < text.length && text[nul] != 0) {
      nul++;
    }
    this.end = nul;
  }

  /** The character at an index: strings hold one character per byte. */
  private char charAt(int index) {
    return (char) (text[index] & 0xff);
  }

  private String substring(int from, int to) {
    return new String(text, from, to - from, StandardCharsets.ISO_8859_1);
  }

  /** The first index from there on that holds this character, or the end. */
  private int find(char c, int from) {
    int index = from;
    while (index < end && charAt(index) != c) {
      index++;
    }
    return index;
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
    int last = reader.end - 2;
    while (last >= 0 && !reader.isBraceLine(last)) {
      last--;
    }
    if (last < 0 || last != reader.brace) {
      reader.at = last < 0 ? reader.end : last;
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
    while (to < end && !endsWord(charAt(to))) {
      to++;
    }
    if (to == 0 || startsString(charAt(0))) {
      throw error("the name of the volume group", end == 0 ? "the end" : quote(charAt(0)));
    }
    return substring(0, to);
  }

  private ImmutableList<ConfigNode> nodes(int depth) {
    if (depth > MAX_DEPTH) {
      throw error("at most " + MAX_DEPTH + " nested sections", "one more");
    }
    ImmutableList.Builder<ConfigNode> nodes = ImmutableList.builder();
    int count = 0;
    while (true) {
      skipBlanks();
      if (at == end || charAt(at) == '}') {
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
    if (isBraceLine(at - 1)) {
      brace = at - 1;
      nodesBeforeBrace = nodes;
    }
  }

  /** By such a brace LVM2 finds the end of the volume group, from behind and without reading it. */
  private boolean isBraceLine(int index) {
    return index > 0
        && index + 1 < text.length
        && charAt(index - 1) == '\n'
        && charAt(index) == '}'
        && charAt(index + 1) == '\n';
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
    char c = charAt(at);
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
    char c = charAt(at);
    String key;
    if (startsString(c)) {
      key = string();
    } else if (c == '[' || c == ']' || c == ',') {
      throw error("a key", quote(c));
    } else {
      int from = at;
      while (at < end && !endsWord(charAt(at))) {
        at++;
      }
      key = word(from);
    }
    if (key.isEmpty()) {
      throw error("a key", at < end ? quote(charAt(at)) : "the end");
    }
    return key;
  }

  private ConfigValue value(String key) {
    skipBlanks();
    if (at < end && charAt(at) == '[') {
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
      char c = charAt(at);
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
    char c = charAt(at);
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
    while (at < end && !endsWord(charAt(at))) {
      at++;
    }
    return new ConfigValue.Bare(word(from));
  }

  private ConfigValue number(String key) {
    int from = at;
    boolean real = false;
    char sign = charAt(at);
    if (sign == '+' || sign == '-') {
      at++;
    }
    while (at < end) {
      char c = charAt(at);
      if (c == '.' && !real) {
        real = true;
      } else if (c < '0' || c > '9') {
        break;
      }
      at++;
    }
    if (real) {
      return new ConfigValue.Real(word(from));
    }
    int first = sign == '+' || sign == '-' ? from + 1 : from;
    // A leading zero makes it octal, as in C.
    boolean octal = at > first + 1 && charAt(first) == '0';
    if (first == from && !octal && at - from <= SAFE_DIGITS) {
      return new ConfigValue.Int(decimal(from));
    }
    String digits = substring(from, at);
    try {
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

  /** The digits from there on, without the detour by a string that most numbers need not take. */
  private long decimal(int from) {
    long value = 0;
    for (int i = from; i < at; i++) {
      value = 10 * value + (charAt(i) - '0');
    }
    return value;
  }

  /** A string in double quotes, where a backslash escapes, or in single quotes, where none does. */
  private String string() {
    char quote = charAt(at);
    int from = ++at;
    StringBuilder unescaped = null;
    while (at < end) {
      char c = charAt(at);
      if (c == quote) {
        String rest = unescaped == null ? word(from) : substring(from, at);
        at++;
        return unescaped == null ? rest : unescaped.append(rest).toString();
      }
      if (c == '\\' && quote == '"' && at + 1 < end) {
        char next = charAt(at + 1);
        if (next == '"' || next == '\\') {
          if (unescaped == null) {
            unescaped = new StringBuilder();
          }
          unescaped.append(substring(from, at)).append(next);
          at += 2;
          from = at;
          continue;
        }
      }
      at++;
    }
    throw error("a closing " + quote, "the end");
  }

  /** What was read from there on. */
  private String word(int from) {
    return words.get(text, from, at);
  }

  private void skipBlanks() {
    while (at < end) {
      char c = charAt(at);
      if (c == '#') {
        at = find('\n', at);
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
      if (charAt(i) == '\n') {
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
