// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.device.DeviceSet;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;

/** What {@code --list}, {@code --plan} and {@code --test} print; they leave every byte alone. */
class LookingOnlyTest {
  @TempDir private Path directory;
  private Images images;
  private ImmutableList<String> before;

  @BeforeEach
  void makeImages() throws IOException {
    images = Images.small(directory);
    before = images.checksums();
  }

  @AfterEach
  void everyByteIsAsBefore() {
    assertThat(images.checksums()).isEqualTo(before);
  }

  @Test
  void listsWhatIsOnTheDevices() {
    Result result = images.pvmove("--list");
    assertThat(result.err()).isEmpty();
    assertThat(result.exitCode()).isZero();
    assertThat(result.out())
        .contains(
            "Volume group vg",
            "metadata version 2, extents of 128.00 KiB",
            "  a--  7.00 MiB  56 extents: 16 used, 40 free  " + images.uuid(0),
            "home  read,write,visible  1.00 MiB",
            "0-3  linear  %s:0-3".formatted(images.name(0)),
            "4-7  linear  %s:8-11".formatted(images.name(0)),
            "0-7  2 stripes  %s:12-15, %s:0-3".formatted(images.name(0), images.name(1)));
  }

  @Test
  void listsAMoveInProgress() throws IOException {
    images.moveOneSegment(0);
    before = images.checksums();
    assertThat(images.pvmove("--list").out())
        .contains(
            "from %s: pvmove0: 1 of 4 segments (4 of 16 extents) at the new place"
                .formatted(images.name(0)),
            "move, 4 extents done",
            "move, 0 extents done",
            "read,write,visible,locked");
  }

  @Test
  void printsThePlan() {
    Result result = images.pvmove("--plan", images.name(0), images.name(2));
    assertThat(result.err()).isEmpty();
    assertThat(result.exitCode()).isZero();
    assertThat(result.out().lines().map(line -> line.strip().replaceAll(" {2,}", "|")))
        .containsExactly(
            "Plan for volume group vg, metadata version 2",
            "segment|LV|extents of the LV|from|to",
            row("1|home|0-3|A:0-3|C:0-3"),
            row("2|home|4-7|A:8-11|C:4-7"),
            row("3|root|0-3|A:4-7|C:8-11"),
            row("4|data|0-7, stripe 1 of 2|A:12-15|C:12-15"),
            "4 segments, 16 extents, 2.00 MiB, 3 metadata commits",
            "After a crash at most 2.00 MiB are copied again; the metadata take at most %d bytes."
                .formatted(
                    images
                        .plan(MoveRequest.from(images.name(0)).to(images.name(2)).build())
                        .cost()
                        .largestMetadataBytes()));
  }

  @Test
  void tellsWhatSharedCheckpointsCost() {
    assertThat(images.pvmove("--plan", "--checkpoint", "1b", images.name(0)).out())
        .contains("6 metadata commits", "After a crash at most 512.00 KiB are copied again");
    assertThat(images.pvmove("--plan", "--checkpoint", "1m", images.name(0)).out())
        .contains("4 metadata commits", "After a crash at most 1.50 MiB are copied again");
  }

  @Test
  void printsWhatThePlanSkips() throws IOException {
    images.moveOneSegment(0);
    before = images.checksums();
    assertThat(images.pvmove("--plan", images.name(1)).out())
        .contains("Skipped: data: it is locked by a move in progress");
  }

  @Test
  void printsWhichDestinationsThePlanDoesNotUse() {
    assertThat(images.pvmove("--plan", images.name(0), images.name(0), images.name(2)).out())
        .contains("Not used: %s: it is the source\n".formatted(images.name(0)));
    assertThat(images.pvmove("--plan", images.name(0)).out()).doesNotContain("Not used");
  }

  @Test
  void printsThePlanAsJson() throws Exception {
    images.moveOneSegment(0);
    before = images.checksums();
    for (String source : List.of(images.name(0), images.name(1))) {
      Result result = images.pvmove("--plan", "--reportformat", "json", source);
      assertThat(result.err()).isEmpty();
      assertThat(result.exitCode()).isZero();
      MovePlan plan = PlanJson.read(result.out());
      assertThat(plan).isEqualTo(images.plan(MoveRequest.from(source).build()));
      assertThat(plan.joined()).isEqualTo(source.equals(images.name(0)));
      assertThat(images.pvmove("-t", "--reportformat", "json", source)).isEqualTo(result);
    }
  }

  @Test
  void printsTheReasonsAsJsonWhereThereIsNoPlan() {
    Result result = images.pvmove("-t", "--reportformat", "json", images.name(2));
    assertThat(result.out()).startsWith("{\"rejected\":{\"reasons\":[\"").hasLineCount(1);
    assertThat(result.err()).contains("no data to move on");
    assertThat(result.exitCode()).isEqualTo(5);
  }

  @Test
  void printsThePlanOfAMoveInProgress() throws IOException {
    images.moveOneSegment(0);
    before = images.checksums();
    for (String[] arguments : new String[][] {{"--plan"}, {"--plan", images.name(0)}}) {
      Result result = images.pvmove(arguments);
      assertThat(result.out())
          .contains("pvmove0 would be carried on:")
          .containsPattern("1 +\\S+:0-3 .* done\n")
          .containsPattern("2 +\\S+:8-11 .* to be copied\n");
      assertThat(result.exitCode()).isZero();
    }
    assertThat(images.pvmove("--plan", "--abort").out()).contains("pvmove0 would be given up:");
  }

  @Test
  void testsWhetherAMoveIsPossible() {
    Result result = images.pvmove("-t", images.name(0));
    assertThat(result.err()).isEmpty();
    assertThat(result.exitCode()).isZero();
    assertThat(result.out())
        .isEqualTo(
            """
              TEST MODE: nothing will be written.
              16 extents (2.00 MiB) in 4 segments would be moved from %s.
            """
                .formatted(images.name(0)));
  }

  @Test
  void testsAndFindsThatAMoveIsNotPossible() {
    Result result = images.pvmove("--test", images.name(0), images.name(0));
    assertThat(result.out()).contains("TEST MODE");
    assertThat(result.err()).contains("insufficient free space");
    assertThat(result.exitCode()).isEqualTo(5);
  }

  @Test
  void testsARestartAndAnAbort() throws IOException {
    images.moveOneSegment(0);
    before = images.checksums();
    assertThat(images.pvmove("-t").out())
        .contains("TEST MODE", "pvmove0 would be carried on", "1 of 4 segments");
    assertThat(images.pvmove("-t", "--abort").out()).contains("pvmove0 would be given up");
  }

  @Test
  void looksAtDevicesThatAnotherProcessWrites() throws IOException {
    try (DeviceSet writer = DeviceSet.open(images.path(0))) {
      assertThat(writer.devices()).hasSize(1);
      assertThat(images.pvmove("--list").exitCode()).isZero();
    }
  }

  private String row(String columns) {
    return columns.replace("A:", images.name(0) + ":").replace("C:", images.name(2) + ":");
  }
}
