// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import static java.util.Comparator.comparing;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.pvmove.examples.map.Picture.Move;
import org.pvmove.examples.map.Picture.Run;
import org.pvmove.examples.map.Picture.Use;

/**
 * Pictures as SVG: a row for each physical volume with its extents before on the left and after on
 * the right, numbers at the runs that move, and bands between the two that lead from one physical
 * volume to the other. For light and dark ground; without scripts, fonts or anything else from
 * outside; of bounded size.
 */
public final class SvgMap {
  static final int WIDTH = 1080;
  private static final int MARGIN = 20;
  private static final int GUTTER = 160;
  private static final int BAR_HEIGHT = 22;

  /** Below the name of the physical volume. */
  private static final int BAR_TOP = 20;

  private static final int GAP = 16;

  /** Of the headings above the rows. */
  private static final int HEAD = 102;

  /** From a bar to the line that joins the runs that move. */
  private static final int TO_LINE = 8;

  /** Below a bar with runs that move: the line and the numbers. */
  private static final int LANE = 24;

  /** Of a letter of 12 pixels, a little more than any usual font takes. */
  private static final double LETTER = 7.5;

  private static final int LEAST_SLICE = 3;
  private static final int MOST_PVS = 200;
  private static final int MOST_SLICES = 8000;
  private static final int MOST_BANDS = 100;
  private static final int MOST_LINKS = 200;
  private static final int MOST_VOLUMES_IN_LEGEND = 60;

  private final Picture picture;
  private final String prefix;
  private final Xml xml;
  private final int top;
  private final int panel;
  private final ImmutableList<Row> rows;
  private final Map<Integer, Row> rowOfPv = new HashMap<>();
  private final Map<Integer, String> idBefore = new HashMap<>();
  private final Map<Integer, String> idAfter = new HashMap<>();
  private int links;

  /** A physical volume's place on the page. */
  private record Row(
      int pv, int top, ImmutableList<Bar.Slice> before, ImmutableList<Bar.Slice> after) {
    boolean hasMoves() {
      return before.stream().anyMatch(slice -> !slice.moves().isEmpty())
          || after.stream().anyMatch(slice -> !slice.moves().isEmpty());
    }

    int barTop() {
      return top + BAR_TOP;
    }

    int barEnd() {
      return barTop() + BAR_HEIGHT;
    }

    int line() {
      return barEnd() + TO_LINE;
    }

    int end() {
      return barEnd() + (hasMoves() ? LANE : 0) + GAP;
    }
  }

