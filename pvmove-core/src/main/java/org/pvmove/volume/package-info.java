// SPDX-License-Identifier: Apache-2.0
/**
 * Logical volumes to read and write, before, during and after their extents move: what the kernel's
 * device mapper does for volumes that are active, done by this process for its own use.
 */
@NullMarked
package org.pvmove.volume;

import org.jspecify.annotations.NullMarked;
