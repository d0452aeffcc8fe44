// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.pvmove.device.DeviceScan;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.ScannedDevice;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.Access;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.StatusFlag;

/** Reading disks that nobody knows: which volume groups are there, and is all of them? */
public final class UnknownDisks {
  private UnknownDisks() {}

  /**
   * Prints what is on some disks or disk images; nothing is written to them.
   *
   * @param arguments the disks
   */
  public static void main(String... arguments) throws IOException {
    describe(Stream.of(arguments).map(Path::of).toList()).forEach(System.out::println);
  }

  static List<String> describe(List<Path> disks) throws IOException {
    List<String> lines = new ArrayList<>();
    try (DeviceSet devices = DeviceSet.open(Access.READ_ONLY, disks)) {
      DeviceScan scan = devices.scan();
      for (StoredVolumeGroup group : scan.volumeGroups()) {
        lines.add(
            "%s: version %d, on %d of %d disks"
                .formatted(
                    group.volumeGroup().name(),
                    group.volumeGroup().seqno(),
                    group.devices().size(),
                    group.volumeGroup().physicalVolumes().size()));
        for (LogicalVolume lv : group.volumeGroup().logicalVolumes()) {
          if (lv.flags().has(StatusFlag.VISIBLE)) {
            long bytes = group.volumeGroup().extentSize().toBytes(lv.extentCount());
            lines.add("  %s: %d bytes".formatted(lv.name(), bytes));
          }
        }
        group.findings().forEach(finding -> lines.add("  noticed: " + finding));
        group.refusals().forEach(refusal -> lines.add("  must not be changed: " + refusal));
      }
      for (ScannedDevice device : scan.devices()) {
        if (device.leftOut() != null) {
          lines.add("%s: %s".formatted(device.name(), device.leftOut()));
        }
      }
    }
    return lines;
  }
}
