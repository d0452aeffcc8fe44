// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.device.ActiveVolumes;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.VolumeGroupLocks;
import org.pvmove.execute.ReadErrors;
import org.pvmove.execute.Throttle;
import org.pvmove.io.Access;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;

/**
 * {@code --system}: LVM2's own pvmove moves. In its place a script does what LVM2 would, with what
 * this program makes of copies of the images.
 */
class SystemMoveTest {
  @TempDir private Path directory;
  private Images images;

  @BeforeEach
  void makeImages() throws IOException {
    images = Images.small(directory);
  }

  private String name(int index) {
    return images.name(index);
  }

  private String movesToB() {
    return "pvmove -i 1 --alloc anywhere %s:0-3:8-11:4-7:12-15 ".formatted(name(0));
  }

  @Test
  void plansTheCommandsToo() throws IOException {
    ImmutableList<String> before = images.checksums();

    Result result = images.pvmove("--plan", "--system", name(0), name(2));

    assertThat(result.exitCode()).isZero();
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .contains(
            "Plan for volume group vg",
            "For volumes in use, one after the other:",
            "  lvm %s%s:0-15".formatted(movesToB(), name(2)));
    assertThat(images.checksums()).isEqualTo(before);
  }

  @Test
  void saysInAPlanThatLvmCannotBeToldToDoIt() {
    Result result =
        images.pvmove(
            "--plan", "--system", "--atomic", name(0), name(1) + ":20-27", name(2) + ":0-7");

    assertThat(result.exitCode()).isZero();
    assertThat(result.out())
        .contains("LVM2's own pvmove cannot be told to do this: expected an atomic move");
  }

  @Test
  void refusesToMoveWhatLvmCannotBeToldToMove() {
    Result result =
        images.pvmove("--system", "--atomic", name(0), name(1) + ":20-27", name(2) + ":0-7");

    assertThat(result.exitCode()).isEqualTo(5);
    assertThat(result.err()).contains("LVM2's own pvmove cannot be told to do this");
  }

  @Test
  void printsTheCommandsAsJsonWithThePlan() throws Exception {
    Result result = images.pvmove("--plan", "--system", "--reportformat", "json", name(0), name(2));

    JsonNode commands = JsonNode.parse(result.out()).member("commands");
    assertThat(commands.array()).hasSize(1);
    assertThat(commands.array().get(0).array().get(0).text()).isEqualTo("pvmove");
    assertThat(commands.array().get(0).array().get(6).text()).isEqualTo(name(2) + ":0-15");
    MovePlan plan = images.plan(MoveRequest.from(name(0)).to(name(2)).build());
    assertThat(PlanJson.read(result.out())).isEqualTo(plan);
  }

  /** Copies of the images, to be moved by this program. */
  private Images copy(String as) throws IOException {
    Path to = Files.createDirectory(directory.resolve(as));
    ImmutableList.Builder<Path> paths = ImmutableList.builder();
    for (Path path : images.paths()) {
      paths.add(Files.copy(path, to.resolve(path.getFileName())));
    }
    return new Images(paths.build());
  }

  private String lvm(String script) throws IOException {
    Path program = directory.resolve("lvm");
    Files.writeString(
        program, "#!/bin/sh\necho \"$@\" >> %s/calls\n%s\n".formatted(directory, script));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    return program.toString();
  }

  private String put(Images state) {
    StringBuilder script = new StringBuilder();
    for (int i = 0; i < state.paths().size(); i++) {
      script.append("cat %s > %s%n".formatted(state.name(i), name(i)));
    }
    return script.toString();
  }

  private List<String> calls() throws IOException {
    return Files.readAllLines(directory.resolve("calls"));
  }

