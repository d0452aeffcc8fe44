// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

/**
 * A rule that a volume group breaks.
 *
 * @param severity what follows from it
 * @param object what breaks the rule, such as {@code logical volume home, segment 2}; segments are
 *     counted from 1 as in the metadata text
 * @param message what was expected and what was found
 */
public record Violation(Severity severity, String object, String message) {
  /** Object and message in one line. */
  @Override
  public String toString() {
    return object + ": " + message;
  }
}
