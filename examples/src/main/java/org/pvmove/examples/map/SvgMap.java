// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import static java.util.Comparator.comparing;

import com.google.common.collect.ImmutableList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pvmove.examples.map.Picture.Move;
import org.pvmove.examples.map.Picture.Run;

/**
 * Pictures as SVG: a row for each physical volume with its extents before on the left and after on
 * the right, numbers at the runs that move, and bands between the two that lead from one physical
 * volume to the other. For light and dark ground; without scripts, fonts or anything else from
 * outside; of bounded size.
 */
public final class SvgMap {
  static final int WIDTH = 1080;
  static final int MARGIN = 20;
  private static final int GUTTER = 160;

  /** Of the headings above the rows. */
  private static final int HEAD = 102;

  private static final int LEAST_SLICE = 3;
  private static final int MOST_PVS = 200;
  private static final int MOST_SLICES = 8000;
  private static final int MOST_BANDS = 100;

  private final Picture picture;
  private final String prefix;
  private final Xml xml;
  private final SvgShapes shapes;
  private final int top;
  private final int panel;
  private final ImmutableList<SvgRow> rows;
  private final Map<Integer, SvgRow> rowOfPv = new HashMap<>();

  private SvgMap(Picture picture, int number, int top, Xml xml) {
    this.picture = picture;
    this.prefix = "g" + number + "-";
    this.top = top;
    this.xml = xml;
    this.shapes = new SvgShapes(prefix, xml);
    this.panel = picture.compares() ? (WIDTH - 2 * MARGIN - GUTTER) / 2 : WIDTH - 2 * MARGIN;
    ImmutableList<Integer> pvs = Shortened.pvs(picture, MOST_PVS);
    int bars = Math.max(1, (picture.compares() ? 2 : 1) * pvs.size());
    int least = Math.max(LEAST_SLICE, panel / Math.max(1, MOST_SLICES / bars));
    ImmutableList.Builder<SvgRow> all = ImmutableList.builder();
    int y = top + HEAD;
    for (int pv : pvs) {
      Picture.Pv volume = picture.pvs().get(pv);
      SvgRow row =
          new SvgRow(
              pv,
              y,
              Bar.slices(volume.before(), panel, least),
              picture.compares() ? Bar.slices(volume.after(), panel, least) : ImmutableList.of());
      all.add(row);
      rowOfPv.put(pv, row);
      y = row.end();
    }
    this.rows = all.build();
  }

  /** A file of its own with one picture below the other. */
  public static String svg(List<Picture> pictures) {
    Xml body = new Xml();
    int height = 0;
    for (int i = 0; i < pictures.size(); i++) {
      height = new SvgMap(pictures.get(i), i + 1, height, body).draw();
    }
    Xml file = new Xml();
    file.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    openRoot(file, height, "title", "desc");
    String title =
        pictures.isEmpty()
            ? "No volume groups"
            : pictures.size() == 1 ? title(pictures.get(0)) : "Extents of volume groups";
    file.leaf("title", title, "id", "title").newLine();
    file.leaf(
        "desc",
        String.join(" ", pictures.stream().map(SvgMap::description).toList()),
        "id",
        "desc");
    file.newLine().leaf("style", MapStyle.SVG).newLine();
    file.empty("rect", "class", "paper", "width", WIDTH, "height", height).newLine();
    return file.raw(body.toString()).close().newLine().toString();
  }

  /**
   * One picture as an element of a page that has {@link MapStyle#SVG}; ids begin with its number.
   */
  static String element(Picture picture, int number) {
    Xml body = new Xml();
    SvgMap map = new SvgMap(picture, number, 0, body);
    int height = map.draw();
    Xml xml = new Xml();
    String title = map.prefix + "title";
    String description = map.prefix + "desc";
    openRoot(xml, height, title, description);
    xml.leaf("title", title(picture), "id", title);
    xml.leaf("desc", description(picture), "id", description).newLine();
    return xml.raw(body.toString()).close().toString();
  }

  private static void openRoot(Xml xml, int height, String title, String description) {
    xml.open(
            "svg",
            "xmlns",
            "http://www.w3.org/2000/svg",
            "class",
            "map",
            "role",
            "graphics-document document",
            "aria-labelledby",
            title,
            "aria-describedby",
            description,
            "width",
            WIDTH,
            "height",
            height,
            "viewBox",
            "0 0 " + WIDTH + " " + height)
        .newLine();
  }

  static String title(Picture picture) {
    return "Extents of volume group "
        + Words.shown(picture.volumeGroup())
        + (picture.compares() ? ", before and after" : "");
  }

