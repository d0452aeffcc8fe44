// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pvmove.MoveLab.EXTENT_BYTES;
import static org.pvmove.MoveLab.assertCompleted;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.device.CommitFailedException;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.CopyFailedException;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.execute.ReadErrors;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.testing.ForwardingDevice;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.plan.MoveRequest;
import org.pvmove.volume.LiveVolumes;
import org.pvmove.volume.LogicalVolumeDevice;

/**
 * Disks that fail while a volume is written and moves: the volume "lv", four extents on disk a, in
 * two segments to disk b.
 */
@Timeout(60)
class LiveFaultsTest {
  /** Where the header of the first metadata area is. */
  private static final long HEADER = 4096;

  private final SimulatedDisks disks = disks();
  private @Nullable Runnable atCommit;
  private int headerWrites;
  private boolean failCommit;
  private DeviceSet devices = devices();
  private LiveVolumes volumes = open();
  private LogicalVolumeDevice lv = volumes.open("lv");
  private final byte[] model = LvContent.pattern("vg/lv", lv.size());

  /** Where the extents of the volume begin, and where those they move to. */
  private final long source = peStart(0) + 3L * EXTENT_BYTES;

  private final long destination = peStart(1);

  LiveFaultsTest() throws IOException {}

  private long peStart(int pv) {
    return MoveLab.soundMetadata(disks).volumeGroup().physicalVolumes().get(pv).peStart().toBytes();
  }

  private static SimulatedDisks disks() throws IOException {
    SimulatedDisks disks = new SimulatedDisks(1);
    disks.add("a", MoveLab.DISK_BYTES);
    disks.add("b", MoveLab.DISK_BYTES);
    disks.add("c", MoveLab.DISK_BYTES);
    SmallGroup.on(disks.disks())
        .areas(List.of(1, 0, 1))
        .linear("lv", new SmallGroup.Run(0, 3, 4))
        .create();
    return disks.crashImage(Unflushed.KEPT);
  }

  /** The disks, the last of which can fail when it is to say that a new version is in force. */
  private DeviceSet devices() {
    BlockDevice last =
        new ForwardingDevice(disks.disk("c")) {
          @Override
          public void write(long byteOffset, ByteBuffer source) throws IOException {
            // Announced first, then in force.
            Runnable action = atCommit;
            if (byteOffset == HEADER && action != null && ++headerWrites == 2) {
              atCommit = null;
              action.run();
              if (failCommit) {
                throw new IOException("a test fails this write");
              }
            }
            super.write(byteOffset, source);
          }
        };
    return DeviceSet.of(disks.disk("a"), disks.disk("b"), last);
  }

  private LiveVolumes open() throws IOException {
    return LiveVolumes.builder(devices, SmallGroup.NAME).open();
  }

  private PvMover mover(MoveListener listener) {
    return PvMover.builder(devices, SmallGroup.NAME)
        .checkpointBytes(0)
        .volumes(volumes)
        .listener(listener)
        .random(new Random(7))
        .host("test")
        .build();
  }

  private MoveOutcome move(boolean atomic, MoveListener listener) throws IOException {
    PvMover mover = mover(listener);
    return mover.execute(
        mover
            .plan(
                MoveRequest.from("a")
                    .to("b")
                    .maxSegmentBytes(MoveLab.SEGMENT_BYTES)
                    .atomic(atomic)
                    .build())
            .orElseThrow());
  }

  /** What is done, once, when so many bytes have been copied. */
  private static MoveListener once(long bytes, Action action) {
    boolean[] done = {false};
    return event -> {
      if (event instanceof MoveEvent.Copied copied && copied.bytesDone() >= bytes && !done[0]) {
        done[0] = true;
        run(action);
      }
    };
  }

  private interface Action {
    void run() throws IOException;
  }

