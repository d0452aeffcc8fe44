// SPDX-License-Identifier: Apache-2.0
/**
 * Planning of moves: {@link org.pvmove.plan.Planner} turns a volume group and a request into a plan
 * or into the reasons why there is none. Pure functions on values.
 */
@NullMarked
package org.pvmove.plan;

import org.jspecify.annotations.NullMarked;
