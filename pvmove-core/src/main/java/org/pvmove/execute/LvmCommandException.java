// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.Serial;

/** A command of LVM2 did not do what it was called for. */
public final class LvmCommandException extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  private final transient ImmutableList<String> command;
  private final int exitStatus;
  private final transient ImmutableList<String> lastLines;

  LvmCommandException(
      String expectation,
      ImmutableList<String> command,
      int exitStatus,
      ImmutableList<String> lastLines) {
    super(
        "%s; \"%s\" ended with status %d%s"
            .formatted(
                expectation,
                String.join(" ", command),
                exitStatus,
                lastLines.isEmpty() ? " and said nothing" : ": " + String.join("; ", lastLines)));
    this.command = command;
    this.exitStatus = exitStatus;
    this.lastLines = lastLines;
  }

  /** The words of the command line, the program first. */
  public ImmutableList<String> command() {
    return command;
  }

  /** The exit status: 0 too, if it claims to have done what it has not. */
  public int exitStatus() {
    return exitStatus;
  }

  /** The last lines that it printed, reports of its progress left out. */
  public ImmutableList<String> lastLines() {
    return lastLines;
  }
}
