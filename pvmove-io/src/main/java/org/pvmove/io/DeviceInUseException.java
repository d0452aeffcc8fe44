// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import java.nio.file.FileSystemException;

/** A device cannot be claimed, because somebody else has it. */
public final class DeviceInUseException extends FileSystemException {
  private static final long serialVersionUID = 1;

  /**
   * @param file the path of the device
   * @param user who has it, for example {@code "the kernel"}
   */
  DeviceInUseException(String file, String user) {
    super(file, null, "expected a device that nobody else uses, found it in use by " + user);
  }
}
