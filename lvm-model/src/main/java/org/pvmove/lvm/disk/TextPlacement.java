// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import com.google.common.collect.ImmutableList;

/**
 * Where a new metadata text goes in one metadata area.
 *
 * @param location what to put into a slot of the area's header once the text is durable
 * @param writes the text, in one piece or, where it wraps around the end of the ring, in two; the
 *     last piece is followed by zeros up to the next sector
 */
public record TextPlacement(TextLocation location, ImmutableList<DiskWrite> writes) {}
