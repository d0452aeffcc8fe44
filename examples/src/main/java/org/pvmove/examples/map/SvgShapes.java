// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import java.util.ArrayList;
import java.util.List;
import org.pvmove.examples.map.Picture.Run;

/** What the parts of a picture as SVG are drawn with. */
final class SvgShapes {
  /** Of a letter of 12 pixels, a little more than any usual font takes. */
  static final double LETTER = 7.5;

  private final String prefix;
  private final Xml xml;

  /**
   * Creates them.
   *
   * @param prefix what ids of this picture begin with
   */
  SvgShapes(String prefix, Xml xml) {
    this.prefix = prefix;
    this.xml = xml;
  }

  /** How wide a text is at most, in pixels. */
  static double width(String text) {
    return Words.columns(text) * LETTER;
  }

  /** A name as it can be shown in so many columns. */
  static String fitted(String name, int columns) {
    return Words.fitted(Words.shown(name), columns, "\u2026");
  }

  void text(int x, int y, String style, String text, Object... more) {
    List<Object> attributes = new ArrayList<>(List.of("x", x, "y", y, "class", style));
    attributes.addAll(List.of(more));
    xml.leaf("text", text, attributes.toArray()).newLine();
  }

  /** Writes the patterns that the others refer to. */
  void patterns() {
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

  void rect(String style, int x, int y, int width, int height) {
    xml.empty("rect", "class", style, "x", x, "y", y, "width", width, "height", height);
  }

  /** What stands for the use of extents. */
  void body(int x, int y, int width, int height, Run run) {
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
}
