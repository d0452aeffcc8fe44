// SPDX-License-Identifier: Apache-2.0
package org.pvmove.volume;

import java.io.IOException;
import java.io.Serial;

/** A copy does not hold all that users have written, see {@link CopyGuard#lost()}. */
public final class CopyLostException extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  CopyLostException(IOException failure) {
    super(
        "expected a copy that holds all that users have written, found that a write failed: "
            + failure.getMessage(),
        failure);
  }
}
