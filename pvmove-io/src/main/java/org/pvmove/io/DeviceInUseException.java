// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import java.nio.file.FileSystemException;

/** A device was to be opened for writing and somebody else has it open for writing. */
public final class DeviceInUseException extends FileSystemException {
  private static final long serialVersionUID = 1;

  /**
   * @param file the path that was to be opened
   * @param user who has it, for example {@code "another process"}
   */
  public DeviceInUseException(String file, String user) {
    super(file, null, "expected to be the only writer, found it in use by " + user);
  }
}
