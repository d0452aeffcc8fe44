// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.Extras;
import org.pvmove.lvm.text.MetadataHeader;

/**
 * Who commits the steps of a move, as the metadata name it. What is written depends on it, and so
 * does how much room it needs.
 *
 * @param command what the description of each version names as its writer
 * @param host name of the host
 * @param systemId the LVM2 system id of the host, if it has one
 */
public record MetadataWriter(String command, String host, @Nullable String systemId) {
  /** Somebody, for plans that nobody carries out. */
  public static final MetadataWriter ANYBODY =
      new MetadataWriter("pvmove for Java", "localhost", null);

  /**
   * The header of a version.
   *
   * @param description which step it is
   * @param timeSeconds seconds since 1970
   */
  public MetadataHeader header(String description, long timeSeconds) {
    return new MetadataHeader(
        "Write from %s: %s.".formatted(command, description),
        host,
        systemId,
        timeSeconds,
        Extras.NONE);
  }

  /** Describes the commit that begins a move. */
  public static String begin(String move) {
    return "Begin " + move;
  }

  /**
   * Describes the checkpoint behind a segment.
   *
   * @param segment its index, counted from 0
   */
  public static String segmentDone(String move, int segment) {
    return "Checkpoint " + (segment + 1) + " of " + move;
  }

  /** Describes the commit that finishes a move. */
  public static String finish(String move) {
    return "Finish " + move;
  }

  /** Describes the commit that gives a move up. */
  public static String abort(String move) {
    return "Abort " + move;
  }

  /** Describes the commit that puts right what earlier moves left behind. */
  public static String repair() {
    return "Repair after moves";
  }
}
