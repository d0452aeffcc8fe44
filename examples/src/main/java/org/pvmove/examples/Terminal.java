// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.IntSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Help;

/**
 * Where standard output goes.
 *
 * @param isThere whether that is a terminal, and not a pipe or a file
 * @param width finds out how wide it is, in characters; 80 where nobody tells
 * @param colours whether text may have colours: on a terminal, unless {@code NO_COLOR} is set
 */
record Terminal(boolean isThere, IntSupplier width, boolean colours) {
  /** Where nothing else is known, as ever. */
  private static final int USUAL_COLUMNS = 80;

  /** A pipe or a file. */
  static final Terminal NONE = new Terminal(false, USUAL_COLUMNS, false);

  private static final Path STANDARD_OUTPUT = Path.of("/proc/self/fd/1");
  private static final Pattern TERMINAL = Pattern.compile("/dev/(pts/|tty|console|hvc).*");
  private static final Pattern SIZE = Pattern.compile("([0-9]+) ([0-9]+)");

  /** One of that width. */
  Terminal(boolean isThere, int columns, boolean colours) {
    this(isThere, () -> columns, colours);
  }

  /** Of this process. */
  static Terminal ofStandardOutput() {
    return isStandardOutput() ? new Terminal(true, Terminal::sttyColumns, mayHaveColours()) : NONE;
  }

  /** How wide it is, in characters. Asks another program: only for those who must know. */
  int columns() {
    return width.getAsInt();
  }

  /** A heading; bold where there are colours. */
  String heading(String text) {
    return painted(Help.Ansi.Style.bold, text);
  }

  /** What somebody should see to; red where there are colours. */
  String trouble(String text) {
    return painted(Help.Ansi.Style.fg_red, text);
  }

  /** What is in progress; yellow where there are colours. */
  String underWay(String text) {
    return painted(Help.Ansi.Style.fg_yellow, text);
  }

  private String painted(Help.Ansi.Style style, String text) {
    return colours ? style.on() + text + Help.Ansi.Style.reset.on() : text;
  }

  /** See no-color.org. */
  private static boolean mayHaveColours() {
    String no = System.getenv("NO_COLOR");
    return no == null || no.isEmpty();
  }

  /** Java knows it only where standard input is one, too; so the system is asked. */
  private static boolean isStandardOutput() {
    try {
      return TERMINAL.matcher(Files.readSymbolicLink(STANDARD_OUTPUT).toString()).matches()
          && !"dumb".equals(System.getenv("TERM"));
    } catch (IOException | UnsupportedOperationException e) {
      // There is no such thing here: lines suit everything.
      return false;
    }
  }

  /** As stty(1) says. */
  private static int sttyColumns() {
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
