// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import com.google.common.collect.ImmutableList;
import java.util.stream.Collectors;
import org.pvmove.lvm.LvmException;

/**
 * What a set of devices holds, as one scan found it.
 *
 * @param devices every device, in the set's order, with what was found on it
 * @param volumeGroups the volume groups, in the order in which they were found
 */
public record DeviceScan(
    ImmutableList<ScannedDevice> devices, ImmutableList<StoredVolumeGroup> volumeGroups) {

  /**
   * The volume group of that name or identity.
   *
   * @throws LvmException if there is none, or several bear the name
   */
  public StoredVolumeGroup volumeGroup(String nameOrId) {
    ImmutableList<StoredVolumeGroup> found =
        volumeGroups.stream()
            .filter(
                stored ->
                    stored.volumeGroup().name().equals(nameOrId)
                        || stored.volumeGroup().id().toString().equals(nameOrId))
            .collect(ImmutableList.toImmutableList());
    if (found.size() == 1) {
      return found.get(0);
    }
    if (found.isEmpty()) {
      throw new LvmException(
          "expected a volume group \"%s\", found %s"
              .formatted(
                  nameOrId,
                  volumeGroups.isEmpty()
                      ? "none on these devices" + leftOut()
                      : volumeGroups.stream()
                          .map(stored -> '"' + stored.volumeGroup().name() + '"')
                          .collect(Collectors.joining(", "))));
    }
    throw new LvmException(
        "expected one volume group \"%s\", found %s: name it by its uuid"
            .formatted(
                nameOrId,
                found.stream()
                    .map(stored -> stored.volumeGroup().id().toString())
                    .collect(Collectors.joining(" and "))));
  }

  private String leftOut() {
    String reasons =
        devices.stream()
            .filter(device -> device.leftOut() != null)
            .map(device -> device.name() + ": " + device.leftOut())
            .collect(Collectors.joining("; "));
    return reasons.isEmpty() ? "" : " (" + reasons + ")";
  }
}
