// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class SlowDisksTest {
  private static final Duration SEEK = Duration.ofNanos(100);

  /** One byte takes a microsecond. */
  private static final long BYTES_PER_SECOND = 1_000_000;

  private final SimulatedDisks disks = new SimulatedDisks(1);
  private final SimulatedBlockDevice a = disks.add("a", 10_000);
  private final SimulatedBlockDevice b = disks.add("b", 10_000);

  private void slowDown(DiskClock clock) {
    a.slowDown(SEEK, BYTES_PER_SECOND, clock);
    b.slowDown(SEEK, BYTES_PER_SECOND, clock);
  }

  @Test
  void takesTimeForEachRequestAndForItsBytes() throws Exception {
    DiskClock clock = DiskClock.virtual();
    slowDown(clock);

    a.read(0, ByteBuffer.allocate(5));
    assertThat(clock.nanos()).isEqualTo(5_100);
    b.write(0, ByteBuffer.allocate(3));
    assertThat(clock.nanos()).isEqualTo(8_200);
    b.flush();
    assertThat(clock.nanos()).isEqualTo(8_300);
    assertThat(disks.trace()).hasSize(2);
  }

  @Test
  void isFastUnlessSlowedDownAndAfterACrash() throws Exception {
    DiskClock clock = DiskClock.virtual();
    a.slowDown(SEEK, 1, clock);

    b.write(0, ByteBuffer.allocate(3));
    SimulatedBlockDevice again = disks.crashImage(Unflushed.KEPT).disk("a");
    again.write(0, ByteBuffer.allocate(3));

    assertThat(clock.nanos()).isEqualTo(0);
  }

  /** Stands still, as for requests that are all made at the same time. */
  private static final class StoppedClock implements DiskClock {
    final List<Long> waits = new ArrayList<>();

    @Override
    public long nanos() {
      return 1_000;
    }

    @Override
    public void waitUntil(long nanos) {
      waits.add(nanos);
    }
  }

  @Test
  void queuesUpRequestsToOneDiskWhileTheOtherServesItsOwn() throws Exception {
    StoppedClock clock = new StoppedClock();
    slowDown(clock);

    a.read(0, ByteBuffer.allocate(1));
    a.read(0, ByteBuffer.allocate(2));
    b.read(0, ByteBuffer.allocate(3));
    a.flush();

    assertThat(clock.waits).containsExactly(2_100L, 4_200L, 4_100L, 4_300L);
  }

  @Test
  void keepsNoOtherDiskFromServingMeanwhile() throws Exception {
    CyclicBarrier bothServing = new CyclicBarrier(2);
    slowDown(
        new DiskClock() {
          @Override
          public long nanos() {
            return 0;
          }

          @Override
          public void waitUntil(long nanos) {
            try {
              bothServing.await();
            } catch (Exception e) {
              throw new AssertionError(e);
            }
          }
        });
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try {
      List<Future<?>> requests = new ArrayList<>();
      for (SimulatedBlockDevice disk : disks.disks()) {
        requests.add(
            pool.submit(
                () -> {
                  disk.write(0, ByteBuffer.allocate(1));
                  disk.flush();
                  return null;
                }));
      }
      for (Future<?> request : requests) {
        request.get();
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(disks.trace()).hasSize(4);
  }

  @Test
  void hasItsEffectWhenTheTimeIsOver() throws Exception {
    CountDownLatch serving = new CountDownLatch(1);
    CountDownLatch served = new CountDownLatch(1);
    a.slowDown(
        SEEK,
        BYTES_PER_SECOND,
        new DiskClock() {
          @Override
          public long nanos() {
            return 0;
          }

          @Override
          public void waitUntil(long nanos) {
            serving.countDown();
            try {
              served.await();
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
          }
        });
    ExecutorService pool = Executors.newSingleThreadExecutor();
    try {
      Future<?> request =
          pool.submit(
              () -> {
                a.write(0, ByteBuffer.allocate(1));
                return null;
              });
      serving.await();
      assertThat(disks.trace()).isEmpty();
      disks.cutPowerAfterWrite(0);
      served.countDown();

      assertThatThrownBy(request::get).hasCauseInstanceOf(PowerCutException.class);
    } finally {
      pool.shutdownNow();
    }
    assertThatThrownBy(a::flush).isInstanceOf(PowerCutException.class);
  }

  @Test
  void takesRealTimeByARealClockAndKeepsAnInterrupt() throws IOException {
    DiskClock clock = DiskClock.real();
    a.slowDown(Duration.ofMillis(3), Long.MAX_VALUE, clock);
    boolean interrupted;
    long before = clock.nanos();

    Thread.currentThread().interrupt();
    try {
      a.flush();
      a.flush();
    } finally {
      interrupted = Thread.interrupted();
    }

    assertThat(clock.nanos() - before).isGreaterThanOrEqualTo(6_000_000);
    assertThat(interrupted).isTrue();
  }

  @Test
  void refusesSpeedsThatCannotBe() {
    DiskClock clock = DiskClock.virtual();
    assertThatThrownBy(() -> a.slowDown(Duration.ofNanos(-1), 1, clock))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> a.slowDown(SEEK, 0, clock))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("0 bytes per second: expected 1 or more");
  }
}
