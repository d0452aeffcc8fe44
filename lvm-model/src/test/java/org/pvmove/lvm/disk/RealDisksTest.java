// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Bytes;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pvmove.lvm.Fixtures;
import org.pvmove.lvm.LvmUuid;

/** Everything real LVM2 wrote is read as it stands, and written again as it was. */
class RealDisksTest {

  static List<Fixtures.Image> allImages() {
    return Fixtures.allImages();
  }

  static Stream<Fixtures.Image> healthyImages() {
    return allImages().stream()
        .filter(image -> !image.fixture().startsWith("g-") || image.fixture().equals("g-base"));
  }

  /** Fixtures whose first metadata area is in force and intact. */
  static Stream<String> fixturesWithText() {
    return Fixtures.names().stream()
        .filter(Fixtures::hasMetadataText)
        .filter(name -> !name.equals("g-mda-crc-all") && !name.equals("g-mda-crc-one"))
        .filter(name -> !name.equals("g-mda-magic") && !name.equals("g-mda-start"))
        .filter(name -> !name.equals("g-mda-version"));
  }

  @Test
  void thereAreFixturesOfEveryKind() {
    assertThat(Fixtures.names()).hasSize(56).contains("w-worked-example", "c1-wrapped", "g-base");
    assertThat(healthyImages()).hasSizeGreaterThan(50);
  }

  @ParameterizedTest
  @MethodSource("allImages")
  void labelsAreReadAsTheIndependentDumpReadsThem(Fixtures.Image image) {
    Dump dump = Dump.parse(image.dump());
    LabelScan scan = Disks.scan(image);
    Optional<Dump.Label> expected =
        dump.labels().stream()
            .filter(Dump.Label::isRight)
            .findFirst()
            .filter(label -> label.values(" *pv uuid (\\w+) device_size (\\d+)") != null);

    assertThat(image.content().limit()).isEqualTo((int) dump.imageSize());
    boolean idLost = image.toString().equals("g-label-id-lost/pv1-loop5");
    LabelScan.State present = idLost ? LabelScan.State.DAMAGED : LabelScan.State.HEALTHY;
    assertThat(scan.state()).isEqualTo(expected.isPresent() ? present : LabelScan.State.NONE);
    expected.ifPresent(label -> assertThat(scan.label()).contains(asPvLabel(label)));
  }

