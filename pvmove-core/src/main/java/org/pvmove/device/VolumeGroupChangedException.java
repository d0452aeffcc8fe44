// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import java.io.Serial;
import org.pvmove.lvm.LvmException;

/** The volume group on the devices is not the version that a change was made from. */
public final class VolumeGroupChangedException extends LvmException {
  @Serial private static final long serialVersionUID = 1L;

  /** Creates the exception. */
  public VolumeGroupChangedException(String message) {
    super(message);
  }
}
