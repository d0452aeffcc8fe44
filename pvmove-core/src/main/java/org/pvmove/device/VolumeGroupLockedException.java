// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import java.io.IOException;
import java.io.Serial;

/**
 * A volume group could not be locked in time, because LVM2 or another process that uses this
 * library has it locked. Nothing was written.
 */
public final class VolumeGroupLockedException extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  VolumeGroupLockedException(String message) {
    super(message);
  }
}