  @ParameterizedTest
  @MethodSource("allImages")
  void metadataAreaHeadersAreReadAsTheIndependentDumpReadsThem(Fixtures.Image image) {
    ByteBuffer device = image.content();
    for (Dump.Label label : Dump.parse(image.dump()).labels()) {
      for (Dump.Area area : label.areas()) {
        Dump.Header expected = area.header();
        if (expected == null) {
          assertThat(area.offset() + 512).isGreaterThan(device.limit());
          continue;
        }
        ByteBuffer sector = Disks.read(device, area.offset(), 512);
        assertThat("%08x".formatted(LvmChecksum.of(sector.slice(4, 508))))
            .isEqualTo(expected.computedChecksum());
        if (isRight(expected, area.offset())) {
          assertThat(MetadataAreaHeader.parse(sector, area.offset())).isEqualTo(asHeader(expected));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("allImages")
  void textsHaveTheChecksumsTheIndependentDumpComputed(Fixtures.Image image) {
    ByteBuffer device = image.content();
    for (Dump.Label label : Dump.parse(image.dump()).labels()) {
      for (Dump.Area area : label.areas()) {
        Dump.Header expected = area.header();
        if (expected == null || !isRight(expected, area.offset())) {
          continue;
        }
        MetadataAreaHeader header = asHeader(expected);
        ImmutableList<TextLocation> slots =
            ImmutableList.of(header.committed(), header.precommitted());
        for (int i = 0; i < slots.size(); i++) {
          Dump.Slot slot = expected.slots().get(i);
          ImmutableList<DiskArea> pieces = header.pieces(slots.get(i));
          if (slot.textChecksum() == null) {
            assertThat(pieces).isEmpty();
            continue;
          }
          assertThat("%08x".formatted(LvmChecksum.of(Disks.pieces(device, header, slots.get(i)))))
              .isEqualTo(slot.textChecksum());
          assertThat(pieces).hasSize(slot.wrap() == 0 ? 1 : 2);
          if (slot.wrap() != 0) {
            assertThat(pieces.get(1)).isEqualTo(new DiskArea(area.offset() + 512, slot.wrap()));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("healthyImages")
  void healthyLabelsAndHeadersAreWrittenAsTheyWere(Fixtures.Image image) {
    ByteBuffer device = image.content();
    PvLabel label = Disks.label(image);

    assertThat(label.encode()).isEqualTo(Disks.read(device, label.sector() * 512L, 512));
    for (DiskArea area : label.metadataAreas()) {
      MetadataAreaHeader header = Disks.header(device, area);
      assertThat(header.encode()).isEqualTo(Disks.read(device, area.offset(), 512));
      assertThat(header.area()).isEqualTo(area);
    }
  }

  @ParameterizedTest
  @MethodSource("healthyImages")
  void healthyTextsHaveTheChecksumsOfTheirSlots(Fixtures.Image image) {
    ByteBuffer device = image.content();
    for (DiskArea area : Disks.label(image).metadataAreas()) {
      MetadataAreaHeader header = Disks.header(device, area);
      if (!header.committed().isEmpty()) {
        assertThat(LvmChecksum.of(Disks.pieces(device, header, header.committed())))
            .isEqualTo(header.committed().checksum());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("fixturesWithText")
  void committedTextsAreTheStoredOnesAndANul(String fixture) {
    Fixtures.Image image = Disks.image(fixture, 0);
    MetadataAreaHeader header = Disks.header(image, 0);

    // The independent dump strips what may be more than one NUL; there is only ever one, and none
    // where the text was cut.
    byte[] stored = Fixtures.metadataText(fixture);
    assertThat(Disks.text(image.content(), header, header.committed()))
        .isEqualTo(fixture.equals("g-text-truncated") ? stored : Bytes.concat(stored, new byte[1]));
  }

  @Test
  void wrappedTextIsPutTogetherFromBothEndsOfTheRing() {
    Fixtures.Image image = Disks.image("c1-wrapped", 0);
    MetadataAreaHeader header = Disks.header(image, 0);

    assertThat(header.pieces(header.committed()))
        .containsExactly(new DiskArea(4096 + 60416, 1024), new DiskArea(4096 + 512, 1653));
    assertThat(Disks.text(image.content(), header, header.committed()))
        .isEqualTo(Bytes.concat(Fixtures.metadataText("c1-wrapped"), new byte[1]));
  }

  private static boolean isRight(Dump.Header header, long foundAt) {
    Dump.Slot slot = header.slots().get(0);
    return header.storedChecksum().equals(header.computedChecksum())
        && header.magicRight()
        && header.version() == 1
        && header.start() == foundAt
        && slot.offset() < header.size()
        && slot.size() < header.size();
  }

  private static PvLabel asPvLabel(Dump.Label label) {
    List<String> id = label.values(" *pv uuid (\\w+) device_size (\\d+)");
    List<String> extension =
        label.values(" *extension version (\\d+) flags 0x(\\w+) bootloader areas (.*), struct.*");
    return new PvLabel(
        label.sector(),
        LvmUuid.parse(id.get(0)),
        Long.parseLong(id.get(1)),
        Dump.areas(label.values(" *data areas (.*)").get(0)),
        Dump.areas(label.values(" *metadata areas (.*)").get(0)),
        Integer.parseInt(extension.get(0)),
        Integer.parseInt(extension.get(1), 16),
        Dump.areas(extension.get(2)));
  }

  private static MetadataAreaHeader asHeader(Dump.Header header) {
    return new MetadataAreaHeader(
        header.start(),
        header.size(),
        asLocation(header.slots().get(0)),
        asLocation(header.slots().get(1)));
  }

  private static TextLocation asLocation(Dump.Slot slot) {
    return new TextLocation(
        slot.offset(), slot.size(), Integer.parseUnsignedInt(slot.checksum(), 16), slot.flags());
  }
}
