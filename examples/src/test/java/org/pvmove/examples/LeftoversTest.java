// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.Access;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.StatusFlags;
import org.pvmove.lvm.text.MetadataHeader;

/** What a move has left behind that nobody needs any more, with no move in progress. */
class LeftoversTest {
  @TempDir private Path directory;
  private Images images;

  @BeforeEach
  void leaveATemporaryVolumeBehind() throws IOException {
    images = Images.small(directory);
    try (DeviceSet devices = DeviceSet.open(Access.READ_WRITE, images.paths())) {
      StoredVolumeGroup group = devices.scan().volumeGroup("vg");
      LogicalVolume left =
          LogicalVolume.builder("pvmove0", LvmUuid.random(new SecureRandom()))
              .flags(StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE))
              .segments(List.of(Segment.of(0, 1, new SegmentType.ErrorTarget())))
              .build();
      ImmutableList<LogicalVolume> all =
          ImmutableList.<LogicalVolume>builder()
              .addAll(group.volumeGroup().logicalVolumes())
              .add(left)
              .build();
      devices.commit(
          group,
          group.volumeGroup().toBuilder().logicalVolumes(all).build(),
          MetadataHeader.of("leave a volume", "test", 0));
    }
  }

  @AfterEach
  void everySectorIsRight() {
    assertThat(images.firstDifference()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"-v", "--abort"})
  void isPutRightByARestartAndByAnAbortWhichSaySo(String option) {
    Result result = images.pvmove(option);
    assertThat(result.err()).isEmpty();
    assertThat(result.out()).contains("No pvmove in progress.", "vg: put right: ", "pvmove0");
    assertThat(result.exitCode()).isZero();
    assertThat(images.group().volumeGroup().logicalVolume("pvmove0")).isEmpty();
    assertThat(images.pvmove(option).out()).isEqualTo("  No pvmove in progress.%n".formatted());
  }

  @Test
  void isPutRightByAnAbortOfAPhysicalVolumeToo() {
    Result result = images.pvmove("--abort", images.name(1));
    assertThat(result.err()).isEmpty();
    assertThat(result.out()).contains("vg: put right: ", "pvmove0");
    assertThat(result.exitCode()).isZero();
    assertThat(images.group().volumeGroup().logicalVolume("pvmove0")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--test", "--plan"})
  void isOnlyShownWhereNothingIsToBeWritten(String option) {
    ImmutableList<String> before = images.checksums();
    Result result = images.pvmove(option);
    assertThat(result.out()).contains("vg: would be put right: ", "pvmove0");
    assertThat(result.exitCode()).isZero();
    assertThat(images.checksums()).isEqualTo(before);
  }
}
