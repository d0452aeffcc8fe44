// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import com.google.common.collect.ImmutableList;
import java.io.Serial;
import java.util.stream.Collectors;
import org.pvmove.lvm.LvmException;

/** A volume group that must not be written as it is. */
public final class InvalidVolumeGroupException extends LvmException {
  @Serial private static final long serialVersionUID = 1L;

  private static final int LISTED = 10;

  /** Not restored when the exception is deserialised; the message names them. */
  private final transient ImmutableList<Violation> violations;

  InvalidVolumeGroupException(String vg, ImmutableList<Violation> violations) {
    super(message(vg, violations));
    this.violations = violations;
  }

  /** Everything that stands against writing it, notices left out; never empty. */
  public ImmutableList<Violation> violations() {
    return violations;
  }

  private static String message(String vg, ImmutableList<Violation> violations) {
    String listed =
        violations.stream()
            .limit(LISTED)
            .map(Violation::toString)
            .collect(Collectors.joining("; "));
    int more = violations.size() - LISTED;
    return "volume group %s cannot be written: %s%s"
        .formatted(Names.shorten(vg), listed, more > 0 ? "; and " + more + " more" : "");
  }
}
