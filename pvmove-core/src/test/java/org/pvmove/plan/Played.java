// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.Severity;
import org.pvmove.lvm.check.Violation;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.lvm.testing.Tank;

/** Plans carried out on paper, and where volumes lie. */
final class Played {
  private Played() {}

  /**
   * The volume group behind a move that must be possible. Nothing may be wrong with any version of
   * it on the way that was not before, there must be as many as the plan says, and none has a trace
   * of the move at the end.
   */
  static VolumeGroup moved(VolumeGroup vg, MoveRequest.Builder request) {
    return carriedOut(vg, Planner.plan(vg, request.build()).orElseThrow());
  }

  static VolumeGroup carriedOut(VolumeGroup vg, MovePlan plan) {
    List<Violation> notices = VolumeGroupCheck.check(vg);
    assertThat(notices).allMatch(violation -> violation.severity() == Severity.NOTICE);
    PvmoveEdits.Origin origin =
        new PvmoveEdits.Origin(Tank.id("move"), Tank.id("from"), Tank.id("to"), "host", 0);
    VolumeGroup last = vg;
    int versions = 0;
    for (VolumeGroup next : plan.replay(vg, origin)) {
      assertThat(VolumeGroupCheck.check(next)).isEqualTo(notices);
      versions++;
      last = next;
    }
    assertThat(versions).isEqualTo(plan.cost().commits());
    assertThat(last.pvmoveVolumes()).isEqualTo(vg.pvmoveVolumes());
    assertThat(last.logicalVolumes())
        .filteredOn(LogicalVolume::isLocked)
        .isEqualTo(vg.logicalVolumes().stream().filter(LogicalVolume::isLocked).toList());
    return last;
  }

  /**
   * The devices of each volume that lies on some itself: device and first extent of each segment,
   * with {@code +} between stripes.
   */
  static Map<String, String> devices(VolumeGroup vg) {
    Map<String, String> devices = new TreeMap<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      if (lv.segments().stream().anyMatch(Played::isOnDevices)) {
        devices.put(
            lv.name(),
            lv.segments().stream()
                .map(segment -> devices(vg, segment))
                .collect(Collectors.joining(" ")));
      }
    }
    return devices;
  }

  private static boolean isOnDevices(Segment segment) {
    return segment.areas().stream().anyMatch(area -> area instanceof Area.Physical);
  }

  private static String devices(VolumeGroup vg, Segment segment) {
    return segment.areas().stream()
        .map(area -> device(vg, (Area.Physical) area))
        .collect(Collectors.joining("+"));
  }

  private static String device(VolumeGroup vg, Area.Physical area) {
    return vg.physicalVolume(area.pv()).orElseThrow().label().replace("/dev/", "")
        + ":"
        + area.extent();
  }
}
