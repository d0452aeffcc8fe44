// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.pvmove.FixtureDisks;
import org.pvmove.SmallGroup;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.lvm.disk.DiskArea;
import org.pvmove.lvm.disk.DiskWrite;
import org.pvmove.lvm.disk.MetadataAreaHeader;
import org.pvmove.lvm.disk.PvLabel;
import org.pvmove.lvm.disk.TextLocation;
import org.pvmove.lvm.disk.TextPlacement;

/** Texts and headers with right checksums that LVM2 would never write. */
class HostileDisksTest {
  /** One text of the collection that real LVM2 was tried with, and what 2.03.40 did with it. */
  record Variant(String name, boolean written) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Variant> variants() throws IOException {
    return Files.readAllLines(FixtureDisks.file("text-variants/RESULTS.tsv")).stream()
        .skip(1)
        .map(line -> line.split("\t", -1))
        .map(columns -> new Variant(columns[0], columns[7].equals("ok")));
  }

  /** The healthy pair of disks with another text in force everywhere. */
  private static DeviceSet withText(byte[] text) throws IOException {
    ImmutableList<BlockDevice> devices = FixtureDisks.open("g-base");
    DeviceSet set = DeviceSet.of(devices.toArray(new BlockDevice[0]));
    byte[] withNul = Arrays.copyOf(text, text.length + 1);
    for (ScannedDevice device : set.scan().devices()) {
      for (MetadataAreaState area : device.areas()) {
        TextPlacement placement = area.header().place(ByteBuffer.wrap(withNul));
        for (DiskWrite write : placement.writes()) {
          device.device().write(write.offset(), write.bytes());
        }
        device
            .device()
            .write(area.header().start(), area.header().commit(placement.location()).encode());
      }
    }
    return set;
  }

  @ParameterizedTest
  @MethodSource("variants")
  void changesNoVolumeGroupThatLvmWouldNotChange(Variant variant) throws IOException {
    byte[] text = Files.readAllBytes(FixtureDisks.file("text-variants/" + variant.name() + ".txt"));

    DeviceScan scan = withText(text).scan();

    if (scan.volumeGroups().isEmpty()) {
      assertThat(scan.devices()).allMatch(device -> device.leftOut() != null);
    } else if (!variant.written()) {
      assertThat(scan.volumeGroups()).allMatch(stored -> !stored.refusals().isEmpty());
    }
  }

  private static DeviceSet withText(String from, String to) throws IOException {
    String text =
        Files.readString(
            FixtureDisks.file("text-variants/000-base.txt"), StandardCharsets.ISO_8859_1);
    assertThat(text).contains(from);
    return withText(text.replace(from, to).getBytes(StandardCharsets.ISO_8859_1));
  }

  @ParameterizedTest
  @CsvSource({
    "pe_start = 256, pe_start = 9223372036854775807",
    "pe_start = 256, pe_start = 36028797018963967",
    "pe_count = 44, pe_count = 4294967295",
    "dev_size = 6144, dev_size = 9223372036854775807",
    "extent_size = 128, extent_size = 4294967295"
  })
  void refusesSizesThatNoDeviceHas(String from, String to) throws IOException {
    StoredVolumeGroup stored = withText(from, to).scan().volumeGroup("vgg");

    if (to.startsWith("dev_size")) {
      assertThat(stored.findings()).anyMatch(finding -> finding.contains("was it resized?"));
    } else {
      assertThat(stored.refusals())
          .anyMatch(refusal -> refusal.startsWith("/dev/loop4: expected extents up to byte"));
    }
  }

  @Test
  void refusesExtentsThatLieInAMetadataArea() throws IOException {
    StoredVolumeGroup stored = withText("pe_start = 256", "pe_start = 8").scan().volumeGroup("vgg");

    assertThat(stored.refusals())
        .contains(
            "/dev/loop4: metadata area at byte 4096: expected it outside the extents from byte"
                + " 4096 to 2887680, found its end at byte 131072");
  }

  /** A disk whose metadata area says of itself that it is larger than it is. */
  private static SimulatedDisks withAreaOf(long bytes) throws IOException {
    SimulatedDisks disks = new SimulatedDisks(1);
    disks.add("disk", 4 << 20);
    SmallGroup.on(disks.disks())
        .areas(List.of(2))
        .linear("home", new SmallGroup.Run(0, 0, 1))
        .create();
    MetadataAreaState last =
        DeviceSet.of(disks.disk("disk")).scan().devices().get(0).areas().get(1);
    MetadataAreaHeader header =
        new MetadataAreaHeader(
            last.header().start(), bytes, last.header().committed(), TextLocation.EMPTY);
    disks.disk("disk").write(header.start(), header.encode());
    return disks;
  }

  @Test
  void refusesAMetadataAreaThatEndsBehindTheDevice() throws IOException {
    SimulatedDisks disks = withAreaOf(1L << 40);

    StoredVolumeGroup stored = DeviceSet.of(disks.disk("disk")).scan().volumeGroup(SmallGroup.NAME);

    assertThat(stored.refusals())
        .singleElement()
        .asString()
        .startsWith("disk: metadata area at byte ")
        .contains("expected its end on the device of 4194304 bytes");
    assertThatThrownBy(stored::requireChangeable).isInstanceOf(AccessRefusedException.class);
  }

  @Test
  void readsNothingBehindTheEndOfTheDevice() throws IOException {
    SimulatedDisks disks = withAreaOf(1L << 40);
    BlockDevice disk = disks.disk("disk");
    MetadataAreaState last = DeviceSet.of(disk).scan().devices().get(0).areas().get(1);
    TextLocation beyond = new TextLocation(1L << 30, 1000, 0, 0);
    disk.write(last.header().start(), last.header().commit(beyond).encode());

    StoredVolumeGroup stored = DeviceSet.of(disk).scan().volumeGroup(SmallGroup.NAME);

    assertThat(stored.findings())
        .singleElement()
        .asString()
        .contains("expected text up to byte")
        .endsWith("found the end at 4194304");
  }

  @Test
  void refusesMetadataAreasThatOverlap() throws IOException {
    SimulatedDisks disks = withAreaOf(SmallGroup.AREA_BYTES);
    BlockDevice disk = disks.disk("disk");
    ScannedDevice scanned = DeviceSet.of(disk).scan().devices().get(0);
    // A second header within the first area, which the label lists as well.
    DiskArea inside = new DiskArea(4096 + 16_384, 4096);
    disk.write(
        (long) scanned.label().sector() * 512,
        new PvLabel(
                scanned.label().sector(),
                scanned.label().pvUuid(),
                scanned.label().deviceSize(),
                scanned.label().dataAreas(),
                ImmutableList.of(scanned.areas().get(0).area(), inside),
                scanned.label().extensionVersion(),
                scanned.label().extensionFlags(),
                ImmutableList.of())
            .encode());
    disk.write(inside.offset(), MetadataAreaHeader.empty(inside).encode());

    StoredVolumeGroup stored = DeviceSet.of(disk).scan().volumeGroup(SmallGroup.NAME);

    assertThat(stored.refusals())
        .containsExactly(
            "disk: metadata area at byte 20480: expected it apart from the one at byte 4096, found"
                + " them to overlap");
  }
}
