// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pvmove.plan.MovePlan;

/** What can be asked for on the command line: ranges, tags, several of everything, policies. */
class RequestTest {
  @TempDir private Path directory;
  private Images images;

  @BeforeEach
  void makeImages() throws IOException {
    images = Images.small(directory);
  }

  @AfterEach
  void everyByteIsRight() {
    assertThat(images.firstDifference()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "':0-3', 12",
    "':2', 15",
    "':2-', 2",
    "':-3', 12",
    "':2+3', 13",
    "':2+0', 15",
    "':1-2:9-10', 12",
    "':1-2:3-4', 12",
    "':0-9:5-11', 4"
  })
  void movesTheRangesGivenOnly(String ranges, int left) {
    moves(images.name(0) + ranges, images.name(2));
    assertThat(images.used(0)).isEqualTo(left);
    assertThat(images.used(2)).isEqualTo(16 - left);
  }

  @Test
  void movesToTheRangesGivenOnly() {
    List<MovePlan.Segment> plan =
        plans(images.name(0) + ":0-3:8-11", images.name(2) + ":30-33:50+3", images.name(1) + ":40");
    assertThat(plan.stream().map(segment -> segment.destination().first())).contains(30L);
    assertThat(plan)
        .allSatisfy(
            segment ->
                assertThat(segment.destination().first())
                    .satisfiesAnyOf(
                        extent -> assertThat(extent).isBetween(30L, 33L),
                        extent -> assertThat(extent).isBetween(50L, 52L),
                        extent -> assertThat(extent).isEqualTo(40L)));
  }

  @Test
  void movesToPhysicalVolumesWithATag() throws IOException {
    images.addTag(2, "fast");
    moves(images.name(0), "@fast");
    assertThat(images.used(2)).isEqualTo(16);
  }

  @Test
  void takesRangesBehindOtherPathsAndUuidsToo() throws IOException {
    Path source = Files.createSymbolicLink(directory.resolve("the:source@home"), images.path(0));
    String escaped = source.toString().replace(":", "\\:").replace("@", "\\@");
    moves(escaped + ":0-3", images.uuid(2) + ":8-11");
    assertThat(images.used(0)).isEqualTo(12);
    moves(source.toString(), images.name(2));
    assertThat(images.used(0)).isZero();
  }

  @Test
  void movesFromSeveralPhysicalVolumesAtOnce() {
    Result result =
        moves("--also-from", images.name(1) + ":8-", images.name(0) + ":0-11", images.name(2));
    assertThat(result.out()).contains("Moved: 100.00%");
    assertThat(images.used(0)).isEqualTo(4);
    assertThat(images.used(1)).isEqualTo(4);
    assertThat(images.used(2)).isEqualTo(20);
  }

  @Test
  void takesSourcesOfOneVolumeGroupOnly() throws IOException {
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    Images renamed = Images.small(elsewhere, "other");
    Result result =
        Result.ofPvmove(
            "--devices",
            images.devices() + "," + renamed.devices(),
            "--also-from",
            renamed.name(0),
            images.name(0));
    assertThat(result.err()).contains("expected sources in one volume group", "\"other\"");
    assertThat(result.exitCode()).isEqualTo(3);
  }

  @Test
  void movesEveryLogicalVolumeNamed() {
    moves("-n", "home", "--name=vg/root", images.name(0));
    assertThat(images.used(0)).isEqualTo(4);
  }

  @Test
  void leavesWhatIsExcluded() {
    Result result = moves("--exclude", "home", "--exclude", "/dev/vg/data", images.name(0));
    assertThat(result.out()).contains("Skipping logical volume vg/home: the request excludes it.");
    assertThat(images.used(0)).isEqualTo(12);
  }

  @Test
  void movesWithinAPhysicalVolumeByPolicyAnywhere() {
    moves("--alloc", "anywhere", images.name(0) + ":0-3", images.name(0) + ":20-");
    assertThat(images.used(0)).isEqualTo(16);
    assertThat(images.group().volumeGroup().logicalVolume("home").orElseThrow().segments().get(0))
        .satisfies(
            segment -> assertThat(segment.areas().get(0)).hasToString(images.uuid(0) + ":20"));
  }

