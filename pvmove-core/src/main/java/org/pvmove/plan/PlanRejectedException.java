// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;
import java.io.Serial;
import java.util.stream.Collectors;
import org.pvmove.lvm.LvmException;

/** A request that cannot be planned, for those who ask for the plan without looking. */
public final class PlanRejectedException extends LvmException {
  @Serial private static final long serialVersionUID = 1L;

  private final transient ImmutableList<Rejection> reasons;
  private final transient ImmutableList<Remedy> remedies;

  PlanRejectedException(ImmutableList<Rejection> reasons, ImmutableList<Remedy> remedies) {
    super(
        reasons.stream().map(Rejection::message).collect(Collectors.joining("; "))
            + (remedies.isEmpty()
                ? ""
                : remedies.stream()
                    .map(Remedy::message)
                    .collect(Collectors.joining(", or ", " (", ")"))));
    this.reasons = reasons;
    this.remedies = remedies;
  }

  /** Every reason. */
  public ImmutableList<Rejection> reasons() {
    return reasons;
  }

  /** What would help, each by itself. */
  public ImmutableList<Remedy> remedies() {
    return remedies;
  }
}
