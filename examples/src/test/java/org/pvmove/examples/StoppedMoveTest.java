// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pvmove.device.ActiveVolumes;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.VolumeGroupLocks;
import org.pvmove.execute.ReadErrors;
import org.pvmove.execute.Throttle;
import org.pvmove.io.testing.SimulatedBlockDevice;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.plan.MoveRequest;

/** What users are told when a disk fails in the middle of a move. */
class StoppedMoveTest {
  private static final long MIB = 1 << 20;
  private static final String HOW_TO_GO_ON = "pvmove --devices a,b";

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private SimulatedBlockDevice source;
  private SimulatedBlockDevice destination;
  private DeviceSet devices;

  private boolean elsewhere;

  @BeforeEach
  void makeVolumeGroup() throws IOException {
    SimulatedDisks disks = new SimulatedDisks(1);
    source = disks.add("a", 8 * MIB);
    destination = disks.add("b", 8 * MIB);
    devices = DeviceSet.of(source, destination);
    SampleVolumeGroup sample = new SampleVolumeGroup("vg", Images.EXTENT_SIZE);
    sample.add("lv").linear(0, 0, 4).linear(0, 8, 4);
    sample.create(devices);
  }

  @Test
  void namesThePlaceOfAReadErrorAndTheStateOfTheDisks() throws Exception {
    // Extents begin at 1 MiB; extent 9 belongs to the second segment.
    source.failReads(MIB + 9 * Images.EXTENT_SIZE.bytes() + 4096, 1024);
    assertThat(move("a")).isEqualTo(5);
    assertThat(out.toString()).contains("a: Moved: 50.00%").doesNotContain("100.00%");
    assertThat(err.toString())
        .contains(
            "Stopped: a: 1024 bytes at byte 2232320 (2 sectors from sector 4360; logical volume lv at"
                + " byte 659456) cannot be read",
            "pvmove0: 1 of 2 segments (4 of 8 extents) at the new place",
            "Every logical volume is whole.",
            "To go on:   pvmove --devices a,b a",
            "To give up: pvmove --devices a,b --abort a",
            "With --on-read-error skip it goes on with zeros in place of what cannot be read.");
  }

  @Test
  void goesOnWhenTheDiskIsReadableAgain() throws Exception {
    source.failReads(MIB, 512, 2);
    assertThat(move("a")).isEqualTo(5);
    assertThat(moves().restart()).isZero();
    assertThat(SampleVolumeGroup.firstDifference(devices.scan().volumeGroup("vg"))).isEmpty();
  }

  @Test
  void namesThePlaceOfAWriteErrorAndWhatAvoidsIt() throws Exception {
    destination.failWrites(MIB + 4096, 512);
    assertThat(move("a")).isEqualTo(5);
    assertThat(err.toString())
        .contains(
            "Stopped: b: ",
            "cannot be written",
            "pvmove0: 0 of 2 segments",
            "Every logical volume is whole.",
            "Given up, it can begin anew with --elsewhere, which avoids extents that fail.");
    assertThat(moves().abort()).isZero();
    elsewhere = true;
    assertThat(move("a")).isZero();
  }

  @Test
  void saysThatNothingWasMovedIfTheMoveCouldNotBegin() throws Exception {
    destination.failWrites(4096, 512);
    assertThatThrownBy(() -> move("a"))
        .isInstanceOfSatisfying(
            CommandException.class,
            e -> {
              assertThat(e.exitCode()).isEqualTo(5);
              assertThat(e.lines()).contains("Nothing was moved.");
            });
  }

  @Test
  void printsEachLostRangeAsALineOfJsonAndFailsWhereItGoesOnWithoutWhatIsLost() throws Exception {
    long extent9 = MIB + 9 * Images.EXTENT_SIZE.bytes();
    source.failReads(extent9 + 4096, 1024);
    source.failReads(extent9 + 65536, 512);
    assertThat(move("a", ReadErrors.skip(2, (byte) 0), false)).isEqualTo(5);
    assertThat(out.toString().lines().filter(line -> line.startsWith("{")))
        .containsExactly(
            lost("a", extent9 + 4096, 1024, 5 * Images.EXTENT_SIZE.bytes() + 4096),
            lost("a", extent9 + 65536, 512, 5 * Images.EXTENT_SIZE.bytes() + 65536));
    assertThat(out.toString()).contains("a: Moved: 100.00%");
    assertThat(err.toString()).contains("1536 bytes in 2 ranges could not be read");
  }

  @Test
  void printsNothingAboutLossesWhereAnotherAttemptHelps() throws Exception {
    source.failReads(MIB + 4096, 1024, 2);
    assertThat(move("a", ReadErrors.retry(4), false)).isZero();
    assertThat(err.toString()).isEmpty();
    assertThat(out.toString()).contains("a: Moved: 100.00%").doesNotContain("lost");
    assertThat(SampleVolumeGroup.firstDifference(devices.scan().volumeGroup("vg"))).isEmpty();
  }

  @Test
  void stopsAtADestinationThatCannotBeReadBackIfAskedToVerify() throws Exception {
    destination.failReads(MIB, 512);
    assertThat(move("a", ReadErrors.stop(), true)).isEqualTo(5);
    assertThat(err.toString())
        .contains("Stopped: b: ", "pvmove0: 0 of 2 segments", "Every logical volume is whole.");
  }

  @Test
  void movesWithEachSegmentReadBack() throws Exception {
    assertThat(move("a", ReadErrors.stop(), true)).isZero();
    assertThat(SampleVolumeGroup.firstDifference(devices.scan().volumeGroup("vg"))).isEmpty();
  }

  @Test
  void goesElsewhereIfADestinationCannotBeWrittenAndThatWasAskedFor() throws Exception {
    elsewhere = true;
    destination.failWrites(MIB, 512);
    assertThat(move("a")).isZero();
    assertThat(devices.scan().volumeGroup("vg").volumeGroup().pvmoveVolumes()).isEmpty();
    assertThat(SampleVolumeGroup.firstDifference(devices.scan().volumeGroup("vg"))).isEmpty();
  }

  private static String lost(String device, long at, long count, long inVolume) {
    return "{\"lost\":{\"device\":\"%s\",\"byte_offset\":%d,\"byte_count\":%d,"
            .formatted(device, at, count)
        + "\"volume_group\":\"vg\",\"logical_volume\":\"lv\","
        + "\"logical_volume_byte_offset\":%d}}".formatted(inVolume);
  }

  private int move(String pv) throws CommandException, IOException {
    return move(pv, ReadErrors.stop(), false);
  }

  private int move(String pv, ReadErrors readErrors, boolean verify)
      throws CommandException, IOException {
    return moves(readErrors, verify).move(MoveRequest.from(pv).build());
  }

  private Moves moves() {
    return moves(ReadErrors.stop(), false);
  }

  private Moves moves(ReadErrors readErrors, boolean verify) {
    Console console =
        new Console(new PrintWriter(out), new PrintWriter(err), Console.Detail.NORMAL);
    HowToMove how =
        new HowToMove(
            readErrors,
            elsewhere,
            verify,
            0,
            Throttle.unlimited(),
            VolumeGroupLocks.onDevices(),
            ActiveVolumes.ofSystem(),
            null);
    Reporting reporting =
        new Reporting(
            console,
            Terminal.NONE,
            ReportFormat.BASIC,
            new ProgressLines(console, Interval.USUAL),
            Maps.none(),
            event -> {},
            HOW_TO_GO_ON);
    return new Moves(devices, Moves.Mode.EXECUTE, how, reporting);
  }
}
