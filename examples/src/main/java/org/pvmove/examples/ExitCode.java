// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

/** The exit codes of pvmove(8). */
final class ExitCode {
  /** Everything that was asked for is done and durable. */
  static final int DONE = 0;

  /** The command line is wrong, or names something that cannot be used. */
  static final int WRONG_COMMAND_LINE = 3;

  /** What was asked for is not possible, or not finished. */
  static final int FAILED = 5;

  private ExitCode() {}
}
