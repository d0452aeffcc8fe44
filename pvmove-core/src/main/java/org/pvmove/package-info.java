// SPDX-License-Identifier: Apache-2.0
/**
 * The front door: {@link org.pvmove.PvMover} plans moves of physical extents and carries them out.
 */
@NullMarked
package org.pvmove;

import org.jspecify.annotations.NullMarked;
