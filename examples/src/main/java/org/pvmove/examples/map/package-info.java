// SPDX-License-Identifier: Apache-2.0
/**
 * Pictures of where the extents of a volume group are, and of what moves: from volume groups to a
 * {@linkplain org.pvmove.examples.map.Picture picture}, and from pictures to lines for a terminal,
 * to SVG and to HTML. Pure functions throughout: the same volume groups make the same bytes.
 */
@NullMarked
package org.pvmove.examples.map;

import org.jspecify.annotations.NullMarked;
