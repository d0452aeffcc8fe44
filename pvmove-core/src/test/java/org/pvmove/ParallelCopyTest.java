// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pvmove.MoveLab.assertCompleted;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.pvmove.device.DeviceSet;
import org.pvmove.execute.MoveEvent;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.IoHints;
import org.pvmove.io.testing.DiskClock;
import org.pvmove.io.testing.ForwardingDevice;
import org.pvmove.io.testing.SimulatedBlockDevice;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;

/** Segments on disks that have nothing to do with each other. */
class ParallelCopyTest {
  private static final int MIB = 1 << 20;
  private static final int EXTENTS = 40;

  private static SimulatedDisks disks() throws IOException {
    SimulatedDisks disks = new SimulatedDisks(1);
    for (String name : List.of("a", "b", "c", "d")) {
      disks.add(name, (EXTENTS + 3) * MIB);
    }
    SmallGroup.on(disks.disks())
        .extentBytes(MIB)
        .linear("one", new SmallGroup.Run(0, 0, EXTENTS))
        .linear("two", new SmallGroup.Run(2, 0, EXTENTS))
        .create();
    return disks;
  }

  private static double seconds(SimulatedDisks disks, int parallel) throws IOException {
    DeviceSet devices = DeviceSet.of(disks.disks().toArray(new BlockDevice[0]));
    DiskClock clock = DiskClock.real();
    // From the first commit to the last block: what comes before and after is not parallel.
    long[] began = {0};
    long[] ended = {0};
    PvMover mover =
        PvMover.builder(devices, SmallGroup.NAME)
            .parallel(parallel)
            .listener(
                event -> {
                  if (event instanceof MoveEvent.Started) {
                    began[0] = clock.nanos();
                  } else if (event instanceof MoveEvent.Copied) {
                    ended[0] = clock.nanos();
                  }
                })
            .build();
    MovePlan plan = mover.plan(MoveRequest.from("a", "c").to("b", "d").build()).orElseThrow();
    Set<LvmUuid> destinations = new HashSet<>();
    plan.segments().forEach(segment -> destinations.add(segment.destination().pv()));
    assertThat(plan.segments()).hasSize(2);
    assertThat(destinations).hasSize(2);
    for (SimulatedBlockDevice disk : disks.disks()) {
      disk.hints(new IoHints(disk.name(), false, 1, MIB));
      disk.slowDown(Duration.ofMillis(20), 1L << 30, clock);
    }

    assertCompleted(mover.execute(plan));

    return (ended[0] - began[0]) / 1e9;
  }

  /** Every request takes its time. The ratio is printed. */
  @Test
  void twoPairsOfDisksAreTwiceAsFastAsOne() throws Exception {
    double best = 0;
    // Where others need the processors at the same time, a lane may come too late for its disk.
    for (int attempt = 0; attempt < 10 && best < 1.7; attempt++) {
      double oneAfterTheOther = seconds(disks(), 1);
      double atOnce = seconds(disks(), 2);
      System.out.printf(
          "ParallelCopyTest: %.2f s one after the other, %.2f s at once: %.2f times as fast%n",
          oneAfterTheOther, atOnce, oneAfterTheOther / atOnce);
      best = Math.max(best, oneAfterTheOther / atOnce);
    }
    assertThat(best).isGreaterThan(1.7);
  }

  @Test
  void bothPairsOfDisksAreWrittenToAtTheSameTime() throws Exception {
    SimulatedDisks disks = disks();
    CyclicBarrier both = new CyclicBarrier(2);
    List<BlockDevice> devices = new ArrayList<>(disks.disks());
    devices.set(1, new Meeting(disks.disk("b"), both));
    devices.set(3, new Meeting(disks.disk("d"), both));
    PvMover mover =
        PvMover.builder(DeviceSet.of(devices.toArray(new BlockDevice[0])), SmallGroup.NAME)
            .parallel(2)
            .build();

    assertCompleted(
        mover.execute(mover.plan(MoveRequest.from("a", "c").to("b", "d").build()).orElseThrow()));

    assertThat(both.isBroken()).isFalse();
  }

  /** Its first writes of extents wait until there is one to the other destination, too. */
  private static final class Meeting extends ForwardingDevice {
    private static final int MEETINGS = 8;

    private final CyclicBarrier both;
    private final AtomicInteger met = new AtomicInteger();

    private Meeting(BlockDevice device, CyclicBarrier both) {
      super(device);
      this.both = both;
    }

    @Override
    public void write(long offset, ByteBuffer source) throws IOException {
      if (offset >= MIB && met.getAndIncrement() < MEETINGS) {
        try {
          both.await(1, TimeUnit.MINUTES);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
          throw new IOException("nobody writes to the other destination", e);
        }
      }
      super.write(offset, source);
    }
  }

  @Test
  void disksOnOneMediumAreNotUsedAtOnce() throws Exception {
    SimulatedDisks disks = disks();
    disks.disks().forEach(disk -> disk.hints(new IoHints("the same", false, 1, MIB)));
    DeviceSet devices = DeviceSet.of(disks.disks().toArray(new BlockDevice[0]));
    Set<String> lanes = new HashSet<>();
    PvMover mover =
        PvMover.builder(devices, SmallGroup.NAME)
            .parallel(4)
            .listener(
                event ->
                    Thread.getAllStackTraces().keySet().stream()
                        .map(Thread::getName)
                        .filter(name -> name.contains("lane"))
                        .forEach(lanes::add))
            .build();

    assertCompleted(
        mover.execute(mover.plan(MoveRequest.from("a", "c").to("b", "d").build()).orElseThrow()));

    assertThat(lanes).isEmpty();
  }
}
