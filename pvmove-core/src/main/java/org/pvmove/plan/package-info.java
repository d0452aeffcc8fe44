// SPDX-License-Identifier: Apache-2.0
/**
 * Planning of moves: {@link org.pvmove.plan.Planner} turns a volume group and a request into a plan
 * or into the reasons why there is none; {@link org.pvmove.plan.SystemPlan} turns a plan into calls
 * of LVM2's own pvmove. Pure functions on values.
 */
@NullMarked
package org.pvmove.plan;

import org.jspecify.annotations.NullMarked;
