// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A logical volume: a name, its status and the segments that map its extents. Immutable.
 *
 * <p>Parts of other volumes (raid images, pool data, the temporary volume of a move) are logical
 * volumes too; they lack {@link StatusFlag#VISIBLE}.
 */
public final class LogicalVolume {
  private final String name;
  private final LvmUuid id;
  private final StatusFlags flags;
  private final ImmutableList<String> tags;
  private final @Nullable Long creationTime;
  private final @Nullable String creationHost;
  private final @Nullable String lockArgs;
  private final @Nullable AllocationPolicy allocationPolicy;
  private final @Nullable String profile;
  private final @Nullable Long readAhead;
  private final @Nullable Long major;
  private final @Nullable Long minor;
  private final ImmutableList<Segment> segments;
  private final Extras extras;

  private LogicalVolume(Builder builder) {
    this.name = builder.name;
    this.id = builder.id;
    this.flags = builder.flags;
    this.tags = builder.tags;
    this.creationTime = builder.creationTime;
    this.creationHost = builder.creationHost;
    this.lockArgs = builder.lockArgs;
    this.allocationPolicy = builder.allocationPolicy;
    this.profile = builder.profile;
    this.readAhead = builder.readAhead;
    this.major = builder.major;
    this.minor = builder.minor;
    this.segments = builder.segments;
    this.extras = builder.extras;
  }

  /** Starts a new value from what every one needs. */
  public static Builder builder(String name, LvmUuid id) {
    return new Builder(name, id);
  }

  /** A builder that starts from this value. */
  public Builder toBuilder() {
    Builder builder = new Builder(name, id);
    builder.flags = flags;
    builder.tags = tags;
    builder.creationTime = creationTime;
    builder.creationHost = creationHost;
    builder.lockArgs = lockArgs;
    builder.allocationPolicy = allocationPolicy;
    builder.profile = profile;
    builder.readAhead = readAhead;
    builder.major = major;
    builder.minor = minor;
    builder.segments = segments;
    builder.extras = extras;
    return builder;
  }

  /** Its name, unique in the volume group. */
  public String name() {
    return name;
  }

  /** Its identity. */
  public LvmUuid id() {
    return id;
  }

  /** Its status words. */
  public StatusFlags flags() {
    return flags;
  }

  /** Its tags. */
  public ImmutableList<String> tags() {
    return tags;
  }

  /** When it was made, in seconds since 1970; absent in old metadata. */
  public @Nullable Long creationTime() {
    return creationTime;
  }

  /** The host it was made on; absent in old metadata. */
  public @Nullable String creationHost() {
    return creationHost;
  }

  /** Arguments for lvmlockd, in shared volume groups. */
  public @Nullable String lockArgs() {
    return lockArgs;
  }

  /** Its own allocation policy; absent means inherit. */
  public @Nullable AllocationPolicy allocationPolicy() {
    return allocationPolicy;
  }

  /** Name of its metadata profile, if any. */
  public @Nullable String profile() {
    return profile;
  }

  /** Read-ahead in sectors; -1 for none, absent or 0 for automatic. */
  public @Nullable Long readAhead() {
    return readAhead;
  }

  /** Fixed major device number, if any. */
  public @Nullable Long major() {
    return major;
  }

  /** Fixed minor device number, if any. */
  public @Nullable Long minor() {
    return minor;
  }

  /** Its segments in the order of their logical extents. */
  public ImmutableList<Segment> segments() {
    return segments;
  }

  /** Fields this library does not know. */
  public Extras extras() {
    return extras;
  }

  /** Size in extents. */
  public long extentCount() {
    return segments.isEmpty() ? 0 : segments.get(segments.size() - 1).end();
  }

  /** Whether it is the temporary volume of a move that is not finished. */
  public boolean isPvmove() {
    return flags.has(StatusFlag.PVMOVE);
  }

  /** Whether a move has locked its allocation. */
  public boolean isLocked() {
    return flags.has(StatusFlag.LOCKED);
  }

  @Override
  public String toString() {
    return "logical volume " + name + " (" + extentCount() + " extents)";
  }

  private List<?> fields() {
    return Arrays.asList(
        name,
        id,
        flags,
        tags,
        creationTime,
        creationHost,
        lockArgs,
        allocationPolicy,
        profile,
        readAhead,
        major,
        minor,
        segments,
        extras);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof LogicalVolume that && fields().equals(that.fields());
  }

  @Override
  public int hashCode() {
    return fields().hashCode();
  }

  /** Collects the fields of a {@link LogicalVolume}; not thread-safe, reusable. */
  public static final class Builder {
    private static final StatusFlags USUAL_FLAGS =
        StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE, StatusFlag.VISIBLE);

    private String name;
    private final LvmUuid id;
    private StatusFlags flags = USUAL_FLAGS;
    private ImmutableList<String> tags = ImmutableList.of();
    private @Nullable Long creationTime;
    private @Nullable String creationHost;
    private @Nullable String lockArgs;
    private @Nullable AllocationPolicy allocationPolicy;
    private @Nullable String profile;
    private @Nullable Long readAhead;
    private @Nullable Long major;
    private @Nullable Long minor;
    private ImmutableList<Segment> segments = ImmutableList.of();
    private Extras extras = Extras.NONE;

    private Builder(String name, LvmUuid id) {
      this.name = name;
      this.id = id;
    }

    /** See {@link LogicalVolume#name()}. */
    public Builder name(String value) {
      this.name = value;
      return this;
    }

    /** See {@link LogicalVolume#flags()}. */
    public Builder flags(StatusFlags value) {
      this.flags = value;
      return this;
    }

    /** See {@link LogicalVolume#tags()}. */
    public Builder tags(Iterable<? extends String> value) {
      this.tags = ImmutableList.copyOf(value);
      return this;
    }

    /** See {@link LogicalVolume#creationTime()}. */
    public Builder creationTime(@Nullable Long value) {
      this.creationTime = value;
      return this;
    }

    /** See {@link LogicalVolume#creationHost()}. */
    public Builder creationHost(@Nullable String value) {
      this.creationHost = value;
      return this;
    }

    /** See {@link LogicalVolume#lockArgs()}. */
    public Builder lockArgs(@Nullable String value) {
      this.lockArgs = value;
      return this;
    }

    /** See {@link LogicalVolume#allocationPolicy()}. */
    public Builder allocationPolicy(@Nullable AllocationPolicy value) {
      this.allocationPolicy = value;
      return this;
    }

    /** See {@link LogicalVolume#profile()}. */
    public Builder profile(@Nullable String value) {
      this.profile = value;
      return this;
    }

    /** See {@link LogicalVolume#readAhead()}. */
    public Builder readAhead(@Nullable Long value) {
      this.readAhead = value;
      return this;
    }

    /** See {@link LogicalVolume#major()}. */
    public Builder major(@Nullable Long value) {
      this.major = value;
      return this;
    }

    /** See {@link LogicalVolume#minor()}. */
    public Builder minor(@Nullable Long value) {
      this.minor = value;
      return this;
    }

    /** See {@link LogicalVolume#segments()}. */
    public Builder segments(Iterable<? extends Segment> value) {
      this.segments = ImmutableList.copyOf(value);
      return this;
    }

    /** See {@link LogicalVolume#extras()}. */
    public Builder extras(Extras value) {
      this.extras = value;
      return this;
    }

    /** The value. */
    public LogicalVolume build() {
      return new LogicalVolume(this);
    }
  }
}
