// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the program tells of a move: as much as asked for, to people or to programs. */
class ReportingTest {
  @TempDir private Path directory;
  private Images images;

  @BeforeEach
  void makeImages() throws IOException {
    images = Images.small(directory);
  }

  @Test
  void printsNoProgressWithAnIntervalOfZero() {
    Result result = images.pvmove("-i", "0", images.name(0));
    assertThat(result).isEqualTo(new Result(0, "", ""));
  }

  @Test
  void printsNothingAtTheBeginWithAPlusBeforeTheInterval() {
    assertThat(images.pvmove("-i", "+15", images.name(0)).out())
        .isEqualTo("  %s: Moved: 100.00%%\n".formatted(images.name(0)));
  }

  @Test
  void printsNothingIfAskedToBeQuietButTroublesNevertheless() {
    assertThat(images.pvmove("-q", "-y", images.name(0))).isEqualTo(new Result(0, "", ""));
    Result again = images.pvmove("-q", images.name(0));
    assertThat(again.out()).isEmpty();
    assertThat(again.err()).contains("no data to move on");
  }

  @Test
  void saysHowFastItWentIfAskedForMore() {
    assertThat(images.pvmove("-v", "--checkpoint", "1b", images.name(0)).out())
        .containsPattern("\n    [0-9.]+ [KM]iB of [0-9.]+ MiB, [0-9.]+ [KMG]iB/s\n");
  }

  @Test
  void copiesNoFasterThanAsked() {
    long begin = System.nanoTime();
    // 16 extents of 128 KiB; the limit is ahead by a tenth of a second and one block.
    assertThat(images.pvmove("--rate", "2m", "--max-segment", "128k", images.name(0)).exitCode())
        .isZero();
    assertThat(System.nanoTime() - begin).isGreaterThan(500_000_000);
  }

  @Test
  void tellsProgramsInJsonOnly() throws Exception {
    Result result =
        images.pvmove("--reportformat", "json", "--checkpoint", "1b", "-v", images.name(0));
    assertThat(result.exitCode()).isZero();
    List<String> lines = result.out().lines().toList();
    JsonNode first = JsonNode.parse(lines.get(0)).member("progress");
    assertThat(first.member("bytes_done").number(0, Long.MAX_VALUE)).isZero();
    assertThat(first.member("source").text()).isEqualTo(images.name(0));
    assertThat(lines.subList(0, lines.size() - 1))
        .allMatch(line -> line.startsWith("{\"progress\":"));
    JsonNode outcome = JsonNode.parse(lines.get(lines.size() - 1)).member("outcome");
    assertThat(outcome.member("result").text()).isEqualTo("completed");
    assertThat(outcome.member("volume_group").text()).isEqualTo("vg");
    assertThat(outcome.member("receipts").array()).hasSize(4);
    assertThat(outcome.member("bytes_copied").number(0, Long.MAX_VALUE))
        .isEqualTo(first.member("bytes").number(0, Long.MAX_VALUE));
    // What people would read goes where it does no harm.
    assertThat(result.err()).contains("segment 1 of 4 is at its new place");
  }

  @Test
  void tellsProgramsNothingAtTheBeginWithAPlusBeforeTheInterval() throws Exception {
    Result result =
        images.pvmove("--reportformat", "json", "--checkpoint", "1b", "-i", "+15", images.name(0));
    JsonNode first = JsonNode.parse(result.out().lines().toList().get(0)).member("progress");
    assertThat(first.member("bytes_done").number(0, Long.MAX_VALUE)).isPositive();
  }

  @Test
  void tellsProgramsOfEachStepOnce() throws Exception {
    Result result = images.pvmove("--reportformat", "json", "-i", "15", images.name(0));
    List<Long> steps = new ArrayList<>();
    for (String line : result.out().lines().filter(each -> each.contains("progress")).toList()) {
      steps.add(JsonNode.parse(line).member("progress").member("bytes_done").number(0, 1L << 40));
    }
    // At the begin, at the checkpoint that all segments share, and at the end.
    assertThat(steps).hasSize(3).startsWith(0L);
    assertThat(steps.get(1)).isEqualTo(steps.get(2));
  }

  @Test
  void tellsProgramsWhyNothingWasMoved() throws Exception {
    Result result = images.pvmove("--reportformat", "json", images.name(2));
    assertThat(result.exitCode()).isEqualTo(5);
    assertThat(result.err()).contains("no data to move on");
    JsonNode rejected = JsonNode.parse(result.out()).member("rejected");
    assertThat(rejected.member("reasons").array()).hasSize(1);
    assertThat(rejected.member("remedies").array()).isEmpty();
  }

  @Test
  void tellsProgramsHowRestartAndAbortEnded() throws Exception {
    images.moveOneSegment(0);
    Result aborted = images.pvmove("--reportformat", "json", "--abort");
    assertThat(aborted.exitCode()).isZero();
    JsonNode outcome = JsonNode.parse(aborted.out()).member("outcome");
    assertThat(outcome.member("result").text()).isEqualTo("completed");
    assertThat(images.isMoveInProgress()).isFalse();
  }
}