  private static void run(Action action) {
    try {
      action.run();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private byte[] read() throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate((int) lv.size());
    lv.read(0, bytes);
    return bytes.array();
  }

  /** Writes a sector in which nothing is as it was. */
  private void write(int at, int filler) throws IOException {
    byte[] bytes = new byte[512];
    Arrays.fill(bytes, (byte) filler);
    lv.write(at, ByteBuffer.wrap(bytes));
    Arrays.fill(model, at, at + 512, (byte) filler);
  }

  private static CopyFailedException copyFailure(MoveOutcome outcome) {
    return (CopyFailedException) ((MoveOutcome.Stopped) outcome).failure();
  }

  /** Carries the move on, and checks that nothing is lost then, not even in a power cut. */
  private void completes() throws IOException {
    assertThat(read()).isEqualTo(model);
    assertCompleted(mover(MoveListener.NONE).resume());
    assertThat(read()).isEqualTo(model);
    lv.flush();
    StoredVolumeGroup stored = MoveLab.soundMetadata(disks.crashImage(Unflushed.LOST));
    MoveLab.assertSourceIsEmpty(stored.volumeGroup());
    assertThat(LvContent.read(stored, "lv")).isEqualTo(model);
  }

  @ParameterizedTest
  @CsvSource({
    "false, 0, 32768", // to the first segment when it is copied
    "true, 0, 32768",
    "false, 32768, 65536", // to the last one
    "true, 0, 65536", // to the first one when all are copied
  })
  void stopsTheMoveAndNotTheUserWhereTheDestinationCannotBeWritten(
      boolean atomic, int at, long copied) throws Exception {
    long bad = destination + at;

    MoveOutcome outcome =
        move(
            atomic,
            once(
                copied,
                () -> {
                  disks.disk("b").failWrites(bad, 512, 1);
                  write(at, 1);
                  // It is not written to any more.
                  disks.disk("b").failWrites(bad, 512, 1);
                  write(at, 2);
                }));

    CopyFailedException failure = copyFailure(outcome);
    assertThat(failure.operation()).isEqualTo(CopyFailedException.Operation.WRITE);
    assertThat(failure.ranges()).hasSize(1);
    assertThat(failure.ranges().get(0).device()).isEqualTo("b");
    assertThat(failure.ranges().get(0).byteOffset()).isEqualTo(bad);
    assertThat(failure.ranges().get(0).byteCount()).isEqualTo(512);
    assertThat(failure).hasMessageContaining("could not be written by a user");
    assertThat(read()).isEqualTo(model);
    // The fault that is left.
    assertThat(mover(MoveListener.NONE).resume()).isInstanceOf(MoveOutcome.Stopped.class);
    completes();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void stopsTheMoveAndTellsTheUserWhereTheSourceCannotBeWritten(boolean atomic) throws Exception {
    long bad = source;

    MoveOutcome outcome =
        move(
            atomic,
            once(
                32768,
                () -> {
                  disks.disk("a").failWrites(bad, 512, 1);
                  assertThatThrownBy(() -> lv.write(0, ByteBuffer.allocate(512)))
                      .isInstanceOf(IOException.class);
                }));

    CopyFailedException failure = copyFailure(outcome);
    assertThat(failure.ranges().get(0).device()).isEqualTo("a");
    assertThat(failure.ranges().get(0).byteOffset()).isEqualTo(bad);
    completes();
  }

  @Test
  void comparesNoCopyWithASourceThatTellsNoMore() throws Exception {
    PvMover mover =
        PvMover.builder(devices, SmallGroup.NAME)
            .checkpointBytes(0)
            .volumes(volumes)
            .verify(true)
            .onReadError(ReadErrors.skip(1, (byte) 0))
            .listener(once(32768, () -> disks.disk("a").failReads(source, 512)))
            .build();

    MoveOutcome outcome =
        mover.execute(
            mover
                .plan(MoveRequest.from("a").to("b").maxSegmentBytes(MoveLab.SEGMENT_BYTES).build())
                .orElseThrow());

    assertCompleted(outcome);
    assertThat(read()).isEqualTo(model);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void stopsTheMoveAndNotTheUserWhereTheDestinationCannotBeMadeDurable(boolean atomic)
      throws Exception {
    MoveOutcome outcome =
        move(
            atomic,
            once(
                16384,
                () -> {
                  write(0, 1);
                  disks.disk("b").failFlushes(1);
                  lv.flush();
                  write(512, 2);
                  lv.flush();
                }));

    assertThat(copyFailure(outcome).ranges().get(0).device()).isEqualTo("b");
    assertThat(read()).isEqualTo(model);
    // The disk was given up by all who had it open.
    volumes.close();
    devices = devices();
    volumes = open();
    lv = volumes.open("lv");
    completes();
  }

  @ParameterizedTest
  @CsvSource({"false, 32768", "false, 65536", "true, 65536"})
  void goesOnAtTheOldPlaceIfACommitFailsEarly(boolean atomic, long copied) throws Exception {
    MoveOutcome outcome =
        move(
            atomic,
            once(
                copied,
                () -> {
                  write(0, 1);
                  disks.disk("a").failWrites(HEADER, SmallGroup.AREA_BYTES, 1);
                }));

    assertThat(((MoveOutcome.Stopped) outcome).failure()).isInstanceOf(CommitFailedException.class);
    write(32768, 2);
    completes();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void goesOnAtBothPlacesIfACommitMayHaveFailed(boolean atomic) throws Exception {
    failCommit = true;
    MoveOutcome outcome = move(atomic, once(65536, () -> atCommit = () -> {}));

    assertThat(((MoveOutcome.Stopped) outcome).failure()).isInstanceOf(CommitFailedException.class);
    write(32768, 1);
    disks.disk("a").failWrites(source + 32768, 512, 1);
    assertThatThrownBy(() -> write(32768, 2)).isInstanceOf(IOException.class);
    disks.disk("b").failWrites(destination + 32768, 512, 1);
    assertThatThrownBy(() -> write(32768, 3)).isInstanceOf(IOException.class);
    write(32768, 4);

    // Found out by the next one who looks; that makes nothing durable that users have written.
    AtomicReference<@Nullable SimulatedDisks> cut = new AtomicReference<>();
    MoveListener flushes =
        event -> {
          if (event instanceof MoveEvent.Started) {
            run(lv::flush);
            cut.set(disks.crashImage(Unflushed.LOST));
          }
        };
    assertCompleted(mover(flushes).resume());

    SimulatedDisks found = cut.get();
    if (found == null) {
      // The commit that may have failed had ended the move.
      lv.flush();
      found = disks.crashImage(Unflushed.LOST);
    }
    StoredVolumeGroup stored = MoveLab.soundMetadata(found);
    assertThat(LvContent.read(stored, "lv")).isEqualTo(model);
    assertThat(read()).isEqualTo(model);
  }

  @Test
  void tellsNobodyThatBytesAreWrittenThatAreNotReadThen() throws Exception {
    disks.disk("a").failWrites(source, 512, 1);
    byte[] written = new byte[512];
    byte[] found = new byte[512];
    boolean[] failed = {false};
    LiveVolumes maps = volumes;
    Thread user =
        new Thread(
            () -> {
              // The mover learns what counts now, but cannot change the maps yet.
              synchronized (maps) {
                try {
                  lv.write(0, ByteBuffer.wrap(written));
                } catch (IOException e) {
                  failed[0] = true;
                }
                run(() -> lv.read(0, ByteBuffer.wrap(found)));
              }
            });
    MoveOutcome outcome =
        move(
            false,
            once(
                32768,
                () ->
                    atCommit =
                        () -> {
                          user.start();
                          while (user.getState() != Thread.State.WAITING) {
                            Thread.onSpinWait();
                          }
                        }));
    user.join();

    assertCompleted(outcome);
    assertThat(failed[0] || Arrays.equals(found, written)).isTrue();
    assertThatCode(lv::flush).doesNotThrowAnyException();
  }
}
