// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pvmove.examples.map.Picture.Move;
import org.pvmove.examples.map.Picture.Pv;
import org.pvmove.examples.map.Picture.Run;
import org.pvmove.examples.map.Picture.Use;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** Names and numbers that nobody means well with. */
class HostilePictureTest {
  static List<String> names() {
    return List.of(
        "",
        "<script>alert(1)</script>",
        "</svg></title>]]><!--",
        "a\"b'c&d&amp;<e>",
        "esc\u001B[31mred\u0007",
        "zero\0 line\nfeed\ttab",
        "right\u202Eto left\u2066",
        "half \uD800 a pair",
        "stacked e\u0301\u0300\u0302",
        "not a character \uFFFF",
        "\u0085\u2028\u2029",
        "n".repeat(100_000),
        "\uD83D\uDE00".repeat(1000));
  }

  @ParameterizedTest
  @MethodSource("names")
  void svgIsWellFormedAndHoldsTheNameAsText(String name) throws Exception {
    String svg = SvgMap.svg(ImmutableList.of(named(name)));
    Document document = parse(svg);
    assertThat(document.getDocumentElement().getTextContent()).contains(Words.shown(name));
    assertThat(elements(document)).doesNotContain("script");
    assertThat(svg.length()).isLessThan(60_000);
  }

  @ParameterizedTest
  @MethodSource("names")
  void htmlIsWellFormedAndHoldsTheNameAsText(String name) throws Exception {
    String html = HtmlMap.html(ImmutableList.of(named(name)));
    Document document = parse(html.replace("<!DOCTYPE html>", ""));
    assertThat(document.getDocumentElement().getTextContent()).contains(Words.shown(name));
    assertThat(elements(document)).doesNotContain("script", "link", "img", "iframe", "object");
    assertThat(html.length()).isLessThan(100_000);
  }

  @ParameterizedTest
  @MethodSource("names")
  void linesHoldNothingThatSteersATerminal(String name) {
    assertThat(TerminalMap.lines(named(name), 80, false))
        .allMatch(
            line ->
                line.length() < 2000
                    && line.codePoints()
                        .noneMatch(
                            c ->
                                Character.isISOControl(c)
                                    || Character.getType(c) == Character.FORMAT
                                    || Character.getType(c) == Character.SURROGATE));
  }

  @Test
  void everyLinkLeadsToAnElementAndNoIdIsThereTwice() throws Exception {
    Picture picture = named("x");
    String html = HtmlMap.html(ImmutableList.of(picture, picture));
    Document document = parse(html.replace("<!DOCTYPE html>", ""));
    NodeList all = document.getElementsByTagName("*");
    Set<String> ids = new HashSet<>();
    List<String> links = new ArrayList<>();
    for (int i = 0; i < all.getLength(); i++) {
      Element element = (Element) all.item(i);
      if (element.hasAttribute("id")) {
        assertThat(ids.add(element.getAttribute("id"))).isTrue();
      }
      if (element.hasAttribute("href")) {
        links.add(element.getAttribute("href"));
      }
    }
    assertThat(links)
        .isNotEmpty()
        .allMatch(link -> link.startsWith("#") && ids.contains(link.substring(1)));
  }

  @Test
  void aHundredThousandRunsMakeAFileOfLimitedSize() {
    Picture picture = scattered(100_000, 3);
    assertThat(SvgMap.svg(ImmutableList.of(picture)).length()).isLessThan(300_000);
    assertThat(HtmlMap.html(ImmutableList.of(picture)).length()).isLessThan(3_000_000);
    assertThat(TerminalMap.lines(picture, 80, false)).hasSizeLessThan(200);
  }

  @Test
  void thousandsOfPhysicalVolumesMakeAFileOfLimitedSize() throws Exception {
    Picture picture = scattered(100_000, 5000);
    String svg = SvgMap.svg(ImmutableList.of(picture));
    assertThat(svg.length()).isLessThan(8_000_000);
    assertThat(svg).contains("and 4800 physical volumes more");
    assertThat(HtmlMap.html(ImmutableList.of(picture)).length()).isLessThan(12_000_000);
    assertThat(TerminalMap.lines(picture, 80, false)).hasSizeLessThan(6000);
    assertThat(elements(parse(svg))).contains("svg");
  }

