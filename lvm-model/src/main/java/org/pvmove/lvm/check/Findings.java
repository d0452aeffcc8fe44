// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import com.google.common.collect.ImmutableList;
import java.util.EnumMap;
import java.util.Map;

/**
 * Collects violations. Of a kind that occurs thousands of times, as it may in a hostile text, only
 * the number is kept in the end.
 */
final class Findings {
  /** As many as anyone will read of one severity. */
  private static final long MAX_DESCRIBED = 4096;

  private final ImmutableList.Builder<Violation> all = ImmutableList.builder();
  private final Map<Severity, Long> counts = new EnumMap<>(Severity.class);

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
    if (counts.merge(severity, 1L, Long::sum) <= MAX_DESCRIBED) {
      all.add(new Violation(severity, object, "expected " + expected + ", found " + found));
    }
  }

  ImmutableList<Violation> all() {
    counts.forEach(
        (severity, count) -> {
          if (count > MAX_DESCRIBED) {
            all.add(
                new Violation(
                    severity,
                    "volume group",
                    "expected nothing more to be wrong, found %d more violations of this severity"
                        .formatted(count - MAX_DESCRIBED)));
          }
        });
    return all.build();
  }
}
