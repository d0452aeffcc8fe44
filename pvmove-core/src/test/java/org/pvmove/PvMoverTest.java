// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pvmove.MoveLab.EXTENT_BYTES;
import static org.pvmove.MoveLab.assertCompleted;
import static org.pvmove.MoveLab.assertSettled;
import static org.pvmove.MoveLab.assertSourceIsEmpty;
import static org.pvmove.MoveLab.mover;
import static org.pvmove.MoveLab.sound;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.device.AccessRefusedException;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.device.VolumeGroupChangedException;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;
import org.pvmove.plan.PlanRejectedException;
import org.pvmove.plan.PlanResult;
import org.pvmove.plan.Planner;
import org.pvmove.plan.Rejection;

/** The front door: plan, execute, stop, resume, abort. */
class PvMoverTest {
  private static final long SEED = 20261125;
  private static final long MIB = 1 << 20;
  private static final MoveRequest EVERYTHING =
      MoveRequest.from("a").to("b").maxSegmentBytes(MoveLab.SEGMENT_BYTES).build();

  @TempDir Path directory;

  private static SimulatedDisks disks() throws IOException {
    return MoveLab.Scenario.ONE_AREA_EACH.disks(SEED);
  }

  private static MovePlan plan(PvMover mover) {
    return mover.plan(EVERYTHING).orElseThrow();
  }

  @Test
  void movesEverythingOffAPhysicalVolume() throws Exception {
    SimulatedDisks disks = disks();
    PvMover mover = mover(disks.disks(), MoveListener.NONE);
    MovePlan plan = plan(mover);

    MoveOutcome outcome = mover.execute(plan);

    assertCompleted(outcome);
    MoveOutcome.Completed completed = (MoveOutcome.Completed) outcome;
    assertThat(completed.moves()).containsExactly("pvmove0");
    assertThat(completed.work().bytesCopied()).isEqualTo(plan.cost().bytes());
    VolumeGroup found = sound(disks.crashImage(Unflushed.LOST)).volumeGroup();
    assertThat(found).isEqualTo(completed.volumeGroup().volumeGroup());
    assertThat(found.seqno()).isEqualTo(plan.seqno() + plan.cost().commits());
    assertSettled(found);
    assertSourceIsEmpty(found);
    assertThat(mover.movesInProgress()).isEmpty();
  }

  @Test
  void writesNothingToPlan() throws Exception {
    SimulatedDisks disks = disks();

    plan(mover(disks.disks(), MoveListener.NONE));

    assertThat(disks.trace()).isEmpty();
  }

  @Test
  void reportsEachStepOnceItIsDurable() throws Exception {
    SimulatedDisks disks = disks();
    List<MoveEvent> events = new ArrayList<>();
    PvMover mover =
        mover(
            disks.disks(),
            event -> {
              events.add(event);
              if (event instanceof MoveEvent.Checkpoint checkpoint) {
                VolumeGroup vg = sound(disks.crashImage(Unflushed.LOST)).volumeGroup();
                assertThat(vg.seqno()).isEqualTo(checkpoint.seqno());
                assertThat(checkpoint.segments().keySet())
                    .allMatch(i -> Pvmove.allOf(vg).get(0).pieces().get(i).done());
              }
            });
    MovePlan plan = plan(mover);
    mover.execute(plan);

    int segments = plan.segments().size();
    long bytes = plan.cost().bytes();
    List<MoveEvent> expected = new ArrayList<>();
    expected.add(new MoveEvent.Started("pvmove0", segments, 0, bytes, 0));
    long done = 0;
    for (int i = 0; i < segments; i++) {
      long length = plan.segments().get(i).source().count() * EXTENT_BYTES;
      done += length;
      expected.add(new MoveEvent.Copied("pvmove0", i, length, length, done, bytes));
    }
    assertThat(events)
        .filteredOn(event -> !(event instanceof MoveEvent.Checkpoint))
        .filteredOn(event -> !(event instanceof MoveEvent.Finished))
        .containsExactlyElementsOf(expected);
    assertThat(events)
        .filteredOn(event -> event instanceof MoveEvent.Checkpoint)
        .extracting(
            event -> ImmutableList.copyOf(((MoveEvent.Checkpoint) event).segments().keySet()))
        .containsExactlyElementsOf(
            IntStream.range(0, segments).mapToObj(ImmutableList::of).toList());
    assertThat(events.get(events.size() - 1))
        .isEqualTo(new MoveEvent.Finished("pvmove0", false, plan.seqno() + plan.cost().commits()));
  }