  private SvgMap(Picture picture, int number, int top, Xml xml) {
    this.picture = picture;
    this.prefix = "g" + number + "-";
    this.top = top;
    this.xml = xml;
    this.panel = picture.compares() ? (WIDTH - 2 * MARGIN - GUTTER) / 2 : WIDTH - 2 * MARGIN;
    ImmutableList<Integer> pvs = Shortened.pvs(picture, MOST_PVS);
    int bars = Math.max(1, (picture.compares() ? 2 : 1) * pvs.size());
    int least = Math.max(LEAST_SLICE, panel / Math.max(1, MOST_SLICES / bars));
    ImmutableList.Builder<Row> all = ImmutableList.builder();
    int y = top + HEAD;
    for (int pv : pvs) {
      Picture.Pv volume = picture.pvs().get(pv);
      Row row =
          new Row(
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
    patterns();
    text(MARGIN, top + 34, "title", "Volume group " + fitted(picture.volumeGroup(), 60));
    String subtitle = "extents of " + Amounts.size(picture.extentBytes());
    text(
        MARGIN,
        top + 56,
        "dim",
        picture.compares() ? subtitle + "; what moves: " + Words.moved(picture) : subtitle);
    text(MARGIN, top + 88, "head", picture.compares() ? "Extents before" : "Extents");
    if (picture.compares()) {
      text(right(), top + 88, "head", "Extents after");
    }
    nameSlices();
    bands();
    rows.forEach(this::row);
    int y = rows.isEmpty() ? top + HEAD : rows.get(rows.size() - 1).end();
    if (rows.size() < picture.pvs().size()) {
      text(
          MARGIN,
          y + 12,
          "dim",
          "and %s more"
              .formatted(Amounts.count(picture.pvs().size() - rows.size(), "physical volume")));
      y += 24;
    }
    int end = legend(y + 8);
    xml.close().newLine();
    return end;
  }

  private int right() {
    return MARGIN + panel + GUTTER;
  }

  private static String fitted(String name, int columns) {
    return Words.fitted(Words.shown(name), columns, "\u2026");
  }

  private void text(int x, int y, String style, String text, Object... more) {
    List<Object> attributes = new ArrayList<>(List.of("x", x, "y", y, "class", style));
    attributes.addAll(List.of(more));
    xml.leaf("text", text, attributes.toArray()).newLine();
  }

  private void patterns() {
    xml.open("defs");
    pattern("p1", "M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4", "line");
    pattern("p2", "M2,2 h2 v2 h-2 z M6,6 h2 v2 h-2 z", "dot");
    pattern("p3", "M0,4 h8 M4,0 v8", "line");
    pattern("held", "M-2,6 l4,4 M0,0 l8,8 M6,-2 l4,4", "hatch");
    pattern("twice", "M0,0 l8,8 M8,0 l-8,8", "hatch");
    xml.close().newLine();
  }

  private void pattern(String name, String path, String style) {
    xml.open(
        "pattern", "id", prefix + name, "width", 8, "height", 8, "patternUnits", "userSpaceOnUse");
    xml.empty("path", "d", path, "class", style).close();
  }

  /** Ids for the slices with moves, so that each end of a move can lead to the other. */
  private void nameSlices() {
    for (Row row : rows) {
      nameSlices(row, row.before(), "before", idBefore);
      nameSlices(row, row.after(), "after", idAfter);
    }
  }

  private void nameSlices(Row row, List<Bar.Slice> slices, String side, Map<Integer, String> ids) {
    for (int i = 0; i < slices.size(); i++) {
      String id = id(row, side, i);
      slices.get(i).moves().forEach(move -> ids.putIfAbsent(move, id));
    }
  }

  private String id(Row row, String side, int slice) {
    return prefix + side + "-" + row.pv() + "-" + slice;
  }

  private void row(Row row) {
    Picture.Pv pv = picture.pvs().get(row.pv());
    String used = used(pv, pv.before());
    int room = (int) (panel / LETTER) - Words.columns(used) - 2;
    text(MARGIN, row.top() + 13, "name", fitted(pv.name(), room));
    text(MARGIN + panel, row.top() + 13, "dim", used, "text-anchor", "end");
    bar(row, false, MARGIN, row.before());
    if (picture.compares()) {
      text(right(), row.top() + 13, "dim", used(pv, pv.after()));
      bar(row, true, right(), row.after());
    }
  }

  private static String used(Picture.Pv pv, List<Run> runs) {
    return Picture.used(runs) + " of " + pv.extents() + " used";
  }

  private void bar(Row row, boolean after, int x, ImmutableList<Bar.Slice> slices) {
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
            BAR_HEIGHT + 1)
        .newLine();
    lane(row, after, x, slices);
    xml.close().newLine();
  }

  private void slice(Row row, boolean after, int x, Bar.Slice slice, String id) {
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
      body(left, row.barTop(), width, BAR_HEIGHT, run);
      label(run, left, width, row.barTop() + 15);
    }
    if (!moves.isEmpty()) {
      rect("moves", left, row.barEnd() - 4, width, 4);
      if (width >= 10) {
        rect("outline", left + 1, row.barTop() + 1, width - 2, BAR_HEIGHT - 2);
      }
    }
    xml.close().newLine();
  }

  private void rect(String style, int x, int y, int width, int height) {
    xml.empty("rect", "class", style, "x", x, "y", y, "width", width, "height", height);
  }

  private void body(int x, int y, int width, int height, Run run) {
    switch (run.use()) {
      case FREE -> rect("free", x, y, width, height);
      case USED -> {
        rect(Palette.of(run.volume()).style("fill"), x, y, width, height);
        int pattern = Palette.patternOf(run.volume());
        if (pattern > 0) {
          filled("p" + pattern, x, y, width, height);
        }
      }
      case HELD -> {
        rect("free", x, y, width, height);
        filled("held", x, y, width, height);
      }
      case CLAIMED_TWICE -> {
        rect("free", x, y, width, height);
        filled("twice", x, y, width, height);
      }
    }
  }

  private void filled(String pattern, int x, int y, int width, int height) {
    xml.empty(
        "rect",
        "fill",
        "url(#" + prefix + pattern + ")",
        "x",
        x,
        "y",
        y,
        "width",
        width,
        "height",
        height);
  }

