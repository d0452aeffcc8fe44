// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import java.io.IOException;
import java.io.Serial;

/** A new version of a volume group could not be put on its devices. */
public final class CommitFailedException extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  private final boolean oldVersionInForce;

  CommitFailedException(String message, boolean oldVersionInForce, IOException cause) {
    super(message, cause);
    this.oldVersionInForce = oldVersionInForce;
  }

  /**
   * Whether the old version is certainly in force. If not, either may be: the next scan tells, and
   * both are sound.
   */
  public boolean oldVersionInForce() {
    return oldVersionInForce;
  }
}
