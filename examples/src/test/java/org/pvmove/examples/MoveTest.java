// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MoveTest {
  @TempDir private Path directory;
  private Images images;

  @BeforeEach
  void makeImages() throws IOException {
    images = Images.small(directory);
  }

  @AfterEach
  void everySectorIsRight() {
    assertThat(images.firstDifference()).isEmpty();
  }

  @Test
  void emptiesAPhysicalVolume() {
    Result result = images.pvmove(images.name(0));
    assertThat(result.err()).isEmpty();
    assertThat(result.exitCode()).isZero();
    assertThat(images.used(0)).isZero();
    assertThat(images.isMoveInProgress()).isFalse();
  }

  @Test
  void printsProgressAtEachCheckpointAndHundredPercentOnlyAtTheEnd() {
    String name = images.name(0);
    assertThat(images.pvmove("--checkpoint", "1b", name).out().lines())
        .containsExactly(
            "  " + name + ": Moved: 0.00%",
            "  " + name + ": Moved: 25.00%",
            "  " + name + ": Moved: 50.00%",
            "  " + name + ": Moved: 75.00%",
            "  " + name + ": Moved: 100.00%");
  }

  @Test
  void shortSegmentsShareACheckpoint() {
    String name = images.name(0);
    long before = images.group().volumeGroup().seqno();

    assertThat(images.pvmove("-v", name).out())
        .contains("segment 1 of 4 is at its new place", "segment 4 of 4 is at its new place");

    assertThat(images.group().volumeGroup().seqno()).isEqualTo(before + 3);
  }

  @Test
  void saysWhatItMovesAndEachCheckpointWhenVerbose() {
    assertThat(images.pvmove("-v", images.name(0)).out())
        .contains(
            "Moving 8 extents of logical volume vg/home.",
            "Moving 4 extents of logical volume vg/root.",
            "Moving 4 extents of logical volume vg/data.",
            "pvmove0: segment 1 of 4 is at its new place: %s:0-3 to ".formatted(images.name(0)),
            "(metadata version 4)");
  }

  @Test
  void movesOnlyToTheDestinationsGiven() {
    assertThat(images.pvmove(images.name(0), images.name(2)).exitCode()).isZero();
    assertThat(images.used(1)).isEqualTo(12);
    assertThat(images.used(2)).isEqualTo(16);
  }

  @ParameterizedTest
  @ValueSource(strings = {"root", "vg/root", "/dev/vg/root"})
  void movesOnlyTheLogicalVolumeGiven(String name) {
    assertThat(images.pvmove("-n", name, images.name(0)).exitCode()).isZero();
    assertThat(images.used(0)).isEqualTo(12);
  }

  @Test
  void takesUuidsWithAndWithoutDashes() {
    Result result = images.pvmove(images.uuid(0).value(), images.uuid(2).toString());
    assertThat(result.exitCode()).isZero();
    assertThat(images.used(2)).isEqualTo(16);
  }

  @Test
  void takesOtherPathsToADevice() throws IOException {
    Path source = Files.createSymbolicLink(directory.resolve("source"), images.path(0));
    Path destination = directory.resolve(".").resolve(images.path(2).getFileName());
    assertThat(images.pvmove(source.toString(), destination.toString()).exitCode()).isZero();
    assertThat(images.used(2)).isEqualTo(16);
  }

  @Test
  void takesTheDeviceNameThatTheMetadataRemembers() throws IOException {
    String remembered = images.name(0);
    Path moved = Files.move(images.path(0), directory.resolve("elsewhere.img"));
    images = new Images(List.of(moved, images.path(1), images.path(2)));
    assertThat(images.pvmove(remembered).exitCode()).isZero();
    assertThat(images.used(0)).isZero();
  }

  @Test
  void refusesARememberedNameThatIsAmbiguous() throws IOException {
    String remembered = images.name(0);
    Path first = Files.createDirectory(directory.resolve("first"));
    Images one = images.movedTo(first);
    Path second = Files.createDirectory(directory.resolve("second"));
    Images other = Images.small(directory).movedTo(second);
    images = one;
    Result result = Result.ofPvmove("--devices", one.devices() + "," + other.devices(), remembered);
    assertThat(result.err()).contains("may be any of", one.name(0), other.name(0));
    assertThat(result.exitCode()).isEqualTo(3);
  }

  @Test
  void restartsEveryMoveInProgressInEveryVolumeGroup() throws IOException {
    images.moveOneSegment(0);
    images.moveOneSegment(1);
    Images other = Images.small(Files.createDirectory(directory.resolve("other")));
    other.moveOneSegment(0);
    Result result = Result.ofPvmove("--devices", images.devices() + "," + other.devices());
    assertThat(result.err()).isEmpty();
    assertThat(result.exitCode()).isZero();
    assertThat(images.isMoveInProgress() || other.isMoveInProgress()).isFalse();
    assertThat(result.out())
        .contains(
            images.name(0) + ": Moved: 100.00%",
            images.name(1) + ": Moved: 100.00%",
            other.name(0) + ": Moved: 100.00%");
    assertThat(other.firstDifference()).isEmpty();
  }

  @Test
  void saysSoIfNothingIsToBeRestarted() {
    Result result = images.pvmove();
    assertThat(result.out()).isEqualTo("  No pvmove in progress.\n");
    assertThat(result.exitCode()).isZero();
  }

  @Test
  void carriesOnTheMoveInProgressFromTheSourceGiven() throws IOException {
    images.moveOneSegment(0);
    Result result = images.pvmove(images.name(0));
    assertThat(result.out())
        .contains("Detected pvmove in progress for " + images.name(0), "Moved: 25.00%");
    assertThat(result.exitCode()).isZero();
    assertThat(images.used(0)).isZero();
  }

  @Test
  void ignoresNoArgumentsWhenAMoveIsInProgress() throws IOException {
    images.moveOneSegment(0);
    for (String[] arguments :
        new String[][] {{images.name(0), images.name(2)}, {"-n", "home", images.name(0)}}) {
      Result result = images.pvmove(arguments);
      assertThat(result.err()).contains("is in progress (pvmove0), and it ", "--abort");
      assertThat(result.exitCode()).isEqualTo(5);
    }
    assertThat(images.isMoveInProgress()).isTrue();
  }

  @Test
  void givesUpAMoveAndKeepsWhatIsDone() throws IOException {
    images.moveOneSegment(0);
    Result result = images.pvmove("--abort", images.name(0));
    assertThat(result.err()).isEmpty();
    assertThat(result.exitCode()).isZero();
    assertThat(images.isMoveInProgress()).isFalse();
    assertThat(images.used(0)).isEqualTo(12);
  }

  @Test
  void givesUpEveryMove() throws IOException {
    images.moveOneSegment(0);
    assertThat(images.pvmove("--abort").exitCode()).isZero();
    assertThat(images.isMoveInProgress()).isFalse();
  }

  @Test
  void hasNothingToGiveUp() {
    assertThat(images.pvmove("--abort").out()).isEqualTo("  No pvmove in progress.\n");
    Result named = images.pvmove("--abort", images.name(0));
    assertThat(named.out())
        .isEqualTo("  No pvmove in progress for %s.%n".formatted(images.name(0)));
    assertThat(named.exitCode()).isZero();
  }

  @Test
  void namesTheLogicalVolumesThatItSkips() throws IOException {
    images.moveOneSegment(0);
    Result result = images.pvmove(images.name(1), images.name(2));
    assertThat(result.out())
        .contains("Skipping logical volume vg/data: it is locked by a move in progress.");
    assertThat(result.exitCode()).isZero();
    assertThat(images.places("data")).contains(images.name(1));
    assertThat(images.places("logs")).containsOnly(images.name(2));
  }

  @Test
  void movesAnImageOfAMirrorButNotToWhereTheOtherIs() throws IOException {
    images.addMirror(0, 20);
    Result result = images.pvmove(images.name(0));
    assertThat(result.exitCode()).isZero();
    assertThat(images.used(0)).isZero();
    assertThat(images.places("mirror_mimage_0")).containsOnly(images.name(2));
    assertThat(images.pvmove(images.name(2), images.name(1)).err())
        .contains("mirror_mimage_0 (for the sake of mirror) must keep away from " + images.name(1));
  }
}
