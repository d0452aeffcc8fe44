// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the metadata remembers of a removed thin volume so that the ancestry of others stays known
 * ({@code historical_logical_volumes} section). Immutable.
 */
public final class HistoricalLogicalVolume {
  private final String key;
  private final LvmUuid id;
  private final @Nullable String statedName;
  private final @Nullable Long creationTime;
  private final @Nullable Long removalTime;
  private final @Nullable String origin;
  private final ImmutableList<String> descendants;
  private final Extras extras;

  private HistoricalLogicalVolume(Builder builder) {
    this.key = builder.key;
    this.id = builder.id;
    this.statedName = builder.statedName;
    this.creationTime = builder.creationTime;
    this.removalTime = builder.removalTime;
    this.origin = builder.origin;
    this.descendants = builder.descendants;
    this.extras = builder.extras;
  }

  /** Starts a new value from what every one needs. */
  public static Builder builder(String key, LvmUuid id) {
    return new Builder(key, id);
  }

  /** A builder that starts from this value. */
  public Builder toBuilder() {
    Builder builder = new Builder(key, id);
    builder.statedName = statedName;
    builder.creationTime = creationTime;
    builder.removalTime = removalTime;
    builder.origin = origin;
    builder.descendants = descendants;
    builder.extras = extras;
    return builder;
  }

  /** The name of its section in the text. */
  public String key() {
    return key;
  }

  /** Its identity. */
  public LvmUuid id() {
    return id;
  }

  /** Its name: that of its section unless another is stated. */
  public String name() {
    return statedName == null ? key : statedName;
  }

  /** The name that stands in its section, if one does. */
  public @Nullable String statedName() {
    return statedName;
  }

  /** When it was made, in seconds since 1970, if stated. */
  public @Nullable Long creationTime() {
    return creationTime;
  }

  /** When it was removed, in seconds since 1970, if stated. */
  public @Nullable Long removalTime() {
    return removalTime;
  }

  /** The volume it was a snapshot of; with a dash in front if historical itself. */
  public @Nullable String origin() {
    return origin;
  }

  /** The live volumes that were snapshots of it. */
  public ImmutableList<String> descendants() {
    return descendants;
  }

  /** Fields this library does not know. */
  public Extras extras() {
    return extras;
  }

  private List<?> fields() {
    return Arrays.asList(
        key, id, statedName, creationTime, removalTime, origin, descendants, extras);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HistoricalLogicalVolume that && fields().equals(that.fields());
  }

  @Override
  public int hashCode() {
    return fields().hashCode();
  }

  /** Collects the fields of a {@link HistoricalLogicalVolume}; not thread-safe, reusable. */
  public static final class Builder {
    private final String key;
    private final LvmUuid id;
    private @Nullable String statedName;
    private @Nullable Long creationTime;
    private @Nullable Long removalTime;
    private @Nullable String origin;
    private ImmutableList<String> descendants = ImmutableList.of();
    private Extras extras = Extras.NONE;

    private Builder(String key, LvmUuid id) {
      this.key = key;
      this.id = id;
    }

    /** See {@link HistoricalLogicalVolume#statedName()}. */
    public Builder statedName(@Nullable String value) {
      this.statedName = value;
      return this;
    }

    /** See {@link HistoricalLogicalVolume#creationTime()}. */
    public Builder creationTime(@Nullable Long value) {
      this.creationTime = value;
      return this;
    }

    /** See {@link HistoricalLogicalVolume#removalTime()}. */
    public Builder removalTime(@Nullable Long value) {
      this.removalTime = value;
      return this;
    }

    /** See {@link HistoricalLogicalVolume#origin()}. */
    public Builder origin(@Nullable String value) {
      this.origin = value;
      return this;
    }

    /** See {@link HistoricalLogicalVolume#descendants()}. */
    public Builder descendants(Iterable<? extends String> value) {
      this.descendants = ImmutableList.copyOf(value);
      return this;
    }

    /** See {@link HistoricalLogicalVolume#extras()}. */
    public Builder extras(Extras value) {
      this.extras = value;
      return this;
    }

    /** The value. */
    public HistoricalLogicalVolume build() {
      return new HistoricalLogicalVolume(this);
    }
  }
}
