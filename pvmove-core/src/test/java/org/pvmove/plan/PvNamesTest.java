// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pvmove.lvm.testing.Tank.pv;
import static org.pvmove.lvm.testing.Tank.pvs;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.VolumeGroup;

class PvNamesTest {
  private static VolumeGroup hinted(String... hints) {
    VolumeGroup vg = pvs(new long[hints.length]).build();
    PhysicalVolume[] pvs = vg.physicalVolumes().toArray(new PhysicalVolume[0]);
    for (int i = 0; i < hints.length; i++) {
      pvs[i] = pvs[i].toBuilder().device(hints[i]).build();
    }
    return vg.toBuilder().physicalVolumes(List.of(pvs)).build();
  }

  private static void assertNamed(PvNames names, int pv, String name) {
    assertThat(names.of(pv(pv))).isEqualTo(name);
    assertThat(names.resolve(name)).map(PhysicalVolume::id).contains(pv(pv));
  }

  @Test
  void callsAPhysicalVolumeByItsDevice() {
    PvNames names = PvNames.of(hinted("/dev/sda", "/dev/sdb"), Map.of(pv(0), "a.img"));
    assertNamed(names, 0, "a.img");
    assertNamed(names, 1, "/dev/sdb");
  }

  @Test
  void knowsAPhysicalVolumeByItsUuidAndByTheRememberedPath() {
    PvNames names = PvNames.of(hinted("/dev/sda", "/dev/sdb"), Map.of(pv(0), "a.img"));
    for (String name : List.of(pv(0).toString(), pv(0).value(), "/dev/sda")) {
      assertThat(names.resolve(name)).map(PhysicalVolume::id).contains(pv(0));
    }
    assertThat(names.resolve("/dev/sdc")).isEmpty();
    assertThat(names.resolve("")).isEmpty();
  }

  @Test
  void takesADeviceForWhatItIsAndNotForWhatIsRemembered() {
    // The disks were swapped since the metadata were written.
    PvNames names =
        PvNames.of(hinted("/dev/sda", "/dev/sdb"), Map.of(pv(0), "/dev/sdb", pv(1), "/dev/sda"));
    assertNamed(names, 0, "/dev/sdb");
    assertNamed(names, 1, "/dev/sda");
  }

  @Test
  void callsByUuidWhereTheRememberedPathIsAmbiguousOrMeansAnother() {
    PvNames ambiguous = PvNames.of(hinted("/dev/sda", "/dev/sda"));
    assertThat(ambiguous.resolve("/dev/sda")).isEmpty();
    assertNamed(ambiguous, 0, pv(0).toString());
    assertNamed(ambiguous, 1, pv(1).toString());
    PvNames taken = PvNames.of(hinted("/dev/sda", "/dev/sdb"), Map.of(pv(1), "/dev/sda"));
    assertNamed(taken, 0, pv(0).toString());
    assertNamed(taken, 1, "/dev/sda");
  }

  @Test
  void callsByUuidWhatHasNoPathOrIsUnknown() {
    PvNames names = PvNames.of(hinted("[unknown]", null));
    assertNamed(names, 0, pv(0).toString());
    assertNamed(names, 1, pv(1).toString());
    assertThat(names.of(pv(7))).isEqualTo(pv(7).toString());
  }
}
