// SPDX-License-Identifier: Apache-2.0
/**
 * Carrying out moves: copy a segment, make it durable, commit the checkpoint, go on. Embedders use
 * it through {@link org.pvmove.PvMover} and see its {@linkplain org.pvmove.execute.MoveOutcome
 * outcomes} and {@linkplain org.pvmove.execute.MoveEvent events}. Volumes in use are moved by
 * LVM2's own pvmove, through {@link org.pvmove.execute.SystemPvmove}.
 */
@NullMarked
package org.pvmove.execute;

import org.jspecify.annotations.NullMarked;
