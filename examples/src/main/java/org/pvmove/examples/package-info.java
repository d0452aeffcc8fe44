// SPDX-License-Identifier: Apache-2.0
/**
 * Programs that use the library through its exported API only: the {@linkplain
 * org.pvmove.examples.PvmoveCommand pvmove command}, a {@linkplain
 * org.pvmove.examples.Demonstration demonstration} that kills it in the middle of a move, and small
 * embedding programs to start from. Start reading at {@link org.pvmove.examples.PlanAndExecute}.
 */
@NullMarked
package org.pvmove.examples;

import org.jspecify.annotations.NullMarked;
