// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import java.nio.file.FileSystemException;

/** Something that holds no image and is no block device was to be opened as one. */
public final class NotABlockDeviceException extends FileSystemException {
  private static final long serialVersionUID = 1;

  /**
   * @param file the path that was to be opened
   * @param found what is there instead, for example {@code "a directory"}
   */
  NotABlockDeviceException(String file, String found) {
    super(file, null, "expected a regular file or a block device, found " + found);
  }
}
