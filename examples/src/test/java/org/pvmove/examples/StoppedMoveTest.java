// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pvmove.device.DeviceSet;
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
            "Stopped: a: 1024 bytes at byte 2232320 (2 sectors from sector 4360) cannot be read",
            "pvmove0: 1 of 2 segments (4 of 8 extents) at the new place",
            "Every logical volume is whole.",
            "To go on:   pvmove --devices a,b a",
            "To give up: pvmove --devices a,b --abort a");
  }

  @Test
  void goesOnWhenTheDiskIsReadableAgain() throws Exception {
    source.failReads(MIB, 512, 2);
    assertThat(move("a")).isEqualTo(5);
    assertThat(moves().restart()).isZero();
    assertThat(SampleVolumeGroup.firstDifference(devices.scan().volumeGroup("vg"))).isEmpty();
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

  private int move(String pv) throws CommandException, IOException {
    return moves().move(MoveRequest.from(pv).build());
  }

  private Moves moves() {
    Console console = new Console(new PrintWriter(out), new PrintWriter(err), 0);
    return new Moves(devices, Moves.Mode.EXECUTE, console, HOW_TO_GO_ON);
  }
}
