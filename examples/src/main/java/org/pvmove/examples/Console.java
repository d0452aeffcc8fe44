// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.io.PrintWriter;

/** What a command says: results on standard output, troubles on standard error. */
final class Console {
  /** LVM2's programs begin each message with two blanks. */
  private static final String INDENT = "  ";

  private final PrintWriter out;
  private final PrintWriter err;
  private final int verbosity;

  Console(PrintWriter out, PrintWriter err, int verbosity) {
    this.out = out;
    this.err = err;
    this.verbosity = verbosity;
  }

  /** How often {@code -v} was given. */
  int verbosity() {
    return verbosity;
  }

  /** A line of a listing. */
  void print(String line) {
    out.println(line);
  }

  void say(String message) {
    out.println(INDENT + message);
  }

  /** Only with {@code -v}. */
  void sayMore(String message) {
    if (verbosity > 0) {
      say(message);
    }
  }

  void complain(String message) {
    err.println(INDENT + message);
  }

  /** The whole trace of a failure, for those who asked for it with {@code -vv}. */
  void trace(Throwable failure) {
    if (verbosity > 1) {
      failure.printStackTrace(err);
    }
  }
}
