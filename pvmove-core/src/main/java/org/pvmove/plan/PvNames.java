// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.VolumeGroup;

/** How users call the physical volumes of a volume group, and what they mean. */
public final class PvNames {
  private final VolumeGroup vg;
  private final ImmutableMap<LvmUuid, String> deviceNames;

  private PvNames(VolumeGroup vg, ImmutableMap<LvmUuid, String> deviceNames) {
    this.vg = vg;
    this.deviceNames = deviceNames;
  }

  /** The names the metadata remembers. */
  public static PvNames of(VolumeGroup vg) {
    return of(vg, Map.of());
  }

  /** The names of the devices the volumes are on, as far as these are known. */
  public static PvNames of(VolumeGroup vg, Map<LvmUuid, String> deviceNames) {
    return new PvNames(vg, ImmutableMap.copyOf(deviceNames));
  }

  /** The same names in another version of the volume group, which may have other volumes. */
  PvNames in(VolumeGroup version) {
    return new PvNames(version, deviceNames);
  }

  /**
   * How to call a physical volume: by a name that means it and no other, the name of its device
   * first, its uuid last.
   */
  public String of(LvmUuid pv) {
    String device = deviceNames.get(pv);
    if (device != null) {
      return device;
    }
    return vg.physicalVolume(pv)
        .map(PhysicalVolume::label)
        .filter(label -> resolve(label).filter(meant -> meant.id().equals(pv)).isPresent())
        .orElse(pv.toString());
  }

  /**
   * The physical volume a user means: by the name of its device, by its uuid (with or without
   * dashes), or by the device path the metadata remembers where only one volume has it.
   */
  public Optional<PhysicalVolume> resolve(String name) {
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      if (name.equals(deviceNames.get(pv.id()))
          || name.equals(pv.id().toString())
          || name.equals(pv.id().value())) {
        return Optional.of(pv);
      }
    }
    List<PhysicalVolume> hinted = new ArrayList<>();
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      if (name.equals(pv.device())) {
        hinted.add(pv);
      }
    }
    return hinted.size() == 1 ? Optional.of(hinted.get(0)) : Optional.empty();
  }

  /**
   * The physical volume a user means, like {@link #resolve}.
   *
   * @throws LvmException if the name means none
   */
  public PhysicalVolume require(String name) {
    return resolve(name)
        .orElseThrow(
            () ->
                new LvmException(
                    "physical volume \"%s\" was not found in volume group \"%s\""
                        .formatted(name, vg.name())));
  }
}
