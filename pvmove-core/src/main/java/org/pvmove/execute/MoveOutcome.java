// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableList;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.StoredVolumeGroup;

/** How moving ended. Whatever it was, the volume group is sound and every byte has its place. */
public sealed interface MoveOutcome {
  /** The volume group as it lies on the devices now, as far as known. */
  StoredVolumeGroup volumeGroup();

  /** What was done on the way. */
  Work work();

  /**
   * Everything that was asked for is done and durable.
   *
   * @param volumeGroup the volume group now
   * @param moves the temporary volumes of the moves that ended; empty if there was nothing to do
   * @param work what was done
   */
  record Completed(StoredVolumeGroup volumeGroup, ImmutableList<String> moves, Work work)
      implements MoveOutcome {}

  /**
   * Everything that could be read was moved, as {@link ReadErrors#skip} asks; the rest is lost.
   *
   * @param volumeGroup the volume group now
   * @param moves the temporary volumes of the moves that ended
   * @param work what was done; {@link Work#lost()} is not empty
   */
  record CompletedWithLosses(StoredVolumeGroup volumeGroup, ImmutableList<String> moves, Work work)
      implements MoveOutcome {}

  /**
   * Moving stopped at a checkpoint: restart goes on from there, abort gives up there.
   *
   * @param volumeGroup the volume group at that checkpoint
   * @param move the temporary volume of the move that stopped
   * @param reason why, with the exact place
   * @param failure what stopped it: an {@link java.io.IOException} of a device, or an {@link
   *     org.pvmove.lvm.LvmException} such as {@link org.pvmove.device.VolumeGroupChangedException};
   *     absent if it was stopped on request
   * @param work what was done before
   */
  record Stopped(
      StoredVolumeGroup volumeGroup,
      String move,
      String reason,
      @Nullable Exception failure,
      Work work)
      implements MoveOutcome {}
}
