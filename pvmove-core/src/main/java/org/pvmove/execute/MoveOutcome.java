// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableList;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.StoredVolumeGroup;

/** How moving ended. Whatever it was, the volume group is sound and every byte has its place. */
public sealed interface MoveOutcome {
  /** The volume group as it lies on the devices now, as far as known. */
  StoredVolumeGroup volumeGroup();

  /**
   * Everything that was asked for is done and durable.
   *
   * @param volumeGroup the volume group now
   * @param moves the temporary volumes of the moves that ended; empty if there was nothing to do
   * @param bytesCopied bytes copied in this call; a restarted move may have copied more before
   */
  record Completed(StoredVolumeGroup volumeGroup, ImmutableList<String> moves, long bytesCopied)
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
   */
  record Stopped(
      StoredVolumeGroup volumeGroup, String move, String reason, @Nullable Exception failure)
      implements MoveOutcome {}
}
