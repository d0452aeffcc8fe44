// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveListener;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.testing.PowerCutException;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.Severity;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.plan.MoveRequest;

/**
 * The scenarios of LVM2's own tests on simulated disks, called {@code a}, {@code b} and so on. What
 * a reboot is there, after a poller was killed, is here a power cut in the middle of a write.
 */
final class ScenarioLab {
  private static final long DISK_BYTES = 2 << 20;

  private ScenarioLab() {}

  /** Where volumes go. */
  interface Layout {
    void on(SmallGroup group);
  }

  /** Empty disks, of names one behind the other. */
  static SimulatedDisks disks(int count) {
    SimulatedDisks disks = new SimulatedDisks(20_260_411);
    for (int i = 0; i < count; i++) {
      disks.add(Character.toString('a' + i), DISK_BYTES);
    }
    return disks;
  }

  /**
   * Makes a volume group on some of the disks, all of it durable.
   *
   * @param areas metadata areas on each of its disks
   */
  static void create(
      SimulatedDisks disks, int first, String name, List<Integer> areas, Layout layout)
      throws IOException {
    SmallGroup group =
        SmallGroup.named(name, disks.disks().subList(first, first + areas.size())).areas(areas);
    layout.on(group);
    group.create();
  }

  /** A request for segments of two extents, so that there are several. */
  static MoveRequest request(String from, String to, boolean atomic, String... lvs) {
    return MoveRequest.from(from)
        .to(to)
        .logicalVolume(lvs)
        .atomic(atomic)
        .maxSegmentBytes(MoveLab.SEGMENT_BYTES)
        .build();
  }

  /** A mover as of a process that has just been started. */
  static PvMover mover(SimulatedDisks disks, String vg, MoveListener listener) {
    return PvMover.builder(DeviceSet.of(disks.disks().toArray(new BlockDevice[0])), vg)
        .checkpointBytes(0)
        .clock(() -> Instant.ofEpochSecond(1_800_000_000L))
        .random(new Random(disks.seed() + disks.writeCount()))
        .host("test")
        .listener(listener)
        .build();
  }

  static PvMover mover(SimulatedDisks disks, String vg) {
    return mover(disks, vg, MoveListener.NONE);
  }

  /**
   * Begins a move, and cuts the power in the middle of the first write behind some checkpoints.
   *
   * @return the disks as they come up again
   */
  static SimulatedDisks killed(
      SimulatedDisks disks, String vg, MoveRequest request, int checkpoints) throws IOException {
    int[] passed = {0};
    PvMover mover =
        mover(
            disks,
            vg,
            event -> {
              boolean begins = event instanceof MoveEvent.Started;
              passed[0] += event instanceof MoveEvent.Checkpoint ? 1 : 0;
              if (begins ? checkpoints == 0 : passed[0] == checkpoints) {
                disks.cutPowerDuringWrite(disks.writeCount() + 1, 3);
              }
            });
    MoveLab.assertCutShort(
        PowerCutException.class, () -> mover.execute(mover.plan(request).orElseThrow()));
    return disks.crashImage(Unflushed.RANDOM);
  }

  /** What a reader finds: nothing to complain about, and every byte in place. */
  static VolumeGroup sound(SimulatedDisks disks, String vg) {
    StoredVolumeGroup stored =
        DeviceSet.of(disks.disks().toArray(new BlockDevice[0])).scan().volumeGroup(vg);
    assertThat(stored.refusals()).isEmpty();
    assertThat(stored.missing()).isEmpty();
    assertThat(VolumeGroupCheck.check(stored.volumeGroup()))
        .allMatch(violation -> violation.severity() == Severity.NOTICE);
    LvContent.verifyAll(stored);
    return stored.volumeGroup();
  }

  /** Names of the moves in progress. */
  static List<String> moves(VolumeGroup vg) {
    return Pvmove.allOf(vg).stream().map(Pvmove::name).toList();
  }

  /** Disk, first extent and length of each segment of a volume, with {@code +} between stripes. */
  static String places(VolumeGroup vg, String lv) {
    return vg.logicalVolume(lv).orElseThrow().segments().stream()
        .map(segment -> places(vg, segment))
        .collect(Collectors.joining(" "));
  }

  private static String places(VolumeGroup vg, Segment segment) {
    return segment.areas().stream()
        .map(
            area ->
                area instanceof Area.Physical on
                    ? "%s:%d-%d"
                        .formatted(
                            vg.physicalVolume(on.pv()).orElseThrow().label(),
                            on.extent(),
                            on.extent() + segment.areaLength() - 1)
                    : ((Area.Logical) area).lv())
        .collect(Collectors.joining("+"));
  }

  /** Checks that no move is under way and none left a trace. */
  static void assertSettled(VolumeGroup vg) {
    assertThat(vg.logicalVolumes())
        .noneMatch(LogicalVolume::isLocked)
        .noneMatch(lv -> lv.name().startsWith("pvmove"));
  }
}
