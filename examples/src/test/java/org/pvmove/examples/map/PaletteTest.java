// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Colours can be read and told apart; the ratios are those of the WCAG. */
class PaletteTest {
  private static final double FOR_TEXT = 4.5;
  private static final double FOR_SHAPES = 3;

  @ParameterizedTest
  @EnumSource
  void lettersCanBeReadOnTheColoursOfVolumes(Palette colour) {
    assertThat(contrast(colour.fill(), colour.text())).isGreaterThan(FOR_TEXT);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void textsCanBeReadAndLinesSeenOnLightAndDarkGround(boolean dark) {
    Map<String, String> fills = colours(dark, "fill");
    Map<String, String> strokes = colours(dark, "stroke");
    String paper = fills.getOrDefault("paper", "");
    String free = fills.getOrDefault("free", "");
    for (String text : new String[] {"ink", "name", "title", "head", "number", "dim"}) {
      assertThat(contrast(fills.getOrDefault(text, ""), paper)).as(text).isGreaterThan(FOR_TEXT);
    }
    assertThat(contrast(fills.getOrDefault("quiet", ""), free)).isGreaterThan(FOR_TEXT);
    for (String shape : new String[] {"moves", "arrow"}) {
      assertThat(contrast(fills.getOrDefault(shape, ""), paper))
          .as(shape)
          .isGreaterThan(FOR_SHAPES);
    }
    for (String line : new String[] {"frame", "outline", "lane", "band"}) {
      assertThat(contrast(strokes.getOrDefault(line, ""), paper))
          .as(line)
          .isGreaterThan(FOR_SHAPES);
    }
    assertThat(contrast(strokes.getOrDefault("hatch", ""), free)).isGreaterThan(FOR_SHAPES);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatHasTheFocusCanBeSeen(boolean dark) {
    Map<String, String> outlines = colours(dark, "outline-color");
    assertThat(
            contrast(
                outlines.getOrDefault("target", ""),
                colours(dark, "fill").getOrDefault("paper", "")))
        .isGreaterThan(FOR_SHAPES);
  }

  @Test
  void volumesHaveAnotherColourOrPatternThanTheNextTwentySeven() {
    for (int volume = 0; volume < 28; volume++) {
      for (int other = volume + 1; other < 28; other++) {
        assertThat(
                Palette.of(volume) == Palette.of(other)
                    && Palette.patternOf(volume) == Palette.patternOf(other))
            .isFalse();
      }
    }
  }

  /** The last colour that the style sheet gives to each class; the dark ones come last. */
  private static Map<String, String> colours(boolean dark, String property) {
    String style = MapStyle.SVG;
    String light = style.substring(0, style.indexOf("@media"));
    Map<String, String> colours = new LinkedHashMap<>();
    Matcher rules =
        Pattern.compile("([^{}]*)\\{[^{}]*(?<![-\\w])" + property + ": (#[0-9a-f]{6})")
            .matcher(dark ? style : light);
    while (rules.find()) {
      Matcher names = Pattern.compile("\\.map [.:](\\w+)").matcher(rules.group(1));
      while (names.find()) {
        colours.put(names.group(1), rules.group(2));
      }
    }
    return colours;
  }

  private static double contrast(String one, String other) {
    double first = luminance(one);
    double second = luminance(other);
    return (Math.max(first, second) + 0.05) / (Math.min(first, second) + 0.05);
  }

  private static double luminance(String colour) {
    float[] rgb = Color.decode(colour).getRGBColorComponents(null);
    return 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);
  }

  private static double linear(double part) {
    return part <= 0.04045 ? part / 12.92 : Math.pow((part + 0.055) / 1.055, 2.4);
  }
}