  private void label(Run run, int x, int width, int y) {
    String label =
        switch (run.use()) {
          case FREE -> "free";
          case USED -> Words.volume(picture, run.volume());
          case HELD -> "locked";
          case CLAIMED_TWICE -> "";
        };
    if (run.use() == Use.USED && Words.columns(label) * LETTER + 6 > width) {
      label = String.valueOf(Words.key(run.volume()));
    }
    if (!label.isEmpty() && Words.columns(label) * LETTER + 4 <= width) {
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
  private void several(Bar.Slice slice, int x, int width, Row row) {
    rect("several", x, row.barTop(), width, BAR_HEIGHT);
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
    int height = (int) Math.max(1, Math.round((double) BAR_HEIGHT * used / slice.count()));
    int y = row.barTop() + BAR_HEIGHT - height;
    if (used > 0) {
      Use use = most < 0 ? Use.HELD : Use.USED;
      body(x, y, width, height, new Run(slice.first(), used, use, most, 0));
    }
  }

  /** The line below a bar that joins what moves, with numbers where there is room. */
  private void lane(Row row, boolean after, int x, ImmutableList<Bar.Slice> slices) {
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
      double half = number.length() * LETTER / 2;
      double at = Math.min(Math.max(middle.applyAsInt(slice), x + half), x + panel - half);
      if (at - half >= free) {
        xml.leaf("text", number, "class", "number", "text-anchor", "middle", "x", at, "y", y + 13);
        free = at + half + 2;
      }
    }
    xml.newLine();
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
    @Nullable Row from = rowOfPv.get(way.from());
    @Nullable Row to = rowOfPv.get(way.to());
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

  private int legend(int y) {
    Set<Integer> volumes = new TreeSet<>();
    Set<Use> uses = EnumSet.noneOf(Use.class);
    boolean several = false;
    boolean moves = false;
    for (Row row : rows) {
      for (Bar.Slice slice : both(row)) {
        several |= !slice.isOneRun();
        for (Run run : slice.runs()) {
          moves |= run.move() != 0;
          uses.add(run.use());
          if (run.use() == Use.USED) {
            volumes.add(run.volume());
          }
        }
      }
    }
    Legend legend = new Legend(y);
    for (int volume : volumes.stream().limit(MOST_VOLUMES_IN_LEGEND).toList()) {
      String name = fitted(picture.volumes().get(volume), 40);
      String key = volume < Words.keys() ? Words.key(volume) + " " : "";
      int x = legend.next(key + name);
      body(x, legend.y, 20, 14, new Run(0, 1, Use.USED, volume, 0));
      rect("frame", x, legend.y, 20, 14);
    }
    if (volumes.size() > MOST_VOLUMES_IN_LEGEND) {
      legend.next(
          "and "
              + Amounts.count(volumes.size() - MOST_VOLUMES_IN_LEGEND, "logical volume")
              + " more");
    }
    legend.newLine();
    for (Use use : uses) {
      if (use != Use.USED) {
        int x = legend.next(Words.use(picture, new Run(0, 1, use, -1, 0)));
        body(x, legend.y, 20, 14, new Run(0, 1, use, -1, 0));
        rect("frame", x, legend.y, 20, 14);
      }
    }
    if (moves) {
      int x = legend.next("moves: the numbers are the same before and after");
      rect("free", x, legend.y, 20, 14);
      rect("outline", x + 1, legend.y + 1, 18, 12);
      rect("moves", x, legend.y + 10, 20, 4);
    }
    if (several) {
      int x = legend.next("several short runs: as high as the share in use");
      rect("several", x, legend.y, 20, 14);
      rect("dim", x, legend.y + 8, 20, 6);
      rect("frame", x, legend.y, 20, 14);
    }
    return legend.y + 14 + MARGIN;
  }

  private static List<Bar.Slice> both(Row row) {
    List<Bar.Slice> slices = new ArrayList<>(row.before());
    slices.addAll(row.after());
    return slices;
  }

  /** Where entries of the legend go: one behind the other, in lines. */
  private final class Legend {
    private int x = MARGIN;
    private int y;

    Legend(int y) {
      this.y = y;
    }

    /** Writes an entry's text and returns where its sample goes. */
    int next(String text) {
      int width = 28 + (int) Math.ceil(Words.columns(text) * LETTER);
      if (x > MARGIN && x + width > WIDTH - MARGIN) {
        newLine();
      }
      int at = x;
      SvgMap.this.text(at + 28, y + 12, "ink", text);
      x += width + 16;
      return at;
    }

    void newLine() {
      if (x > MARGIN) {
        x = MARGIN;
        y += 22;
      }
    }
  }
}
