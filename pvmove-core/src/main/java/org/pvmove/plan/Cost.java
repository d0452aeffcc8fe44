// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.primitives.ImmutableLongArray;

/**
 * What it takes to carry a plan out, with a checkpoint behind each segment. Where short segments
 * share checkpoints it takes fewer commits, but more is repeated after an interruption: see {@link
 * MovePlan#commits} and {@link MovePlan#repeatedBytes}.
 *
 * @param extents number of extents that are copied
 * @param bytes number of bytes that are copied
 * @param repeatedBytes how many of them are copied once more at worst if the move is interrupted:
 *     the longest segment, or everything for an atomic move
 * @param metadataBytes the size in bytes of the metadata text of each commit, in order, the NUL at
 *     its end included: one to begin (unless the plan joins a move), one for each segment (unless
 *     the move is atomic), one to finish. They are exact if the plan is carried out by the writer
 *     it was made for and each commit is the next version
 */
public record Cost(long extents, long bytes, long repeatedBytes, ImmutableLongArray metadataBytes) {

  /** Number of metadata commits. */
  public int commits() {
    return metadataBytes.length();
  }

  /** The size of the largest metadata text in bytes. */
  public long largestMetadataBytes() {
    return metadataBytes.stream().max().orElse(0);
  }
}
