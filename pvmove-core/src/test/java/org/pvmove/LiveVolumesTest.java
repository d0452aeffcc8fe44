// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pvmove.MoveLab.assertCompleted;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pvmove.device.AccessRefusedException;
import org.pvmove.device.ActiveVolumes;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.RawCommit;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.execute.ReadErrors;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.StatusFlags;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;
import org.pvmove.volume.LiveVolumes;
import org.pvmove.volume.LogicalVolumeDevice;
import org.pvmove.volume.VolumesInUseException;

/** Volumes in use and moves that know of it or do not. */
class LiveVolumesTest {
  private final SimulatedDisks disks = disks();
  private final DeviceSet devices = DeviceSet.of(disks.disks().toArray(new BlockDevice[0]));

  private static SimulatedDisks disks() {
    try {
      return MoveLab.Scenario.ONE_AREA_EACH.disks(1);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static LiveVolumes open(DeviceSet devices) throws IOException {
    return LiveVolumes.builder(devices, SmallGroup.NAME).open();
  }

  /** A second process, as it were. */
  private LiveVolumes openElsewhere() throws IOException {
    return open(DeviceSet.of(disks.disks().toArray(new BlockDevice[0])));
  }

  private static MoveRequest request(boolean atomic) {
    return MoveRequest.from("a")
        .to("b")
        .maxSegmentBytes(MoveLab.SEGMENT_BYTES)
        .atomic(atomic)
        .build();
  }

  private PvMover.Builder mover(LiveVolumes volumes) {
    return PvMover.builder(devices, SmallGroup.NAME)
        .checkpointBytes(0)
        .volumes(volumes)
        .random(new Random(7))
        .host("test");
  }

  private static MoveOutcome move(PvMover mover, MoveRequest request) throws IOException {
    return mover.execute(mover.plan(request).orElseThrow());
  }

  private static byte[] read(LogicalVolumeDevice device) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate((int) device.size());
    device.read(0, bytes);
    return bytes.array();
  }

  @Test
  void areNotOpenedWhereTheKernelHasOneActive(@TempDir Path sysfs) throws Exception {
    VolumeGroup vg = MoveLab.soundMetadata(disks).volumeGroup();
    String id = vg.id().value() + vg.logicalVolume("two").orElseThrow().id().value();
    Path dm = Files.createDirectories(sysfs.resolve("dm-3/dm"));
    Files.writeString(dm.resolve("uuid"), "LVM-" + id + "\n");

    assertThatThrownBy(
            () ->
                LiveVolumes.builder(devices, SmallGroup.NAME)
                    .activeVolumes(ActiveVolumes.in(sysfs))
                    .open())
        .isInstanceOf(AccessRefusedException.class)
        .hasMessageContaining("logical volume two is active");
    // Nothing stays locked.
    open(devices).close();
  }

  @Test
  void areNotOpenedOnADeviceThatIsReadOnly() {
    DeviceSet mixed =
        DeviceSet.of(disks.disk("a"), BlockDevices.readOnly(disks.disk("b")), disks.disk("c"));

    assertThatThrownBy(() -> open(mixed))
        .isInstanceOf(AccessRefusedException.class)
        .hasMessageContaining("b is open for reading only");
  }

  @Test
  void areNotOpenedWhereTheGroupMustNotBeChanged() throws Exception {
    StoredVolumeGroup stored = MoveLab.soundMetadata(disks);
    VolumeGroup exported =
        stored.volumeGroup().toBuilder()
            .flags(stored.volumeGroup().flags().with(StatusFlag.EXPORTED))
            .build();
    RawCommit.commit(stored, exported, SmallGroup.header("vgexport"));

    assertThatThrownBy(() -> open(devices)).isInstanceOf(AccessRefusedException.class);
    assertThatThrownBy(() -> LiveVolumes.builder(devices, "none").open())
        .isInstanceOf(LvmException.class);
  }

  @Test
  void areOpenOnlyOnce() throws Exception {
    LiveVolumes first = open(devices);

    assertThatThrownBy(this::openElsewhere).isInstanceOf(VolumesInUseException.class);
    assertThatThrownBy(() -> open(devices)).isInstanceOf(VolumesInUseException.class);

    first.close();
    first.close();
    openElsewhere().close();
  }

  @Test
  void areLeftAloneByThoseWhoDoNotKnowOfThem() throws Exception {
    MovePlan plan =
        MoveLab.mover(disks.disks(), MoveListener.NONE).plan(request(false)).orElseThrow();
    AtomicReference<PvMover> stopping = new AtomicReference<>();
    stopping.set(MoveLab.mover(disks.disks(), event -> stopping.get().stop()));
    assertThat(move(stopping.get(), request(false))).isInstanceOf(MoveOutcome.Stopped.class);
    PvMover mover = MoveLab.mover(disks.disks(), MoveListener.NONE);

    try (LiveVolumes volumes = openElsewhere()) {
      long writes = disks.writeCount();
      assertThatThrownBy(() -> mover.execute(plan)).isInstanceOf(VolumesInUseException.class);
      assertThatThrownBy(mover::resume).isInstanceOf(VolumesInUseException.class);
      assertThatThrownBy(mover::abort).isInstanceOf(VolumesInUseException.class);
      assertThat(disks.writeCount()).isEqualTo(writes);
      volumes.open("two").close();
    }
    assertCompleted(mover.resume());
    MoveLab.assertSourceIsEmpty(MoveLab.sound(disks).volumeGroup());
  }

  @Test
  void areNotOpenedWhileOthersMove() throws Exception {
    List<Throwable> refused = new ArrayList<>();
    MoveListener tries =
        event -> {
          if (!(event instanceof MoveEvent.Finished)) {
            try {
              openElsewhere().close();
            } catch (IOException e) {
              refused.add(e);
            }
          }
        };

    assertCompleted(move(MoveLab.mover(disks.disks(), tries), request(false)));

    assertThat(refused).hasSizeGreaterThan(5);
    assertThat(refused).allMatch(VolumesInUseException.class::isInstance);
    assertThat(refused.get(0)).hasMessageContaining("pvmove0 is worked on");
    openElsewhere().close();
  }

  @Test
  void areOfNoUseToAMoverOnOtherDevices() throws Exception {
    try (LiveVolumes volumes = openElsewhere()) {
      assertThatThrownBy(() -> mover(volumes)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @CsvSource({"false, false", "false, true", "true, false", "true, true"})
  void moveWhileTheyAreWritten(boolean atomic, boolean verify) throws Exception {
    LiveVolumes volumes = open(devices);
    LogicalVolumeDevice frag = volumes.open("frag");
    LogicalVolumeDevice str = volumes.open("str");
    LogicalVolumeDevice two = volumes.open("two");
    byte[] expected = LvContent.pattern("vg/frag", frag.size());
    byte[] striped = LvContent.pattern("vg/str", str.size());
    Random random = new Random(3);
    MoveListener writes =
        event -> {
          try {
            write(frag, expected, random);
            write(str, striped, random);
            assertThat(read(frag)).isEqualTo(expected);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        };
    byte[] before = read(two);

    assertCompleted(move(mover(volumes).listener(writes).verify(verify).build(), request(atomic)));

    assertThat(read(frag)).isEqualTo(expected);
    assertThat(read(str)).isEqualTo(striped);
    assertThat(read(two)).isEqualTo(before);
    frag.flush();
    volumes.close();
    SimulatedDisks after = disks.crashImage(Unflushed.LOST);
    StoredVolumeGroup stored = MoveLab.soundMetadata(after);
    MoveLab.assertSourceIsEmpty(stored.volumeGroup());
    assertThat(LvContent.read(stored, "frag")).isEqualTo(expected);
    assertThat(LvContent.read(stored, "str")).isEqualTo(striped);
  }

  private static void write(LogicalVolumeDevice device, byte[] model, Random random)
      throws IOException {
    byte[] bytes = new byte[1 + random.nextInt(9000)];
    random.nextBytes(bytes);
    int at = random.nextInt(model.length - bytes.length);
    System.arraycopy(bytes, 0, model, at, bytes.length);
    device.write(at, ByteBuffer.wrap(bytes));
  }

  @ParameterizedTest
  @CsvSource({"false, false", "true, true"})
  void loseNoMoreThanCannotBeRead(boolean atomic, boolean verify) throws Exception {
    StoredVolumeGroup stored = MoveLab.soundMetadata(disks);
    long start = stored.volumeGroup().physicalVolumes().get(0).peStart().toBytes();
    // The first extent of "two".
    disks.disk("a").failReads(start + 12L * MoveLab.EXTENT_BYTES + 1024, 512);

    try (LiveVolumes volumes = open(devices);
        LogicalVolumeDevice two = volumes.open("two")) {
      MoveListener reads =
          event -> {
            if (!(event instanceof MoveEvent.Finished)
                && !(event instanceof MoveEvent.Checkpoint)) {
              // What was made up for them counts only once the move says so.
              assertThatThrownBy(() -> read(two)).isInstanceOf(IOException.class);
            }
          };
      MoveOutcome outcome =
          move(
              mover(volumes)
                  .listener(reads)
                  .verify(verify)
                  .onReadError(ReadErrors.skip(1, (byte) '?'))
                  .build(),
              MoveRequest.from("a").to("b").logicalVolumes(List.of("two")).atomic(atomic).build());

      assertThat(outcome).isInstanceOf(MoveOutcome.CompletedWithLosses.class);
      byte[] expected = LvContent.pattern("vg/two", two.size());
      Arrays.fill(expected, 1024, 1536, (byte) '?');
      assertThat(read(two)).isEqualTo(expected);
    }
  }

  /** Lets others replace a volume by another version of it, or by none, and notices it. */
  private void changed(LiveVolumes volumes, LogicalVolume... now) throws IOException {
    DeviceSet others = DeviceSet.of(disks.disks().toArray(new BlockDevice[0]));
    StoredVolumeGroup base = others.scan().volumeGroup(SmallGroup.NAME);
    List<LogicalVolume> lvs = new ArrayList<>(base.volumeGroup().logicalVolumes());
    lvs.removeIf(lv -> lv.name().equals("frag"));
    lvs.addAll(List.of(now));
    others.commit(
        base,
        base.volumeGroup().toBuilder().logicalVolumes(lvs).build(),
        SmallGroup.header("others"));
    assertCompleted(move(mover(volumes).build(), request(false)));
  }

  @Test
  void tellThatOthersHaveRemovedOne() throws Exception {
    try (LiveVolumes volumes = open(devices);
        LogicalVolumeDevice frag = volumes.open("frag")) {
      changed(volumes);

      assertThatThrownBy(() -> read(frag))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("others have removed it");
      frag.flush();
    }
  }

  @Test
  void tellThatOthersHaveCutOne() throws Exception {
    LogicalVolume lv =
        MoveLab.soundMetadata(disks).volumeGroup().logicalVolume("frag").orElseThrow();
    try (LiveVolumes volumes = open(devices);
        LogicalVolumeDevice frag = volumes.open("frag")) {
      changed(volumes, lv.toBuilder().segments(lv.segments().subList(0, 1)).build());

      assertThatThrownBy(() -> frag.write(0, ByteBuffer.allocate(1)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("expected 98304 bytes")
          .hasMessageContaining("others have cut it to 32768");
      assertThat(volumes.open("frag").size()).isEqualTo(32768);
    }
  }

  @Test
  void areNotWrittenToOnceOthersHaveMadeThemReadOnly() throws Exception {
    LogicalVolume lv =
        MoveLab.soundMetadata(disks).volumeGroup().logicalVolume("frag").orElseThrow();
    try (LiveVolumes volumes = open(devices);
        LogicalVolumeDevice frag = volumes.open("frag")) {
      changed(
          volumes,
          lv.toBuilder().flags(StatusFlags.of(StatusFlag.READ, StatusFlag.VISIBLE)).build());

      assertThatThrownBy(() -> frag.write(0, ByteBuffer.allocate(512)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("its permission is read-only");
      assertThat(read(frag)).isEqualTo(LvContent.pattern("vg/frag", frag.size()));
    }
  }

  @Test
  void areWrittenAtTheOldPlaceOnlyOnceAMoveHasStopped() throws Exception {
    try (LiveVolumes volumes = open(devices);
        LogicalVolumeDevice frag = volumes.open("frag")) {
      AtomicReference<PvMover> mover = new AtomicReference<>();
      MoveListener stop =
          event -> {
            if (event instanceof MoveEvent.Copied) {
              mover.get().stop();
            }
          };
      mover.set(mover(volumes).listener(stop).build());
      assertThat(move(mover.get(), request(true))).isInstanceOf(MoveOutcome.Stopped.class);
      int before = disks.trace().size();

      // What was copied by then: the destination is free once the move is given up.
      frag.write(0, ByteBuffer.allocate(2 * MoveLab.EXTENT_BYTES));

      assertThat(disks.trace().subList(before, disks.trace().size()))
          .isNotEmpty()
          .allMatch(operation -> operation.disk().equals("a"));
    }
  }

  @Test
  void areOfNoUseOnceClosed() throws Exception {
    LiveVolumes volumes = open(devices);
    LogicalVolumeDevice frag = volumes.open("frag");
    PvMover mover = mover(volumes).build();
    volumes.close();

    assertThatThrownBy(() -> read(frag)).isInstanceOf(IOException.class);
    assertThatThrownBy(frag::flush).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> volumes.open("frag")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> move(mover, request(false)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("closed");
    MoveLab.sound(disks);
  }

  @Test
  void letAMoveStopThatGoesOnAfterTheyWereClosed() throws Exception {
    LiveVolumes volumes = open(devices);
    MoveListener closes =
        event -> {
          if (event instanceof MoveEvent.Checkpoint) {
            try {
              volumes.close();
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          }
        };

    MoveOutcome outcome = move(mover(volumes).listener(closes).build(), request(false));

    assertThat(((MoveOutcome.Stopped) outcome).reason()).contains("closed");
    assertCompleted(MoveLab.mover(disks.disks(), MoveListener.NONE).resume());
    MoveLab.sound(disks);
  }
}
