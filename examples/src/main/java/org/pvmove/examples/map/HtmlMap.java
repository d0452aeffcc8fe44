// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.pvmove.examples.map.Picture.Move;
import org.pvmove.examples.map.Picture.Pv;
import org.pvmove.examples.map.Picture.Run;

/**
 * Pictures as one page of HTML that needs nothing else: each as {@linkplain SvgMap SVG}, with the
 * same facts as tables below it. Of bounded size; a table that is cut off says so.
 */
public final class HtmlMap {
  private static final int MOST_MOVES = 1000;
  private static final int MOST_RUNS = 3000;

  private final Picture picture;
  private final String prefix;
  private final Xml xml;

  private HtmlMap(Picture picture, int number, Xml xml) {
    this.picture = picture;
    this.prefix = "g" + number + "-";
    this.xml = xml;
  }

  /** A page with one picture below the other. */
  public static String html(List<Picture> pictures) {
    Xml xml = new Xml();
    xml.raw("<!DOCTYPE html>\n").open("html", "lang", "en").newLine();
    xml.open("head").newLine();
    xml.empty("meta", "charset", "utf-8").newLine();
    // Whatever names are on the disks, nothing is fetched and nothing is run.
    xml.empty(
            "meta",
            "http-equiv",
            "Content-Security-Policy",
            "content",
            "default-src 'none'; style-src 'unsafe-inline'")
        .newLine();
    xml.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1")
        .newLine();
    xml.empty("meta", "name", "color-scheme", "content", "light dark").newLine();
    String title =
        pictures.size() == 1 ? SvgMap.title(pictures.get(0)) : "Extents of volume groups";
    xml.leaf("title", title).newLine();
    xml.leaf("style", MapStyle.PAGE + MapStyle.SVG).newLine().close().newLine();
    xml.open("body").newLine().open("main").newLine().leaf("h1", title).newLine();
    if (pictures.isEmpty()) {
      xml.leaf("p", "No volume groups were found.").newLine();
    }
    for (int i = 0; i < pictures.size(); i++) {
      new HtmlMap(pictures.get(i), i + 1, xml).section(pictures.size() > 1);
    }
    return xml.close().newLine().close().newLine().close().newLine().toString();
  }

  private void section(boolean withHeading) {
    xml.open("section").newLine();
    if (withHeading) {
      xml.leaf("h2", SvgMap.title(picture)).newLine();
    }
    // Where it is wider than the window, the keyboard moves it too.
    xml.open("figure", "tabindex", 0, "aria-label", "Map, scrollable").newLine();
    xml.raw(SvgMap.element(picture, Integer.parseInt(prefix.substring(1, prefix.length() - 1))));
    xml.newLine().close().newLine();
    if (picture.compares()) {
      moves();
    }
    physicalVolumes();
    runs();
    xml.close().newLine();
  }

  private void moves() {
    if (picture.moves().isEmpty()) {
      xml.leaf("p", "Nothing moves.").newLine();
      return;
    }
    beginTable("moves", "What moves: " + Words.moved(picture), true);
    header(5, "Run", "LV", "Extents of the LV", "From", "To", "Extents");
    for (Move move : Shortened.first(picture.moves(), MOST_MOVES)) {
      xml.open("tr", "id", prefix + "run-" + move.number());
      xml.leaf("th", Integer.toString(move.number()), "scope", "row");
      cell(Words.volume(picture, move.volume()));
      cell(Words.logicalExtents(move));
      cell(Words.from(picture, move));
      cell(Words.to(picture, move));
      number(move.count());
      xml.close().newLine();
    }
    endTable(picture.moves().size() - MOST_MOVES, "run");
  }

  private void physicalVolumes() {
    beginTable("pvs", "Physical volumes", false);
    if (picture.compares()) {
      header(1, "PV", "Extents", "Used before", "Free before", "Used after", "Free after");
    } else {
      header(1, "PV", "Extents", "Used", "Free");
    }
    for (Pv pv : Shortened.first(picture.pvs(), MOST_MOVES)) {
      xml.open("tr").leaf("th", Words.shown(pv.name()), "scope", "row");
      number(pv.extents());
      number(Picture.used(pv.before()));
      number(pv.extents() - Picture.used(pv.before()));
      if (picture.compares()) {
        number(Picture.used(pv.after()));
        number(pv.extents() - Picture.used(pv.after()));
      }
      xml.close().newLine();
    }
    endTable(picture.pvs().size() - MOST_MOVES, "physical volume");
  }

  private void runs() {
    if (picture.compares()) {
      runs("before", "Extents before", false);
      runs("after", "Extents after", true);
    } else {
      runs("extents", "Extents", false);
    }
  }

  private void runs(String id, String caption, boolean after) {
    beginTable(id, caption, false);
    if (picture.compares()) {
      header(4, "PV", "Extents", "Used by", after ? "Comes from" : "Goes to");
    } else {
      header(3, "PV", "Extents", "Used by");
    }
    long left = MOST_RUNS;
    long more = 0;
    for (Pv pv : picture.pvs()) {
      ImmutableList<Run> runs = after ? pv.after() : pv.before();
      for (Run run : runs.subList(0, (int) Math.min(left, runs.size()))) {
        xml.open("tr").leaf("th", Words.shown(pv.name()), "scope", "row");
        cell(Amounts.extents(run.first(), run.count()));
        cell(Words.use(picture, run));
        if (picture.compares()) {
          other(run, after);
        }
        xml.close().newLine();
      }
      more += Math.max(0, runs.size() - left);
      left = Math.max(0, left - runs.size());
    }
    endTable(more, "run");
  }

  /** The place that a run goes to or comes from. */
  private void other(Run run, boolean after) {
    xml.open("td");
    if (run.move() > 0) {
      Move move = picture.moves().get(run.move() - 1);
      String place = after ? Words.from(picture, move) : Words.to(picture, move);
      if (run.move() <= MOST_MOVES) {
        xml.leaf("a", place, "href", "#" + prefix + "run-" + run.move());
      } else {
        xml.text(place);
      }
    }
    xml.close();
  }

  private void beginTable(String id, String caption, boolean open) {
    if (open) {
      xml.open("details", "open", "open");
    } else {
      xml.open("details");
    }
    xml.leaf("summary", caption).newLine();
    xml.open("div", "class", "table", "role", "region", "tabindex", 0, "aria-label", caption);
    xml.open("table", "id", prefix + id, "aria-label", caption).newLine();
  }

  /** Headings of columns, those of numbers from the one with this index on. */
  private void header(int numbers, String... headings) {
    xml.open("thead").open("tr");
    for (int i = 0; i < headings.length; i++) {
      xml.leaf("th", headings[i], "scope", "col", "class", i < numbers ? "text" : "number");
    }
    xml.close().close().newLine().open("tbody").newLine();
  }

  private void cell(String text) {
    xml.leaf("td", text);
  }

  private void number(long number) {
    xml.leaf("td", Long.toString(number), "class", "number");
  }

  private void endTable(long more, String noun) {
    xml.close().newLine().close().newLine().close().newLine();
    if (more > 0) {
      xml.leaf(
              "p",
              "And %s more; pvmove --list and --plan print all of them."
                  .formatted(Amounts.count(more, noun)))
          .newLine();
    }
    xml.close().newLine();
  }
}
