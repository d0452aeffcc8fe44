// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.FixtureDisks;
import org.pvmove.SmallGroup;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.InvalidVolumeGroupException;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.lvm.text.MetadataHeader;

/** Making devices physical volumes of a new volume group. */
class CreateTest {
  private static final MetadataHeader HEADER = SmallGroup.header("vgcreate");

  private static SimulatedDisks disks(long... sizes) {
    SimulatedDisks disks = new SimulatedDisks(7);
    for (int i = 0; i < sizes.length; i++) {
      disks.add("disk" + i, sizes[i]);
    }
    return disks;
  }

  private static DeviceSet open(SimulatedDisks disks) {
    return DeviceSet.of(disks.disks().toArray(new BlockDevice[0]));
  }

  private static NewVolumeGroup spec() {
    return NewVolumeGroup.named("fresh")
        .extentSize(ExtentSize.ofBytes(64 << 10))
        .random(new Random(3));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void makesAVolumeGroupThatIsFoundAgainAfterAPowerCut(int areas) throws Exception {
    SimulatedDisks disks = disks(4 << 20, 8 << 20);

    StoredVolumeGroup created = open(disks).create(spec().metadataAreas(areas), HEADER);

    DeviceScan scan = open(disks.crashImage(Unflushed.LOST)).scan();
    StoredVolumeGroup found = scan.volumeGroup("fresh");
    assertThat(found.volumeGroup()).isEqualTo(created.volumeGroup());
    assertThat(found.refusals()).isEmpty();
    assertThat(found.findings()).isEmpty();
    assertThat(VolumeGroupCheck.check(found.volumeGroup())).isEmpty();
    assertThat(found.volumeGroup().seqno()).isEqualTo(1);
    assertThat(found.devices().values())
        .hasSize(2)
        .allSatisfy(
            device -> {
              assertThat(device.label().isUsed()).isTrue();
              assertThat(device.areas()).hasSize(areas);
            });
    // The extents begin at 1 MiB; a second metadata area takes the last one.
    assertThat(found.volumeGroup().physicalVolumes())
        .extracting(PhysicalVolume::peCount)
        .containsExactly(areas == 1 ? 48L : 32L, areas == 1 ? 112L : 96L);
  }

  @Test
  void returnsWhatAScanWouldFind() throws Exception {
    DeviceSet set = open(disks(4 << 20, 4 << 20));

    assertThat(set.create(spec(), HEADER)).isEqualTo(set.scan().volumeGroup("fresh"));
  }

  @Test
  void makesTheSameBytesFromTheSameSeed() throws Exception {
    SimulatedDisks one = disks(4 << 20);
    SimulatedDisks other = disks(4 << 20);

    open(one).create(spec(), HEADER);
    open(other).create(spec(), HEADER);

    assertThat(content(one.disk("disk0"))).isEqualTo(content(other.disk("disk0")));
  }

  private static ByteBuffer content(BlockDevice device) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate((int) device.size());
    device.read(0, bytes);
    return bytes.flip();
  }

  @Test
  void takesLogicalVolumesWithTheNextCommit() throws Exception {
    SimulatedDisks disks = disks(4 << 20, 4 << 20);
    DeviceSet set = open(disks);
    StoredVolumeGroup created = set.create(spec(), HEADER);
    VolumeGroup vg = created.volumeGroup();
    LogicalVolume home =
        LogicalVolume.builder("home", LvmUuid.random(new Random(5)))
            .segments(
                List.of(
                    Segment.of(
                        0,
                        10,
                        SegmentType.Striped.linear(
                            new Area.Physical(vg.physicalVolumes().get(1).id(), 3)))))
            .build();

    set.commit(created, vg.toBuilder().logicalVolumes(List.of(home)).build(), HEADER);

    VolumeGroup found =
        open(disks.crashImage(Unflushed.LOST)).scan().volumeGroup("fresh").volumeGroup();
    assertThat(found.logicalVolumes()).containsExactly(home);
    assertThat(found.seqno()).isEqualTo(2);
  }

