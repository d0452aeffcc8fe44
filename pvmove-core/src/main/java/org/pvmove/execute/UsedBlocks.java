// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableRangeSet;
import com.google.common.collect.RangeSet;

/**
 * Tells what need not be copied, for example because the file system on a volume has it free. Bytes
 * that are free are whatever they happen to be at the destination after the move: also what was
 * there before, of another volume.
 */
@FunctionalInterface
public interface UsedBlocks {
  /** All blocks are in use. */
  UsedBlocks ALL = logicalVolume -> ImmutableRangeSet.of();

  /**
   * The bytes of a logical volume that need not be copied. Asked once for each volume of a move,
   * before it is copied; the answer must hold until the move is over. Volumes of which there are
   * old-style snapshots, and the stores of these, are not asked about: a snapshot may need what its
   * origin has free.
   *
   * @param logicalVolume name of the volume that has the extents: for a raid volume, a pool or the
   *     like one of its hidden parts
   * @return ranges of byte offsets in the volume, of which those count that hold whole units of 64
   *     KiB; what lies outside the volume does not matter
   */
  RangeSet<Long> free(String logicalVolume);
}
