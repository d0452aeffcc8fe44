// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import java.io.Serial;

/** The command ends here: an exit code and the lines that say why. */
final class CommandException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private final int exitCode;
  private final transient ImmutableList<String> lines;

  private CommandException(int exitCode, ImmutableList<String> lines) {
    super(String.join("; ", lines));
    this.exitCode = exitCode;
    this.lines = lines;
  }

  /** The command line makes no sense with these devices. */
  static CommandException wrongCommandLine(String line) {
    return new CommandException(ExitCode.WRONG_COMMAND_LINE, ImmutableList.of(line));
  }

  /** What was asked for is not possible. */
  static CommandException failed(String... lines) {
    return of(ExitCode.FAILED, ImmutableList.copyOf(lines));
  }

  static CommandException of(int exitCode, ImmutableList<String> lines) {
    return new CommandException(exitCode, lines);
  }

  int exitCode() {
    return exitCode;
  }

  ImmutableList<String> lines() {
    return lines;
  }
}