  @Test
  void letsLvmMoveAndTellsHowFarItIs() throws Exception {
    Images after = copy("after");
    assertThat(after.pvmove(after.name(0), after.name(2)).exitCode()).isZero();
    String lvm = lvm("echo '  %s: Moved: 25.00%%'%n%s".formatted(name(0), put(after)));

    Result result = images.pvmove("--system", "--lvm", lvm, name(0), name(2));

    assertThat(result.err()).isEmpty();
    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).contains(name(0) + ": Moved: 0.00%", name(0) + ": Moved: 100.00%");
    assertThat(calls()).containsExactly(movesToB() + name(2) + ":0-15");
    assertThat(images.used(0)).isZero();
    assertThat(images.firstDifference()).isEmpty();
  }

  @Test
  void reportsWhatLvmSaysIfItRefuses() throws Exception {
    String lvm = lvm("echo '  Insufficient free space'; exit 5");

    Result result = images.pvmove("--system", "--lvm", lvm, name(0), name(2));

    assertThat(result.exitCode()).isEqualTo(5);
    assertThat(result.err()).contains("status 5: Insufficient free space");
    assertThat(images.isMoveInProgress()).isFalse();
  }

  @Test
  void saysHowToGoOnAfterAMoveThatWasNotFinished() throws Exception {
    Images begun = copy("begun");
    begun.moveOneSegment(MoveRequest.from(begun.name(0)).to(begun.name(2)).build());
    String lvm = lvm(put(begun) + "echo '  %s: Interrupted: No longer active.'".formatted(name(0)));

    Result result = images.pvmove("--system", "--lvm", lvm, name(0), name(2));

    assertThat(result.exitCode()).isEqualTo(5);
    assertThat(result.err())
        .contains(
            "Stopped: expected 4 segments at their new place",
            "status 0: %s: Interrupted: No longer active.".formatted(name(0)),
            "pvmove0: 1 of 4 segments",
            "To go on:   pvmove --devices %s --system --lvm %s %s"
                .formatted(images.devices(), lvm, name(0)),
            "--abort " + name(0),
            "the same command line as before")
        .doesNotContain("Every logical volume is whole");
  }

  @Test
  void restartsAndGivesUpThroughLvm() throws Exception {
    images.moveOneSegment(0);
    Images carriedOn = copy("on");
    assertThat(carriedOn.pvmove().exitCode()).isZero();
    Images givenUp = copy("up");
    assertThat(givenUp.pvmove("--abort").exitCode()).isZero();
    Images begun = copy("begun");

    assertThat(images.pvmove("--system", "--lvm", lvm(put(carriedOn))).exitCode()).isZero();
    assertThat(images.isMoveInProgress()).isFalse();
    assertThat(images.used(0)).isZero();

    for (int i = 0; i < 3; i++) {
      Files.copy(begun.path(i), images.path(i), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
    Result result = images.pvmove("--system", "--lvm", lvm(put(givenUp)), "--abort", name(0));
    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).contains("aborted pvmove0");
    assertThat(calls())
        .containsExactly(
            "pvmove -i 1 %1$s %1$s".formatted(name(0)), "pvmove -i 1 --abort " + name(0));
  }

  @Test
  void onlyTestsWhetherItCanBeDone() throws Exception {
    Result result = images.pvmove("--test", "--system", name(0), name(2));

    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).contains("16 extents (2.00 MiB) in 4 segments would be moved");
  }

  @Test
  void namesTheOptionWhereVolumesAreInUse() throws Exception {
    VolumeGroup vg = images.group().volumeGroup();
    Path dm = Files.createDirectories(directory.resolve("sys/dm-0/dm"));
    Files.writeString(
        dm.resolve("uuid"),
        "LVM-" + vg.id().value() + vg.logicalVolume("root").orElseThrow().id().value() + "\n");
    Console console =
        new Console(
            new PrintWriter(new StringWriter()),
            new PrintWriter(new StringWriter()),
            Console.Detail.NORMAL);
    HowToMove how =
        new HowToMove(
            ReadErrors.stop(),
            false,
            false,
            0,
            Throttle.unlimited(),
            VolumeGroupLocks.onDevices(),
            ActiveVolumes.in(directory.resolve("sys")),
            null);
    try (DeviceSet devices = DeviceSet.open(Access.READ_WRITE, images.paths())) {
      Moves moves =
          new Moves(
              devices,
              Moves.Mode.EXECUTE,
              how,
              new Reporting(
                  console,
                  Terminal.NONE,
                  ReportFormat.BASIC,
                  ProgressDisplay.NONE,
                  Maps.none(),
                  event -> {},
                  "pvmove"));

      assertThatThrownBy(() -> moves.move(MoveRequest.from(name(0)).build()))
          .isInstanceOf(CommandException.class)
          .hasMessageContaining("In use: root.")
          .hasMessageContaining("--system");
      assertThat(moves.move(MoveRequest.from(name(0)).logicalVolume("home").build())).isZero();
    }
  }
}
