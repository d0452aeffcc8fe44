// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A physical volume as the volume group's metadata describes it ({@code physical_volumes} section).
 * Immutable.
 */
public final class PhysicalVolume {
  private final String handle;
  private final LvmUuid id;
  private final @Nullable String device;
  private final @Nullable String deviceIdType;
  private final @Nullable String deviceId;
  private final StatusFlags flags;
  private final ImmutableList<String> tags;
  private final @Nullable Sectors deviceSize;
  private final Sectors peStart;
  private final long peCount;
  private final @Nullable Sectors bootloaderStart;
  private final @Nullable Sectors bootloaderSize;
  private final Extras extras;

  private PhysicalVolume(Builder builder) {
    this.handle = builder.handle;
    this.id = builder.id;
    this.device = builder.device;
    this.deviceIdType = builder.deviceIdType;
    this.deviceId = builder.deviceId;
    this.flags = builder.flags;
    this.tags = builder.tags;
    this.deviceSize = builder.deviceSize;
    this.peStart = builder.peStart;
    this.peCount = builder.peCount;
    this.bootloaderStart = builder.bootloaderStart;
    this.bootloaderSize = builder.bootloaderSize;
    this.extras = builder.extras;
  }

  /** Starts a new value from what every one needs. */
  public static Builder builder(String handle, LvmUuid id, Sectors peStart, long peCount) {
    return new Builder(handle, id, peStart, peCount);
  }

  /** A builder that starts from this value. */
  public Builder toBuilder() {
    Builder builder = new Builder(handle, id, peStart, peCount);
    builder.device = device;
    builder.deviceIdType = deviceIdType;
    builder.deviceId = deviceId;
    builder.flags = flags;
    builder.tags = tags;
    builder.deviceSize = deviceSize;
    builder.bootloaderStart = bootloaderStart;
    builder.bootloaderSize = bootloaderSize;
    builder.extras = extras;
    return builder;
  }

  /** The name of its section in the text, such as {@code pv0}, by which segments refer to it. */
  public String handle() {
    return handle;
  }

  /** Its identity; the label of the device carries the same. */
  public LvmUuid id() {
    return id;
  }

  /** Path of the device at the last write: a hint; absent if not stated. */
  public @Nullable String device() {
    return device;
  }

  /** Kind of the device id from the devices file, if stated. */
  public @Nullable String deviceIdType() {
    return deviceIdType;
  }

  /** Device id from the devices file, if stated. */
  public @Nullable String deviceId() {
    return deviceId;
  }

  /** Its status words. */
  public StatusFlags flags() {
    return flags;
  }

  /** Its tags. */
  public ImmutableList<String> tags() {
    return tags;
  }

  /** Size of the device when the volume was made or resized, if stated. */
  public @Nullable Sectors deviceSize() {
    return deviceSize;
  }

  /** Where extent 0 begins on the device. */
  public Sectors peStart() {
    return peStart;
  }

  /** Number of extents, 0 to 2^32-1. */
  public long peCount() {
    return peCount;
  }

  /** Where the bootloader area begins, if there is one. */
  public @Nullable Sectors bootloaderStart() {
    return bootloaderStart;
  }

  /** Size of the bootloader area, if there is one. */
  public @Nullable Sectors bootloaderSize() {
    return bootloaderSize;
  }

  /** Fields this library does not know. */
  public Extras extras() {
    return extras;
  }

  /** Whether new extents may be allocated on it: ALLOCATABLE is set and it is not missing. */
  public boolean isAllocatable() {
    return flags.has(StatusFlag.ALLOCATABLE) && !isMissing();
  }

  /** Whether the metadata says that the device was absent at the last write. */
  public boolean isMissing() {
    return flags.has(StatusFlag.MISSING);
  }

  /** The device hint, or the identity where there is none: how messages name the volume. */
  public String label() {
    return device == null || device.equals("[unknown]") ? id.toString() : device;
  }

  @Override
  public String toString() {
    return "physical volume " + label() + " (" + peCount + " extents)";
  }

  private List<?> fields() {
    return Arrays.asList(
        handle,
        id,
        device,
        deviceIdType,
        deviceId,
        flags,
        tags,
        deviceSize,
        peStart,
        peCount,
        bootloaderStart,
        bootloaderSize,
        extras);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PhysicalVolume that && fields().equals(that.fields());
  }

  @Override
  public int hashCode() {
    return fields().hashCode();
  }

  /** Collects the fields of a {@link PhysicalVolume}; not thread-safe, reusable. */
  public static final class Builder {
    private final String handle;
    private final LvmUuid id;
    private @Nullable String device;
    private @Nullable String deviceIdType;
    private @Nullable String deviceId;
    private StatusFlags flags = StatusFlags.of(StatusFlag.ALLOCATABLE);
    private ImmutableList<String> tags = ImmutableList.of();
    private @Nullable Sectors deviceSize;
    private Sectors peStart;
    private long peCount;
    private @Nullable Sectors bootloaderStart;
    private @Nullable Sectors bootloaderSize;
    private Extras extras = Extras.NONE;

    private Builder(String handle, LvmUuid id, Sectors peStart, long peCount) {
      this.handle = handle;
      this.id = id;
      this.peStart = peStart;
      this.peCount = peCount;
    }

    /** See {@link PhysicalVolume#device()}. */
    public Builder device(@Nullable String value) {
      this.device = value;
      return this;
    }

    /** See {@link PhysicalVolume#deviceIdType()}. */
    public Builder deviceIdType(@Nullable String value) {
      this.deviceIdType = value;
      return this;
    }

    /** See {@link PhysicalVolume#deviceId()}. */
    public Builder deviceId(@Nullable String value) {
      this.deviceId = value;
      return this;
    }

    /** See {@link PhysicalVolume#flags()}. */
    public Builder flags(StatusFlags value) {
      this.flags = value;
      return this;
    }

    /** See {@link PhysicalVolume#tags()}. */
    public Builder tags(Iterable<? extends String> value) {
      this.tags = ImmutableList.copyOf(value);
      return this;
    }

    /** See {@link PhysicalVolume#deviceSize()}. */
    public Builder deviceSize(@Nullable Sectors value) {
      this.deviceSize = value;
      return this;
    }

    /** See {@link PhysicalVolume#peStart()}. */
    public Builder peStart(Sectors value) {
      this.peStart = value;
      return this;
    }

    /** See {@link PhysicalVolume#peCount()}. */
    public Builder peCount(long value) {
      this.peCount = value;
      return this;
    }

    /** See {@link PhysicalVolume#bootloaderStart()}. */
    public Builder bootloaderStart(@Nullable Sectors value) {
      this.bootloaderStart = value;
      return this;
    }

    /** See {@link PhysicalVolume#bootloaderSize()}. */
    public Builder bootloaderSize(@Nullable Sectors value) {
      this.bootloaderSize = value;
      return this;
    }

    /** See {@link PhysicalVolume#extras()}. */
    public Builder extras(Extras value) {
      this.extras = value;
      return this;
    }

    /** The value. */
    public PhysicalVolume build() {
      return new PhysicalVolume(this);
    }
  }
}
