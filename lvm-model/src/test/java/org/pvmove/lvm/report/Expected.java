// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the JSON of LVM2's reports: one row a line, all values strings. */
final class Expected {
  private static final Pattern STRING = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");
  private static final Pattern COLUMN =
      Pattern.compile("\\G(?:\\{|, )" + STRING.pattern() + ":" + STRING.pattern());

  private Expected() {}

  static ImmutableList<ImmutableMap<String, String>> rows(String json) {
    return json.lines()
        .map(String::strip)
        .filter(line -> line.startsWith("{\"") && !line.startsWith("{\"report"))
        .map(Expected::row)
        .collect(ImmutableList.toImmutableList());
  }

  private static ImmutableMap<String, String> row(String line) {
    ImmutableMap.Builder<String, String> row = ImmutableMap.builder();
    Matcher column = COLUMN.matcher(line);
    int end = 0;
    while (column.find()) {
      row.put(unescape(column.group(1)), unescape(column.group(2)));
      end = column.end();
    }
    if (!line.substring(end).matches("},?")) {
      throw new IllegalArgumentException("expected the end of a row, found " + line.substring(end));
    }
    return row.buildOrThrow();
  }

  private static String unescape(String text) {
    return text.replaceAll("\\\\(.)", "$1");
  }
}
