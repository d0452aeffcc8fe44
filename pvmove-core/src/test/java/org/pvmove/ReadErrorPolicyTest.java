// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pvmove.MoveLab.EXTENT_BYTES;
import static org.pvmove.MoveLab.assertCompleted;
import static org.pvmove.MoveLab.assertSettled;
import static org.pvmove.MoveLab.assertSourceIsEmpty;
import static org.pvmove.MoveLab.soundMetadata;

import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.BadRange;
import org.pvmove.execute.CopyFailedException;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.execute.ReadErrors;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.plan.MoveRequest;

/** What becomes of bytes that the source does not give. */
class ReadErrorPolicyTest {
  private static final int SECTOR = 512;

  private static SimulatedDisks disks() throws IOException {
    return MoveLab.Scenario.ONE_AREA_EACH.disks(3);
  }

  private static MoveOutcome move(SimulatedDisks disks, ReadErrors policy) throws IOException {
    PvMover mover = MoveLab.moverOn(disks.disks()).onReadError(policy).build();
    return mover.execute(mover.plan(MoveRequest.from("a").to("b").build()).orElseThrow());
  }

  /** Where an extent of disk a begins. */
  private static long extent(SimulatedDisks disks, int number) {
    return soundMetadata(disks).volumeGroup().physicalVolumes().get(0).peStart().toBytes()
        + (long) number * EXTENT_BYTES;
  }

  @Test
  void readsABadBlockAgainUntilItCanBeRead() throws Exception {
    SimulatedDisks disks = disks();
    // The read of the buffer, five halves of it down to the sector, and three attempts on that.
    disks.disk("a").failReads(extent(disks, 4) + 5 * SECTOR, SECTOR, 9);

    MoveOutcome outcome = move(disks, ReadErrors.retry(10));

    assertCompleted(outcome);
    assertThat(outcome.work().lost()).isEmpty();
    assertSourceIsEmpty(MoveLab.sound(disks.crashImage(Unflushed.LOST)).volumeGroup());
  }

  @Test
  void stopsAfterSoManyAttemptsWithEveryBadBlockNamed() throws Exception {
    SimulatedDisks disks = disks();
    disks.disk("a").failReads(extent(disks, 0) + 3 * SECTOR, SECTOR);
    disks.disk("a").failReads(extent(disks, 0) + 7 * SECTOR, 2 * SECTOR);

    MoveOutcome.Stopped outcome = (MoveOutcome.Stopped) move(disks, ReadErrors.retry(3));

    CopyFailedException failure = (CopyFailedException) outcome.failure();
    assertThat(failure.ranges())
        .containsExactly(
            // Logical volume frag begins with two extents elsewhere.
            new BadRange(
                "a", extent(disks, 0) + 3 * SECTOR, SECTOR, "frag", 2 * EXTENT_BYTES + 3 * SECTOR),
            new BadRange(
                "a",
                extent(disks, 0) + 7 * SECTOR,
                2 * SECTOR,
                "frag",
                2 * EXTENT_BYTES + 7 * SECTOR));
    MoveLab.sound(disks.crashImage(Unflushed.LOST));
  }

  @Test
  void goesOnWithoutWhatIsLostIfAskedTo() throws Exception {
    SimulatedDisks disks = disks();
    disks.disk("a").failReads(extent(disks, 9) + SECTOR, SECTOR);
    disks.disk("a").failReads(extent(disks, 12), 2 * SECTOR);

    MoveOutcome outcome = move(disks, ReadErrors.skip(2, (byte) 0xdb));

    assertThat(outcome).isInstanceOf(MoveOutcome.CompletedWithLosses.class);
    assertThat(outcome.work().lost())
        .containsExactly(
            new BadRange("a", extent(disks, 9) + SECTOR, SECTOR, "frag", SECTOR),
            new BadRange("a", extent(disks, 12), 2 * SECTOR, "two", 0));
    StoredVolumeGroup now = soundMetadata(disks.crashImage(Unflushed.LOST));
    assertSettled(now.volumeGroup());
    assertSourceIsEmpty(now.volumeGroup());
    byte[] expected =
        LvContent.pattern(now.volumeGroup(), now.volumeGroup().logicalVolume("frag").orElseThrow());
    Arrays.fill(expected, SECTOR, 2 * SECTOR, (byte) 0xdb);
    assertThat(LvContent.read(now, "frag")).isEqualTo(expected);
    expected =
        LvContent.pattern(now.volumeGroup(), now.volumeGroup().logicalVolume("two").orElseThrow());
    Arrays.fill(expected, 0, 2 * SECTOR, (byte) 0xdb);
    assertThat(LvContent.read(now, "two")).isEqualTo(expected);
  }

  @Test
  void countsStripesWhereItNamesAPlaceInALogicalVolume() throws Exception {
    SimulatedDisks disks = disks();
    // Volume str has stripes of 4 KiB, of which the first begins on extent 4 of disk a.
    long from = extent(disks, 4) + (4 << 10) - SECTOR;
    disks.disk("a").failReads(from, 2 * SECTOR);

    MoveOutcome.Stopped outcome = (MoveOutcome.Stopped) move(disks, ReadErrors.stop());

    assertThat(((CopyFailedException) outcome.failure()).ranges())
        .containsExactly(
            new BadRange("a", from, SECTOR, "str", (4 << 10) - SECTOR),
            new BadRange("a", from + SECTOR, SECTOR, "str", 8 << 10));
  }

  @Test
  void givesUpLookingForBadSectorsOfADiskThatIsGone() throws Exception {
    SimulatedDisks disks = new SimulatedDisks(1);
    disks.add("a", 8 << 20);
    disks.add("b", 8 << 20);
    SmallGroup.on(disks.disks())
        .extentBytes(1 << 20)
        .linear("home", new SmallGroup.Run(0, 0, 4))
        .create();
    disks.disk("a").failReads(2 << 20, 6 << 20);
    long before = disks.operationCount();

    MoveOutcome.Stopped outcome = (MoveOutcome.Stopped) move(disks, ReadErrors.stop());

    // 2,048 sectors of a buffer would be 4,096 reads.
    assertThat(disks.operationCount() - before).isLessThan(800);
    assertThat(((CopyFailedException) outcome.failure()).ranges())
        .last()
        .satisfies(
            range ->
                assertThat((range.byteOffset() + range.byteCount()) % (1 << 20))
                    .as("end of %s", range)
                    .isEqualTo(extentStart(disks) % (1 << 20)));
  }

  private static long extentStart(SimulatedDisks disks) throws IOException {
    return soundMetadata(disks.crashImage(Unflushed.KEPT))
        .volumeGroup()
        .physicalVolumes()
        .get(0)
        .peStart()
        .toBytes();
  }
}
