// SPDX-License-Identifier: Apache-2.0
/**
 * Disks that lose power and fail on request, for tests of code that writes to {@link
 * org.pvmove.io.BlockDevice}s.
 *
 * <p>Start with {@link org.pvmove.io.testing.SimulatedDisks}, which states the fault model. A crash
 * test counts the writes of an undisturbed run, then for each of them: starts from the same disks,
 * cuts the power there, takes {@linkplain org.pvmove.io.testing.SimulatedDisks#crashImage crash
 * images}, recovers on them and looks whether everything is there. An exhaustive one runs once and
 * stops between its operations to take an image for every {@linkplain
 * org.pvmove.io.testing.SimulatedDisks#crashImage(java.util.BitSet, int) subset} of the undecided
 * writes and every place to tear the last one; by the {@linkplain
 * org.pvmove.io.testing.SimulatedDisks#contentHash() hash} of their contents it looks at equal ones
 * once.
 *
 * <p>{@link org.pvmove.io.testing.RandomFaults} strikes at random, and does the same again for the
 * same seed. {@link org.pvmove.io.testing.ForwardingDevice} is for what these do not simulate.
 */
@NullMarked
package org.pvmove.io.testing;

import org.jspecify.annotations.NullMarked;
