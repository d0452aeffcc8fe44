// SPDX-License-Identifier: Apache-2.0
package org.pvmove.volume;

import java.io.Serial;
import org.pvmove.lvm.LvmException;

/** A logical volume that this library cannot read and write by itself. */
public final class UnmappableVolumeException extends LvmException {
  @Serial private static final long serialVersionUID = 1L;

  UnmappableVolumeException(String volume, String why) {
    super(
        "expected logical volume %s to be one that can be mapped, found %s".formatted(volume, why));
  }
}
