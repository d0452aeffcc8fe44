// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pvmove.MoveLab.EXTENT_BYTES;
import static org.pvmove.MoveLab.assertCompleted;
import static org.pvmove.MoveLab.assertMoved;
import static org.pvmove.MoveLab.assertSettled;
import static org.pvmove.MoveLab.assertSourceIsEmpty;
import static org.pvmove.MoveLab.move;
import static org.pvmove.MoveLab.mover;
import static org.pvmove.MoveLab.sound;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.device.AccessRefusedException;
import org.pvmove.device.CommitFailedException;
import org.pvmove.device.DeviceSet;
import org.pvmove.execute.CopyFailedException;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.testing.SimulatedBlockDevice;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.plan.MoveRequest;

/** Moves on devices that fail: they stop, name the place, lose nothing and can be restarted. */
class DeviceFailureTest {
  private static final long SEED = 20261124;
  private static final long LARGE_DISK_BYTES = 3 << 20;

  @TempDir Path directory;

  private static SimulatedDisks disks() throws IOException {
    return MoveLab.Scenario.ONE_AREA_EACH.disks(SEED);
  }

  private static MoveOutcome.Stopped stopped(MoveOutcome outcome) {
    assertThat(outcome).isInstanceOf(MoveOutcome.Stopped.class);
    return (MoveOutcome.Stopped) outcome;
  }

  /** Where an extent of disk a begins. */
  private static long extent(SimulatedDisks disks, int number) {
    return sound(disks).volumeGroup().physicalVolumes().get(0).peStart().toBytes()
        + (long) number * EXTENT_BYTES;
  }

  /** Does something once, when the first event of a kind happens. */
  private static <T extends MoveEvent> MoveListener atFirst(Class<T> kind, Consumer<T> action) {
    AtomicInteger seen = new AtomicInteger();
    return event -> {
      if (kind.isInstance(event) && seen.getAndIncrement() == 0) {
        action.accept(kind.cast(event));
      }
    };
  }

  /** Checks what a machine finds that comes up again, the trouble gone. */
  private static void assertRestarts(SimulatedDisks disks) throws IOException {
    for (Unflushed unflushed : Unflushed.values()) {
      SimulatedDisks image = disks.crashImage(unflushed);
      VolumeGroup before = sound(image).volumeGroup();
      assertThat(before.pvmoveVolumes()).hasSize(1);
      SimulatedDisks aborted = image.crashImage(Unflushed.KEPT);
      assertCompleted(mover(image.disks(), MoveListener.NONE).resume());
      assertMoved(before, sound(image.crashImage(Unflushed.LOST)).volumeGroup());
      assertCompleted(mover(aborted.disks(), MoveListener.NONE).abort());
      assertSettled(sound(aborted.crashImage(Unflushed.LOST)).volumeGroup());
    }
  }

  @Test
  void namesTheSectorsOfTheSourceThatCannotBeRead() throws Exception {
    SimulatedDisks disks = disks();
    long bad = extent(disks, 1) + 3 * 512;
    disks.disk("a").failReads(bad + 100, 1000);

    MoveOutcome.Stopped outcome = stopped(move(disks.disks(), MoveListener.NONE));

    assertThat(outcome.failure()).isInstanceOf(CopyFailedException.class);
    CopyFailedException failure = (CopyFailedException) outcome.failure();
    assertThat(failure.ranges().get(0).device()).isEqualTo("a");
    assertThat(failure.ranges().get(0).byteOffset()).isEqualTo(bad);
    assertThat(failure.ranges().get(0).byteCount()).isEqualTo(3 * 512);
    assertThat(outcome.reason())
        .startsWith(
            "a: 1536 bytes at byte %d (3 sectors from sector %d; logical volume"
                .formatted(bad, bad / 512));
    assertThat(outcome.move()).isEqualTo("pvmove0");
    assertRestarts(disks);
  }

  @Test
  void namesEveryBadPlaceThatIsNear() throws Exception {
    SimulatedDisks disks = disks();
    long first = extent(disks, 9);
    disks.disk("a").failReads(first + 4096, 512);
    disks.disk("a").failReads(first + 8192, 1);

    MoveOutcome.Stopped outcome = stopped(move(disks.disks(), MoveListener.NONE));

    CopyFailedException failure = (CopyFailedException) outcome.failure();
    assertThat(failure.ranges().get(0).byteOffset()).isEqualTo(first + 4096);
    assertThat(failure.ranges().get(0).byteCount()).isEqualTo(512);
  }

