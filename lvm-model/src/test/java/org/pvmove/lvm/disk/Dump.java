// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The independent dump that is stored beside each image: what a program that shares no code with
 * this library read from it.
 */
record Dump(long imageSize, List<Dump.Label> labels) {

  /** A sector that looks like a label, right or wrong, and the metadata areas it lists. */
  record Label(
      int sector,
      long storedSector,
      String storedChecksum,
      String computedChecksum,
      int headerOffset,
      String type,
      List<String> lines,
      List<Area> areas) {

    boolean isRight() {
      return storedSector == sector
          && storedChecksum.equals(computedChecksum)
          && type.equals("LVM2 001");
    }

    /** The values of the line that begins with {@code prefix}, or null if there is none. */
    List<String> values(String regex) {
      for (String line : lines) {
        Matcher matcher = Pattern.compile(regex).matcher(line);
        if (matcher.matches()) {
          return groups(matcher.toMatchResult());
        }
      }
      return null;
    }
  }

  /** A metadata area; {@code header} is null if it could not be read. */
  record Area(long offset, Header header) {}

  /** A metadata area header. */
  record Header(
      String storedChecksum,
      String computedChecksum,
      boolean magicRight,
      long version,
      long start,
      long size,
      List<Slot> slots) {}

  /** A slot; {@code textChecksum} is null if there is no text to be read. */
  record Slot(long offset, long size, String checksum, int flags, String textChecksum, long wrap) {}

  private static final Pattern LABEL =
      Pattern.compile(
          "label in sector (\\d): id=b'.*' sector_xl=(\\d+) crc=(\\w+) computed=(\\w+) (?:OK|BAD)"
              + " pv_header_offset=(\\d+) type=b'(.*)'");
  private static final Pattern UNREADABLE = Pattern.compile(" *mda at (\\d+): unreadable");
  private static final Pattern HEADER =
      Pattern.compile(
          " *mda at (\\d+): crc (\\w+) computed (\\w+) (?:OK|BAD) magic (.*) version (\\d+) start"
              + " (\\d+) size (\\d+).*");
  private static final Pattern SLOT =
      Pattern.compile(
          " *raw_locn\\[\\d] offset (\\d+) size (\\d+) crc (\\w+) flags 0x(\\w+)"
              + "(?: text crc (\\w+) (?:OK|BAD) wrap (\\d+) .*)?");

  static Dump parse(String text) {
    List<String> lines = Splitter.on('\n').omitEmptyStrings().splitToList(text);
    long imageSize = Long.parseLong(lines.get(0).replace("image size ", ""));
    List<Label> labels = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      Matcher matcher = LABEL.matcher(line);
      if (matcher.matches()) {
        labels.add(
            new Label(
                Integer.parseInt(matcher.group(1)),
                Long.parseLong(matcher.group(2)),
                matcher.group(3),
                matcher.group(4),
                Integer.parseInt(matcher.group(5)),
                matcher.group(6),
                new ArrayList<>(),
                new ArrayList<>()));
        continue;
      }
      Label label = labels.get(labels.size() - 1);
      label.lines().add(line);
      parseArea(line, label.areas());
    }
    return new Dump(imageSize, labels);
  }

  private static void parseArea(String line, List<Area> areas) {
    Matcher matcher = UNREADABLE.matcher(line);
    if (matcher.matches()) {
      areas.add(new Area(Long.parseLong(matcher.group(1)), null));
    }
    matcher = HEADER.matcher(line);
    if (matcher.matches()) {
      areas.add(
          new Area(
              Long.parseLong(matcher.group(1)),
              new Header(
                  matcher.group(2),
                  matcher.group(3),
                  matcher.group(4).equals("OK"),
                  Long.parseLong(matcher.group(5)),
                  Long.parseLong(matcher.group(6)),
                  Long.parseLong(matcher.group(7)),
                  new ArrayList<>())));
    }
    matcher = SLOT.matcher(line);
    if (matcher.matches()) {
      String wrap = matcher.group(6);
      areas
          .get(areas.size() - 1)
          .header()
          .slots()
          .add(
              new Slot(
                  Long.parseLong(matcher.group(1)),
                  Long.parseLong(matcher.group(2)),
                  matcher.group(3),
                  Integer.parseInt(matcher.group(4), 16),
                  matcher.group(5),
                  wrap == null ? 0 : Long.parseLong(wrap)));
    }
  }

  /** The areas in a list such as {@code [(4096, 1044480), (7340032, 1048576)]}. */
  static ImmutableList<DiskArea> areas(String list) {
    return Pattern.compile("\\((\\d+), (\\d+)\\)")
        .matcher(list)
        .results()
        .map(pair -> new DiskArea(Long.parseLong(pair.group(1)), Long.parseLong(pair.group(2))))
        .collect(ImmutableList.toImmutableList());
  }

  private static List<String> groups(MatchResult match) {
    List<String> groups = new ArrayList<>();
    for (int i = 1; i <= match.groupCount(); i++) {
      groups.add(match.group(i));
    }
    return groups;
  }
}
