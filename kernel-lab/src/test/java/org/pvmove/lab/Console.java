// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lab;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a guest printed, by the sections of its script: the output of a command between two marks
 * that name it, with its exit status. Sections of scripts that run side by side may overlap, so
 * each line of a section says which one it belongs to.
 */
final class Console {
  private static final Pattern LINE = Pattern.compile("@(\\S+) ([|.])(.*)");

  private static final Pattern LOOP = Pattern.compile("(?:/dev/)?\\bloop(\\d)");

  private final ImmutableMap<String, Section> sections;

  private Console(Map<String, Section> sections) {
    this.sections = ImmutableMap.copyOf(sections);
  }

  /**
   * The output of one command.
   *
   * @param name what the script calls it
   * @param status its exit status
   * @param lines what it printed
   */
  record Section(String name, int status, ImmutableList<String> lines) {
    /** The lines, in which the guest's disks loop0, loop1, ... have become a, b, ... */
    ImmutableList<String> linesWithLetters() {
      return lines.stream().map(Console::withLetters).collect(ImmutableList.toImmutableList());
    }
  }

  private static String withLetters(String line) {
    return LOOP.matcher(line)
        .replaceAll(result -> String.valueOf((char) ('a' + Integer.parseInt(result.group(1)))));
  }

  static Console of(List<String> lines) {
    Map<String, List<String>> open = new LinkedHashMap<>();
    Map<String, Section> sections = new LinkedHashMap<>();
    for (String line : lines) {
      Matcher matcher = LINE.matcher(line);
      if (!matcher.find()) {
        continue;
      }
      String name = matcher.group(1);
      List<String> content = open.computeIfAbsent(name, n -> new ArrayList<>());
      if (matcher.group(2).equals("|")) {
        content.add(matcher.group(3));
      } else {
        int status = Integer.parseInt(matcher.group(3).strip());
        sections.put(name, new Section(name, status, ImmutableList.copyOf(content)));
        open.remove(name);
      }
    }
    return new Console(sections);
  }

  /** A section that the script came to. */
  Section section(String name) {
    Section section = sections.get(name);
    if (section == null) {
      throw new AssertionError(
          "the guest has no section %s, only %s".formatted(name, sections.keySet()));
    }
    return section;
  }
}
