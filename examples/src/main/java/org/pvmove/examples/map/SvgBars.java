// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import com.google.common.collect.ImmutableList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.pvmove.examples.map.Picture.Run;
import org.pvmove.examples.map.Picture.Use;

/**
 * The bars of a picture as SVG: for each physical volume its extents before and after, the two ends
 * of a move with links to each other, and below a bar the numbers of what moves.
 */
final class SvgBars {
  private static final int MOST_LINKS = 200;

  private final Picture picture;
  private final String prefix;
  private final Xml xml;
  private final SvgShapes shapes;
  private final int panel;
  private final Map<Integer, String> idBefore = new HashMap<>();
  private final Map<Integer, String> idAfter = new HashMap<>();
  private int links;

  /**
   * Creates them.
   *
   * @param prefix what ids of this picture begin with
   * @param panel how wide a bar is, in pixels
   * @param rows all of them, since links lead from one to another
   */
  SvgBars(
      Picture picture,
      String prefix,
      Xml xml,
      SvgShapes shapes,
      int panel,
      ImmutableList<SvgRow> rows) {
    this.picture = picture;
    this.prefix = prefix;
    this.xml = xml;
    this.shapes = shapes;
    this.panel = panel;
    for (SvgRow row : rows) {
      nameSlices(row, row.before(), "before", idBefore);
      nameSlices(row, row.after(), "after", idAfter);
    }
  }

  /** Ids for the slices with moves, so that each end of a move can lead to the other. */
  private void nameSlices(
      SvgRow row, List<Bar.Slice> slices, String side, Map<Integer, String> ids) {
    for (int i = 0; i < slices.size(); i++) {
      String id = id(row, side, i);
      slices.get(i).moves().forEach(move -> ids.putIfAbsent(move, id));
    }
  }

  private String id(SvgRow row, String side, int slice) {
    return prefix + side + "-" + row.pv() + "-" + slice;
  }

  /**
   * Draws a bar.
   *
   * @param after whether it is the one afterwards
   * @param x where it begins, in pixels
   */
  void bar(SvgRow row, boolean after, int x) {
    ImmutableList<Bar.Slice> slices = after ? row.after() : row.before();
    Picture.Pv pv = picture.pvs().get(row.pv());
    String when = picture.compares() ? after ? " after" : " before" : "";
    xml.open(
            "g",
            "role",
            "group",
            "aria-label",
            Words.shown(pv.name())
                + when
                + ": "
                + Words.used(pv.extents(), after ? pv.after() : pv.before()))
        .newLine();
    for (int i = 0; i < slices.size(); i++) {
      slice(row, after, x, slices.get(i), id(row, after ? "after" : "before", i));
    }
    xml.empty(
            "rect",
            "class",
            "frame",
            "x",
            x - 0.5,
            "y",
            row.barTop() - 0.5,
            "width",
            panel + 1,
            "height",
            SvgRow.BAR_HEIGHT + 1)
        .newLine();
    lane(row, after, x, slices);
    xml.close().newLine();
  }

  private void slice(SvgRow row, boolean after, int x, Bar.Slice slice, String id) {
    ImmutableList<Integer> moves = slice.moves();
    String other = moves.isEmpty() ? null : (after ? idBefore : idAfter).get(moves.get(0));
    boolean link = other != null && links < MOST_LINKS;
    if (link) {
      links++;
      xml.open("a", "href", "#" + other, "id", id);
    } else if (moves.isEmpty()) {
      xml.open("g", "role", "img");
    } else {
      xml.open("g", "role", "img", "id", id);
    }
    xml.leaf("title", Words.slice(picture, slice, after));
    // A little of the ground between neighbours that are wide enough.
    int left = x + slice.start() + (slice.width() > 4 && slice.start() > 0 ? 1 : 0);
    int width = x + slice.end() - left;
    Run run = slice.runs().get(0);
    if (!slice.isOneRun()) {
      several(slice, left, width, row);
    } else {
      shapes.body(left, row.barTop(), width, SvgRow.BAR_HEIGHT, run);
      label(run, left, width, row.barTop() + 15);
    }
    if (!moves.isEmpty()) {
      shapes.rect("moves", left, row.barEnd() - 4, width, 4);
      if (width >= 10) {
        shapes.rect("outline", left + 1, row.barTop() + 1, width - 2, SvgRow.BAR_HEIGHT - 2);
      }
    }
    xml.close().newLine();
  }

