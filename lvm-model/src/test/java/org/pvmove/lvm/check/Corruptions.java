// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** All the ways to spoil one field of a metadata text as this library prints it. */
final class Corruptions {
  private static final Pattern NUMBER = Pattern.compile("(\\w+) = (-?\\d+)");
  private static final Pattern STRING = Pattern.compile("(\\w+) = \"(.*)\"");
  private static final Pattern AREA = Pattern.compile("\"(.*)\", (\\d+)(,?)");
  private static final Pattern NAMES = Pattern.compile("(\".*\",?)+");
  private static final Pattern STATUS = Pattern.compile("(status|flags) = \\[(.*)\\]");

  /** Strings that name a logical volume. */
  private static final ImmutableSet<String> REFERENCES =
      ImmutableSet.of(
          "mirror_log",
          "origin",
          "cow_store",
          "metadata",
          "pool",
          "thin_pool",
          "cache_pool",
          "create");

  private static final ImmutableSet<String> REQUIRED =
      ImmutableSet.of(
          "contents",
          "version",
          "id",
          "seqno",
          "status",
          "extent_size",
          "max_lv",
          "max_pv",
          "pe_start",
          "pe_count",
          "creation_host",
          "segment_count",
          "start_extent",
          "extent_count",
          "type",
          "stripe_count",
          "stripe_size",
          "mirror_count",
          "extents_moved",
          "region_size",
          "device_count",
          "metadata",
          "pool",
          "transaction_id",
          "chunk_size",
          "thin_pool",
          "device_id",
          "cow_store",
          "cache_pool",
          "metadata_start",
          "metadata_len",
          "data_start",
          "data_len",
          "create");

  private Corruptions() {}

  /**
   * A spoilt text: lines {@code from} to {@code to - 1} are replaced.
   *
   * @param lines the lines of the sound text
   */
  record Corruption(List<String> lines, int from, int to, String by) {
    String text() {
      StringBuilder text = new StringBuilder();
      lines.subList(0, from).forEach(line -> text.append(line).append('\n'));
      text.append(by);
      lines.subList(to, lines.size()).forEach(line -> text.append('\n').append(line));
      return text.toString();
    }

    @Override
    public String toString() {
      return "line %d, %s replaced by \"%s\"".formatted(from + 1, lines.subList(from, to), by);
    }
  }

  static ImmutableList<Corruption> of(String text) {
    return new Collector(text).collect();
  }

  private static final class Collector {
    private final List<String> lines;
    private final ImmutableList.Builder<Corruption> all = ImmutableList.builder();
    private final Deque<String> path = new ArrayDeque<>();
    private final List<String> pvIds = new ArrayList<>();
    private final List<String> lvIds = new ArrayList<>();
    private final List<String> pvNames = new ArrayList<>();
    private final List<String> lvNames = new ArrayList<>();
    private int at;

    Collector(String text) {
      this.lines = Splitter.on('\n').splitToList(text);
    }

    ImmutableList<Corruption> collect() {
      for (at = 0; at < lines.size(); at++) {
        String line = lines.get(at);
        if (line.startsWith("newer_")) {
          skipUnknown(line);
        } else if (line.endsWith(" {")) {
          section(line.substring(0, line.length() - 2));
        } else if (line.equals("}")) {
          path.pop();
        } else {
          line(line);
        }
      }
      return all.build();
    }

    /** What nobody knows, nobody can find wrong. */
    private void skipUnknown(String line) {
      if (line.endsWith(" {")) {
        while (!lines.get(at).equals("}")) {
          at++;
        }
      }
    }

    private boolean inside(String section) {
      return section.equals(path.peek());
    }

    private void section(String name) {
      if (inside("physical_volumes")) {
        duplicate(pvNames, name, "%s {");
      } else if (inside("logical_volumes")) {
        duplicate(lvNames, name, "%s {");
      }
      path.push(name);
    }

    private void duplicate(List<String> earlier, String value, String format) {
      if (!earlier.isEmpty()) {
        put(format.formatted(earlier.get(earlier.size() - 1)));
      }
      earlier.add(value);
    }

    private void line(String line) {
      Matcher number = NUMBER.matcher(line);
      Matcher string = STRING.matcher(line);
      Matcher area = AREA.matcher(line);
      Matcher status = STATUS.matcher(line);
      if (number.matches()) {
        long value = Long.parseLong(number.group(2));
        for (long other :
            new long[] {value + 1, value - 1, 4_294_967_294L, 4_294_967_296L, -7, Long.MIN_VALUE}) {
          put(number.group(1) + " = " + other);
        }
        drop(number.group(1));
      } else if (string.matches()) {
        string(string.group(1), string.group(2));
      } else if (area.matches()) {
        long extent = Long.parseLong(area.group(2));
        for (long other : new long[] {extent + 1, extent - 1, 4_294_967_294L, 4_294_967_296L}) {
          put("\"%s\", %d%s".formatted(area.group(1), other, area.group(3)));
        }
        put("\"nowhere\", %d%s".formatted(extent, area.group(3)));
        put("");
      } else if (NAMES.matcher(line).matches()) {
        put(line.replaceFirst("\"[^\"]*\"", "\"nowhere\""));
        put("");
      } else if (status.matches()) {
        String words = status.group(2).isEmpty() ? "" : status.group(2) + ", ";
        put("%s = [%s\"WONDER\"]".formatted(status.group(1), words));
        if (status.group(1).equals("status")) {
          drop("status");
        }
      } else if (line.endsWith("= [")) {
        dropArray();
      }
    }

    private void string(String key, String value) {
      drop(key);
      if (key.equals("id")) {
        put("id = \"" + value.substring(1) + '"');
        put("id = \"a" + value + '"');
        put("id = \" " + value.substring(1) + '"');
        if (path.size() == 3) {
          String parent = path.stream().skip(1).findFirst().orElseThrow();
          if (parent.equals("physical_volumes")) {
            duplicate(pvIds, value, "id = \"%s\"");
          } else if (parent.equals("logical_volumes")) {
            duplicate(lvIds, value, "id = \"%s\"");
          }
        }
      } else if (REFERENCES.contains(key)) {
        put(key + " = \"nowhere\"");
      } else if (key.equals("type") || key.equals("contents") || key.equals("format")) {
        put(key + " = \"wonder\"");
        put(key + " = \"" + value + "+WONDER\"");
      }
    }

    private void drop(String key) {
      if (REQUIRED.contains(key)) {
        put("");
      }
    }

    private void dropArray() {
      int end = at;
      while (!lines.get(end).equals("]")) {
        end++;
      }
      all.add(new Corruption(lines, at, end + 1, ""));
    }

    private void put(String line) {
      all.add(new Corruption(lines, at, at + 1, line));
    }
  }
}
