// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pvmove.MoveLab.assertCompleted;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.device.DeviceSet;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.plan.MoveRequest;

/** Moves between real files can be interrupted, and leave nothing behind in the process. */
class StopAtWillTest {
  private static final long FILE_BYTES = 48 << 20;
  private static final int MIB = 1 << 20;

  @TempDir Path directory;
  private Path a = Path.of("a");
  private Path b = Path.of("b");

  @BeforeEach
  void makeVolumeGroup() throws IOException {
    a = directory.resolve("a");
    b = directory.resolve("b");
    for (Path file : new Path[] {a, b}) {
      try (RandomAccessFile image = new RandomAccessFile(file.toFile(), "rw")) {
        image.setLength(FILE_BYTES);
      }
    }
    try (DeviceSet devices = DeviceSet.open(a, b)) {
      SmallGroup.on(devices.devices())
          .extentBytes(MIB)
          .linear("home", new SmallGroup.Run(0, 0, 40))
          .create();
    }
  }

  private MoveOutcome move(PvMover mover) throws IOException {
    return mover.execute(mover.plan(MoveRequest.from(a.toString()).build()).orElseThrow());
  }

  @Test
  void anInterruptEndsAMoveAtASafePointAndLeavesTheDevicesOpen() throws Exception {
    try (DeviceSet devices = DeviceSet.open(a, b)) {
      AtomicLong copied = new AtomicLong();
      AtomicBoolean interrupted = new AtomicBoolean();
      AtomicLong seen = new AtomicLong();
      PvMover mover =
          PvMover.builder(devices, SmallGroup.NAME)
              .listener(
                  event -> {
                    if (event instanceof MoveEvent.Copied at) {
                      copied.set(at.bytesDone());
                      if (at.bytesDone() >= 7 * MIB && interrupted.compareAndSet(false, true)) {
                        seen.set(at.bytesDone());
                        Thread.currentThread().interrupt();
                      }
                    }
                  })
              .build();

      MoveOutcome outcome = move(mover);

      // Clears it, too; the caller is to see that there was one.
      assertThat(Thread.interrupted()).isTrue();
      assertThat(outcome).isInstanceOf(MoveOutcome.Stopped.class);
      assertThat(((MoveOutcome.Stopped) outcome).failure()).isNull();
      assertThat(copied).hasValue(seen.get());
      LvContent.verifyAll(devices.scan().volumeGroup(SmallGroup.NAME));

      MoveOutcome resumed = mover.resume();

      assertCompleted(resumed);
      LvContent.verifyAll(devices.scan().volumeGroup(SmallGroup.NAME));
    }
  }

  @Test
  void anInterruptBeforeAMoveKeepsItFromCopying() throws Exception {
    try (DeviceSet devices = DeviceSet.open(a, b)) {
      PvMover mover = PvMover.builder(devices, SmallGroup.NAME).build();
      Thread.currentThread().interrupt();

      MoveOutcome outcome = move(mover);

      assertThat(Thread.interrupted()).isTrue();
      assertThat(outcome).isInstanceOf(MoveOutcome.Stopped.class);
      assertThat(outcome.work().bytesCopied()).isZero();
      assertCompleted(mover.abort());
    }
  }

  private static long direct() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  @Test
  void aMoveTakesAFewBuffersHoweverMuchItCopies() throws Exception {
    long before = direct();
    AtomicLong most = new AtomicLong();
    try (DeviceSet devices = DeviceSet.open(a, b)) {
      PvMover mover =
          PvMover.builder(devices, SmallGroup.NAME)
              .verify(true)
              .listener(
                  event -> {
                    if (event instanceof MoveEvent.Copied) {
                      most.accumulateAndGet(direct(), Math::max);
                    }
                  })
              .build();
      assertCompleted(move(mover));
    }
    // Garbage of other tests may have been collected meanwhile, which makes it less.
    assertThat(most.get() - before).isLessThan(56 * MIB);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void noFileAndNoThreadIsLeftBehind() throws Exception {
    // The first move loads what stays for good.
    moveThereAndBack();
    long files = openFiles();

    for (int i = 0; i < 5; i++) {
      moveThereAndBack();
    }

    assertThat(openFiles()).isLessThanOrEqualTo(files);
    // The virtual machine's own threads come and go.
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .noneMatch(name -> name.contains("lane"));
  }

  private void moveThereAndBack() throws IOException {
    for (Path source : new Path[] {a, b}) {
      try (DeviceSet devices = DeviceSet.open(a, b)) {
        PvMover mover = PvMover.builder(devices, SmallGroup.NAME).verify(true).build();
        assertCompleted(
            mover.execute(mover.plan(MoveRequest.from(source.toString()).build()).orElseThrow()));
      }
    }
  }

  /** Those in this test's directory: other threads of the process have files of their own. */
  private long openFiles() throws IOException {
    long count = 0;
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        if (Files.isSymbolicLink(descriptor)
            && Files.readSymbolicLink(descriptor).startsWith(directory.toRealPath())) {
          count++;
        }
      }
    }
    return count;
  }
}
