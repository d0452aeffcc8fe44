// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.device.VolumeGroupLockedException;
import org.pvmove.device.VolumeGroupLocks;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.FileLocks;
import org.pvmove.io.RangeLock;
import org.pvmove.io.testing.DiskOperation;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.plan.MoveRequest;

/** Who wants to change a volume group waits for others who do, LVM2's programs among them. */
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class VolumeGroupLocksTest {
  /** The first metadata area's header. */
  private static final long HEADER = 4096;

  @TempDir Path directory;

  private final SimulatedDisks disks = disks();

  private static SimulatedDisks disks() {
    try {
      return MoveLab.Scenario.ONE_AREA_EACH.disks(1);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private PvMover.Builder mover(VolumeGroupLocks locks) {
    return MoveLab.moverOn(disks.disks()).locks(locks);
  }

  private static MoveOutcome move(PvMover mover) throws IOException {
    return mover.execute(mover.plan(MoveRequest.from("a").to("b").build()).orElseThrow());
  }

  private Closeable held(String file, boolean exclusive) throws IOException {
    Closeable lock = FileLocks.tryLock(directory.resolve(file), exclusive);
    assertThat(lock).as("lock of %s", file).isNotNull();
    return lock;
  }

  @ParameterizedTest
  @CsvSource({"V_vg, true", "V_vg, false", "V_vg:aux, true", "P_global, true"})
  void givesUpAtOnceIfAskedToWhileLvm2HasALock(String file, boolean exclusive) throws Exception {
    VolumeGroupLocks locks = VolumeGroupLocks.inDirectory(directory).waitingAtMost(Duration.ZERO);
    try (Closeable held = held(file, exclusive)) {
      long writes = disks.writeCount();

      assertThatThrownBy(() -> move(mover(locks).build()))
          .isInstanceOf(VolumeGroupLockedException.class)
          .hasMessageContaining("volume group vg")
          .hasMessageContaining(file);

      assertThat(disks.writeCount()).isEqualTo(writes);
      assertThat(held).isNotNull();
    }
    MoveLab.assertCompleted(move(mover(locks).build()));
  }

  @ParameterizedTest
  @CsvSource({"P_global, false", "V_other, true", "V_vg2, true"})
  void isNotConcernedByOtherLocks(String file, boolean exclusive) throws Exception {
    try (Closeable held = held(file, exclusive)) {
      MoveLab.assertCompleted(
          move(
              mover(VolumeGroupLocks.inDirectory(directory).waitingAtMost(Duration.ZERO)).build()));
      assertThat(held).isNotNull();
    }
  }

  @Test
  void waitsUntilALockIsReleased() throws Exception {
    CompletableFuture<MoveOutcome> outcome;
    try (Closeable held = held("V_vg", true)) {
      outcome =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return move(mover(VolumeGroupLocks.inDirectory(directory)).build());
                } catch (IOException e) {
                  throw new AssertionError(e);
                }
              });
      // Who waits for the file has the one beside it.
      Path queue = directory.resolve("V_vg:aux");
      Closeable turn = FileLocks.tryLock(queue, true);
      long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (turn != null) {
        assertThat(outcome).isNotDone();
        assertThat(System.nanoTime()).as("time in the queue").isLessThan(deadline);
        turn.close();
        Thread.onSpinWait();
        turn = FileLocks.tryLock(queue, true);
      }
      assertThat(outcome).isNotDone();
      assertThat(held).isNotNull();
    }
    MoveLab.assertCompleted(outcome.get());
  }

  @Test
  void stopsWaitingWhenItIsInterrupted() throws Exception {
    try (Closeable held = held("V_vg", true)) {
      Thread.currentThread().interrupt();

      assertThatThrownBy(() -> move(mover(VolumeGroupLocks.inDirectory(directory)).build()))
          .isInstanceOf(VolumeGroupLockedException.class)
          .hasMessageContaining("no longer");

      assertThat(Thread.interrupted()).isTrue();
      assertThat(held).isNotNull();
    }
  }

  @Test
  void locksForTheMomentOfACommitOnlyAndLeavesNoFile() throws Exception {
    PvMover mover =
        mover(VolumeGroupLocks.inDirectory(directory))
            .listener(
                event -> {
                  if (event instanceof MoveEvent.Copied || event instanceof MoveEvent.Checkpoint) {
                    try (Closeable lock = held("V_vg", true)) {
                      assertThat(lock).isNotNull();
                    } catch (IOException e) {
                      throw new AssertionError(e);
                    }
                  }
                })
            .build();

    MoveLab.assertCompleted(move(mover));

    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void hasTheLocksWheneverItWritesMetadata() throws Exception {
    disks.beforeEachOperation(
        operation -> {
          boolean metadata = operation.byteOffset() < HEADER + (32 << 10);
          if (operation.kind().name().equals("WRITE") && metadata) {
            try {
              assertThat(FileLocks.tryLock(directory.resolve("V_vg"), false)).isNull();
              assertThat(FileLocks.tryLock(directory.resolve("P_global"), true)).isNull();
              for (BlockDevice disk : disks.disks()) {
                assertThat(disk.tryLock(HEADER, 1)).as("lock on %s", disk.name()).isNull();
              }
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          }
        });

    MoveLab.assertCompleted(move(mover(VolumeGroupLocks.inDirectory(directory)).build()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "b", "c"})
  void givesUpWhileSomebodyElseHasAHeaderLockedAndKeepsNoneOfTheOthers(String disk)
      throws Exception {
    try (RangeLock held = disks.disk(disk).tryLock(HEADER, 512)) {
      assertThat(held).isNotNull();
      assertThatThrownBy(
              () ->
                  move(
                      mover(VolumeGroupLocks.onDevices().waitingAtMost(Duration.ofMillis(30)))
                          .build()))
          .isInstanceOf(VolumeGroupLockedException.class)
          .hasMessageContaining("the metadata areas")
          .hasMessageContaining("for 30 ms");
    }
    MoveLab.assertCompleted(
        move(mover(VolumeGroupLocks.onDevices().waitingAtMost(Duration.ZERO)).build()));
    MoveLab.sound(disks.crashImage(Unflushed.LOST));
  }

  @Test
  void locksAVolumeGroupByItsNewNameOnceItWasRenamed() throws Exception {
    AtomicInteger renamed = new AtomicInteger();
    disks.beforeEachOperation(
        operation -> {
          boolean metadata = operation.byteOffset() < HEADER + (32 << 10);
          if (operation.kind() == DiskOperation.Kind.WRITE && metadata && renamed.get() == 2) {
            try {
              assertThat(FileLocks.tryLock(directory.resolve("V_other"), false)).isNull();
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          }
        });
    PvMover mover =
        mover(VolumeGroupLocks.inDirectory(directory))
            .listener(
                event -> {
                  if (event instanceof MoveEvent.Copied && renamed.compareAndSet(0, 1)) {
                    rename("other");
                    renamed.set(2);
                  }
                })
            .build();

    MoveLab.assertCompleted(move(mover));

    assertThat(renamed).hasValue(2);
  }

  private void rename(String name) {
    try {
      DeviceSet set = DeviceSet.of(disks.disks().toArray(new BlockDevice[0]));
      StoredVolumeGroup stored = set.scan().volumeGroup(SmallGroup.NAME);
      set.commit(
          stored,
          stored.volumeGroup().toBuilder().name(name).build(),
          SmallGroup.header("vgrename"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
