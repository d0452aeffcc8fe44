// SPDX-License-Identifier: Apache-2.0
/**
 * Volume groups on devices: {@link org.pvmove.device.DeviceSet} reads what a set of devices holds
 * and puts new versions of a volume group on them in a safe order. Uses the formats of {@code
 * org.pvmove.lvm} and the devices of {@code org.pvmove.io}; knows nothing of moves.
 */
@NullMarked
package org.pvmove.device;

import org.jspecify.annotations.NullMarked;