  @Test
  void saysInTheMetadataWhoDidWhatAndWhen() throws Exception {
    SimulatedDisks disks = disks();
    List<String> descriptions = new ArrayList<>();
    PvMover mover =
        mover(disks.disks(), event -> descriptions.add(sound(disks).header().description()));
    mover.execute(plan(mover));

    assertThat(descriptions)
        .startsWith("Write from pvmove for Java: Begin pvmove0.")
        .contains("Write from pvmove for Java: Checkpoint 2 of pvmove0.")
        .endsWith("Write from pvmove for Java: Finish pvmove0.");
    assertThat(sound(disks).header().creationHost()).isEqualTo("test");
    assertThat(sound(disks).header().creationTime()).isEqualTo(1_800_000_000L);
  }

  @Test
  void refusesAPlanForAnotherVersion() throws Exception {
    SimulatedDisks disks = disks();
    PvMover mover = mover(disks.disks(), MoveListener.NONE);
    MovePlan plan = plan(mover);
    addTag(disks, "meanwhile");
    long writes = disks.writeCount();

    assertThatThrownBy(() -> mover.execute(plan))
        .isInstanceOf(VolumeGroupChangedException.class)
        .hasMessageContaining("expected version 3")
        .hasMessageContaining("found version 4");
    assertThat(disks.writeCount()).isEqualTo(writes);
  }

  /** What another program might do. */
  private static void addTag(SimulatedDisks disks, String tag) throws IOException {
    DeviceSet set = DeviceSet.of(disks.disks().toArray(new BlockDevice[0]));
    StoredVolumeGroup stored = set.scan().volumeGroup(SmallGroup.NAME);
    set.commit(
        stored,
        stored.volumeGroup().toBuilder().tags(List.of(tag)).build(),
        SmallGroup.header("vgchange"));
  }

  @Test
  void keepsWhatSomebodyElseChangesInTheVolumeGroupMeanwhile() throws Exception {
    SimulatedDisks disks = disks();
    PvMover mover =
        mover(
            disks.disks(),
            event -> {
              if (event instanceof MoveEvent.Copied copied && copied.segment() == 1) {
                addTagUnchecked(disks);
              }
            });

    assertCompleted(mover.execute(plan(mover)));

    VolumeGroup now = sound(disks.crashImage(Unflushed.LOST)).volumeGroup();
    assertThat(now.tags()).containsExactly("meanwhile");
    assertSourceIsEmpty(now);
  }

  @Test
  void stopsIfSomebodyElseEndsTheMoveMeanwhile() throws Exception {
    SimulatedDisks disks = disks();
    PvMover mover =
        mover(
            disks.disks(),
            event -> {
              if (event instanceof MoveEvent.Copied copied && copied.segment() == 1) {
                endUnchecked(disks);
              }
            });

    MoveOutcome outcome = mover.execute(plan(mover));

    assertThat(outcome).isInstanceOf(MoveOutcome.Stopped.class);
    MoveOutcome.Stopped stopped = (MoveOutcome.Stopped) outcome;
    assertThat(stopped.failure()).isInstanceOf(VolumeGroupChangedException.class);
    assertThat(stopped.reason())
        .isEqualTo(
            "expected move pvmove0 in volume group vg, found that someone else has ended it");
    assertSettled(sound(disks.crashImage(Unflushed.LOST)).volumeGroup());
  }

