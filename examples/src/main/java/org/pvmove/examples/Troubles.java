// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.io.PrintWriter;
import picocli.CommandLine.ParameterException;

/** What programs say of what went wrong, and their exit codes for it. */
final class Troubles {
  private Troubles() {}

  static int wrongCommandLine(ParameterException e, String[] arguments) {
    PrintWriter err = e.getCommandLine().getErr();
    err.println("  " + Texts.reason(e).replaceAll("\\s*\\R\\s*", " "));
    err.println("  Run \"%s --help\" for help.".formatted(e.getCommandLine().getCommandName()));
    return ExitCode.WRONG_COMMAND_LINE;
  }

  static int failed(Exception e, Console console) {
    int exitCode = ExitCode.FAILED;
    if (e instanceof CommandException ours) {
      ours.lines().forEach(console::complain);
      exitCode = ours.exitCode();
    } else {
      console.complain(Texts.reason(e));
    }
    console.trace(e);
    return exitCode;
  }
}
