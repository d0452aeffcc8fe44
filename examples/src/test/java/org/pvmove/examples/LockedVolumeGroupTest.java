// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.PvMover;
import org.pvmove.device.DeviceSet;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.FileLocks;
import org.pvmove.plan.MoveRequest;

/** What users are told where somebody else is at work on a volume group. */
@EnabledOnOs(OS.LINUX)
class LockedVolumeGroupTest {
  @TempDir private Path directory;
  @TempDir private Path locks;
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
  void saysThatAVolumeGroupIsLockedAndWritesNothing() throws IOException {
    ImmutableList<String> before = images.checksums();
    try (Closeable held = lvmsLock()) {
      Result result = images.pvmove(locking("--lock-timeout", "0", images.name(0)));
      assertThat(held).isNotNull();
      assertThat(result.err())
          .contains("volume group vg", "V_vg", "Nothing was written.", "--lock-timeout");
      assertThat(result.exitCode()).isEqualTo(5);
    }
    assertThat(images.checksums()).isEqualTo(before);
    assertThat(images.pvmove(locking("--lock-timeout", "0", images.name(0))).exitCode()).isZero();
    assertThat(images.used(0)).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"-v", "--abort"})
  void leavesAMoveInProgressAloneWhereTheVolumeGroupIsLocked(String option) throws IOException {
    images.moveOneSegment(0);
    ImmutableList<String> before = images.checksums();
    try (Closeable held = lvmsLock()) {
      Result result = images.pvmove(locking("--lock-timeout", "0", option));
      assertThat(held).isNotNull();
      assertThat(result.err()).contains("V_vg", "Nothing was written.");
      assertThat(result.exitCode()).isEqualTo(5);
    }
    assertThat(images.checksums()).isEqualTo(before);
    assertThat(images.pvmove(locking(option)).exitCode()).isZero();
    assertThat(images.isMoveInProgress()).isFalse();
  }

  @Test
  void takesNoLockOfLvm2OnImagesUnlessToldTo() throws IOException {
    try (Closeable held = lvmsLock()) {
      assertThat(images.pvmove("--lock-timeout", "0", images.name(0)).exitCode()).isZero();
      assertThat(images.pvmove("--nolocking", images.name(1)).exitCode()).isZero();
      assertThat(held).isNotNull();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-v", "--abort"})
  void leavesAMoveToThoseWhoAreAtWorkOnIt(String option) throws IOException {
    try (DeviceSet devices = DeviceSet.open(images.paths().toArray(new Path[0]))) {
      assertThat(whileMoving(devices, option))
          .isNotEmpty()
          .allSatisfy(
              result -> {
                assertThat(result.err())
                    .contains("pvmove0: another program is at work on this move")
                    .doesNotContain("To go on");
                assertThat(result.exitCode()).isEqualTo(5);
              });
    }
    assertThat(images.isMoveInProgress()).isFalse();
    assertThat(images.used(0)).isZero();
  }

  /** Empties the first physical volume, and runs the program at each checkpoint but the last. */
  private List<Result> whileMoving(DeviceSet devices, String... arguments) throws IOException {
    List<Result> results = new ArrayList<>();
    PvMover mover =
        PvMover.builder(devices, "vg")
            .checkpointBytes(0)
            .listener(
                event -> {
                  if (event instanceof MoveEvent.Checkpoint checkpoint
                      && checkpoint.segments().firstKey() < 2) {
                    results.add(images.pvmove(arguments));
                  }
                })
            .build();
    MoveRequest request = MoveRequest.from(images.name(0)).build();
    MoveOutcome outcome = mover.execute(mover.plan(request).orElseThrow());
    assertThat(outcome).isInstanceOf(MoveOutcome.Completed.class);
    return results;
  }

  private Closeable lvmsLock() throws IOException {
    Closeable held = FileLocks.tryLock(locks.resolve("V_vg"), true);
    assertThat(held).isNotNull();
    return held;
  }

  private String[] locking(String... arguments) {
    List<String> all = new ArrayList<>(List.of("--locking-dir", locks.toString()));
    all.addAll(List.of(arguments));
    return all.toArray(new String[0]);
  }
}
