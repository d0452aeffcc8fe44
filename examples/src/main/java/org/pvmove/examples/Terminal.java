// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The terminal that a program writes to. */
final class Terminal {
  /** Where nothing else is known, as ever. */
  private static final int USUAL_COLUMNS = 80;

  private static final Path STANDARD_OUTPUT = Path.of("/proc/self/fd/1");
  private static final Pattern TERMINAL = Pattern.compile("/dev/(pts/|tty|console|hvc).*");
  private static final Pattern SIZE = Pattern.compile("([0-9]+) ([0-9]+)");

  private Terminal() {}

  /**
   * Whether standard output is one. Java knows it only where standard input is one, too; so the
   * system is asked.
   */
  static boolean isStandardOutput() {
    try {
      return TERMINAL.matcher(Files.readSymbolicLink(STANDARD_OUTPUT).toString()).matches()
          && !"dumb".equals(System.getenv("TERM"));
    } catch (IOException | UnsupportedOperationException e) {
      // There is no such thing here: lines suit everything.
      return false;
    }
  }

  /**
   * How wide the terminal of standard output is, in characters, as stty(1) says; 80 if it does not.
   */
  static int columns() {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(new File(STANDARD_OUTPUT.toString()))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String answer =
          new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
      Matcher size = SIZE.matcher(answer);
      int columns = size.matches() ? Integer.parseInt(size.group(2)) : 0;
      return columns > 0 ? columns : USUAL_COLUMNS;
    } catch (IOException | NumberFormatException e) {
      // Without stty, or on a terminal of a very strange size.
      return USUAL_COLUMNS;
    }
  }
}
