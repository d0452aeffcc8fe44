// SPDX-License-Identifier: Apache-2.0
/**
 * Judges whether a volume group hangs together: what LVM2 refuses to read, what it refuses to
 * write, and what is merely odd. {@link org.pvmove.lvm.check.VolumeGroupCheck} is the way in. May
 * use the model, nothing else.
 */
@NullMarked
package org.pvmove.lvm.check;

import org.jspecify.annotations.NullMarked;
