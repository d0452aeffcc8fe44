// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.io.PrintWriter;
import java.io.StringWriter;

/** What came of running the program in this process. */
record Result(int exitCode, String out, String err) {
  static Result ofPvmove(String... arguments) {
    return ofPvmove(Terminal.NONE, arguments);
  }

  /** With the standard output on that terminal. */
  static Result ofPvmove(Terminal terminal, String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode =
        PvmoveCommand.commandLine(terminal)
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(arguments);
    return new Result(exitCode, out.toString(), err.toString());
  }
}
