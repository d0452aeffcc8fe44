// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import java.io.IOException;
import java.io.Serial;

/** Another process, or another user of this library in this process, is at work on a move. */
public final class MoveInUseException extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  MoveInUseException(String move) {
    super(move + ": expected a move that nobody else works on, found that somebody else does");
  }
}
