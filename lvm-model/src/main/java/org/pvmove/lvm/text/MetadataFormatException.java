// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.text;

import java.io.Serial;
import org.pvmove.lvm.LvmException;

/** A text that is not LVM2 metadata, or not of a kind that can be used. */
public final class MetadataFormatException extends LvmException {
  @Serial private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param where line and column, or the path of the section
   * @param expected what had to stand there
   * @param found what stands there
   */
  MetadataFormatException(String where, String expected, String found) {
    super("metadata text, %s: expected %s, found %s".formatted(where, expected, found));
  }
}