  @Test
  void physicalVolumesWithMovesAreDrawnBeforeOthers() {
    List<Pv> pvs = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      ImmutableList<Run> free = ImmutableList.of(new Run(0, 9, Use.FREE, -1, 0));
      ImmutableList<Run> moved = ImmutableList.of(new Run(0, 9, Use.USED, 0, 1));
      pvs.add(
          i == 900
              ? new Pv("from", 9, moved, free)
              : i == 950 ? new Pv("to", 9, free, moved) : new Pv("pv" + i, 9, free, free));
    }
    Picture picture =
        new Picture(
            "vg",
            4096,
            true,
            ImmutableList.of("lv"),
            ImmutableList.copyOf(pvs),
            ImmutableList.of(new Move(1, 0, 0, 0, 1, 900, 0, 950, 0, 9)));
    assertThat(SvgMap.svg(ImmutableList.of(picture)))
        .contains(">from</text>", ">to</text>", "from from to to: 1 run, 9 extents")
        .contains(">pv0</text>")
        .doesNotContain(">pv999</text>");
  }

  @Test
  void physicalVolumesWithoutExtentsAndGroupsWithoutPhysicalVolumesAreDrawn() throws Exception {
    Pv empty = new Pv("empty", 0, ImmutableList.of(), ImmutableList.of());
    for (ImmutableList<Pv> pvs : List.of(ImmutableList.<Pv>of(), ImmutableList.of(empty))) {
      for (boolean compares : List.of(true, false)) {
        Picture picture =
            new Picture("vg", 512, compares, ImmutableList.of(), pvs, ImmutableList.of());
        parse(SvgMap.svg(ImmutableList.of(picture)));
        parse(HtmlMap.html(ImmutableList.of(picture)).replace("<!DOCTYPE html>", ""));
        assertThat(TerminalMap.lines(picture, 80, false)).isNotEmpty();
      }
    }
    parse(SvgMap.svg(ImmutableList.of()));
    parse(HtmlMap.html(ImmutableList.of()).replace("<!DOCTYPE html>", ""));
  }

  /** Runs of two extents with one free behind each, all of which move to the next volume. */
  private static Picture scattered(int runs, int pvs) {
    List<ImmutableList.Builder<Run>> before = new ArrayList<>();
    List<ImmutableList.Builder<Run>> after = new ArrayList<>();
    for (int i = 0; i < pvs; i++) {
      before.add(ImmutableList.builder());
      after.add(ImmutableList.builder());
    }
    List<String> names = new ArrayList<>();
    List<Move> moves = new ArrayList<>();
    for (int i = 0; i < runs; i++) {
      int pv = i % pvs;
      long first = i / pvs * 3L;
      names.add("volume" + i);
      moves.add(new Move(i + 1, i, 0, 0, 1, pv, first, (pv + 1) % pvs, first, 2));
      before.get(pv).add(new Run(first, 2, Use.USED, i, i + 1));
      before.get(pv).add(new Run(first + 2, 1, Use.FREE, -1, 0));
      after.get((pv + 1) % pvs).add(new Run(first, 2, Use.USED, i, i + 1));
      after.get((pv + 1) % pvs).add(new Run(first + 2, 1, Use.FREE, -1, 0));
    }
    ImmutableList.Builder<Pv> all = ImmutableList.builder();
    for (int i = 0; i < pvs; i++) {
      all.add(new Pv("pv" + i, runs / pvs * 3L, before.get(i).build(), after.get(i).build()));
    }
    return new Picture(
        "vg", 4 << 20, true, ImmutableList.copyOf(names), all.build(), ImmutableList.copyOf(moves));
  }

  /** Everything that can have a name has this one. */
  private static Picture named(String name) {
    ImmutableList<Run> free = ImmutableList.of(new Run(0, 9, Use.FREE, -1, 0));
    ImmutableList<Run> moved =
        ImmutableList.of(new Run(0, 8, Use.USED, 0, 1), new Run(8, 1, Use.HELD, 0, 0));
    return new Picture(
        name,
        4096,
        true,
        ImmutableList.of(name),
        ImmutableList.of(new Pv(name, 9, moved, free), new Pv(name, 9, free, moved)),
        ImmutableList.of(new Move(1, 0, 0, 0, 1, 0, 0, 1, 0, 8)));
  }

  private static List<String> elements(Document document) {
    NodeList all = document.getElementsByTagName("*");
    List<String> names = new ArrayList<>();
    for (int i = 0; i < all.getLength(); i++) {
      names.add(all.item(i).getNodeName());
    }
    return names;
  }

  private static Document parse(String xml) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    return factory.newDocumentBuilder().parse(new InputSource(new StringReader(xml)));
  }
}
