// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pvmove.MoveLab.assertCompleted;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.CopyFailedException;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.execute.ReadErrors;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.IoHints;
import org.pvmove.io.testing.ForwardingDevice;
import org.pvmove.io.testing.SimulatedBlockDevice;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;
import org.pvmove.plan.PlanResult;

/**
 * Disks that like many requests at once, so that several threads copy, also while checkpoints are
 * written. The order of requests is the system's; the seed decides what is asked and what fails.
 *
 * <p>The system property {@code pvmove.lanes} says how many moves are made (default 60), {@code
 * pvmove.lanesSeed} the first of their seeds.
 */
class ConcurrentCopyTest {
  private static final int RUNS = Integer.getInteger("pvmove.lanes", 60);
  private static final long SEED = Long.getLong("pvmove.lanesSeed", 20261127);
  private static final int EXTENT_BYTES = 256 << 10;
  private static final long DISK_BYTES = 14 << 20;

  private static void hurry(SimulatedDisks disks) {
    for (SimulatedBlockDevice disk : disks.disks()) {
      disk.hints(new IoHints(disk.name(), false, 8, 1 << 20));
    }
  }

  /** Two volumes on disks a and c, which go to b and d; or all of it somewhere. */
  private static SimulatedDisks disks(long seed) throws IOException {
    SimulatedDisks disks = new SimulatedDisks(seed);
    for (String name : List.of("a", "b", "c", "d")) {
      disks.add(name, DISK_BYTES);
    }
    SmallGroup.on(disks.disks())
        .extentBytes(EXTENT_BYTES)
        .linear("long", new SmallGroup.Run(0, 0, 14), new SmallGroup.Run(0, 20, 5))
        .linear("short", new SmallGroup.Run(0, 15, 1), new SmallGroup.Run(2, 0, 1))
        .striped("str", 64 << 10, new SmallGroup.Run(2, 3, 9), new SmallGroup.Run(0, 30, 9))
        .linear("bits", new SmallGroup.Run(2, 15, 1), new SmallGroup.Run(2, 20, 2))
        .create();
    SimulatedDisks durable = disks.crashImage(Unflushed.KEPT);
    hurry(durable);
    return durable;
  }

  private static PvMover.Builder mover(SimulatedDisks disks) {
    return PvMover.builder(DeviceSet.of(disks.disks().toArray(new BlockDevice[0])), SmallGroup.NAME)
        .random(new Random(7))
        .host("test");
  }

  private static MoveRequest.Builder request() {
    return MoveRequest.from("a", "c").to("b", "d").maxSegmentBytes(5L * EXTENT_BYTES);
  }

  private static StoredVolumeGroup sound(SimulatedDisks disks) {
    StoredVolumeGroup stored =
        DeviceSet.of(disks.disks().toArray(new BlockDevice[0])).scan().volumeGroup(SmallGroup.NAME);
    assertThat(stored.refusals()).isEmpty();
    assertThat(VolumeGroupCheck.check(stored.volumeGroup())).isEmpty();
    LvContent.verifyAll(stored);
    return stored;
  }

  private static void assertSourcesAreEmpty(VolumeGroup vg) {
    ExtentMap extents = ExtentMap.of(vg);
    assertThat(extents.uses(vg.physicalVolumes().get(0).id())).isEmpty();
    assertThat(extents.uses(vg.physicalVolumes().get(2).id())).isEmpty();
  }

