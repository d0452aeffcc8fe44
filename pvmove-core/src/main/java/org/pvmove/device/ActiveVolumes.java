// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Collection;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.VolumeGroup;

/**
 * Which logical volumes the kernel has active, going by the identities that LVM2 gives its
 * device-mapper devices: {@code LVM-} and the two identities of group and volume, read from {@code
 * /sys/block/dm-N/dm/uuid}.
 */
public final class ActiveVolumes {
  private static final String PREFIX = "LVM-";
  private static final int ID_LENGTH = 32;

  private final Path blockDevices;

  private ActiveVolumes(Path blockDevices) {
    this.blockDevices = blockDevices;
  }

  /** Those of this system; none where there is no sysfs. */
  public static ActiveVolumes ofSystem() {
    return in(Path.of("/sys/block"));
  }

  /**
   * Those that a directory tells of.
   *
   * @param blockDevices a directory like {@code /sys/block}; if it is not there none is active
   */
  public static ActiveVolumes in(Path blockDevices) {
    return new ActiveVolumes(checkNotNull(blockDevices));
  }

  /**
   * Checks that volumes are not active.
   *
   * @param names names of logical volumes of the volume group
   * @throws AccessRefusedException if one of them is, with all of them
   * @throws IOException if sysfs cannot be read
   */
  public void requireInactive(VolumeGroup vg, Collection<String> names) throws IOException {
    ImmutableList<String> reasons =
        among(vg, names).stream()
            .map(
                name ->
                    "logical volume %s is active in the kernel: deactivate it (lvchange -an), or"
                            .formatted(name)
                        + " let LVM2's own pvmove move it (SystemPvmove)")
            .collect(ImmutableList.toImmutableList());
    if (!reasons.isEmpty()) {
      throw new AccessRefusedException(vg.name(), reasons);
    }
  }

  /**
   * Those of some volumes that are active.
   *
   * @param names names of logical volumes of the volume group
   * @return the names of those that are, in the text's order
   * @throws IOException if sysfs cannot be read
   */
  public ImmutableList<String> among(VolumeGroup vg, Collection<String> names) throws IOException {
    ImmutableSet<String> active = of(vg.id());
    return vg.logicalVolumes().stream()
        .filter(lv -> names.contains(lv.name()) && active.contains(lv.id().value()))
        .map(LogicalVolume::name)
        .collect(ImmutableList.toImmutableList());
  }

  /** Identities of the volumes of a group that are active, without dashes. */
  private ImmutableSet<String> of(LvmUuid vg) throws IOException {
    ImmutableSet.Builder<String> active = ImmutableSet.builder();
    String prefix = PREFIX + vg.value();
    try (DirectoryStream<Path> mapped = Files.newDirectoryStream(blockDevices, "dm-*")) {
      for (Path device : mapped) {
        String uuid = uuid(device);
        // Behind the identity may stand which layer of the volume a device is.
        if (uuid.startsWith(prefix) && uuid.length() >= prefix.length() + ID_LENGTH) {
          active.add(uuid.substring(prefix.length(), prefix.length() + ID_LENGTH));
        }
      }
    } catch (NoSuchFileException | NotDirectoryException withoutSysfs) {
      return ImmutableSet.of();
    }
    return active.build();
  }

  private static String uuid(Path device) throws IOException {
    try {
      return Files.readString(device.resolve("dm/uuid")).strip();
    } catch (NoSuchFileException removedMeanwhile) {
      return "";
    }
  }
}
