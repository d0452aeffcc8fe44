// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.StatusFlags;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.volume.LiveVolumes;
import org.pvmove.volume.LogicalVolumeDevice;
import org.pvmove.volume.UnmappableVolumeException;

/** What only the kernel can map is refused by name, before a byte of it is read or written. */
class UnmappableVolumeTest {
  private static final StatusFlags VISIBLE =
      StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE, StatusFlag.VISIBLE);

  /** Fields of the superblock that the kernel's raid target writes. */
  private static final int MAGIC = 0x64526D44;

  private final SimulatedDisks disks = new SimulatedDisks(1);
  private final SmallGroup group;

  UnmappableVolumeTest() {
    disks.add("a", 2 << 20);
    disks.add("b", 2 << 20);
    disks.add("c", 2 << 20);
    group = SmallGroup.on(disks.disks());
  }

  private LiveVolumes open() throws IOException {
    return LiveVolumes.builder(
            DeviceSet.of(disks.disks().toArray(new BlockDevice[0])), SmallGroup.NAME)
        .open();
  }

  private PeRange[] images() {
    return new PeRange[] {group.range(0, 0, 4), group.range(1, 0, 4), group.range(2, 0, 4)};
  }

  @ParameterizedTest
  @CsvSource({
    "snap, a snapshot",
    "merged, an origin that a snapshot is being merged into",
    "pool_tdata, one that is hidden",
    "mir_mimage_0, one that is hidden",
    "pool, a segment of type thin-pool",
    "thin, a segment of type thin",
    "cached, a segment of type cache",
    "r5, a segment of type raid5_ls",
    "r10, a segment of type raid10",
  })
  void refusesWhatItCannotMap(String name, String why) throws Exception {
    ImmutableList.Builder<LogicalVolume> volumes = ImmutableList.builder();
    volumes.addAll(
        new StackedVolumes()
            .linear("origin", group.range(0, 10, 2))
            .snapshot("snap", "origin", group.range(0, 12, 1))
            .linear("merged", group.range(0, 13, 2))
            .mirror("mir", group.range(2, 15, 1), group.range(0, 16, 1), group.range(1, 16, 1))
            .hidden("pool_tdata", group.range(0, 20, 2))
            .hidden("pool_tmeta", group.range(0, 22, 1))
            .thinPool("pool")
            .thin("thin", "pool", 2)
            .hidden("fast_cdata", group.range(1, 20, 2))
            .hidden("fast_cmeta", group.range(1, 22, 1))
            .cachePool("fast")
            .hidden("cached_corig", group.range(0, 30, 2))
            .cache("cached", "fast", true)
            .raid("raid5_ls", "r5", true, images())
            .raid(
                "raid10",
                "r10",
                true,
                group.range(0, 40, 2),
                group.range(1, 40, 2),
                group.range(2, 40, 2),
                group.range(2, 50, 2))
            .hidden("store", group.range(0, 35, 1))
            .build());
    volumes.add(
        LogicalVolume.builder("snapshot99", LvmUuid.random(new Random(99)))
            .flags(VISIBLE)
            .segments(
                List.of(
                    Segment.of(
                        0, 2, new SegmentType.Snapshot(Sectors.of(8), "merged", "store", true))))
            .build());
    group.volumes(volumes.build()).create();
    long writes = disks.writeCount();

    try (LiveVolumes live = open()) {
      assertThatThrownBy(() -> live.open(name))
          .isInstanceOf(UnmappableVolumeException.class)
          .hasMessageContaining("logical volume " + name + " to be")
          .hasMessageContaining(why);
      try (LogicalVolumeDevice origin = live.open("origin")) {
        ByteBuffer found = ByteBuffer.allocate((int) origin.size());
        origin.read(0, found);
        assertThat(found.array()).isEqualTo(LvContent.pattern("vg/origin", origin.size()));
        assertThat(origin.readOnly()).isTrue();
        assertThatThrownBy(() -> origin.write(0, ByteBuffer.allocate(1)))
            .isInstanceOf(IllegalStateException.class);
      }
    }
    assertThat(disks.writeCount()).isEqualTo(writes);
  }

  /** A raid1 of three images, as the kernel leaves it in good order. */
  private StoredVolumeGroup raid() throws IOException {
    StoredVolumeGroup stored =
        group.volumes(new StackedVolumes().raid("raid1", "r", true, images()).build()).create();
    for (int i = 0; i < 3; i++) {
      superblock(stored, i, MAGIC, 0, -1);
    }
    return stored;
  }

  private static void superblock(
      StoredVolumeGroup stored, int image, int magic, long failed, long recovered)
      throws IOException {
    VolumeGroup vg = stored.volumeGroup();
    Segment segment = vg.logicalVolume("r_rmeta_" + image).orElseThrow().segments().get(0);
    PeRange range = segment.physicalRange(segment.areas().get(0));
    ByteBuffer bytes =
        ByteBuffer.allocate(512)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(0, magic)
            .putLong(24, failed)
            .putLong(32, recovered);
    stored.device(range.pv()).device().write(vg.byteOffset(range.pv(), range.first()), bytes);
  }

  @Test
  void opensARaidInSync() throws Exception {
    raid();

    try (LiveVolumes live = open();
        LogicalVolumeDevice device = live.open("r")) {
      device.write(5, ByteBuffer.allocate(10));
    }
  }

  private void refuses(String why) throws IOException {
    try (LiveVolumes live = open()) {
      assertThatThrownBy(() -> live.open("r"))
          .isInstanceOf(UnmappableVolumeException.class)
          .hasMessageContaining("logical volume r to be")
          .hasMessageContaining(why);
    }
  }

  @Test
  void refusesARaidWithAnImageThatIsBeingRecovered() throws Exception {
    superblock(raid(), 1, MAGIC, 0, 2048);

    refuses("image 1 of it is not in sync");
  }

  @Test
  void refusesARaidWithAnImageThatItselfSaysItFailed() throws Exception {
    superblock(raid(), 2, MAGIC, 1 << 2, -1);

    refuses("image 2 of it is failed");
  }

  @Test
  void refusesARaidWithAnImageThatOthersSayFailed() throws Exception {
    StoredVolumeGroup stored = raid();
    // The kernel cannot write to an image that has failed: the others know.
    superblock(stored, 1, MAGIC, 1, -1);
    superblock(stored, 2, MAGIC, 1, -1);

    refuses("image 0 of it is failed");
  }

  @Test
  void refusesARaidWithAnImageThatTheKernelHasNotSeenYet() throws Exception {
    superblock(raid(), 0, 0, 0, 0);

    refuses("image 0 of it is not in sync");
  }
}
