// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Lists;
import com.google.common.collect.Maps;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A volume group: physical volumes, the logical volumes on them, and one version number for the
 * whole. Immutable; every change is a new value with the same {@link #seqno()} until it is
 * committed.
 *
 * <p>A value need not obey LVM2's rules (it may come from a damaged disk); {@code
 * org.pvmove.lvm.check} tells what is wrong with it, and nothing is written that is not right.
 */
public final class VolumeGroup {
  private static final ImmutableSet<String> SHARED_LOCK_TYPES =
      ImmutableSet.of("sanlock", "dlm", "idm");

  private final String name;
  private final LvmUuid id;
  private final long seqno;
  private final @Nullable String format;
  private final StatusFlags flags;
  private final ImmutableList<String> tags;
  private final @Nullable String systemId;
  private final @Nullable String lockType;
  private final @Nullable String lockArgs;
  private final ImmutableList<String> persistentReservation;
  private final ExtentSize extentSize;
  private final long maxLv;
  private final long maxPv;
  private final @Nullable AllocationPolicy allocationPolicy;
  private final @Nullable String profile;
  private final @Nullable Long metadataCopies;
  private final ImmutableList<PhysicalVolume> physicalVolumes;
  private final ImmutableList<LogicalVolume> logicalVolumes;
  private final ImmutableList<HistoricalLogicalVolume> historicalLogicalVolumes;
  private final Extras extras;

  // First one wins where a damaged text repeats an identity or a name; the validator reports that.
  private final Map<LvmUuid, PhysicalVolume> pvById;
  private final Map<String, LogicalVolume> lvByName;

  private VolumeGroup(Builder builder) {
    this.name = builder.name;
    this.id = builder.id;
    this.seqno = builder.seqno;
    this.format = builder.format;
    this.flags = builder.flags;
    this.tags = builder.tags;
    this.systemId = builder.systemId;
    this.lockType = builder.lockType;
    this.lockArgs = builder.lockArgs;
    this.persistentReservation = builder.persistentReservation;
    this.extentSize = builder.extentSize;
    this.maxLv = builder.maxLv;
    this.maxPv = builder.maxPv;
    this.allocationPolicy = builder.allocationPolicy;
    this.profile = builder.profile;
    this.metadataCopies = builder.metadataCopies;
    this.physicalVolumes = builder.physicalVolumes;
    this.logicalVolumes = builder.logicalVolumes;
    this.historicalLogicalVolumes = builder.historicalLogicalVolumes;
    this.extras = builder.extras;
    this.pvById = Maps.newHashMapWithExpectedSize(physicalVolumes.size());
    this.lvByName = Maps.newHashMapWithExpectedSize(logicalVolumes.size());
    physicalVolumes.forEach(pv -> pvById.putIfAbsent(pv.id(), pv));
    logicalVolumes.forEach(lv -> lvByName.putIfAbsent(lv.name(), lv));
  }

  /** Starts a new value from what every one needs. */
  public static Builder builder(String name, LvmUuid id, ExtentSize extentSize) {
    return new Builder(name, id, extentSize);
  }

