// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.io.PrintWriter;
import java.util.regex.Pattern;

/**
 * What a command says: results on standard output, troubles on standard error. On a terminal there
 * may be a line for the moment below what was said. Thread-safe.
 */
final class Console {
  /** How much is said beside results and troubles. */
  enum Detail {
    /** Nothing. */
    QUIET,
    NORMAL,
    /** More. */
    VERBOSE,
    /** Also where failures come from. */
    TRACE
  }

  /** LVM2's programs begin each message with two blanks. */
  private static final String INDENT = "  ";

  /** What steers a terminal, but for colours: names on a hostile disk may have it in them. */
  private static final Pattern STEERING = Pattern.compile("(?!\033\\[[0-9;]*m)\\p{Cc}");

  /** Back to the begin of the line, and erase it. */
  private static final String ERASE = "\r\033[K";

  private final PrintWriter out;
  private final PrintWriter err;
  private final PrintWriter sayings;
  private final Detail detail;
  private boolean momentary;

  private Console(PrintWriter out, PrintWriter err, PrintWriter sayings, Detail detail) {
    this.out = out;
    this.err = err;
    this.sayings = sayings;
    this.detail = detail;
  }

  Console(PrintWriter out, PrintWriter err, Detail detail) {
    this(out, err, out, detail);
  }

  /** One whose standard output is for programs: everything but results goes to standard error. */
  static Console forPrograms(PrintWriter out, PrintWriter err, Detail detail) {
    return new Console(out, err, err, detail);
  }

  /** A line of a result. */
  void print(String line) {
    line(out, line);
  }

  /** Unless to be quiet. */
  void say(String message) {
    if (detail != Detail.QUIET) {
      line(sayings, INDENT + message);
    }
  }

  /** Only with {@code -v}. */
  void sayMore(String message) {
    if (detail.compareTo(Detail.VERBOSE) >= 0) {
      say(message);
    }
  }

  void complain(String message) {
    line(err, INDENT + message);
  }

  /** The whole trace of a failure, for those who asked for it with {@code -vv}. */
  synchronized void trace(Throwable failure) {
    if (detail == Detail.TRACE) {
      erase();
      failure.printStackTrace(err);
    }
  }

  /** A line for the moment, on a terminal: the next one, or whatever else is said, replaces it. */
  synchronized void showForTheMoment(String line) {
    out.print(ERASE + INDENT + harmless(line));
    out.flush();
    momentary = true;
  }

  /** Takes the line for the moment away. */
  synchronized void erase() {
    if (momentary) {
      momentary = false;
      out.print(ERASE);
      out.flush();
    }
  }

  private synchronized void line(PrintWriter to, String line) {
    erase();
    to.println(harmless(line));
  }

  private static String harmless(String line) {
    return STEERING.matcher(line).replaceAll("\uFFFD");
  }
}
