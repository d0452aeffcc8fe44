// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

/**
 * How segments are copied.
 *
 * @param readErrors what to do when the source cannot be read
 * @param verify whether each segment is read back from the disk before the checkpoint that makes it
 *     authoritative
 */
public record CopyOptions(ReadErrors readErrors, boolean verify) {
  /** Stops at the first read error, and trusts what was flushed. */
  public static final CopyOptions DEFAULT = new CopyOptions(ReadErrors.stop(), false);
}