  /** What LVM2's abort would do, which knows nothing of our claims. */
  private static void endUnchecked(SimulatedDisks disks) {
    try {
      DeviceSet set = DeviceSet.of(disks.disks().toArray(new BlockDevice[0]));
      StoredVolumeGroup stored = set.scan().volumeGroup(SmallGroup.NAME);
      VolumeGroup vg = stored.volumeGroup();
      set.commit(
          stored,
          PvmoveEdits.end(vg, Pvmove.allOf(vg).get(0), false),
          SmallGroup.header("pvmove --abort"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void addTagUnchecked(SimulatedDisks disks) {
    try {
      addTag(disks, "meanwhile");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void stopsOnRequestAndRepeatsNoMoreThanTheSegmentUnderWay() throws Exception {
    // Segments of 8 MiB, copied a part at a time.
    SimulatedDisks disks = new SimulatedDisks(SEED);
    disks.add("a", 40 * MIB);
    disks.add("b", 40 * MIB);
    SmallGroup.on(disks.disks())
        .extentBytes(MIB)
        .linear("home", new SmallGroup.Run(0, 0, 24))
        .create();
    MoveRequest request = MoveRequest.from("a").maxSegmentBytes(8 * MIB).build();
    AtomicReference<PvMover> running = new AtomicReference<>();
    List<MoveEvent> events = new ArrayList<>();
    PvMover mover =
        mover(
            disks.disks(),
            event -> {
              events.add(event);
              if (event instanceof MoveEvent.Copied copied && copied.bytesDone() == 11 * MIB) {
                running.get().stop();
              }
            });
    running.set(mover);

    MoveOutcome outcome = mover.execute(mover.plan(request).orElseThrow());

    assertThat(outcome).isInstanceOf(MoveOutcome.Stopped.class);
    MoveOutcome.Stopped stopped = (MoveOutcome.Stopped) outcome;
    assertThat(stopped.reason()).isEqualTo("stopped on request");
    assertThat(stopped.failure()).isNull();
    assertThat(events.get(events.size() - 1))
        .isEqualTo(new MoveEvent.Copied("pvmove0", 1, 3 * MIB, 8 * MIB, 11 * MIB, 24 * MIB));
    LvContent.verifyAll(stopped.volumeGroup());
    assertThat(mover.movesInProgress())
        .singleElement()
        .extracting(Pvmove::name)
        .isEqualTo("pvmove0");

    events.clear();
    MoveOutcome resumed = mover(disks.disks(), events::add).resume();

    assertCompleted(resumed);
    assertThat(events.get(0)).isEqualTo(new MoveEvent.Started("pvmove0", 3, 1, 24 * MIB, 8 * MIB));
    assertThat(((MoveOutcome.Completed) resumed).work().bytesCopied()).isEqualTo(16 * MIB);
    LvContent.verifyAll(((MoveOutcome.Completed) resumed).volumeGroup());
    assertSourceIsEmpty(((MoveOutcome.Completed) resumed).volumeGroup().volumeGroup());
  }

  @Test
  void abortsWhatWasStopped() throws Exception {
    SimulatedDisks disks = disks();
    VolumeGroup before = sound(disks).volumeGroup();
    AtomicReference<PvMover> running = new AtomicReference<>();
    PvMover mover = mover(disks.disks(), event -> running.get().stop());
    running.set(mover);
    assertThat(mover.execute(plan(mover))).isInstanceOf(MoveOutcome.Stopped.class);

    MoveOutcome outcome = mover.abort();

    assertCompleted(outcome);
    VolumeGroup found = sound(disks.crashImage(Unflushed.LOST)).volumeGroup();
    assertThat(found.logicalVolumes()).isEqualTo(before.logicalVolumes());
    assertThat(found.seqno()).isEqualTo(before.seqno() + 2);
  }

  @Test
  void keepsFinishedSegmentsWhereTheyAreWhenAborting() throws Exception {
    SimulatedDisks disks = disks();
    AtomicReference<PvMover> running = new AtomicReference<>();
    List<Pvmove.Piece> finished = new ArrayList<>();
    PvMover mover =
        mover(
            disks.disks(),
            event -> {
              if (event instanceof MoveEvent.Checkpoint checkpoint) {
                finished.addAll(checkpoint.segments().values());
                if (finished.size() == 3) {
                  running.get().stop();
                }
              }
            });
    running.set(mover);
    MovePlan plan = plan(mover);
    mover.execute(plan);

    assertCompleted(mover.abort());

    VolumeGroup found = sound(disks.crashImage(Unflushed.LOST)).volumeGroup();
    assertSettled(found);
    ExtentMap extents = ExtentMap.of(found);
    assertThat(finished).hasSize(3);
    for (int i = 0; i < plan.segments().size(); i++) {
      MovePlan.Segment segment = plan.segments().get(i);
      PeRange used = i < 3 ? segment.destination() : segment.source();
      PeRange free = i < 3 ? segment.source() : segment.destination();
      assertThat(extents.uses(used.pv())).anyMatch(use -> use.range().overlaps(used));
      assertThat(extents.uses(free.pv())).noneMatch(use -> use.range().overlaps(free));
    }
  }

  @Test
  void hasNothingToDoWhereNoMoveIsUnderWay() throws Exception {
    SimulatedDisks disks = disks();
    PvMover mover = mover(disks.disks(), MoveListener.NONE);

    assertThat(((MoveOutcome.Completed) mover.resume()).moves()).isEmpty();
    assertThat(((MoveOutcome.Completed) mover.abort()).moves()).isEmpty();
    assertThat(disks.writeCount()).isZero();
  }

  @Test
  void resumesAndAbortsOnlyTheMoveFromTheSourceNamed() throws Exception {
    SimulatedDisks disks = disks();
    AtomicReference<PvMover> running = new AtomicReference<>();
    PvMover mover = mover(disks.disks(), event -> running.get().stop());
    running.set(mover);
    mover.execute(
        mover.plan(MoveRequest.from("a").to("b").logicalVolume("two").build()).orElseThrow());
    mover.execute(
        mover.plan(MoveRequest.from("c").to("b").logicalVolume("str").build()).orElseThrow());
    assertThat(mover.movesInProgress())
        .extracting(Pvmove::name)
        .containsExactly("pvmove0", "pvmove1");
    PvMover later = mover(disks.disks(), MoveListener.NONE);

    assertThatThrownBy(() -> later.resume("d"))
        .isInstanceOf(LvmException.class)
        .hasMessageContaining("\"d\" was not found");
    assertThat(((MoveOutcome.Completed) later.resume("b")).moves()).isEmpty();
    assertThat(((MoveOutcome.Completed) later.abort("c")).moves()).containsExactly("pvmove1");
    assertThat(later.movesInProgress()).extracting(Pvmove::name).containsExactly("pvmove0");
    assertThat(((MoveOutcome.Completed) later.resume("a")).moves()).containsExactly("pvmove0");
    assertSettled(sound(disks.crashImage(Unflushed.LOST)).volumeGroup());
  }

  @Test
  void resumesSeveralMoves() throws Exception {
    SimulatedDisks disks = disks();
    AtomicReference<PvMover> running = new AtomicReference<>();
    PvMover mover = mover(disks.disks(), event -> running.get().stop());
    running.set(mover);
    mover.execute(
        mover.plan(MoveRequest.from("a").to("b").logicalVolume("two").build()).orElseThrow());
    mover.execute(
        mover.plan(MoveRequest.from("c").to("b").logicalVolume("str").build()).orElseThrow());

    MoveOutcome outcome = mover(disks.disks(), MoveListener.NONE).resume();

    assertThat(((MoveOutcome.Completed) outcome).moves()).containsExactly("pvmove0", "pvmove1");
    assertSettled(sound(disks.crashImage(Unflushed.LOST)).volumeGroup());
  }

  @Test
  void survivesAListenerThatThrows() throws Exception {
    SimulatedDisks disks = disks();
    PvMover mover =
        mover(
            disks.disks(),
            event -> {
              if (event instanceof MoveEvent.Checkpoint checkpoint
                  && checkpoint.segments().containsKey(2)) {
                throw new IllegalStateException("tired of listening");
              }
            });

    assertThatThrownBy(() -> mover.execute(plan(mover))).hasMessage("tired of listening");

    assertThat(Pvmove.allOf(sound(disks.crashImage(Unflushed.LOST)).volumeGroup()).get(0).pieces())
        .filteredOn(Pvmove.Piece::done)
        .hasSize(3);
    assertCompleted(mover(disks.disks(), MoveListener.NONE).resume());
    assertSourceIsEmpty(sound(disks.crashImage(Unflushed.LOST)).volumeGroup());
  }

  @Test
  void plansOnDevicesThatAreOpenForReadingOnlyButDoesNotMove() throws Exception {
    SimulatedDisks disks = disks();
    List<BlockDevice> views = disks.disks().stream().map(BlockDevices::readOnly).toList();
    PvMover mover = mover(views, MoveListener.NONE);
    MovePlan plan = plan(mover);

    assertThatThrownBy(() -> mover.execute(plan))
        .isInstanceOf(AccessRefusedException.class)
        .hasMessageContaining("a is open for reading only; b is open for reading only");
    assertThatThrownBy(mover::resume).isInstanceOf(AccessRefusedException.class);
    assertThatThrownBy(mover::abort).isInstanceOf(AccessRefusedException.class);
    assertThat(disks.writeCount()).isZero();
  }

  @Test
  void stopsWhenItsThreadIsInterruptedAndKeepsTheDevicesOpen() throws Exception {
    Path a = directory.resolve("a");
    Path b = directory.resolve("b");
    for (Path image : List.of(a, b)) {
      try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
        file.setLength(4 * MIB);
      }
    }
    try (DeviceSet devices = DeviceSet.open(a, b)) {
      SmallGroup.on(devices.devices())
          .extentBytes(EXTENT_BYTES)
          .linear("home", new SmallGroup.Run(0, 3, 50), new SmallGroup.Run(0, 60, 20))
          .create();
      AtomicInteger checkpoints = new AtomicInteger();
      PvMover mover =
          PvMover.builder(devices, SmallGroup.NAME)
              .checkpointBytes(0)
              .listener(
                  event -> {
                    if (event instanceof MoveEvent.Checkpoint
                        && checkpoints.getAndIncrement() == 0) {
                      Thread.currentThread().interrupt();
                    }
                  })
              .build();

      MoveOutcome outcome =
          mover.execute(mover.plan(MoveRequest.from(a.toString()).build()).orElseThrow());

      assertThat(Thread.interrupted()).as("still interrupted").isTrue();
      assertThat(outcome).isInstanceOf(MoveOutcome.Stopped.class);
      assertThat(((MoveOutcome.Stopped) outcome).failure()).isNull();
      assertThat(outcome.work().receipts()).hasSize(1);
      LvContent.verifyAll(devices.scan().volumeGroup(SmallGroup.NAME));

      assertCompleted(mover.resume());
      StoredVolumeGroup stored = devices.scan().volumeGroup(SmallGroup.NAME);
      LvContent.verifyAll(stored);
      assertSourceIsEmpty(stored.volumeGroup());
    }
  }

  @Test
  void eitherRefusesAMoveForLackOfRoomForMetadataOrCompletesIt() throws Exception {
    // Texts grow while a move goes on: "extents_moved = 0" becomes "extents_moved = 100".
    int longest = 0;
    int tooLong = 15_616;
    while (tooLong - longest > 1) {
      int tagLength = (longest + tooLong) / 2;
      PlanResult result = mover(tagged(tagLength).disks(), MoveListener.NONE).plan(ALL_OFF_A);
      if (result instanceof PlanResult.Accepted) {
        longest = tagLength;
      } else {
        tooLong = tagLength;
      }
    }
    for (int tagLength = longest - 60; tagLength <= longest + 60; tagLength += 2) {
      SimulatedDisks start = tagged(tagLength);
      PvMover mover = mover(start.disks(), MoveListener.NONE);
      PlanResult result = mover.plan(ALL_OFF_A);
      if (tagLength > longest) {
        assertThat(((PlanResult.Rejected) result).reasons())
            .singleElement()
            .isInstanceOfSatisfying(
                Rejection.MetadataTooLarge.class,
                reason -> {
                  assertThat(reason.room()).isEqualTo(15_616);
                  assertThat(reason.needed()).isBetween(15_617L, 15_616L + 200);
                });
        assertThat(start.writeCount()).isZero();
      } else {
        assertCompleted(mover.execute(result.orElseThrow()));
      }
    }
  }

  private static final MoveRequest ALL_OFF_A = MoveRequest.from("a").build();

  /** A volume group whose metadata text is as long as a tag makes it. */
  private static SimulatedDisks tagged(int tagLength) throws IOException {
    SimulatedDisks disks = new SimulatedDisks(SEED);
    disks.add("a", 4 * MIB);
    disks.add("b", 4 * MIB);
    SmallGroup.on(disks.disks())
        .extentBytes(4096)
        .tagOf(tagLength)
        .linear("one", new SmallGroup.Run(0, 0, 100))
        .linear("two", new SmallGroup.Run(0, 150, 123))
        .linear("three", new SmallGroup.Run(0, 300, 456))
        .create();
    return disks.crashImage(Unflushed.KEPT);
  }

  @Test
  void checksTheRoomForMetadataAgainBeforeItBegins() throws Exception {
    SimulatedDisks disks = new SimulatedDisks(SEED);
    disks.add("a", 4 * MIB);
    disks.add("b", 4 * MIB);
    SmallGroup.on(disks.disks())
        .tagOf(14_000)
        .linear("one", new SmallGroup.Run(0, 0, 100))
        .create();
    SimulatedDisks start = disks.crashImage(Unflushed.KEPT);
    PvMover mover = mover(start.disks(), MoveListener.NONE);
    VolumeGroup vg = sound(start).volumeGroup();
    MovePlan plan =
        Planner.plan(vg, MoveRequest.from("a").maxSegmentBytes(EXTENT_BYTES).build()).orElseThrow();

    assertThatThrownBy(() -> mover.execute(plan)).isInstanceOf(PlanRejectedException.class);
    assertThat(start.writeCount()).isZero();
  }

  @Test
  void wantsAVolumeGroupThatIsThere() throws Exception {
    SimulatedDisks disks = disks();
    PvMover mover =
        PvMover.builder(DeviceSet.of(disks.disks().toArray(new BlockDevice[0])), "other").build();

    assertThatThrownBy(() -> mover.plan(EVERYTHING))
        .isInstanceOf(LvmException.class)
        .hasMessage("expected a volume group \"other\", found \"vg\"");
  }
}
