// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import com.google.common.collect.ImmutableList;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.pvmove.lvm.LvmUuid;

/** The devices of a report, and which of them stands for a physical volume. */
record DeviceNames(ImmutableList<PvDevice> all, Map<LvmUuid, PvDevice> inUse) {
  /** How LVM2 names what it does not find: a device, or the volume group of a used orphan. */
  static final String UNKNOWN = "[unknown]";

  static DeviceNames of(Iterable<PvDevice> devices) {
    Map<LvmUuid, PvDevice> inUse = new HashMap<>();
    for (PvDevice device : devices) {
      if (!device.duplicate()) {
        inUse.putIfAbsent(device.label().pvUuid(), device);
      }
    }
    return new DeviceNames(ImmutableList.copyOf(devices), inUse);
  }

  Optional<PvDevice> device(LvmUuid pv) {
    return Optional.ofNullable(inUse.get(pv));
  }

  String name(LvmUuid pv) {
    return device(pv).map(PvDevice::name).orElse(UNKNOWN);
  }
}
