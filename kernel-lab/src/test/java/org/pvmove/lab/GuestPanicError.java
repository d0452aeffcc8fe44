// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lab;

import java.io.Serial;

/**
 * A guest's kernel has given up. Nothing of this project runs in a guest: it is the emulator that
 * now and then runs code wrongly which a kernel is just changing.
 */
final class GuestPanicError extends AssertionError {
  @Serial private static final long serialVersionUID = 1L;

  GuestPanicError(String console) {
    super("the guest's kernel has given up:\n" + console);
  }

  /** Whether something went wrong because, or while, a kernel gave up. */
  static boolean isBehind(Throwable failure) {
    for (Throwable e = failure; e != null; e = e.getCause()) {
      if (e instanceof GuestPanicError) {
        return true;
      }
      for (Throwable suppressed : e.getSuppressed()) {
        if (suppressed instanceof GuestPanicError) {
          return true;
        }
      }
    }
    return false;
  }
}
