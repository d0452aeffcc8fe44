// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.device.BackupFiles;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.NewVolumeGroup;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.BlockDevices;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.lvm.text.MetadataText;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;

/** Moves that are large for the default metadata area, and their backup files. */
class LargeMoveTest {
  private static final MetadataHeader HEADER = MetadataHeader.of("test", "host", 1_700_000_000);
  private static final long TIB = 1L << 40;

  private static DeviceSet withOneVolume(long bytes) throws Exception {
    DeviceSet devices =
        DeviceSet.of(
            BlockDevices.inMemory("a", bytes + (1 << 30)),
            BlockDevices.inMemory("b", bytes + (1 << 30)));
    StoredVolumeGroup empty =
        devices.create(NewVolumeGroup.named("vg").random(new SplittableRandom(1)), HEADER);
    LvmUuid a = empty.volumeGroup().physicalVolumes().get(0).id();
    long extents = bytes / empty.volumeGroup().extentSize().bytes();
    LogicalVolume lv =
        LogicalVolume.builder("home", LvmUuid.random(new SplittableRandom(2)))
            .segments(
                List.of(
                    Segment.of(0, extents, SegmentType.Striped.linear(new Area.Physical(a, 0)))))
            .build();
    devices.commit(
        empty, empty.volumeGroup().toBuilder().logicalVolumes(List.of(lv)).build(), HEADER);
    return devices;
  }

  @Test
  void haveLongerSegmentsWhereTheMetadataHaveNoRoomForShortOnes() throws Exception {
    try (DeviceSet devices = withOneVolume(16 * TIB)) {
      MovePlan plan =
          PvMover.builder(devices, "vg").build().plan(MoveRequest.from("a").build()).orElseThrow();

      assertThat(plan.cost().bytes()).isEqualTo(16 * TIB);
      // 1 GiB each would make 16,384 segments and a text of some 5 MB for an area of 1 MB.
      assertThat(plan.segments()).hasSizeBetween(512, 2048);
    }
  }

  @Test
  void keepTheirMetadataInFilesIfAsked(@TempDir Path files) throws Exception {
    BackupFiles backups =
        new BackupFiles(files.resolve("backup"), files.resolve("archive"), new SplittableRandom(3));
    try (DeviceSet devices = withOneVolume(64 << 20)) {
      PvMover mover = PvMover.builder(devices, "vg").backups(backups).build();
      MoveOutcome outcome = mover.execute(mover.plan(MoveRequest.from("a").build()).orElseThrow());

      assertThat(outcome).isInstanceOf(MoveOutcome.Completed.class);
      byte[] backup = Files.readAllBytes(files.resolve("backup/vg"));
      assertThat(MetadataText.parse(backup).volumeGroup())
          .isEqualTo(outcome.volumeGroup().volumeGroup());
      try (Stream<Path> archived = Files.list(files.resolve("archive"))) {
        assertThat(archived.map(LargeMoveTest::seqno)).containsExactly(2L);
      }
    }
  }

  private static long seqno(Path file) {
    try {
      return MetadataText.parse(Files.readAllBytes(file)).volumeGroup().seqno();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
