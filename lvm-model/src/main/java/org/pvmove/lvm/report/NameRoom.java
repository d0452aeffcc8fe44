// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import java.util.Set;

/**
 * How many characters there is room for in the lists of names of one report that may grow with the
 * square of the number of volumes. Real ones need little of it; a hostile text could ask for more
 * than there is memory.
 *
 * <p>Not thread-safe.
 */
final class NameRoom {
  /** What stands at the end of a list for the names there was no room for. */
  private static final String MORE = "…";

  private long left = 2 << 20;

  /** Adds a name to a list; false if it was there already or there is no room. */
  boolean add(String name, Set<String> names) {
    if (isUsedUp()) {
      names.add(MORE);
      return false;
    }
    left -= name.length() + 1L;
    return names.add(name);
  }

  /** Whether there is no room for another name. */
  boolean isUsedUp() {
    return left <= 0;
  }
}
