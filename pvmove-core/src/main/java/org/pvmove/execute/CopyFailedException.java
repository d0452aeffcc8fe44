// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.Serial;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Bytes could not be read from the source of a segment, or not be written to its destination, or
 * not be made durable there, or read back as something else.
 */
public final class CopyFailedException extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  /** More are counted in the message, not listed. */
  private static final int MAX_LISTED = 8;

  /** What was done with the bytes. */
  public enum Operation {
    /** They were read from the source. */
    READ,
    /** They were written to the destination. */
    WRITE,
    /** They were to be made durable at the destination. */
    FLUSH,
    /** They were read back from the destination. */
    READ_BACK
  }

  private final Operation operation;
  private final ImmutableList<BadRange> ranges;

  CopyFailedException(
      Operation operation, String what, ImmutableList<BadRange> ranges, @Nullable Throwable cause) {
    super(message(what, ranges, cause), cause);
    checkArgument(!ranges.isEmpty());
    this.operation = operation;
    this.ranges = ranges;
  }

  /** What was done when it failed. */
  public Operation operation() {
    return operation;
  }

  private static String message(
      String what, ImmutableList<BadRange> ranges, @Nullable Throwable cause) {
    String listed =
        ranges.stream().limit(MAX_LISTED).map(BadRange::toString).collect(Collectors.joining(", "));
    return listed
        + (ranges.size() > MAX_LISTED ? " and %d more".formatted(ranges.size() - MAX_LISTED) : "")
        + " "
        + what
        + (cause == null ? "" : ": " + cause.getMessage());
  }

  /** The bytes concerned, at least one range, in the order of the device. */
  public ImmutableList<BadRange> ranges() {
    return ranges;
  }
}
