// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.ActiveVolumes;
import org.pvmove.device.VolumeGroupLocks;
import org.pvmove.execute.ReadErrors;
import org.pvmove.execute.Throttle;

/**
 * How moves are carried out, whichever they are.
 *
 * @param readErrors what to do when the source cannot be read
 * @param elsewhere whether what cannot be written to its destination goes to another one
 * @param verify whether each segment is read back before its checkpoint
 * @param checkpointBytes short segments share a checkpoint until so many bytes are copied
 * @param throttle how fast to copy
 * @param locks how the volume group is locked while it is changed
 * @param activeVolumes tells which volumes are in use
 * @param lvm the words that call LVM2, if its own pvmove is to do it; else absent
 */
record HowToMove(
    ReadErrors readErrors,
    boolean elsewhere,
    boolean verify,
    long checkpointBytes,
    Throttle throttle,
    VolumeGroupLocks locks,
    ActiveVolumes activeVolumes,
    @Nullable ImmutableList<String> lvm) {}