  static LongStream seeds() {
    System.out.printf("ConcurrentCopyTest: %d moves from seed %d%n", RUNS, SEED);
    return LongStream.range(SEED, SEED + RUNS);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void losesNothingWhenThePowerGoes(long seed) throws Exception {
    Random random = new Random(seed);
    boolean atomic = random.nextInt(4) == 0;
    long writes = writesOf(seed, atomic);

    SimulatedDisks disks = disks(seed);
    long last = disks.writeCount() + 1 + (long) (random.nextDouble() * writes);
    if (random.nextBoolean()) {
      disks.cutPowerAfterWrite(last);
    } else {
      disks.cutPowerDuringWrite(last, random.nextInt(8));
    }
    List<MoveEvent.Checkpoint> told = new ArrayList<>();
    try {
      PvMover mover =
          mover(disks)
              .verify(random.nextBoolean())
              .parallel(1 + random.nextInt(3))
              .checkpointBytes(random.nextBoolean() ? 0 : random.nextInt(4 << 20))
              .listener(
                  event -> {
                    if (event instanceof MoveEvent.Checkpoint checkpoint) {
                      told.add(checkpoint);
                    }
                  })
              .build();
      MoveOutcome unused =
          mover.execute(mover.plan(request().atomic(atomic).build()).orElseThrow());
    } catch (IOException e) {
      // At the first commit; later ones end in an outcome.
    }

    SimulatedDisks after =
        disks.powerIsOff() ? disks.crashImage(Unflushed.RANDOM) : disks.crashImage(Unflushed.KEPT);
    hurry(after);
    StoredVolumeGroup found = sound(after);
    long durable = told.stream().mapToLong(MoveEvent.Checkpoint::seqno).max().orElse(0);
    assertThat(found.volumeGroup().seqno()).isGreaterThanOrEqualTo(durable);
    boolean begun = !found.volumeGroup().pvmoveVolumes().isEmpty();
    PvMover next = mover(after).parallel(2).build();
    assertCompleted(random.nextInt(3) == 0 ? next.abort() : next.resume());
    StoredVolumeGroup ended = sound(after);
    assertThat(ended.volumeGroup().pvmoveVolumes()).isEmpty();
    if (begun) {
      MoveOutcome rest = rest(after);
      assertCompleted(rest);
    }
  }

  /** What is left when a move was aborted; nothing when it was carried on. */
  private static MoveOutcome rest(SimulatedDisks disks) throws IOException {
    PvMover mover = mover(disks).build();
    MoveOutcome outcome =
        mover.plan(request().build()) instanceof PlanResult.Accepted accepted
            ? mover.execute(accepted.plan())
            : mover.resume();
    assertSourcesAreEmpty(sound(disks).volumeGroup());
    return outcome;
  }

  private static long writesOf(long seed, boolean atomic) throws IOException {
    SimulatedDisks disks = disks(seed);
    long before = disks.writeCount();
    PvMover mover = mover(disks).parallel(2).build();
    assertCompleted(mover.execute(mover.plan(request().atomic(atomic).build()).orElseThrow()));
    assertSourcesAreEmpty(sound(disks).volumeGroup());
    return disks.writeCount() - before;
  }

  @Test
  void tellsOfBlocksInTheirOrderAndOfCheckpointsBehindThem() throws Exception {
    SimulatedDisks disks = disks(1);
    List<MoveEvent> events = new ArrayList<>();
    PvMover mover = mover(disks).checkpointBytes(0).listener(events::add).build();

    MoveOutcome outcome = mover.execute(mover.plan(request().build()).orElseThrow());

    assertCompleted(outcome);
    MoveEvent.Started started = (MoveEvent.Started) events.get(0);
    long done = 0;
    int segment = 0;
    for (MoveEvent event : events) {
      if (event instanceof MoveEvent.Copied copied) {
        assertThat(copied.segment()).isBetween(segment, segment + 1);
        assertThat(copied.bytesDone()).isGreaterThan(done);
        segment = copied.segment();
        done = copied.bytesDone();
      } else if (event instanceof MoveEvent.Checkpoint checkpoint) {
        assertThat(checkpoint.segments()).containsOnlyKeys(segment);
      }
    }
    assertThat(done).isEqualTo(started.bytes());
    assertThat(outcome.work().receipts()).hasSize(started.segments());
  }

  @RepeatedTest(20)
  void keepsWhatWasCopiedWhenALaterSegmentFails() throws Exception {
    SimulatedDisks disks = disks(2);
    PvMover mover = mover(disks).build();
    MovePlan plan = mover.plan(request().build()).orElseThrow();
    PeRange bad = plan.segments().get(plan.segments().size() - 1).source();
    StoredVolumeGroup stored = sound(disks);
    long at = stored.volumeGroup().byteOffset(bad.pv(), bad.first()) + 1024;
    disks.disk(stored.device(bad.pv()).name()).failReads(at, 512);

    MoveOutcome outcome = mover.execute(plan);

    assertThat(outcome)
        .isInstanceOfSatisfying(
            MoveOutcome.Stopped.class,
            stopped ->
                assertThat(stopped.failure())
                    .isInstanceOfSatisfying(
                        CopyFailedException.class,
                        failure ->
                            assertThat(failure.ranges())
                                .singleElement()
                                .satisfies(range -> assertThat(range.byteOffset()).isEqualTo(at))));
    assertThat(outcome.work().receipts()).hasSize(plan.segments().size() - 1);

    MoveOutcome resumed = mover(disks).onReadError(ReadErrors.skip(1, (byte) 0)).build().resume();
    assertThat(resumed).isInstanceOf(MoveOutcome.CompletedWithLosses.class);
    assertThat(resumed.work().lost())
        .singleElement()
        .satisfies(range -> assertThat(range.byteOffset()).isEqualTo(at));
    assertThat(resumed.work().receipts()).hasSize(1);
  }

  @Test
  void aDeviceThatThrowsWhatItMustNotEndsTheMove() throws Exception {
    SimulatedDisks disks = disks(3);
    List<BlockDevice> devices = new ArrayList<>(disks.disks());
    devices.set(
        0,
        new ForwardingDevice(disks.disk("a")) {
          @Override
          public long nextData(long from, long to) {
            throw new UnsupportedOperationException("no idea");
          }
        });
    PvMover mover =
        PvMover.builder(DeviceSet.of(devices.toArray(new BlockDevice[0])), SmallGroup.NAME).build();
    MovePlan plan = mover.plan(request().build()).orElseThrow();

    assertThatThrownBy(() -> mover.execute(plan))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no idea");

    assertCompleted(mover(disks).build().resume());
    assertSourcesAreEmpty(sound(disks).volumeGroup());
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void stopsAtAnyMomentAndGoesOn(long seed) throws Exception {
    Random random = new Random(seed);
    SimulatedDisks disks = disks(seed);
    int stopAt = random.nextInt(30);
    boolean interrupt = random.nextBoolean();
    int[] events = {0};
    PvMover[] running = {null};
    MoveListener listener =
        event -> {
          if (events[0]++ == stopAt) {
            if (interrupt) {
              Thread.currentThread().interrupt();
            } else {
              running[0].stop();
            }
          }
        };
    running[0] =
        mover(disks)
            .listener(listener)
            .verify(random.nextBoolean())
            .parallel(1 + random.nextInt(2))
            .checkpointBytes(random.nextBoolean() ? 0 : 1 << 20)
            .build();

    MoveOutcome outcome = running[0].execute(running[0].plan(request().build()).orElseThrow());

    boolean unused = Thread.interrupted();
    sound(disks);
    if (outcome instanceof MoveOutcome.Stopped stopped) {
      assertThat(stopped.failure()).isNull();
      assertThat(mover(disks).build().movesInProgress()).hasSize(1);
    }
    assertCompleted(mover(disks).build().resume());
    assertSourcesAreEmpty(sound(disks).volumeGroup());
  }
}