  /** A builder that starts from this value. */
  public Builder toBuilder() {
    Builder builder = new Builder(name, id, extentSize);
    builder.seqno = seqno;
    builder.format = format;
    builder.flags = flags;
    builder.tags = tags;
    builder.systemId = systemId;
    builder.lockType = lockType;
    builder.lockArgs = lockArgs;
    builder.persistentReservation = persistentReservation;
    builder.maxLv = maxLv;
    builder.maxPv = maxPv;
    builder.allocationPolicy = allocationPolicy;
    builder.profile = profile;
    builder.metadataCopies = metadataCopies;
    builder.physicalVolumes = physicalVolumes;
    builder.logicalVolumes = logicalVolumes;
    builder.historicalLogicalVolumes = historicalLogicalVolumes;
    builder.extras = extras;
    return builder;
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /** Its identity. */
  public LvmUuid id() {
    return id;
  }

  /** Version of the metadata, 0 to 2^32-1; every commit raises it by one. */
  public long seqno() {
    return seqno;
  }

  /** Metadata format, {@code lvm2} if stated. */
  public @Nullable String format() {
    return format;
  }

  /** Its status words. */
  public StatusFlags flags() {
    return flags;
  }

  /** Its tags. */
  public ImmutableList<String> tags() {
    return tags;
  }

  /** The host that owns it, if any. */
  public @Nullable String systemId() {
    return systemId;
  }

  /** How it is shared: {@code none}, {@code sanlock}, {@code dlm}, {@code idm}; if stated. */
  public @Nullable String lockType() {
    return lockType;
  }

  /** Arguments for lvmlockd, in shared volume groups. */
  public @Nullable String lockArgs() {
    return lockArgs;
  }

  /** The words of {@code pr}, of newer LVM2: how persistent reservations are used. */
  public ImmutableList<String> persistentReservation() {
    return persistentReservation;
  }

  /** Size of all its extents. */
  public ExtentSize extentSize() {
    return extentSize;
  }

  /** Most logical volumes it may have, 0 for no limit. */
  public long maxLv() {
    return maxLv;
  }

  /** Most physical volumes it may have, 0 for no limit. */
  public long maxPv() {
    return maxPv;
  }

  /** Its allocation policy; absent means normal. */
  public @Nullable AllocationPolicy allocationPolicy() {
    return allocationPolicy;
  }

  /** Name of its metadata profile, if any. */
  public @Nullable String profile() {
    return profile;
  }

  /** How many metadata areas are kept in use, 0 for all; absent in old metadata. */
  public @Nullable Long metadataCopies() {
    return metadataCopies;
  }

  /** Its physical volumes in the text's order. */
  public ImmutableList<PhysicalVolume> physicalVolumes() {
    return physicalVolumes;
  }

  /** Its logical volumes in the text's order, hidden ones included. */
  public ImmutableList<LogicalVolume> logicalVolumes() {
    return logicalVolumes;
  }

  /** What it remembers of removed thin volumes. */
  public ImmutableList<HistoricalLogicalVolume> historicalLogicalVolumes() {
    return historicalLogicalVolumes;
  }

  /** Fields this library does not know. */
  public Extras extras() {
    return extras;
  }

  /** The physical volume with this identity, or absent. */
  public Optional<PhysicalVolume> physicalVolume(LvmUuid pv) {
    return Optional.ofNullable(pvById.get(pv));
  }

  /**
   * The byte of its device at which a physical extent begins.
   *
   * @param pv identity of the physical volume
   * @param extent index of the extent
   * @throws LvmException if there is no such physical volume
   */
  public long byteOffset(LvmUuid pv, long extent) {
    PhysicalVolume on =
        physicalVolume(pv)
            .orElseThrow(
                () ->
                    new LvmException(
                        "expected physical volume %s in volume group %s, found none"
                            .formatted(pv, name)));
    return Math.addExact(on.peStart().toBytes(), extentSize.toBytes(extent));
  }

  /** The logical volume of this name, or absent. */
  public Optional<LogicalVolume> logicalVolume(String lv) {
    return Optional.ofNullable(lvByName.get(lv));
  }

  /** Whether tools may change it as far as its own status goes. */
  public boolean isWritable() {
    return flags.has(StatusFlag.WRITE) || flags.has(StatusFlag.WRITE_LOCKED);
  }

  /** Whether it is shared through lvmlockd, as its lock type says. */
  public boolean isShared() {
    return lockType != null && SHARED_LOCK_TYPES.contains(lockType);
  }

  /** The temporary volumes of moves that are not finished, in the text's order. */
  public ImmutableList<LogicalVolume> pvmoveVolumes() {
    return logicalVolumes.stream()
        .filter(LogicalVolume::isPvmove)
        .collect(ImmutableList.toImmutableList());
  }

  /**
   * This volume group with some logical volumes replaced by new values of the same name; the order
   * stays.
   *
   * @throws IllegalArgumentException if one of them is not in the volume group
   */
  public VolumeGroup withLogicalVolumes(Iterable<LogicalVolume> changed) {
    Map<String, LogicalVolume> byName = new HashMap<>();
    for (LogicalVolume lv : changed) {
      if (!lvByName.containsKey(lv.name())) {
        throw new IllegalArgumentException(
            "expected a logical volume of %s, found \"%s\"".formatted(name, lv.name()));
      }
      byName.put(lv.name(), lv);
    }
    return toBuilder()
        .logicalVolumes(Lists.transform(logicalVolumes, lv -> byName.getOrDefault(lv.name(), lv)))
        .build();
  }

  @Override
  public String toString() {
    return "volume group %s, seqno %d (%d physical, %d logical volumes)"
        .formatted(name, seqno, physicalVolumes.size(), logicalVolumes.size());
  }

  private List<?> fields() {
    return Arrays.asList(
        name,
        id,
        seqno,
        format,
        flags,
        tags,
        systemId,
        lockType,
        lockArgs,
        persistentReservation,
        extentSize,
        maxLv,
        maxPv,
        allocationPolicy,
        profile,
        metadataCopies,
        physicalVolumes,
        logicalVolumes,
        historicalLogicalVolumes,
        extras);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof VolumeGroup that && fields().equals(that.fields());
  }

  @Override
  public int hashCode() {
    return fields().hashCode();
  }

  /** Collects the fields of a {@link VolumeGroup}; not thread-safe, reusable. */
  public static final class Builder {
    private String name;
    private LvmUuid id;
    private long seqno = 1;
    private @Nullable String format = "lvm2";
    private StatusFlags flags =
        StatusFlags.of(StatusFlag.RESIZEABLE, StatusFlag.READ, StatusFlag.WRITE);
    private ImmutableList<String> tags = ImmutableList.of();
    private @Nullable String systemId;
    private @Nullable String lockType;
    private @Nullable String lockArgs;
    private ImmutableList<String> persistentReservation = ImmutableList.of();
    private final ExtentSize extentSize;
    private long maxLv = 0;
    private long maxPv = 0;
    private @Nullable AllocationPolicy allocationPolicy;
    private @Nullable String profile;
    private @Nullable Long metadataCopies = 0L;
    private ImmutableList<PhysicalVolume> physicalVolumes = ImmutableList.of();
    private ImmutableList<LogicalVolume> logicalVolumes = ImmutableList.of();
    private ImmutableList<HistoricalLogicalVolume> historicalLogicalVolumes = ImmutableList.of();
    private Extras extras = Extras.NONE;

    private Builder(String name, LvmUuid id, ExtentSize extentSize) {
      this.name = name;
      this.id = id;
      this.extentSize = extentSize;
    }

    /** See {@link VolumeGroup#name()}. */
    public Builder name(String value) {
      this.name = value;
      return this;
    }

    /** See {@link VolumeGroup#id()}. */
    public Builder id(LvmUuid value) {
      this.id = value;
      return this;
    }

    /** See {@link VolumeGroup#seqno()}. */
    public Builder seqno(long value) {
      this.seqno = value;
      return this;
    }

    /** See {@link VolumeGroup#format()}. */
    public Builder format(@Nullable String value) {
      this.format = value;
      return this;
    }

    /** See {@link VolumeGroup#flags()}. */
    public Builder flags(StatusFlags value) {
      this.flags = value;
      return this;
    }

    /** See {@link VolumeGroup#tags()}. */
    public Builder tags(Iterable<? extends String> value) {
      this.tags = ImmutableList.copyOf(value);
      return this;
    }

    /** See {@link VolumeGroup#systemId()}. */
    public Builder systemId(@Nullable String value) {
      this.systemId = value;
      return this;
    }

    /** See {@link VolumeGroup#lockType()}. */
    public Builder lockType(@Nullable String value) {
      this.lockType = value;
      return this;
    }

    /** See {@link VolumeGroup#lockArgs()}. */
    public Builder lockArgs(@Nullable String value) {
      this.lockArgs = value;
      return this;
    }

    /** See {@link VolumeGroup#persistentReservation()}. */
    public Builder persistentReservation(Iterable<? extends String> value) {
      this.persistentReservation = ImmutableList.copyOf(value);
      return this;
    }

    /** See {@link VolumeGroup#maxLv()}. */
    public Builder maxLv(long value) {
      this.maxLv = value;
      return this;
    }

    /** See {@link VolumeGroup#maxPv()}. */
    public Builder maxPv(long value) {
      this.maxPv = value;
      return this;
    }

    /** See {@link VolumeGroup#allocationPolicy()}. */
    public Builder allocationPolicy(@Nullable AllocationPolicy value) {
      this.allocationPolicy = value;
      return this;
    }

    /** See {@link VolumeGroup#profile()}. */
    public Builder profile(@Nullable String value) {
      this.profile = value;
      return this;
    }

    /** See {@link VolumeGroup#metadataCopies()}. */
    public Builder metadataCopies(@Nullable Long value) {
      this.metadataCopies = value;
      return this;
    }

    /** See {@link VolumeGroup#physicalVolumes()}. */
    public Builder physicalVolumes(Iterable<? extends PhysicalVolume> value) {
      this.physicalVolumes = ImmutableList.copyOf(value);
      return this;
    }

    /** See {@link VolumeGroup#logicalVolumes()}. */
    public Builder logicalVolumes(Iterable<? extends LogicalVolume> value) {
      this.logicalVolumes = ImmutableList.copyOf(value);
      return this;
    }

    /** See {@link VolumeGroup#historicalLogicalVolumes()}. */
    public Builder historicalLogicalVolumes(Iterable<? extends HistoricalLogicalVolume> value) {
      this.historicalLogicalVolumes = ImmutableList.copyOf(value);
      return this;
    }

    /** See {@link VolumeGroup#extras()}. */
    public Builder extras(Extras value) {
      this.extras = value;
      return this;
    }

    /** The value. */
    public VolumeGroup build() {
      return new VolumeGroup(this);
    }
  }
}
