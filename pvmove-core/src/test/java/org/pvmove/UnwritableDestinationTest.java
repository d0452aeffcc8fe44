// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pvmove.MoveLab.EXTENT_BYTES;
import static org.pvmove.MoveLab.assertCompleted;
import static org.pvmove.MoveLab.assertSettled;
import static org.pvmove.MoveLab.assertSourceIsEmpty;
import static org.pvmove.MoveLab.sound;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.execute.CopyFailedException;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;

/** Where a destination cannot be written, extents go elsewhere if that was asked for. */
class UnwritableDestinationTest {
  private final MoveRequest.Builder request =
      MoveRequest.from("a").to("b").maxSegmentBytes(MoveLab.SEGMENT_BYTES);

  private static SimulatedDisks disks() throws IOException {
    return MoveLab.Scenario.ONE_AREA_EACH.disks(5);
  }

  private static MovePlan plan(SimulatedDisks disks, MoveRequest request) {
    return MoveLab.mover(disks.disks(), MoveListener.NONE).plan(request).orElseThrow();
  }

  private static MoveOutcome move(SimulatedDisks disks, MoveRequest request) throws IOException {
    PvMover mover = MoveLab.mover(disks.disks(), MoveListener.NONE);
    return mover.execute(mover.plan(request).orElseThrow(), request);
  }

  /** Makes a sector of an extent of disk b bad for writing. */
  private static void spoil(SimulatedDisks disks, long extent) {
    long start = sound(disks).volumeGroup().physicalVolumes().get(1).peStart().toBytes();
    disks.disk("b").failWrites(start + extent * EXTENT_BYTES + 1024, 512);
  }

  private static List<PeRange> usedOn(VolumeGroup vg, int pv) {
    return ExtentMap.of(vg).uses(vg.physicalVolumes().get(pv).id()).stream()
        .map(ExtentMap.Use::range)
        .toList();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void goesElsewhereAndKeepsWhatIsDone(boolean atomic) throws Exception {
    SimulatedDisks disks = disks();
    MoveRequest request = this.request.atomic(atomic).build();
    List<MovePlan.Segment> segments = plan(disks, request).segments();
    long bad = segments.get(3).destination().first();
    spoil(disks, bad);

    MoveOutcome outcome = move(disks, request);

    assertCompleted(outcome);
    VolumeGroup now = sound(disks.crashImage(Unflushed.LOST)).volumeGroup();
    assertSettled(now);
    assertSourceIsEmpty(now);
    assertThat(usedOn(now, 1)).noneMatch(range -> range.first() <= bad && bad < range.end());
    // Of the atomic move that was given up there are none.
    assertThat(outcome.work().receipts()).hasSize(segments.size());
  }

  @Test
  void goesElsewhereSeveralTimes() throws Exception {
    SimulatedDisks disks = disks();
    for (long extent = 1; extent < 12; extent += 2) {
      spoil(disks, extent);
    }

    MoveOutcome outcome = move(disks, request.build());

    assertCompleted(outcome);
    VolumeGroup now = sound(disks.crashImage(Unflushed.LOST)).volumeGroup();
    assertSettled(now);
    assertSourceIsEmpty(now);
  }

  @Test
  void stopsWithTheMoveInProgressIfThereIsNoOtherPlace() throws Exception {
    SimulatedDisks disks = disks();
    long needed = plan(disks, request.build()).cost().extents();
    // Extent 0 of disk b is in use.
    MoveRequest tight =
        MoveRequest.from("a").to("b:1-" + needed).maxSegmentBytes(MoveLab.SEGMENT_BYTES).build();
    spoil(disks, 4);

    MoveOutcome outcome = move(disks, tight);

    assertThat(outcome).isInstanceOf(MoveOutcome.Stopped.class);
    CopyFailedException failure = (CopyFailedException) ((MoveOutcome.Stopped) outcome).failure();
    assertThat(failure.operation()).isEqualTo(CopyFailedException.Operation.WRITE);
    VolumeGroup now = sound(disks.crashImage(Unflushed.LOST)).volumeGroup();
    assertThat(Pvmove.allOf(now)).hasSize(1);
    SimulatedDisks healthy = disks.crashImage(Unflushed.KEPT);
    assertCompleted(MoveLab.mover(healthy.disks(), MoveListener.NONE).resume());
    assertSourceIsEmpty(sound(healthy.crashImage(Unflushed.LOST)).volumeGroup());
  }

  @Test
  void givesUpOnADiskThatCannotBeWrittenAtAll() throws Exception {
    SimulatedDisks disks = disks();
    long start = sound(disks).volumeGroup().physicalVolumes().get(1).peStart().toBytes();
    disks.disk("b").failWrites(start, MoveLab.DISK_BYTES - start);

    MoveOutcome outcome = move(disks, request.build());

    assertThat(outcome).isInstanceOf(MoveOutcome.Stopped.class);
    assertCompleted(MoveLab.mover(disks.disks(), MoveListener.NONE).abort());
    assertSettled(sound(disks.crashImage(Unflushed.LOST)).volumeGroup());
  }

  @Test
  void doesNotGoElsewhereAfterAFlushThatFailed() throws Exception {
    SimulatedDisks disks = disks();
    PvMover mover =
        MoveLab.mover(
            disks.disks(),
            event -> {
              if (event instanceof MoveEvent.Copied) {
                disks.disk("b").failFlushes(1);
              }
            });

    MoveOutcome outcome = mover.execute(mover.plan(request.build()).orElseThrow(), request.build());

    CopyFailedException failure = (CopyFailedException) ((MoveOutcome.Stopped) outcome).failure();
    assertThat(failure.operation()).isEqualTo(CopyFailedException.Operation.FLUSH);
    assertThat(Pvmove.allOf(sound(disks.crashImage(Unflushed.LOST)).volumeGroup())).hasSize(1);
  }
}
