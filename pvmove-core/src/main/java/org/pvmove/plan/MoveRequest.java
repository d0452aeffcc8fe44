// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What to move where; see pvmove(8). Immutable.
 *
 * <p>Physical volumes are named as {@link PvNames} says: by device, uuid or remembered path.
 */
public final class MoveRequest {
  private static final long DEFAULT_MAX_SEGMENT_BYTES = 1L << 30;

  private final String source;
  private final ImmutableList<String> destinations;
  private final @Nullable String logicalVolume;
  private final long maxSegmentBytes;

  private MoveRequest(Builder builder) {
    this.source = builder.source;
    this.destinations = builder.destinations;
    this.logicalVolume = builder.logicalVolume;
    this.maxSegmentBytes = builder.maxSegmentBytes;
  }

  /** Starts a request to move everything off a physical volume. */
  public static Builder from(String sourcePv) {
    return new Builder(sourcePv);
  }

  /** The physical volume to move from. */
  public String source() {
    return source;
  }

  /** The physical volumes to move to, in order of preference; empty means any. */
  public ImmutableList<String> destinations() {
    return destinations;
  }

  /** Name of the only logical volume to move, or null for all. */
  public @Nullable String logicalVolume() {
    return logicalVolume;
  }

  /**
   * Longest segment of a move in bytes: what a crash makes repeat at worst. Rounded down to whole
   * extents, at least one.
   */
  public long maxSegmentBytes() {
    return maxSegmentBytes;
  }

  /** The same request with segments of at most that many bytes, at least 1. */
  public MoveRequest withMaxSegmentBytes(long bytes) {
    return from(source)
        .to(destinations)
        .logicalVolume(logicalVolume)
        .maxSegmentBytes(bytes)
        .build();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof MoveRequest that
        && source.equals(that.source)
        && destinations.equals(that.destinations)
        && Objects.equals(logicalVolume, that.logicalVolume)
        && maxSegmentBytes == that.maxSegmentBytes;
  }

  @Override
  public int hashCode() {
    return Objects.hash(source, destinations, logicalVolume, maxSegmentBytes);
  }

  @Override
  public String toString() {
    return "move %s from %s to %s"
        .formatted(
            logicalVolume == null ? "everything" : logicalVolume,
            source,
            destinations.isEmpty() ? "anywhere else" : String.join(", ", destinations));
  }

  /** Collects a request; not thread-safe, reusable. */
  public static final class Builder {
    private final String source;
    private ImmutableList<String> destinations = ImmutableList.of();
    private @Nullable String logicalVolume;
    private long maxSegmentBytes = DEFAULT_MAX_SEGMENT_BYTES;

    private Builder(String source) {
      this.source = Objects.requireNonNull(source);
    }

    /** See {@link MoveRequest#destinations()}. */
    public Builder to(String... destinationPvs) {
      return to(Arrays.asList(destinationPvs));
    }

    /** See {@link MoveRequest#destinations()}. */
    public Builder to(Iterable<String> destinationPvs) {
      destinations = ImmutableList.copyOf(destinationPvs);
      return this;
    }

    /** See {@link MoveRequest#logicalVolume()}. */
    public Builder logicalVolume(@Nullable String name) {
      logicalVolume = name;
      return this;
    }

    /** See {@link MoveRequest#maxSegmentBytes()}; at least 1. */
    public Builder maxSegmentBytes(long bytes) {
      if (bytes < 1) {
        throw new IllegalArgumentException("expected at least 1 byte, found " + bytes);
      }
      maxSegmentBytes = bytes;
      return this;
    }

    /** The request. */
    public MoveRequest build() {
      return new MoveRequest(this);
    }
  }
}
