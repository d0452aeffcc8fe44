// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import com.google.common.base.Strings;
import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.pvmove.examples.map.Picture.Move;
import org.pvmove.examples.map.Picture.Pv;
import org.pvmove.examples.map.Picture.Run;
import org.pvmove.examples.map.Picture.Use;

/**
 * A picture as lines of text: a bar for each physical volume, before and after. Where there is
 * room, one character is one extent. Letters tell the logical volumes apart; colours, if wanted,
 * say the same once more.
 */
public final class TerminalMap {
  private static final String SEVERAL = "*";
  private static final int MOST_MOVES = 100;
  private static final int MOST_PVS = 1000;
  private static final String INDENT = "          ";

  private final Picture picture;
  private final int width;
  private final boolean colours;
  private final List<String> lines = new ArrayList<>();

  private final Set<Integer> volumesSeen = new TreeSet<>();
  private final Set<Use> usesSeen = EnumSet.noneOf(Use.class);
  private boolean severalSeen;

  private TerminalMap(Picture picture, int columns, boolean colours) {
    this.picture = picture;
    this.width = Math.max(20, columns - INDENT.length() - 1);
    this.colours = colours;
  }

  /**
   * The lines of a picture.
   *
   * @param columns how long lines with bars may be, 31 at least
   * @param colours whether to colour the bars, with the sequences of ECMA-48 and 256 colours
   */
  public static ImmutableList<String> lines(Picture picture, int columns, boolean colours) {
    TerminalMap map = new TerminalMap(picture, columns, colours);
    map.draw();
    return ImmutableList.copyOf(map.lines);
  }

  private void draw() {
    String group =
        "Volume group %s, extents of %s"
            .formatted(Words.shown(picture.volumeGroup()), Amounts.size(picture.extentBytes()));
    lines.add(picture.compares() ? group + "; what moves: " + Words.moved(picture) : group);
    ImmutableList<Integer> drawn = Shortened.pvs(picture, MOST_PVS);
    drawn.forEach(pv -> physicalVolume(picture.pvs().get(pv)));
    if (drawn.size() < picture.pvs().size()) {
      lines.add(
          "and %s more"
              .formatted(Amounts.count(picture.pvs().size() - drawn.size(), "physical volume")));
    }
    legend();
    moves();
  }

  private void physicalVolume(Pv pv) {
    String scale =
        pv.extents() > width
            ? ", about " + (pv.extents() + width - 1) / width + " a character"
            : "";
    if (pv.before().equals(pv.after())) {
      lines.add("%s: %s%s".formatted(name(pv), Words.used(pv.extents(), pv.before()), scale));
      bar(picture.compares() ? "both" : "", pv.before());
    } else {
      lines.add(
          "%s: %s before, %d after%s"
              .formatted(
                  name(pv),
                  Words.used(pv.extents(), pv.before()),
                  Picture.used(pv.after()),
                  scale));
      bar("before", pv.before());
      bar("after", pv.after());
    }
  }

  private static String name(Pv pv) {
    return Words.shown(pv.name());
  }

  private void bar(String label, ImmutableList<Run> runs) {
    long extents = runs.isEmpty() ? 0 : runs.get(runs.size() - 1).end();
    StringBuilder bar = new StringBuilder();
    StringBuilder marks = new StringBuilder();
    for (Bar.Slice slice : Bar.slices(runs, (int) Math.min(width, extents), 1)) {
      bar.append(coloured(slice, letter(slice).repeat(slice.width())));
      marks.append(mark(slice));
    }
    lines.add("  " + Strings.padEnd(label, INDENT.length() - 3, ' ') + "|" + bar + "|");
    if (!marks.toString().isBlank()) {
      lines.add((INDENT + marks).stripTrailing());
    }
  }

  private String letter(Bar.Slice slice) {
    if (!slice.isOneRun()) {
      severalSeen = true;
      return SEVERAL;
    }
    Run run = slice.runs().get(0);
    usesSeen.add(run.use());
    return switch (run.use()) {
      case FREE -> ".";
      case USED -> {
        volumesSeen.add(run.volume());
        yield String.valueOf(Words.key(run.volume()));
      }
      case HELD -> "%";
      case CLAIMED_TWICE -> "!";
    };
  }

  private String coloured(Bar.Slice slice, String text) {
    Run run = slice.runs().get(0);
    return colours && slice.isOneRun() && run.use() == Use.USED
        ? coloured(run.volume(), text)
        : text;
  }

  private static String coloured(int volume, String text) {
    Palette colour = Palette.of(volume);
    return "\u001B[48;5;%d;38;5;%dm%s\u001B[0m"
        .formatted(colour.terminalFill(), colour.terminalText(), text);
  }

  /** The number of the move where there is room for it, and how far it goes. */
  private static String mark(Bar.Slice slice) {
    ImmutableList<Integer> moves = slice.moves();
    if (moves.isEmpty()) {
      return " ".repeat(slice.width());
    }
    String number = moves.get(0).toString();
    return moves.size() > 1 || number.length() > slice.width()
        ? "^".repeat(slice.width())
        : Strings.padEnd(number, slice.width(), '-');
  }

  /** What a character stands for, and the logical volume if it is one. */
  private record Entry(String key, String text, int volume) {}

  private String shown(Entry entry) {
    String key =
        colours && entry.volume() >= 0 ? coloured(entry.volume(), entry.key()) : entry.key();
    return key + " " + entry.text();
  }

  private void legend() {
    List<Entry> entries = new ArrayList<>();
    if (usesSeen.contains(Use.FREE)) {
      entries.add(new Entry(".", "free", -1));
    }
    if (usesSeen.contains(Use.HELD)) {
      entries.add(new Entry("%", "locked by a move in progress", -1));
    }
    if (usesSeen.contains(Use.CLAIMED_TWICE)) {
      entries.add(new Entry("!", "claimed more than once", -1));
    }
    if (severalSeen) {
      entries.add(new Entry(SEVERAL, "several short runs", -1));
    }
    int nameless = 0;
    for (int volume : volumesSeen) {
      if (volume < Words.keys()) {
        entries.add(
            new Entry(String.valueOf(Words.key(volume)), Words.volume(picture, volume), volume));
      } else {
        nameless++;
      }
    }
    if (nameless > 0) {
      entries.add(new Entry("+", Amounts.count(nameless, "other logical volume"), -1));
    }
    StringBuilder line = new StringBuilder();
    int columns = 0;
    for (Entry entry : entries) {
      String text = entry.key() + " " + entry.text();
      if (columns > 0 && columns + 2 + text.length() > width + INDENT.length()) {
        lines.add(line.toString());
        line.setLength(0);
        columns = 0;
      }
      line.append(columns == 0 ? "" : "  ").append(shown(entry));
      columns += text.length() + (columns == 0 ? 0 : 2);
    }
    if (columns > 0) {
      lines.add(line.toString());
    }
  }

  private void moves() {
    for (Move move : Shortened.first(picture.moves(), MOST_MOVES)) {
      lines.add(
          "  %d: %s %s from %s to %s"
              .formatted(
                  move.number(),
                  Words.volume(picture, move.volume()),
                  Words.logicalExtents(move),
                  Words.from(picture, move),
                  Words.to(picture, move)));
    }
    if (picture.moves().size() > MOST_MOVES) {
      lines.add("  and %d runs more".formatted(picture.moves().size() - MOST_MOVES));
    }
  }
}
