// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pvmove.MoveLab.assertCompleted;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pvmove.device.DeviceSet;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;

/** Short segments share checkpoints; each has one. */
class ShortSegmentsTest {
  private static final int EXTENT_BYTES = 64 << 10;
  private static final int SEGMENTS = 24;

  private static SimulatedDisks disks() throws IOException {
    SimulatedDisks disks = new SimulatedDisks(1);
    disks.add("a", 8 << 20);
    disks.add("b", 8 << 20);
    SmallGroup.Run[] runs = new SmallGroup.Run[SEGMENTS];
    for (int i = 0; i < SEGMENTS; i++) {
      runs[i] = new SmallGroup.Run(0, 2L * i, 1);
    }
    SmallGroup.on(disks.disks()).extentBytes(EXTENT_BYTES).linear("bits", runs).create();
    return disks;
  }

  private static DeviceSet devices(SimulatedDisks disks) {
    return DeviceSet.of(disks.disks().toArray(new BlockDevice[0]));
  }

  @ParameterizedTest
  @CsvSource({"0, 24", "65536, 24", "131072, 12", "300000, 5", "268435456, 1"})
  void shareACheckpointUntilSoManyBytesAreCopied(long checkpointBytes, int checkpoints)
      throws Exception {
    List<MoveEvent.Checkpoint> told = new ArrayList<>();
    PvMover mover =
        PvMover.builder(devices(disks()), SmallGroup.NAME)
            .checkpointBytes(checkpointBytes)
            .listener(
                event -> {
                  if (event instanceof MoveEvent.Checkpoint checkpoint) {
                    told.add(checkpoint);
                  }
                })
            .build();
    MovePlan plan = mover.plan(MoveRequest.from("a").build()).orElseThrow();
    assertThat(plan.segments()).hasSize(SEGMENTS);

    MoveOutcome outcome = mover.execute(plan);

    assertCompleted(outcome);
    assertThat(told).hasSize(checkpoints);
    assertThat(told).extracting(MoveEvent.Checkpoint::seqno).doesNotHaveDuplicates();
    assertThat(told.stream().flatMap(checkpoint -> checkpoint.segments().keySet().stream()))
        .doesNotHaveDuplicates()
        .hasSize(SEGMENTS);
    // Beside the checkpoints there are the begin and the end.
    assertThat(outcome.volumeGroup().volumeGroup().seqno())
        .isEqualTo(plan.seqno() + checkpoints + 2)
        .isEqualTo(plan.seqno() + plan.commits(checkpointBytes));
  }

  @ParameterizedTest
  @CsvSource({"0, 65536", "65536, 131071", "131072, 196607", "268435456, 1572864"})
  void makeMoreBeCopiedAgainTheMoreShareACheckpoint(long checkpointBytes, long repeatedAtMost)
      throws Exception {
    SimulatedDisks disks = disks();
    // What was copied of late and would have to be copied again.
    long[] pending = {0, 0};
    PvMover mover =
        PvMover.builder(devices(disks), SmallGroup.NAME)
            .checkpointBytes(checkpointBytes)
            .listener(
                event -> {
                  if (event instanceof MoveEvent.Copied copied) {
                    pending[0] = copied.bytesDone() - pending[1];
                    assertThat(pending[0]).isLessThanOrEqualTo(repeatedAtMost);
                  } else if (event instanceof MoveEvent.Checkpoint) {
                    pending[1] += pending[0];
                    pending[0] = 0;
                  }
                })
            .build();
    MovePlan plan = mover.plan(MoveRequest.from("a").build()).orElseThrow();

    assertThat(plan.repeatedBytes(checkpointBytes)).isEqualTo(repeatedAtMost);
    assertCompleted(mover.execute(plan));
  }

  @Test
  void areAllRepeatedOfAnAtomicMove() throws Exception {
    PvMover mover = PvMover.builder(devices(disks()), SmallGroup.NAME).build();
    MovePlan plan = mover.plan(MoveRequest.from("a").atomic(true).build()).orElseThrow();

    assertThat(plan.commits(0)).isEqualTo(plan.commits(1 << 20)).isEqualTo(2);
    assertThat(plan.repeatedBytes(0)).isEqualTo(plan.cost().bytes());
  }

  @Test
  void haveNoReceiptInAnAtomicMoveBeforeItsEnd() throws Exception {
    SimulatedDisks disks = disks();
    PvMover[] running = {null};
    running[0] =
        PvMover.builder(devices(disks), SmallGroup.NAME)
            .checkpointBytes(0)
            .listener(
                event -> {
                  if (event instanceof MoveEvent.Copied copied && copied.segment() == 6) {
                    running[0].stop();
                  }
                })
            .build();
    MoveRequest request = MoveRequest.from("a").atomic(true).build();

    MoveOutcome stopped = running[0].execute(running[0].plan(request).orElseThrow());

    assertThat(stopped).isInstanceOf(MoveOutcome.Stopped.class);
    assertThat(stopped.work().receipts()).isEmpty();
    assertThat(stopped.work().bytesCopied()).isZero();
    MoveOutcome resumed = PvMover.builder(devices(disks), SmallGroup.NAME).build().resume();
    assertCompleted(resumed);
    assertThat(resumed.work().receipts()).hasSize(SEGMENTS);
  }

  @Test
  void haveTheirCheckpointWhenTheMoveIsStopped() throws Exception {
    SimulatedDisks disks = disks();
    PvMover[] running = {null};
    running[0] =
        PvMover.builder(devices(disks), SmallGroup.NAME)
            .listener(
                event -> {
                  if (event instanceof MoveEvent.Copied copied && copied.segment() == 6) {
                    running[0].stop();
                  }
                })
            .build();

    MoveOutcome outcome =
        running[0].execute(running[0].plan(MoveRequest.from("a").build()).orElseThrow());

    assertThat(outcome).isInstanceOf(MoveOutcome.Stopped.class);
    assertThat(outcome.work().receipts()).hasSize(7);
    List<MoveEvent> events = new ArrayList<>();
    assertCompleted(
        PvMover.builder(devices(disks), SmallGroup.NAME).listener(events::add).build().resume());
    assertThat(events.get(0))
        .isInstanceOfSatisfying(
            MoveEvent.Started.class, started -> assertThat(started.segmentsDone()).isEqualTo(7));
    LvContent.verifyAll(devices(disks).scan().volumeGroup(SmallGroup.NAME));
  }
}
