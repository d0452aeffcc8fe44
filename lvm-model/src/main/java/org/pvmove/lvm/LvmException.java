// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import java.io.Serial;

/**
 * Root of all unchecked exceptions of this library: what was asked cannot be done with these bytes
 * or this volume group. Subclasses carry the details as data.
 */
public class LvmException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  /** Creates an exception whose message says what was expected, what was found and where. */
  public LvmException(String message) {
    super(message);
  }
}