  @Test
  void leavesNoHalfAVolumeGroupBehindWheneverThePowerGoes() throws Exception {
    SimulatedDisks start = disks(3 << 20, 3 << 20);
    SimulatedDisks undisturbed = start.crashImage(Unflushed.KEPT);
    open(undisturbed).create(spec(), HEADER);
    for (long write = 1; write <= undisturbed.writeCount(); write++) {
      SimulatedDisks disks = start.crashImage(Unflushed.KEPT);
      disks.cutPowerDuringWrite(write, 1);
      assertThatThrownBy(() -> open(disks).create(spec(), HEADER)).isInstanceOf(IOException.class);
      for (Unflushed unflushed : Unflushed.values()) {
        DeviceScan scan = open(disks.crashImage(unflushed)).scan();
        assertThat(scan.volumeGroups()).hasSizeLessThan(2);
        for (StoredVolumeGroup stored : scan.volumeGroups()) {
          assertThat(stored.volumeGroup().name()).isEqualTo("fresh");
          assertThat(stored.refusals()).isEmpty();
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"g-base", "h1-orphans-labelsector", "g-label-id-lost"})
  void refusesADeviceThatIsAPhysicalVolumeAlready(String fixture) throws Exception {
    ImmutableList<BlockDevice> used = FixtureDisks.open(fixture);
    SimulatedDisks disks = disks(4 << 20);
    ByteBuffer before = content(used.get(1));
    DeviceSet set = DeviceSet.of(disks.disk("disk0"), used.get(1));

    assertThatThrownBy(() -> set.create(spec(), HEADER))
        .isInstanceOf(LvmException.class)
        .hasMessageStartingWith("/dev/loop5: expected a device that is no physical volume");
    assertThat(disks.writeCount()).isZero();
    assertThat(content(used.get(1))).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"g-label-crc", "g-label-sector", "g-label-type", "g-pvh-offset"})
  void refusesADeviceThatHoldsTheRemainsOfAPhysicalVolume(String fixture) {
    SimulatedDisks disks = disks(4 << 20);
    DeviceSet set = DeviceSet.of(disks.disk("disk0"), FixtureDisks.open(fixture).get(1));

    assertThatThrownBy(() -> set.create(spec(), HEADER))
        .isInstanceOf(LvmException.class)
        .hasMessageContaining("/dev/loop5")
        .hasMessageContaining("remains");
    assertThat(disks.writeCount()).isZero();
  }

  @Test
  void refusesAPhysicalVolumeOfLvm1() throws Exception {
    SimulatedDisks disks = disks(4 << 20, 4 << 20);
    byte[] start = new byte[512];
    System.arraycopy("HM".getBytes(StandardCharsets.US_ASCII), 0, start, 0, 2);
    start[2] = 1;
    disks.disk("disk1").write(0, ByteBuffer.wrap(start));

    assertThatThrownBy(() -> open(disks).create(spec(), HEADER))
        .isInstanceOf(LvmException.class)
        .hasMessageContaining("disk1")
        .hasMessageContaining("LVM1");
    assertThat(disks.writeCount()).isEqualTo(1);
  }

  @Test
  void refusesADeviceThatCannotBeRead() {
    SimulatedDisks disks = disks(4 << 20, 4 << 20);
    disks.disk("disk1").failReads(1024, 512);

    assertThatThrownBy(() -> open(disks).create(spec(), HEADER))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("disk1");
    assertThat(disks.writeCount()).isZero();
  }

  @Test
  void refusesADeviceThatIsTooSmall() {
    SimulatedDisks disks = disks(4 << 20, 1 << 20);

    assertThatThrownBy(() -> open(disks).create(spec(), HEADER))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(disks.writeCount()).isZero();
  }

  @Test
  void refusesADeviceThatIsOpenForReadingOnly() {
    SimulatedDisks disks = disks(4 << 20, 4 << 20);
    DeviceSet set = DeviceSet.of(disks.disk("disk0"), BlockDevices.readOnly(disks.disk("disk1")));

    assertThatThrownBy(() -> set.create(spec(), HEADER))
        .isInstanceOf(LvmException.class)
        .hasMessage("disk1 is open for reading only");
    assertThat(disks.writeCount()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-a", "a b", ".."})
  void refusesANameThatLvmWouldRefuse(String name) {
    SimulatedDisks disks = disks(4 << 20);

    assertThatThrownBy(() -> open(disks).create(NewVolumeGroup.named(name), HEADER))
        .isInstanceOf(InvalidVolumeGroupException.class);
    assertThat(disks.writeCount()).isZero();
  }

  @Test
  void needsSomewhereToPutTheMetadata() {
    assertThatThrownBy(() -> spec().metadataAreas(0)).isInstanceOf(IllegalArgumentException.class);
  }
}
