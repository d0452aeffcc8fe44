// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.nbd;

/** How a request ended, as the protocol numbers it. */
enum NbdError {
  NONE(0),
  EPERM(1),
  EIO(5),
  EINVAL(22),
  ENOSPC(28),
  ESHUTDOWN(108);

  private final int number;

  NbdError(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