  @Test
  void namesBadSectorsUpToTheEndOfTheSegment() throws Exception {
    SimulatedDisks disks = disks();
    long end = extent(disks, 11);
    disks.disk("a").failReads(end - 512, 4096);

    MoveOutcome.Stopped outcome = stopped(move(disks.disks(), MoveListener.NONE));

    CopyFailedException failure = (CopyFailedException) outcome.failure();
    assertThat(failure.ranges().get(0).byteOffset()).isEqualTo(end - 512);
    assertThat(failure.ranges().get(0).byteCount()).isEqualTo(512);
  }

  @Test
  void keepsWhatWasMovedBeforeTheBadPlace() throws Exception {
    SimulatedDisks disks = disks();
    // The last extent to move.
    disks.disk("a").failReads(extent(disks, 12), 512);

    MoveOutcome.Stopped outcome = stopped(move(disks.disks(), MoveListener.NONE));

    Pvmove move = Pvmove.allOf(outcome.volumeGroup().volumeGroup()).get(0);
    assertThat(move.pieces()).hasSizeGreaterThan(4);
    for (int i = 0; i < move.pieces().size(); i++) {
      assertThat(move.pieces().get(i).done()).isEqualTo(i < move.pieces().size() - 1);
    }
    assertThat(Pvmove.allOf(sound(disks.crashImage(Unflushed.LOST)).volumeGroup()))
        .containsExactly(move);
    assertRestarts(disks);
  }

  @Test
  void goesOnAfterAReadErrorThatPasses() throws Exception {
    SimulatedDisks disks = disks();
    disks.disk("a").failReads(extent(disks, 4), 512, 2);
    PvMover mover = mover(disks.disks(), MoveListener.NONE);
    MoveRequest request = MoveRequest.from("a").to("b").maxSegmentBytes(EXTENT_BYTES).build();

    stopped(mover.execute(mover.plan(request).orElseThrow()));
    assertCompleted(mover.resume());

    assertSourceIsEmpty(sound(disks).volumeGroup());
  }

  @Test
  void namesWhereTheDestinationCannotBeWritten() throws Exception {
    SimulatedDisks disks = disks();
    SimulatedBlockDevice destination = disks.disk("b");
    long extents = sound(disks).volumeGroup().physicalVolumes().get(1).peStart().toBytes();
    destination.failWrites(extents, destination.size() - extents);

    MoveOutcome.Stopped outcome = stopped(move(disks.disks(), MoveListener.NONE));

    CopyFailedException failure = (CopyFailedException) outcome.failure();
    assertThat(failure).hasMessageContaining("cannot be written");
    assertThat(failure.ranges().get(0).device()).isEqualTo("b");
    assertThat(failure.ranges().get(0).byteOffset()).isEqualTo(extents + EXTENT_BYTES);
    assertThat(failure.ranges().get(0).byteCount()).isEqualTo(2 * EXTENT_BYTES);
    assertRestarts(disks);
  }

  @Test
  void doesNotTrustADestinationThatFailedToFlush() throws Exception {
    SimulatedDisks disks = disks();

    MoveOutcome.Stopped outcome =
        stopped(
            move(
                disks.disks(),
                atFirst(MoveEvent.Copied.class, event -> disks.disk("b").failFlushes(1))));

    CopyFailedException failure = (CopyFailedException) outcome.failure();
    assertThat(failure).hasMessageContaining("cannot be made durable");
    assertThat(failure.ranges().get(0).device()).isEqualTo("b");
    assertThat(failure.ranges().get(0).byteCount()).isEqualTo(2 * EXTENT_BYTES);
    assertThat(Pvmove.allOf(outcome.volumeGroup().volumeGroup()).get(0).pieces())
        .noneMatch(Pvmove.Piece::done);
    assertRestarts(disks);
  }