  @Test
  void keepsRunsWholeByPolicyContiguous() {
    String[] request = {"--alloc", "contiguous", images.name(0), images.name(2) + ":0-2:10-22"};
    Result result = images.pvmove(request);
    assertThat(result.err())
        .contains("by policy contiguous", "What would help: policy cling would do (--alloc cling)");
    assertThat(result.exitCode()).isEqualTo(5);
    request[1] = "cling";
    moves(request);
    assertThat(images.used(0)).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "cling, '', 5",
    "cling_by_tags, '', 0",
    "cling_by_tags, @rack1, 0",
    "cling_by_tags, 'rack2,@rack1', 0",
    "cling_by_tags, rack2, 5"
  })
  void clingsToPhysicalVolumesThatShareATagThatCounts(String policy, String tags, int exitCode)
      throws IOException {
    for (int pv = 0; pv < 3; pv++) {
      images.addTag(pv, "rack1");
    }
    List<String> request = new ArrayList<>(List.of("-n", "home", "--alloc", policy));
    if (!tags.isEmpty()) {
      request.addAll(List.of("--cling-tags", tags));
    }
    // No one of the destinations holds the eight extents.
    request.addAll(List.of(images.name(0), images.name(1) + ":40-45", images.name(2) + ":0-1"));
    assertThat(images.pvmove(request.toArray(new String[0])).exitCode()).isEqualTo(exitCode);
    assertThat(images.used(0)).isEqualTo(exitCode == 0 ? 8 : 16);
  }

  @Test
  void movesAllOrNothing() throws IOException {
    Result plan = images.pvmove("--plan", "--atomic", images.name(0));
    assertThat(plan.out()).contains("version 2, atomic\n", "4 segments", "2 metadata commits");
    moves("--atomic", images.name(0));
    assertThat(images.used(0)).isZero();
    assertThat(images.isMoveInProgress()).isFalse();
  }

  @Test
  void movesNothingIfStrictAndSomethingWouldBeSkipped() throws IOException {
    images.moveOneSegment(0);
    long before = images.used(1);
    Result result = images.pvmove("--strict", images.name(1));
    assertThat(result.err())
        .contains("some data cannot be moved: data (it is locked by a move in progress)");
    assertThat(result.exitCode()).isEqualTo(5);
    assertThat(images.used(1)).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource({"256k, 8", "1, 4", "393216b, 8", "512s, 8", "1g, 4"})
  void cutsRunsIntoSegmentsOfTheSizeGiven(String size, int segments) {
    assertThat(plans("--max-segment", size, images.name(0), images.name(2))).hasSize(segments);
  }

  @Test
  void takesThePermissionToUseLargerBlocks() {
    assertThat(plans("--larger-blocks", images.name(0))).hasSize(4);
  }

  @Test
  void carriesAMoveOnThatDoesWhatIsAskedFor() throws IOException {
    images.moveOneSegment(0);
    Result result =
        moves("--strict", images.name(0), images.name(1), images.name(2), images.name(0));
    assertThat(result.out()).contains("Detected pvmove in progress for " + images.name(0));
    assertThat(images.used(0)).isZero();
  }

  @Test
  void saysWhichDestinationsAreNotUsed() {
    Result result = moves(images.name(0), images.name(0), images.name(2), "@slow");
    assertThat(result.out())
        .contains(
            "Not using %s: it is the source.".formatted(images.name(0)),
            "Not using @slow: no physical volume has this tag.");
    assertThat(images.used(2)).isEqualTo(16);
  }

  @Test
  void saysWhatWouldHelp() {
    assertThat(images.pvmove(images.name(0), images.name(2) + ":0-11").err())
        .contains(
            "insufficient free space: 16 extents needed, but only 12 available",
            "What would help: it fits if it may go to any physical volume",
            "What would help: 4 extents more on a new physical volume would do",
            "What would help: without home it fits (--exclude home)");
  }

  private Result moves(String... arguments) {
    Result result = images.pvmove(arguments);
    assertThat(result.err()).isEmpty();
    assertThat(result.exitCode()).isZero();
    return result;
  }

  private List<MovePlan.Segment> plans(String... arguments) {
    String[] all = new String[arguments.length + 2];
    all[0] = "--plan";
    all[1] = "--reportformat=json";
    System.arraycopy(arguments, 0, all, 2, arguments.length);
    try {
      return PlanJson.read(moves(all).out()).segments();
    } catch (JsonException e) {
      throw new AssertionError(e);
    }
  }
}
