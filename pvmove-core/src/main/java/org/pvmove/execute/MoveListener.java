// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

/**
 * Watches moves. Called on the thread that moves, between its steps: it should be quick, and what
 * it throws ends the move at the last checkpoint.
 */
@FunctionalInterface
public interface MoveListener {
  /** Does nothing. */
  MoveListener NONE = event -> {};

  /** Something happened. */
  void on(MoveEvent event);
}
