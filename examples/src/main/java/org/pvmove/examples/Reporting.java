// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import org.pvmove.execute.MoveListener;

/**
 * How the user is told of moves.
 *
 * @param console where lines go
 * @param terminal where standard output goes
 * @param format for people or for programs
 * @param progress shows how far moves are
 * @param maps where the volume groups are drawn before and after
 * @param listener told of every event before the user is
 * @param howToGoOn the command line that restarts what was in progress on the same devices
 */
record Reporting(
    Console console,
    Terminal terminal,
    ReportFormat format,
    ProgressDisplay progress,
    Maps maps,
    MoveListener listener,
    String howToGoOn) {
  /** Whether standard output has JSON and nothing else. */
  boolean isForPrograms() {
    return format == ReportFormat.JSON;
  }
}
