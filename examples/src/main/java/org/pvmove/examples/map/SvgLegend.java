// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.pvmove.examples.map.Picture.Run;
import org.pvmove.examples.map.Picture.Use;

/** What the colours and patterns of a picture as SVG mean: one behind the other, in lines. */
final class SvgLegend {
  private static final int MOST_VOLUMES = 60;

  private final Picture picture;
  private final SvgShapes shapes;
  private int x = SvgMap.MARGIN;
  private int y;

  private SvgLegend(Picture picture, SvgShapes shapes, int y) {
    this.picture = picture;
    this.shapes = shapes;
    this.y = y;
  }

  /** Draws what is needed for these rows, from there on; returns where it ends. */
  static int draw(Picture picture, SvgShapes shapes, List<SvgRow> rows, int y) {
    return new SvgLegend(picture, shapes, y).draw(rows);
  }

  private int draw(List<SvgRow> rows) {
    Set<Integer> volumes = new TreeSet<>();
    Set<Use> uses = EnumSet.noneOf(Use.class);
    boolean several = false;
    boolean moves = false;
    for (SvgRow row : rows) {
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
    for (int volume : volumes.stream().limit(MOST_VOLUMES).toList()) {
      String name = SvgShapes.fitted(picture.volumes().get(volume), 40);
      String key = volume < Words.keys() ? Words.key(volume) + " " : "";
      int x = next(key + name);
      shapes.body(x, y, 20, 14, new Run(0, 1, Use.USED, volume, 0));
      shapes.rect("frame", x, y, 20, 14);
    }
    if (volumes.size() > MOST_VOLUMES) {
      next("and " + Amounts.count(volumes.size() - MOST_VOLUMES, "logical volume") + " more");
    }
    newLine();
    for (Use use : uses) {
      if (use != Use.USED) {
        int x = next(Words.use(picture, new Run(0, 1, use, -1, 0)));
        shapes.body(x, y, 20, 14, new Run(0, 1, use, -1, 0));
        shapes.rect("frame", x, y, 20, 14);
      }
    }
    if (moves) {
      int x = next("moves: the numbers are the same before and after");
      shapes.rect("free", x, y, 20, 14);
      shapes.rect("outline", x + 1, y + 1, 18, 12);
      shapes.rect("moves", x, y + 10, 20, 4);
    }
    if (several) {
      int x = next("several short runs: as high as the share in use");
      shapes.rect("several", x, y, 20, 14);
      shapes.rect("dim", x, y + 8, 20, 6);
      shapes.rect("frame", x, y, 20, 14);
    }
    return y + 14 + SvgMap.MARGIN;
  }

  private static List<Bar.Slice> both(SvgRow row) {
    List<Bar.Slice> slices = new ArrayList<>(row.before());
    slices.addAll(row.after());
    return slices;
  }

  /** Writes an entry's text and returns where its sample goes. */
  private int next(String text) {
    int width = 28 + (int) Math.ceil(SvgShapes.width(text));
    if (x > SvgMap.MARGIN && x + width > SvgMap.WIDTH - SvgMap.MARGIN) {
      newLine();
    }
    int at = x;
    shapes.text(at + 28, y + 12, "ink", text);
    x += width + 16;
    return at;
  }

  private void newLine() {
    if (x > SvgMap.MARGIN) {
      x = SvgMap.MARGIN;
      y += 22;
    }
  }
}
