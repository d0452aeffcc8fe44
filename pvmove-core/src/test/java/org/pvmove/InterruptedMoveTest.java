// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pvmove.MoveLab.assertCompleted;
import static org.pvmove.MoveLab.assertSourceIsEmpty;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.BlockDevice;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.lvm.edit.Pvmove;

/** Disks that lost power while real LVM2 was moving on a real kernel. */
class InterruptedMoveTest {
  private static final long MIB = 1 << 20;

  private static DeviceSet open(String move) {
    return DeviceSet.of(FixtureDisks.interrupted(move).toArray(new BlockDevice[0]));
  }

  /** Checks each logical volume as a whole and sector by sector. */
  private static VolumeGroup assertIntact(DeviceSet devices, String move) throws Exception {
    StoredVolumeGroup stored = devices.scan().volumeGroup("vg");
    LvContent.verifyAll(stored);
    assertThat(stored.findings()).isEmpty();
    assertThat(stored.refusals()).isEmpty();
    assertThat(VolumeGroupCheck.check(stored.volumeGroup())).isEmpty();
    for (String line : FixtureDisks.checksums(move)) {
      String name = line.substring(line.lastIndexOf('-') + 1);
      byte[] md5 = MessageDigest.getInstance("MD5").digest(LvContent.read(stored, name));
      assertThat(HexFormat.of().formatHex(md5) + "  /dev/mapper/vg-" + name).isEqualTo(line);
    }
    return stored.volumeGroup();
  }

  private static void assertSettled(VolumeGroup vg) {
    assertThat(vg.logicalVolumes()).extracting(LogicalVolume::name).containsExactly("a", "b", "s");
    assertThat(vg.logicalVolumes()).noneMatch(LogicalVolume::isLocked);
  }

  @ParameterizedTest
  @ValueSource(strings = {"h1-nonatomic", "h2-atomic"})
  void readsEveryByteInTheMiddleOfTheMove(String move) throws Exception {
    VolumeGroup vg = assertIntact(open(move), move);

    assertThat(Pvmove.allOf(vg))
        .singleElement()
        .satisfies(
            found -> {
              assertThat(found.name()).isEqualTo("pvmove0");
              assertThat(found.atomic()).isEqualTo(move.equals("h2-atomic"));
              assertThat(found.extentCount()).isEqualTo(34);
              assertThat(found.pieces()).hasSize(4);
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"h1-nonatomic", "h2-atomic"})
  void finishesTheMove(String move) throws Exception {
    DeviceSet devices = open(move);

    assertCompleted(PvMover.builder(devices, "vg").build().resume());

    VolumeGroup vg = assertIntact(devices, move);
    assertSettled(vg);
    assertSourceIsEmpty(vg);
  }

  @ParameterizedTest
  @ValueSource(strings = {"h1-nonatomic", "h2-atomic"})
  void givesTheMoveUp(String move) throws Exception {
    DeviceSet devices = open(move);

    assertCompleted(PvMover.builder(devices, "vg").build().abort());

    assertSettled(assertIntact(devices, move));
  }

  @Test
  void copiesOnlyWhatIsNotDone() throws Exception {
    List<MoveEvent> events = new ArrayList<>();
    MoveOutcome outcome =
        PvMover.builder(open("h1-nonatomic"), "vg").listener(events::add).build().resume();

    assertThat(events.get(0)).isEqualTo(new MoveEvent.Started("pvmove0", 4, 1, 34 * MIB, 10 * MIB));
    assertThat(((MoveOutcome.Completed) outcome).work().bytesCopied()).isEqualTo(24 * MIB);
  }

  @Test
  void leavesFinishedSegmentsAtTheirNewPlaceWhenGivingUp() throws Exception {
    DeviceSet devices = open("h1-nonatomic");
    Pvmove move = Pvmove.allOf(devices.scan().volumeGroup("vg").volumeGroup()).get(0);

    PvMover.builder(devices, "vg").build().abort();

    VolumeGroup vg = devices.scan().volumeGroup("vg").volumeGroup();
    ExtentMap extents = ExtentMap.of(vg);
    assertThat(move.pieces()).filteredOn(Pvmove.Piece::done).hasSize(1);
    for (Pvmove.Piece piece : move.pieces()) {
      PeRange used = piece.done() ? piece.destination() : piece.source();
      PeRange free = piece.done() ? piece.source() : piece.destination();
      assertThat(extents.uses(used.pv())).anyMatch(use -> use.range().overlaps(used));
      assertThat(extents.uses(free.pv())).noneMatch(use -> use.range().overlaps(free));
    }
  }

  @Test
  void givesAnAtomicMoveUpAsAWhole() throws Exception {
    DeviceSet devices = open("h2-atomic");
    Pvmove move = Pvmove.allOf(devices.scan().volumeGroup("vg").volumeGroup()).get(0);

    PvMover.builder(devices, "vg").build().abort();

    VolumeGroup vg = devices.scan().volumeGroup("vg").volumeGroup();
    ExtentMap extents = ExtentMap.of(vg);
    for (Pvmove.Piece piece : move.pieces()) {
      assertThat(extents.uses(piece.destination().pv()))
          .noneMatch(use -> use.range().overlaps(piece.destination()));
      assertThat(extents.uses(piece.source().pv()))
          .anyMatch(use -> use.range().overlaps(piece.source()));
    }
  }
}
