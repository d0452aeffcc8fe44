// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

/** The style sheets of pictures, for light and dark ground. */
final class MapStyle {
  private MapStyle() {}

  private static final String LETTERS =
      "ui-monospace,\"DejaVu Sans Mono\",\"Liberation Mono\",Menlo,Consolas,monospace";

  /** Everything about this is under the class map, so that it can be part of a page. */
  static final String SVG =
      """

      .map { max-width: 100%%; height: auto; font: 12px %s; }
      .map .paper { fill: #ffffff; }
      .map .ink, .map .name { fill: #1b1b1b; }
      .map .title { fill: #1b1b1b; font-size: 18px; font-weight: bold; }
      .map .head { fill: #1b1b1b; font-size: 14px; font-weight: bold; }
      .map .name { font-weight: bold; }
      .map .dim, .map .quiet { fill: #555555; }
      .map .quiet { stroke: #efefef; stroke-width: 4; paint-order: stroke; }
      .map .number { fill: #1b1b1b; font-weight: bold; }
      .map .free { fill: #efefef; }
      .map .several { fill: #efefef; }
      .map .frame { fill: none; stroke: #6b6b6b; }
      .map .moves { fill: #1b1b1b; }
      .map .outline { fill: none; stroke: #1b1b1b; stroke-width: 2; }
      .map .lane { fill: none; stroke: #1b1b1b; }
      .map .arrow { fill: #1b1b1b; }
      .map .band { fill: none; stroke: #6b6b6b; stroke-opacity: 0.6; }
      .map .band:hover { stroke: #1b1b1b; stroke-opacity: 1; }
      .map .line { fill: none; stroke: #000000; stroke-opacity: 0.55; }
      .map .dot { fill: #000000; fill-opacity: 0.55; }
      .map .hatch { fill: none; stroke: #6b6b6b; }
      .map a:focus-visible { outline: 3px solid; outline-offset: 3px; }
      .map :target { outline: 3px dashed; outline-offset: 3px; }
      .map a:focus-visible, .map :target { outline-color: #b3005e; }
      %s@media (prefers-color-scheme: dark) {
        .map .paper { fill: #15181c; }
        .map .ink, .map .name, .map .title, .map .head, .map .number { fill: #f0f0f0; }
        .map .dim, .map .quiet { fill: #b4b4b4; }
        .map .quiet { stroke: #2b2f36; }
        .map .free, .map .several { fill: #2b2f36; }
        .map .frame, .map .hatch { stroke: #949494; }
        .map .moves, .map .arrow { fill: #f0f0f0; }
        .map .outline, .map .lane { stroke: #f0f0f0; }
        .map .band { stroke: #949494; }
        .map .band:hover { stroke: #f0f0f0; }
        .map a:focus-visible, .map :target { outline-color: #ff8ac4; }
      }
      """
          .formatted(LETTERS, volumes());

  /** For the page around pictures. */
  static final String PAGE =
      """

      :root { color-scheme: light dark; }
      body { margin: 0 auto; padding: 0 1rem 2rem; max-width: 70rem; background: #ffffff;
        color: #1b1b1b; font: 1rem/1.5 system-ui, sans-serif; }
      figure { margin: 1rem 0; overflow-x: auto; }
      figure svg { min-width: 45rem; }
      table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
      caption { text-align: left; padding: 0.5rem 0; }
      th, td { padding: 0.2rem 1rem 0.2rem 0; text-align: left; vertical-align: top;
        border-bottom: 1px solid #c8c8c8; }
      td { overflow-wrap: anywhere; }
      thead th, tbody th { white-space: nowrap; }
      td.number, th.number { text-align: right; white-space: nowrap; }
      .table { overflow-x: auto; }
      summary { cursor: pointer; font-weight: bold; padding: 0.5rem 0; }
      a { color: #004f9e; }
      a:focus-visible, summary:focus-visible, .table:focus-visible, figure:focus-visible {
        outline: 3px solid #b3005e; outline-offset: 3px; }
      tr:target { outline: 3px dashed #b3005e; }
      @media (prefers-color-scheme: dark) {
        body { background: #15181c; color: #f0f0f0; }
        th, td { border-color: #4a4f57; }
        a { color: #8cc8ff; }
        a:focus-visible, summary:focus-visible, .table:focus-visible, figure:focus-visible,
        tr:target { outline-color: #ff8ac4; }
      }
      """;

  /** Letters on a pattern get a rim of the ground's colour, or they could not be read. */
  private static String volumes() {
    StringBuilder rules = new StringBuilder();
    for (Palette colour : Palette.values()) {
      rules.append(".map .%s { fill: %s; }\n".formatted(colour.style("fill"), colour.fill()));
      rules.append(
          ".map .%s { fill: %s; stroke: %s; stroke-width: 4; paint-order: stroke; }\n"
              .formatted(colour.style("text"), colour.text(), colour.fill()));
    }
    return rules.toString();
  }
}
