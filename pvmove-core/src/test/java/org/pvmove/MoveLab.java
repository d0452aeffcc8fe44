// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Throwables;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.pvmove.device.DeviceScan;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.testing.DiskOperation;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.plan.MoveRequest;

/**
 * Moves on simulated disks: always off disk {@code a} onto disk {@code b}, while there is a third
 * one, {@code c}; and what must be true whatever happens to them.
 */
final class MoveLab {
  static final long DISK_BYTES = 2 << 20;
  static final int EXTENT_BYTES = 16 << 10;

  /** Longest segment of the moves: two extents, so that there are several. */
  static final int SEGMENT_BYTES = 2 * EXTENT_BYTES;

  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000L);

  private MoveLab() {}

  /** On what disks the move takes place. */
  enum Scenario {
    ONE_AREA_EACH(3, 0, 1, 1, 1),
    TWO_AREAS_EACH(4, 0, 2, 2, 2),
    TEXTS_THAT_WRAP_AROUND_THE_RING(8, 0, 2, 1, 1),
    NO_AREA_ON_THE_DESTINATION(6, 0, 1, 0, 1),
    // Two texts fill the ring: each commit overwrites the text before the last one.
    TEXTS_OF_ALMOST_HALF_THE_RING(5, 10_000, 0, 0, 1);

    private final int commits;
    private final int tagLength;
    private final ImmutableList<Integer> areas;

    /**
     * @param commits versions written before the move, which decide where in the ring its texts go
     * @param tagLength by how many characters the texts are longer than need be
     * @param areas metadata areas on each disk
     */
    Scenario(int commits, int tagLength, Integer... areas) {
      this.commits = commits;
      this.tagLength = tagLength;
      this.areas = ImmutableList.copyOf(areas);
    }

    /** Disks with four volumes that use the first one, all of it durable, nothing done yet. */
    SimulatedDisks disks(long seed) throws IOException {
      SimulatedDisks disks = new SimulatedDisks(seed);
      disks.add("a", DISK_BYTES);
      disks.add("b", DISK_BYTES);
      disks.add("c", DISK_BYTES);
      SmallGroup.on(disks.disks())
          .extentBytes(EXTENT_BYTES)
          .areas(areas)
          .commits(commits)
          .tagOf(1 + tagLength)
          .linear(
              "frag",
              new SmallGroup.Run(0, 9, 2),
              new SmallGroup.Run(0, 0, 3),
              new SmallGroup.Run(1, 0, 1))
          .striped("str", 4 << 10, new SmallGroup.Run(0, 4, 3), new SmallGroup.Run(2, 0, 3))
          .striped("rts", 8 << 10, new SmallGroup.Run(2, 9, 2), new SmallGroup.Run(0, 20, 2))
          .linear("two", new SmallGroup.Run(0, 12, 1), new SmallGroup.Run(2, 5, 2))
          .create();
      return disks.crashImage(Unflushed.KEPT);
    }
  }

  /** Moves everything off disk a. */
  static MoveOutcome move(List<? extends BlockDevice> disks, MoveListener listener)
      throws IOException {
    PvMover mover = mover(disks, listener);
    return mover.execute(
        mover
            .plan(MoveRequest.from("a").to("b").maxSegmentBytes(SEGMENT_BYTES).build())
            .orElseThrow());
  }

  /** A mover as of a process that has just been started. */
  static PvMover mover(List<? extends BlockDevice> disks, MoveListener listener) {
    return moverOn(disks).listener(listener).build();
  }

  /** A mover as of a process that has just been started, to be told more. */
  static PvMover.Builder moverOn(List<? extends BlockDevice> disks) {
    return PvMover.builder(DeviceSet.of(disks.toArray(new BlockDevice[0])), SmallGroup.NAME)
        .clock(() -> NOW)
        .random(new Random(7))
        .checkpointBytes(0)
        .host("test");
  }

  /** Where extents begin on their device. */
  static long byteOffset(StoredVolumeGroup stored, PeRange range) {
    return stored.volumeGroup().physicalVolume(range.pv()).orElseThrow().peStart().toBytes()
        + range.first() * EXTENT_BYTES;
  }

  /** Whether a write goes up to the end of the first metadata area and the next one goes on. */
  static boolean wraps(SimulatedDisks disks, DiskOperation operation) {
    long areaStart = 4096;
    if (operation.byteOffset() + operation.byteCount() != areaStart + SmallGroup.AREA_BYTES
        || operation.kind() != DiskOperation.Kind.WRITE) {
      return false;
    }
    DiskOperation next = disks.trace().get(operation.index() + 1);
    return next.kind() == DiskOperation.Kind.WRITE
        && next.disk().equals(operation.disk())
        && next.byteOffset() == areaStart + 512;
  }

  /** Something that moves. */
  interface Step {
    MoveOutcome run() throws IOException;
  }

  /**
   * Runs something that must be cut short by an exception of the given kind, and by nothing else.
   */
  static void assertCutShort(Class<? extends IOException> by, Step step) {
    Exception failure;
    try {
      MoveOutcome outcome = step.run();
      assertThat(outcome).isInstanceOf(MoveOutcome.Stopped.class);
      failure = ((MoveOutcome.Stopped) outcome).failure();
    } catch (IOException e) {
      failure = e;
    }
    assertThat(failure).isNotNull();
    assertThat(Throwables.getRootCause(failure)).isInstanceOf(by);
  }

  static void assertCompleted(MoveOutcome outcome) {
    assertThat(outcome).isInstanceOf(MoveOutcome.Completed.class);
  }

  /** What a reader finds, which must be nothing to complain about and every byte in place. */
  static StoredVolumeGroup sound(SimulatedDisks disks) {
    StoredVolumeGroup stored = soundMetadata(disks);
    LvContent.verifyAll(stored);
    return stored;
  }

  /** What a reader finds, which must be nothing to complain about. */
  static StoredVolumeGroup soundMetadata(SimulatedDisks disks) {
    DeviceScan scan = DeviceSet.of(disks.disks().toArray(new BlockDevice[0])).scan();
    assertThat(scan.volumeGroups()).hasSize(1);
    StoredVolumeGroup stored = scan.volumeGroup(SmallGroup.NAME);
    assertThat(stored.refusals()).isEmpty();
    assertThat(stored.missing()).isEmpty();
    assertThat(VolumeGroupCheck.check(stored.volumeGroup())).isEmpty();
    return stored;
  }

  /** Checks that there is no trace of a move that was under way before and is complete. */
  static void assertMoved(VolumeGroup before, VolumeGroup now) {
    assertSettled(now);
    if (before.pvmoveVolumes().isEmpty()) {
      assertThat(now.logicalVolumes()).isEqualTo(before.logicalVolumes());
    } else {
      assertSourceIsEmpty(now);
    }
  }

  static void assertSourceIsEmpty(VolumeGroup vg) {
    assertThat(ExtentMap.of(vg).uses(vg.physicalVolumes().get(0).id()))
        .as("uses of the source")
        .isEmpty();
  }

  /** Checks that no move is under way. */
  static void assertSettled(VolumeGroup vg) {
    assertThat(vg.logicalVolumes())
        .extracting(LogicalVolume::name)
        .containsExactly("frag", "str", "rts", "two");
    assertThat(vg.logicalVolumes()).noneMatch(LogicalVolume::isLocked);
  }
}
