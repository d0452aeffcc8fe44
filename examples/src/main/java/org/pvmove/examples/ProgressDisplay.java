// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.time.Duration;
import org.pvmove.execute.Progress;

/** Shows how far moves are. */
interface ProgressDisplay {
  /** How often at most while bytes are copied. */
  Duration interval();

  /**
   * Shows how far a move is.
   *
   * @param source the name of the physical volume that the move is called by
   */
  void show(String source, Progress.Report report);

  /** For those who do not want to know. */
  ProgressDisplay NONE =
      new ProgressDisplay() {
        @Override
        public Duration interval() {
          return Duration.ofDays(1);
        }

        @Override
        public void show(String source, Progress.Report report) {}
      };
}
