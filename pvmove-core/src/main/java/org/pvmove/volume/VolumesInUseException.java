// SPDX-License-Identifier: Apache-2.0
package org.pvmove.volume;

import java.io.IOException;
import java.io.Serial;

/**
 * Somebody else uses the volumes of a volume group, or moves them: another process, or another user
 * of this library in this process.
 */
public final class VolumesInUseException extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  VolumesInUseException(String message) {
    super(message);
  }
}
