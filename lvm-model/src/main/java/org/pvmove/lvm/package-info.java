// SPDX-License-Identifier: Apache-2.0
/**
 * The model of an LVM2 volume group: immutable values and pure questions about them, no input or
 * output. Start with {@link org.pvmove.lvm.VolumeGroup}.
 *
 * <p>Names are those of LVM2's metadata text. Sizes are typed ({@link org.pvmove.lvm.Sectors},
 * {@link org.pvmove.lvm.ExtentSize}); a plain {@code long} named after extents counts or indexes
 * extents. All types are thread-safe because they never change.
 */
@NullMarked
package org.pvmove.lvm;

import org.jspecify.annotations.NullMarked;
