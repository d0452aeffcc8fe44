// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import com.google.common.collect.ImmutableList;

/** Collects violations. */
final class Findings {
  private final ImmutableList.Builder<Violation> all = ImmutableList.builder();

  void unreadable(String object, String expected, Object found) {
    add(Severity.UNREADABLE, object, expected, found);
  }

  void unwritable(String object, String expected, Object found) {
    add(Severity.UNWRITABLE, object, expected, found);
  }

  void notice(String object, String expected, Object found) {
    add(Severity.NOTICE, object, expected, found);
  }

  private void add(Severity severity, String object, String expected, Object found) {
    all.add(new Violation(severity, object, "expected " + expected + ", found " + found));
  }

  ImmutableList<Violation> all() {
    return all.build();
  }
}