  private static String description(Picture picture) {
    return "Volume group %s has %s and %s with extents of %s.%s"
        .formatted(
            Words.shown(picture.volumeGroup()),
            Amounts.count(picture.pvs().size(), "physical volume"),
            Amounts.count(picture.volumes().size(), "logical volume"),
            Amounts.size(picture.extentBytes()),
            picture.compares() ? " What moves: " + Words.moved(picture) + "." : "");
  }

  /** Returns where it ends. */
  private int draw() {
    xml.open("g", "id", prefix + "picture");
    shapes.patterns();
    shapes.text(
        MARGIN, top + 34, "title", "Volume group " + SvgShapes.fitted(picture.volumeGroup(), 60));
    String subtitle = "extents of " + Amounts.size(picture.extentBytes());
    shapes.text(
        MARGIN,
        top + 56,
        "dim",
        picture.compares() ? subtitle + "; what moves: " + Words.moved(picture) : subtitle);
    shapes.text(MARGIN, top + 88, "head", picture.compares() ? "Extents before" : "Extents");
    if (picture.compares()) {
      shapes.text(right(), top + 88, "head", "Extents after");
    }
    bands();
    SvgBars bars = new SvgBars(picture, prefix, xml, shapes, panel, rows);
    rows.forEach(row -> row(row, bars));
    int y = rows.isEmpty() ? top + HEAD : rows.get(rows.size() - 1).end();
    if (rows.size() < picture.pvs().size()) {
      shapes.text(
          MARGIN,
          y + 12,
          "dim",
          "and %s more"
              .formatted(Amounts.count(picture.pvs().size() - rows.size(), "physical volume")));
      y += 24;
    }
    int end = SvgLegend.draw(picture, shapes, rows, y + 8);
    xml.close().newLine();
    return end;
  }

  private int right() {
    return MARGIN + panel + GUTTER;
  }

  private void row(SvgRow row, SvgBars bars) {
    Picture.Pv pv = picture.pvs().get(row.pv());
    String used = used(pv, pv.before());
    int room = (int) (panel / SvgShapes.LETTER) - Words.columns(used) - 2;
    shapes.text(MARGIN, row.top() + 13, "name", SvgShapes.fitted(pv.name(), room));
    shapes.text(MARGIN + panel, row.top() + 13, "dim", used, "text-anchor", "end");
    bars.bar(row, false, MARGIN);
    if (picture.compares()) {
      shapes.text(right(), row.top() + 13, "dim", used(pv, pv.after()));
      bars.bar(row, true, right());
    }
  }

  private static String used(Picture.Pv pv, List<Run> runs) {
    return Picture.used(runs) + " of " + pv.extents() + " used";
  }

  /** From one physical volume to another. */
  private record Way(int from, int to) {}

  private void bands() {
    Map<Way, Long> extents = new LinkedHashMap<>();
    Map<Way, Long> runs = new HashMap<>();
    for (Move move : picture.moves()) {
      Way way = new Way(move.fromPv(), move.toPv());
      if (rowOfPv.containsKey(way.from()) && rowOfPv.containsKey(way.to())) {
        extents.merge(way, move.count(), Long::sum);
        runs.merge(way, 1L, Long::sum);
      }
    }
    double all = Math.max(1, picture.movedExtents());
    extents.entrySet().stream()
        .sorted(comparing(Map.Entry<Way, Long>::getValue).reversed())
        .limit(MOST_BANDS)
        .forEach(
            entry ->
                band(
                    entry.getKey(),
                    runs.getOrDefault(entry.getKey(), 0L),
                    entry.getValue(),
                    (int) Math.round(2 + 6 * entry.getValue() / all)));
  }

  private void band(Way way, long runs, long extents, int width) {
    @Nullable SvgRow from = rowOfPv.get(way.from());
    @Nullable SvgRow to = rowOfPv.get(way.to());
    if (from == null || to == null) {
      return;
    }
    int left = MARGIN + panel;
    int middle = left + GUTTER / 2;
    xml.open("g", "role", "img");
    xml.leaf(
        "title",
        "from %s to %s: %s, %s"
            .formatted(
                Words.shown(picture.pvs().get(way.from()).name()),
                Words.shown(picture.pvs().get(way.to()).name()),
                Amounts.count(runs, "run"),
                Amounts.count(extents, "extent")));
    xml.empty(
        "path",
        "class",
        "band",
        "stroke-width",
        width,
        "d",
        "M"
            + left
            + ","
            + from.line()
            + " C"
            + middle
            + ","
            + from.line()
            + " "
            + middle
            + ","
            + to.line()
            + " "
            + right()
            + ","
            + to.line());
    xml.close().newLine();
  }
}
