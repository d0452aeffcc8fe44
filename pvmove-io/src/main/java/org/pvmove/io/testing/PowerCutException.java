// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io.testing;

import java.io.IOException;

/** The simulated power is off. */
public final class PowerCutException extends IOException {
  private static final long serialVersionUID = 1;

  PowerCutException(String message) {
    super(message);
  }
}
