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

  PlanRejectedException(ImmutableList<Rejection> reasons) {
    super(reasons.stream().map(Rejection::message).collect(Collectors.joining("; ")));
    this.reasons = reasons;
  }

  /** Every reason. */
  public ImmutableList<Rejection> reasons() {
    return reasons;
  }
}
