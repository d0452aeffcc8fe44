// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;

/** A plan, or every reason why there is none. */
public sealed interface PlanResult {
  /**
   * The plan.
   *
   * @throws PlanRejectedException if there is none, with every reason
   */
  MovePlan orElseThrow();

  /** The request can be carried out. */
  record Accepted(MovePlan plan) implements PlanResult {
    @Override
    public MovePlan orElseThrow() {
      return plan;
    }
  }

  /** The request cannot be carried out. */
  record Rejected(ImmutableList<Rejection> reasons) implements PlanResult {
    @Override
    public MovePlan orElseThrow() {
      throw new PlanRejectedException(reasons);
    }
  }

  /** A rejection with the given reasons. */
  static PlanResult rejected(Rejection... reasons) {
    return new Rejected(ImmutableList.copyOf(reasons));
  }
}
