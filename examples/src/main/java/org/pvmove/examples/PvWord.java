// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

/**
 * An argument of pvmove(8) taken apart: the name of a physical volume, and ranges of its extents.
 *
 * @param name the name, without the backslashes that keep colons and at-signs in it
 * @param ranges the ranges as they were written, from the first colon on; empty if there are none
 */
record PvWord(String name, String ranges) {
  static PvWord of(String argument) {
    StringBuilder name = new StringBuilder();
    int at = 0;
    while (at < argument.length() && argument.charAt(at) != ':') {
      if (argument.charAt(at) == '\\' && at + 1 < argument.length() && keeps(argument, at + 1)) {
        at++;
      }
      name.append(argument.charAt(at++));
    }
    return new PvWord(name.toString(), argument.substring(at));
  }

  private static boolean keeps(String argument, int at) {
    return argument.charAt(at) == ':' || argument.charAt(at) == '@';
  }

  /** The argument again. */
  @Override
  public String toString() {
    return name.replace(":", "\\:").replace("@", "\\@") + ranges;
  }
}
