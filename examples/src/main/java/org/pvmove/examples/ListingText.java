// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A listing as users read it. */
final class ListingText {
  private final Terminal terminal;
  private final ImmutableList.Builder<String> lines = ImmutableList.builder();

  private ListingText(Terminal terminal) {
    this.terminal = terminal;
  }

  /** The lines of a listing, for that terminal. */
  static ImmutableList<String> lines(Listing listing, Terminal terminal) {
    ListingText text = new ListingText(terminal);
    listing.volumeGroups().forEach(text::group);
    text.section(
        "",
        "Physical volumes in no volume group:",
        listing.orphans().stream()
            .map(pv -> "%s  %s  %s".formatted(pv.name(), Texts.size(pv.bytes()), pv.id()))
            .toList());
    text.section("", "Left out:", listing.leftOut().stream().map(Groups.LeftOut::text).toList());
    text.section(
        "",
        "Not readable:",
        listing.unreadable().stream().map(out -> terminal.trouble(out.text())).toList());
    if (listing.volumeGroups().isEmpty() && listing.unreadable().isEmpty()) {
      text.lines.add("No volume groups found.");
    }
    return text.lines.build();
  }

  private void group(Listing.Group group) {
    lines.add(terminal.heading("Volume group " + group.name()));
    lines.add(
        "  uuid %s, metadata version %d, extents of %s"
            .formatted(group.id(), group.seqno(), Texts.size(group.extentSize().bytes())));
    section("  ", "Physical volumes:", physicalVolumes(group));
    List<String> volumes = new ArrayList<>();
    for (Listing.Lv lv : group.logicalVolumes()) {
      volumes.add(
          "%s  %s  %s"
              .formatted(
                  lv.name(),
                  String.join(",", lv.flags()),
                  Texts.size(group.extentSize().toBytes(lv.extents()))));
      volumes.addAll(Texts.table(lv.segments().stream().map(ListingText::row).toList()));
    }
    section("  ", "Logical volumes:", volumes);
    section(
        "  ",
        "Moves in progress:",
        group.moves().stream()
            .map(move -> "from " + move.source() + ": " + PlanText.progress(move.move()))
            .map(terminal::underWay)
            .toList());
    section("  ", "Findings:", group.findings().stream().map(terminal::trouble).toList());
    section(
        "  ", "Must not be changed:", group.refusals().stream().map(terminal::trouble).toList());
  }

  private List<String> physicalVolumes(Listing.Group group) {
    List<String[]> rows = new ArrayList<>();
    for (Listing.Pv pv : group.physicalVolumes()) {
      rows.add(
          new String[] {
            pv.name(),
            attributes(pv),
            Texts.size(group.extentSize().toBytes(pv.extents())),
            "%s: %d used, %d free"
                .formatted(Texts.count(pv.extents(), "extent"), pv.used(), pv.free()),
            pv.id().toString()
          });
    }
    List<String> table = new ArrayList<>();
    for (String line : Texts.table(rows)) {
      boolean missing = group.physicalVolumes().get(table.size()).missing();
      table.add(missing ? terminal.trouble(line.strip()) : line.strip());
    }
    return table;
  }

  /** The letters of pvs(8): allocatable or used, exported, missing. */
  private static String attributes(Listing.Pv pv) {
    return (pv.allocatable() ? "a" : "u")
        + (pv.exported() ? "x" : "-")
        + (pv.missing() ? "m" : "-");
  }

  private static String[] row(Listing.Part segment) {
    return new String[] {
      Texts.extents(segment.first(), segment.count()),
      kind(segment),
      segment.places().isEmpty()
          ? String.join(", ", segment.uses())
          : segment.places().stream()
              .map(place -> place.volume() + ":" + Texts.extents(place.first(), place.count()))
              .collect(Collectors.joining(", "))
    };
  }

  private static String kind(Listing.Part segment) {
    if (segment.extentsMoved() != null) {
      return "move, %d extents done".formatted(segment.extentsMoved());
    }
    return segment.type().equals("striped") ? segment.places().size() + " stripes" : segment.type();
  }

  private void section(String indent, String heading, List<String> content) {
    if (!content.isEmpty()) {
      lines.add(indent + terminal.heading(heading));
      content.forEach(line -> lines.add(indent + "  " + line));
    }
  }
}