  @Test
  void refusesToGoOnWithADeviceThatFailed() throws Exception {
    SimulatedDisks disks = disks();
    PvMover mover =
        mover(
            disks.disks(),
            atFirst(MoveEvent.Copied.class, event -> disks.disk("b").failFlushes(1)));
    MoveRequest request = MoveRequest.from("a").to("b").build();
    stopped(mover.execute(mover.plan(request).orElseThrow()));

    // Reads might show what never reached the disk.
    assertThatThrownBy(mover::resume)
        .isInstanceOf(AccessRefusedException.class)
        .hasMessageContaining("physical volume b is missing")
        .hasMessageContaining("'b' was given up after");
    assertCompleted(mover(disks.disks(), MoveListener.NONE).resume());
    assertSourceIsEmpty(sound(disks.crashImage(Unflushed.LOST)).volumeGroup());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "b", "c"})
  void stopsAtTheLastCheckpointIfMetadataCannotBeWritten(String name) throws Exception {
    SimulatedDisks disks = disks();

    MoveOutcome.Stopped outcome =
        stopped(
            move(
                disks.disks(),
                atFirst(
                    MoveEvent.Checkpoint.class,
                    event -> disks.disk(name).failWrites(4096, SmallGroup.AREA_BYTES))));

    assertThat(outcome.failure()).isInstanceOf(CommitFailedException.class);
    assertThat(outcome.reason()).contains("'" + name + "'");
    assertThat(Pvmove.allOf(outcome.volumeGroup().volumeGroup()).get(0).pieces().get(0).done())
        .isTrue();
    assertThat(sound(disks.crashImage(Unflushed.LOST)).volumeGroup())
        .isEqualTo(outcome.volumeGroup().volumeGroup());
    assertRestarts(disks);
  }

  @ParameterizedTest
  @EnumSource
  void changesNothingIfTheFirstCommitFails(MoveLab.Scenario scenario) throws Exception {
    SimulatedDisks disks = scenario.disks(SEED);
    VolumeGroup before = sound(disks).volumeGroup();
    disks.disk("c").failWrites(4096, SmallGroup.AREA_BYTES);

    assertThatThrownBy(() -> move(disks.disks(), MoveListener.NONE))
        .isInstanceOf(CommitFailedException.class)
        .hasMessageContaining("version %d stays in force".formatted(before.seqno()));
    for (Unflushed unflushed : Unflushed.values()) {
      assertThat(sound(disks.crashImage(unflushed)).volumeGroup()).isEqualTo(before);
    }
  }

  @Test
  void stopsIfTheDestinationShrinks() throws Exception {
    Path a = directory.resolve("a");
    Path b = directory.resolve("b");
    create(a, b);
    try (DeviceSet devices = DeviceSet.open(a, b)) {
      PvMover mover =
          PvMover.builder(devices, SmallGroup.NAME)
              .listener(atFirst(MoveEvent.Copied.class, event -> resize(b, 1 << 20)))
              .build();

      MoveOutcome.Stopped outcome =
          stopped(mover.execute(mover.plan(MoveRequest.from(a.toString()).build()).orElseThrow()));

      assertThat(outcome.reason()).contains("'" + b + "' has shrunk");
    }
    try (DeviceSet devices = DeviceSet.open(a, b)) {
      PvMover mover = PvMover.builder(devices, SmallGroup.NAME).build();
      assertThatThrownBy(mover::resume)
          .isInstanceOf(AccessRefusedException.class)
          .hasMessageContaining("physical volume " + b + " is missing (left out")
          .hasMessageContaining("found 1048576");
    }
    resize(b, LARGE_DISK_BYTES);
    try (DeviceSet devices = DeviceSet.open(a, b)) {
      assertCompleted(PvMover.builder(devices, SmallGroup.NAME).build().resume());
      LvContent.verifyAll(devices.scan().volumeGroup(SmallGroup.NAME));
    }
  }

  @Test
  void refusesADiskThatIsTooSmallForItsExtents() throws Exception {
    Path a = directory.resolve("a");
    Path b = directory.resolve("b");
    create(a, b);
    resize(b, LARGE_DISK_BYTES - EXTENT_BYTES);
    try (DeviceSet devices = DeviceSet.open(a, b)) {
      PvMover mover = PvMover.builder(devices, SmallGroup.NAME).build();

      assertThatThrownBy(() -> mover.plan(MoveRequest.from(a.toString()).build()))
          .isInstanceOf(AccessRefusedException.class)
          .hasMessageContaining(b + ": expected extents up to byte")
          .hasMessageContaining("found the end at " + (LARGE_DISK_BYTES - EXTENT_BYTES));
    }
  }

  /** Two image files; the second one is larger than a disk must be. */
  private static void create(Path a, Path b) throws IOException {
    resize(a, MoveLab.DISK_BYTES);
    resize(b, LARGE_DISK_BYTES);
    try (DeviceSet devices = DeviceSet.open(a, b)) {
      SmallGroup.on(devices.devices())
          .extentBytes(EXTENT_BYTES)
          .linear("home", new SmallGroup.Run(0, 3, 5), new SmallGroup.Run(0, 0, 2))
          .create();
    }
  }

  private static void resize(Path file, long size) {
    try (RandomAccessFile image = new RandomAccessFile(file.toFile(), "rw")) {
      image.setLength(size);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
