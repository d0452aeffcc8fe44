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

  /**
   * The request cannot be carried out.
   *
   * @param reasons every reason
   * @param remedies what would help, each by itself; not every remedy there is
   */
  record Rejected(ImmutableList<Rejection> reasons, ImmutableList<Remedy> remedies)
      implements PlanResult {
    @Override
    public MovePlan orElseThrow() {
      throw new PlanRejectedException(reasons, remedies);
    }
  }

  /** A rejection for these reasons, for which no remedy is known. */
  static PlanResult rejected(Rejection... reasons) {
    return new Rejected(ImmutableList.copyOf(reasons), ImmutableList.of());
  }
}
