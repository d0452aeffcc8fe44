// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.text;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.ConfigNode;
import org.pvmove.lvm.ConfigValue;
import org.pvmove.lvm.Extras;
import org.pvmove.lvm.Sectors;

/**
 * Prints LVM2's configuration syntax, one field a line, as LVM2 does on disk or in files. Unknown
 * fields of a section appear behind the known field they stood behind when they were read.
 */
final class ConfigPrinter {
  /** Where comments begin, in columns, unless the field is longer. */
  private static final int COMMENT_COLUMN = 40;

  private static final int TAB = 8;

  /** LVM2 indents no deeper, and lists one more. */
  private static final int MAX_INDENT = 5;

  private final StringBuilder out;
  private final @Nullable FileComments comments;
  private int depth;
  private final Deque<Frame> frames = new ArrayDeque<>();

  /** A section that is being printed: the unknown fields it has, and which are printed already. */
  private record Frame(String key, Extras extras, Set<String> done) {
    static Frame of(String key, Extras extras) {
      return new Frame(key, extras, extras.isEmpty() ? Set.of() : new HashSet<>());
    }
  }

  /**
   * Prints as on disk; or as in files, indented and with comments, if these are given.
   *
   * @param expectedLength about how long the text will be
   */
  ConfigPrinter(@Nullable FileComments comments, int expectedLength) {
    this.comments = comments;
    this.out = new StringBuilder(expectedLength);
  }

  /** The text so far. */
  StringBuilder text() {
    return out;
  }

  /** Starts the top level. */
  void begin(Extras extras) {
    frames.push(Frame.of("", extras));
    extrasBehind("");
  }

  void open(String key, Extras extras) {
    out.append(tabs(depth)).append(key(key)).append(" {\n");
    depth++;
    frames.push(Frame.of(key, extras));
    extrasBehind("");
  }

  void close() {
    Frame frame = frames.element();
    end();
    depth--;
    out.append(tabs(depth)).append("}\n");
    extrasBehind(frame.key());
  }

  /** Ends the top level; fields that lost the one they stood behind come last. */
  void end() {
    Frame frame = frames.element();
    frame.extras().behind().keySet().forEach(this::extrasBehind);
    frames.pop();
  }

  void blank() {
    out.append('\n');
  }

  void comment(String comment) {
    out.append("# ").append(comment).append('\n');
  }

  void number(String key, long value) {
    int start = startField(key);
    out.append(value);
    FileComments about = comments();
    endField(key, start, about == null ? null : about.of(key, value));
  }

  /** A number that LVM2 writes into files without a comment, though others of that key have one. */
  void bareNumber(String key, long value) {
    int start = startField(key);
    out.append(value);
    endField(key, start, null);
  }

  /** A string, escaped so that any bytes read back the same. */
  void string(String key, String value) {
    int start = startField(key);
    appendQuoted(value);
    FileComments about = comments();
    endField(key, start, about == null ? null : about.of(key));
  }

  /** A number, if there is one. */
  void optional(String key, @Nullable Long value) {
    if (value != null) {
      number(key, value);
    }
  }

  /** A number of sectors, if there is one. */
  void optional(String key, @Nullable Sectors value) {
    if (value != null) {
      number(key, value.count());
    }
  }

  /** A string, if there is one. */
  void optional(String key, @Nullable String value) {
    if (value != null) {
      string(key, value);
    }
  }

  void strings(String key, List<String> values) {
    int start = startField(key);
    out.append('[');
    String separator = "";
    for (String value : values) {
      out.append(separator);
      appendQuoted(value);
      separator = ", ";
    }
    out.append(']');
    endField(key, start, null);
  }

  /** A list with one line an item, as LVM2 writes areas. */
  void lines(String key, List<String> lines) {
    int start = startField(key);
    out.append('[');
    String separator = "\n";
    for (String line : lines) {
      out.append(separator).append(tabs(depth + 1)).append(line);
      separator = ",\n";
    }
    out.append('\n').append(tabs(depth)).append(']');
    endField(key, start, null);
  }

  /** Nodes as they stand. */
  void nodes(Iterable<ConfigNode> nodes) {
    for (ConfigNode node : nodes) {
      if (node instanceof ConfigNode.Section section) {
        open(section.key(), Extras.NONE);
        nodes(section.nodes());
        close();
      } else if (node instanceof ConfigNode.Entry entry) {
        int start = startField(entry.key());
        out.append(print(entry.value()));
        endField(entry.key(), start, null);
      }
    }
  }

  /** What comments say; on the top level stand the fields of the header, which have none. */
  private @Nullable FileComments comments() {
    return depth == 0 ? null : comments;
  }

  /** Prints a field up to its value; returns where it starts, behind the indentation. */
  private int startField(String key) {
    out.append(tabs(depth));
    int start = out.length();
    out.append(key(key)).append(" = ");
    return start;
  }

  /** Ends the line of a field whose value is printed. */
  private void endField(String key, int start, @Nullable String comment) {
    if (comment != null) {
      int column = TAB * depth + out.length() - start;
      do {
        out.append('\t');
        column += TAB - column % TAB;
      } while (column < COMMENT_COLUMN);
      out.append("# ").append(comment);
    }
    out.append('\n');
    extrasBehind(key);
  }

  private String tabs(int levels) {
    return comments == null ? "" : "\t".repeat(Math.min(levels, MAX_INDENT));
  }

  private void extrasBehind(String key) {
    Frame frame = frames.peek();
    if (frame != null
        && !frame.extras().isEmpty()
        && frame.extras().behind().containsKey(key)
        && frame.done().add(key)) {
      // A frame of their own: an unknown field may bear the name of a known one.
      List<ConfigNode> nodes = frame.extras().behind().get(key);
      frames.push(Frame.of(key, Extras.NONE));
      nodes(nodes);
      frames.pop();
    }
  }

  static String print(ConfigValue value) {
    if (value instanceof ConfigValue.Int number) {
      return Long.toString(number.value());
    }
    if (value instanceof ConfigValue.Real real) {
      return real.digits();
    }
    if (value instanceof ConfigValue.Bare bare) {
      return bare.word();
    }
    if (value instanceof ConfigValue.Text text) {
      return quote(text.text());
    }
    return ((ConfigValue.Array) value)
        .items().stream().map(ConfigPrinter::item).collect(Collectors.joining(", ", "[", "]"));
  }

  /** A word without quotes does not end at a comma or a bracket. */
  private static String item(ConfigValue item) {
    return item instanceof ConfigValue.Bare ? print(item) + " " : print(item);
  }

  static String quote(String text) {
    return '"' + escape(text) + '"';
  }

  private void appendQuoted(String text) {
    out.append('"').append(escape(text)).append('"');
  }

  private static String escape(String text) {
    return text.replace("\\", "\\\\").replace("\"", "\\\"");
  }

  /** A key needs quotes where the reader would end it early, or take it for something else. */
  private static String key(String key) {
    char first = key.isEmpty() ? '[' : key.charAt(0);
    boolean quotes = first == '"' || first == '\'' || first == '[' || first == ']' || first == ',';
    for (int i = 0; i < key.length() && !quotes; i++) {
      char c = key.charAt(i);
      quotes = ConfigReader.endsWord(c);
    }
    if (!quotes) {
      return key;
    }
    // Not every reader knows escapes in keys.
    boolean escapes = key.indexOf('"') >= 0 || key.indexOf('\\') >= 0;
    return escapes && key.indexOf('\'') < 0 ? '\'' + key + '\'' : quote(key);
  }
}