  private void label(Run run, int x, int width, int y) {
    String label =
        switch (run.use()) {
          case FREE -> "free";
          case USED -> Words.volume(picture, run.volume());
          case HELD -> "locked";
          case CLAIMED_TWICE -> "";
        };
    if (run.use() == Use.USED && SvgShapes.width(label) + 6 > width) {
      label = String.valueOf(Words.key(run.volume()));
    }
    if (!label.isEmpty() && SvgShapes.width(label) + 4 <= width) {
      xml.leaf(
          "text",
          label,
          "x",
          x + width / 2.0,
          "y",
          y,
          "text-anchor",
          "middle",
          "class",
          run.use() == Use.USED ? Palette.of(run.volume()).style("text") : "quiet");
    }
  }

  /** As high as the share that is used, in the colour of the volume that has most of it. */
  private void several(Bar.Slice slice, int x, int width, SvgRow row) {
    shapes.rect("several", x, row.barTop(), width, SvgRow.BAR_HEIGHT);
    long used = Picture.used(slice.runs());
    Map<Integer, Long> byVolume = new HashMap<>();
    for (Run run : slice.runs()) {
      if (run.use() == Use.USED) {
        byVolume.merge(run.volume(), run.count(), Long::sum);
      }
    }
    int most =
        byVolume.entrySet().stream()
            .max(
                Map.Entry.<Integer, Long>comparingByValue()
                    .thenComparing(Map.Entry.<Integer, Long>comparingByKey().reversed()))
            .map(Map.Entry::getKey)
            .orElse(-1);
    int height = (int) Math.max(1, Math.round((double) SvgRow.BAR_HEIGHT * used / slice.count()));
    int y = row.barTop() + SvgRow.BAR_HEIGHT - height;
    if (used > 0) {
      Use use = most < 0 ? Use.HELD : Use.USED;
      shapes.body(x, y, width, height, new Run(slice.first(), used, use, most, 0));
    }
  }

  /** The line below a bar that joins what moves, with numbers where there is room. */
  private void lane(SvgRow row, boolean after, int x, ImmutableList<Bar.Slice> slices) {
    ImmutableList<Bar.Slice> moving =
        slices.stream()
            .filter(slice -> !slice.moves().isEmpty())
            .collect(ImmutableList.toImmutableList());
    if (moving.isEmpty()) {
      return;
    }
    ToIntFunction<Bar.Slice> middle = slice -> x + slice.start() + slice.width() / 2;
    int y = row.line();
    StringBuilder path = new StringBuilder();
    int far = middle.applyAsInt(after ? moving.get(moving.size() - 1) : moving.get(0));
    path.append("M").append(after ? x : x + panel).append(',').append(y).append(" H").append(far);
    StringBuilder heads = new StringBuilder();
    for (Bar.Slice slice : moving) {
      int at = middle.applyAsInt(slice);
      path.append(" M").append(at).append(',').append(y).append(" V").append(row.barEnd());
      if (after) {
        heads.append("M").append(at).append(',').append(row.barEnd() + 1).append(" l3,5 h-6 z ");
      }
    }
    xml.empty("path", "class", "lane", "d", path);
    if (after) {
      xml.empty("path", "class", "arrow", "d", heads.toString().strip());
    }
    xml.newLine();
    double free = x;
    for (Bar.Slice slice : moving) {
      ImmutableList<Integer> moves = slice.moves();
      String number = moves.get(0) + (moves.size() > 1 ? "\u2026" : "");
      double half = number.length() * SvgShapes.LETTER / 2;
      double at = Math.min(Math.max(middle.applyAsInt(slice), x + half), x + panel - half);
      if (at - half >= free) {
        xml.leaf("text", number, "class", "number", "text-anchor", "middle", "x", at, "y", y + 13);
        free = at + half + 2;
      }
    }
    xml.newLine();
  }
}
