// SPDX-License-Identifier: Apache-2.0
/**
 * Which free extents a move uses: {@link org.pvmove.place.Allocator} places runs of extents on free
 * ones. Pure; knows the model's {@link org.pvmove.lvm.PeRange} and nothing of moves or devices.
 */
@NullMarked
package org.pvmove.place;

import org.jspecify.annotations.NullMarked;
