// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import java.io.Serial;
import org.pvmove.lvm.LvmException;

/** A metadata text does not fit into a metadata area beside the one that is in force. */
public final class MetadataTooLargeException extends LvmException {
  @Serial private static final long serialVersionUID = 1L;

  private final long textSize;
  private final long room;

  /**
   * Creates the exception.
   *
   * @param textSize bytes of the text including its NUL
   * @param room bytes that would have fitted, {@link MetadataAreaHeader#room}
   * @param area the metadata area
   */
  MetadataTooLargeException(long textSize, long room, DiskArea area) {
    super(
        "metadata area of %s: expected a text of at most %d bytes, found %d bytes"
            .formatted(area, room, textSize));
    this.textSize = textSize;
    this.room = room;
  }

  /** Bytes of the text including its NUL. */
  public long textSize() {
    return textSize;
  }

  /** Bytes that would have fitted. */
  public long room() {
    return room;
  }
}
