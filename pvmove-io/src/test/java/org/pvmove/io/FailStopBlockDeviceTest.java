// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.pvmove.io.testing.ForwardingDevice;
import org.pvmove.io.testing.SimulatedBlockDevice;
import org.pvmove.io.testing.SimulatedDisks;

class FailStopBlockDeviceTest extends BlockDeviceContract {
  private final SimulatedDisks disks = new SimulatedDisks(1);
  private final SimulatedBlockDevice disk = disks.add("disk", 1 << 20);
  private final BlockDevice device = BlockDevices.failStop(disk);

  @Override
  protected BlockDevice create(long size) {
    return BlockDevices.failStop(BlockDevices.inMemory("memory", size));
  }

  @Test
  void refusesEverythingAfterAFlushThatFailedAndDoesNotFlushAgain() throws Exception {
    device.write(0, ByteBuffer.allocate(512));
    disk.failFlushes(1);
    Throwable failure = catchThrowable(device::flush);
    assertThat(failure).isInstanceOf(IOException.class).hasMessageContaining("injected flush");
    int operations = disks.trace().size();

    ByteBuffer buffer = ByteBuffer.allocate(512);
    assertThatThrownBy(device::flush)
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("'disk' was given up after: ")
        .hasMessageContaining("injected flush error")
        .hasCause(failure);
    assertThatThrownBy(() -> device.write(512, buffer)).hasCause(failure);
    assertThatThrownBy(() -> device.read(512, buffer)).hasCause(failure);
    assertThatThrownBy(() -> device.writeZeroes(512, 512)).hasCause(failure);
    assertThatThrownBy(() -> device.discard(512, 512)).hasCause(failure);
    assertThatThrownBy(() -> device.nextData(512, 1024)).hasCause(failure);

    assertThat(disks.trace()).hasSize(operations);
    assertThat(buffer.position()).isEqualTo(0);
  }

  @Test
  void passesOnHintsHolesAndHowZerosAreWritten() throws Exception {
    disk.hints(new IoHints("a disk", true, 3, 64 << 10));
    disk.sparse(true);
    BlockDevice memory = BlockDevices.failStop(BlockDevices.inMemory("memory", 4096));

    assertThat(device.hints()).isEqualTo(disk.hints());
    assertThat(device.nextData(0, 1 << 20)).isEqualTo(1 << 20);
    assertThat(memory.zeroesCheaply()).isTrue();
    assertThat(memory.discard(0, 4096)).isTrue();
    assertThat(disks.trace()).isEmpty();
  }

  @Test
  void goesOnAfterAWriteThatFailed() throws Exception {
    disk.failWrites(1000, 10, 1);
    assertThatThrownBy(() -> device.write(512, ByteBuffer.allocate(1024)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("byte offset 1000");

    device.write(512, ByteBuffer.allocate(1024));
    device.flush();

    assertThat(disks.writeCount()).isEqualTo(2);
  }

  @Test
  void goesOnAfterAReadThatFailed() throws Exception {
    disk.failReads(1000, 10);
    assertThatThrownBy(() -> read(device, 512, 1024)).hasMessageContaining("byte offset 1000");

    device.write(1000, ByteBuffer.wrap(new byte[] {1}));
    device.flush();

    assertThatThrownBy(() -> read(device, 1009, 1)).hasMessageContaining("byte offset 1009");
    assertThat(read(device, 1010, 1)).containsExactly(0);
  }

  @Test
  void goesOnAfterACallersMistake() throws Exception {
    assertThatThrownBy(() -> device.write(1 << 20, ByteBuffer.allocate(1)))
        .isInstanceOf(IllegalArgumentException.class);
    BlockDevice readOnly = BlockDevices.failStop(BlockDevices.readOnly(disk));
    assertThatThrownBy(() -> readOnly.write(0, ByteBuffer.allocate(1)))
        .isInstanceOf(IllegalStateException.class);

    device.write(0, ByteBuffer.allocate(1));
    device.flush();
    readOnly.flush();
  }

  @Test
  void refusesAFlushThatWaitedForOneThatFailed() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicInteger flushes = new AtomicInteger();
    // Like Linux: the first flush gets the error, the next one success.
    BlockDevice reportsOnce =
        BlockDevices.failStop(
            new ForwardingDevice(disk) {
              @Override
              public void flush() throws IOException {
                if (flushes.incrementAndGet() > 1) {
                  return;
                }
                entered.countDown();
                try {
                  goOn.await();
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
                throw new IOException("lost");
              }
            });
    FutureTask<Void> first = flushTask(reportsOnce);
    FutureTask<Void> second = flushTask(reportsOnce);
    new Thread(first).start();
    entered.await();
    Thread waiting = new Thread(second);
    waiting.start();
    while (waiting.getState() != Thread.State.BLOCKED && !second.isDone()) {
      Thread.onSpinWait();
    }
    goOn.countDown();

    assertThatThrownBy(first::get)
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("lost");
    assertThatThrownBy(second::get)
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("'disk' was given up after: java.io.IOException: lost");
    assertThat(flushes).hasValue(1);
  }

  private static FutureTask<Void> flushTask(BlockDevice device) {
    return new FutureTask<>(
        () -> {
          device.flush();
          return null;
        });
  }
}
