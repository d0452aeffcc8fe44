// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import java.io.Serial;
import org.pvmove.lvm.LvmException;

/** A structure on disk holds a value that cannot be right. */
public final class CorruptHeaderException extends LvmException {
  @Serial private static final long serialVersionUID = 1L;

  private final String field;
  private final String expected;
  private final String found;
  private final long deviceOffset;

  /**
   * Creates the exception.
   *
   * @param field name of the structure and the field, such as {@code metadata area header magic}
   * @param expected what should have been there
   * @param found what was there
   * @param deviceOffset where the field begins, in bytes from the start of the device
   */
  CorruptHeaderException(String field, String expected, String found, long deviceOffset) {
    super("%s at byte %d: expected %s, found %s".formatted(field, deviceOffset, expected, found));
    this.field = field;
    this.expected = expected;
    this.found = found;
    this.deviceOffset = deviceOffset;
  }

  /** Name of the structure and the field. */
  public String field() {
    return field;
  }

  /** What should have been there. */
  public String expected() {
    return expected;
  }

  /** What was there. */
  public String found() {
    return found;
  }

  /** Where the field begins, in bytes from the start of the device. */
  public long deviceOffset() {
    return deviceOffset;
  }
}
