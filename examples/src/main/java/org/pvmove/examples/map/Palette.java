// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import java.util.Locale;

/**
 * The colours of logical volumes: those that Okabe and Ito chose so that they can be told apart
 * with any kind of colour vision, each with the colour of letters on it. The same on light and dark
 * ground.
 */
enum Palette {
  BLUE("#0072b2", "#ffffff", 25, 231),
  ORANGE("#e69f00", "#000000", 214, 16),
  GREEN("#009e73", "#000000", 36, 16),
  PURPLE("#cc79a7", "#000000", 175, 16),
  SKY("#56b4e9", "#000000", 74, 16),
  VERMILION("#d55e00", "#000000", 166, 16),
  YELLOW("#f0e442", "#000000", 227, 16);

  /** Patterns over the colours: none, and three others. */
  static final int PATTERNS = 4;

  private final String fill;
  private final String text;
  private final int terminalFill;
  private final int terminalText;

  Palette(String fill, String text, int terminalFill, int terminalText) {
    this.fill = fill;
    this.text = text;
    this.terminalFill = terminalFill;
    this.terminalText = terminalText;
  }

  /** The name of a style for something in this colour, such as {@code fill-blue}. */
  String style(String what) {
    return what + "-" + name().toLowerCase(Locale.ROOT);
  }

  /** The colour of a logical volume. */
  static Palette of(int volume) {
    return values()[volume % values().length];
  }

  /** The pattern of a logical volume over its colour; 0 for none. */
  static int patternOf(int volume) {
    return volume / values().length % PATTERNS;
  }

  /** As CSS writes it. */
  String fill() {
    return fill;
  }

  /** The colour of letters on it, as CSS writes it. */
  String text() {
    return text;
  }

  /** The nearest of the 256 colours of terminals. */
  int terminalFill() {
    return terminalFill;
  }

  /** The colour of letters on it, of the 256 of terminals. */
  int terminalText() {
    return terminalText;
  }
}
