// SPDX-License-Identifier: Apache-2.0
/**
 * Changes of a volume group as pure functions. {@link org.pvmove.lvm.edit.PvmoveEdits} makes the
 * steps of a move, {@link org.pvmove.lvm.edit.Pvmove} reads from a volume group what moves are
 * under way, {@link org.pvmove.lvm.edit.PvmoveRepairs} puts right what interrupted ones left
 * behind. May use the model, nothing else.
 */
@NullMarked
package org.pvmove.lvm.edit;

import org.jspecify.annotations.NullMarked;
