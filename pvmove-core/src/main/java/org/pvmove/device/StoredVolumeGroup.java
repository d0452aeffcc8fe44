// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Lists;
import com.google.common.collect.Maps;
import java.util.Optional;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.Severity;
import org.pvmove.lvm.check.Violation;
import org.pvmove.lvm.edit.PvmoveRepairs;
import org.pvmove.lvm.text.MetadataHeader;

/**
 * A volume group as a scan found it: the newest version, and the devices it lies on. Immutable; it
 * is the base a later version is committed against.
 *
 * @param volumeGroup the newest version found
 * @param header who wrote that version
 * @param devices the devices of its physical volumes; a volume without a device is missing
 * @param findings what a user should know, in plain words: stale or damaged metadata areas,
 *     duplicates, devices that are too small
 * @param barriers what about its devices, its owner or its state forbids to change it; empty if
 *     nothing does
 * @param violations the rules of LVM2 that the metadata break, without notices; as long as there
 *     are any, only a change that puts them right may be made
 */
public record StoredVolumeGroup(
    VolumeGroup volumeGroup,
    MetadataHeader header,
    ImmutableMap<LvmUuid, ScannedDevice> devices,
    ImmutableList<String> findings,
    ImmutableList<String> barriers,
    ImmutableList<Violation> violations) {

  /**
   * Why it must not be changed as it lies on these devices, and what helps if that is known; empty
   * if it may.
   */
  public ImmutableList<String> refusals() {
    return ImmutableList.<String>builder()
        .addAll(barriers)
        .addAll(Lists.transform(violations, Violation::toString))
        .addAll(howToMend())
        .build();
  }

  /** What to do about broken rules, where moves that were interrupted are the cause. */
  private ImmutableList<String> howToMend() {
    if (violations.isEmpty() || !barriers.isEmpty() || !isReadableByLvm()) {
      return ImmutableList.of();
    }
    try {
      VolumeGroup repaired = PvmoveRepairs.repair(volumeGroup).volumeGroup();
      return DeviceFindings.violations(repaired).isEmpty()
          ? ImmutableList.of(
              "moves that were interrupted have left that behind: restart or abort moves first,"
                  + " which puts it right")
          : ImmutableList.of();
    } catch (LvmException e) {
      return ImmutableList.of("nor can restart or abort put it right: " + e.getMessage());
    }
  }

  private boolean isReadableByLvm() {
    return violations.stream().noneMatch(found -> found.severity() == Severity.UNREADABLE);
  }

  /** The physical volumes no device was found for. */
  public ImmutableList<PhysicalVolume> missing() {
    return volumeGroup.physicalVolumes().stream()
        .filter(pv -> !devices.containsKey(pv.id()))
        .collect(ImmutableList.toImmutableList());
  }

  /**
   * The device of a physical volume.
   *
   * @throws LvmException if it is missing
   */
  public ScannedDevice device(LvmUuid pv) {
    ScannedDevice device = devices.get(pv);
    if (device == null) {
      throw new LvmException(
          "expected a device for physical volume %s of %s, found none"
              .formatted(pv, volumeGroup.name()));
    }
    return device;
  }

  /**
   * Checks that it may be changed, and that its devices are open for writing.
   *
   * @throws AccessRefusedException if not, with every reason
   */
  public void requireChangeable() {
    refuseFor(refusals());
  }

  /**
   * Checks that it may be changed by a repair of its metadata: like {@link #requireChangeable()},
   * but what forbids any other change may be what the repair puts right.
   *
   * @throws AccessRefusedException if not, with every reason
   */
  public void requireRepairable() {
    refuseFor(isReadableByLvm() ? barriers : refusals());
  }

  private void refuseFor(ImmutableList<String> reasons) {
    ImmutableList.Builder<String> all = ImmutableList.builder();
    all.addAll(reasons);
    for (ScannedDevice device : devices.values()) {
      if (device.device().readOnly()) {
        all.add(device.name() + " is open for reading only");
      }
    }
    ImmutableList<String> everyReason = all.build();
    if (!everyReason.isEmpty()) {
      throw new AccessRefusedException(volumeGroup.name(), everyReason);
    }
  }

  /**
   * The largest metadata text that can be committed now, in bytes including the NUL at its end; 0
   * if no metadata area is in use.
   */
  public long room() {
    return devices.values().stream()
        .flatMap(device -> device.areas().stream())
        .filter(MetadataAreaState::isWritten)
        .mapToLong(area -> area.header() == null ? 0 : area.header().room())
        .min()
        .orElse(0);
  }

  /** The names of the devices of its physical volumes, as far as these are known. */
  public ImmutableMap<LvmUuid, String> deviceNames() {
    return ImmutableMap.copyOf(Maps.transformValues(devices, ScannedDevice::name));
  }

  /**
   * How users call a physical volume: the name of its device, else the path the metadata remembers,
   * else its identity.
   */
  public String nameOf(LvmUuid pv) {
    ScannedDevice device = devices.get(pv);
    if (device != null) {
      return device.name();
    }
    Optional<PhysicalVolume> known = volumeGroup.physicalVolume(pv);
    return known.map(PhysicalVolume::label).orElse(pv.toString());
  }
}
