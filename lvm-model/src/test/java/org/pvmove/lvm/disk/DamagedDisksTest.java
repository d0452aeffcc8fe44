// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableMap;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.pvmove.lvm.Fixtures;
import org.pvmove.lvm.disk.LabelScan.Finding;
import org.pvmove.lvm.disk.LabelScan.State;

/** Damaged disks are seen as the current LVM2 sees them, and the damage is named. */
class DamagedDisksTest {
  private static final PvLabel HEALTHY = Disks.label(Disks.image("g-base", 1));

  /** Damage that shows only when the text is parsed or compared, or in the volume group. */
  private static final ImmutableMap<String, String> BEYOND_THE_HEADERS =
      ImmutableMap.of(
          "g-same-seqno-differs", "the second physical volume's texts differ from the first's",
          "g-text-truncated", "the text ends in the middle, with a right checksum",
          "g-pvh-uuid", "the volume group does not list the physical volume");

  static Stream<Arguments> lvm2Results() {
    Pattern summary = Pattern.compile("vgs 0 \\[(?:vgg \\d+ \\S+ \\d+ (\\d+) (\\d+))?].*");
    return Splitter.on('\n')
        .omitEmptyStrings()
        .splitToStream(Fixtures.file("", "g-RESULTS.tsv"))
        .skip(1)
        .map(line -> Splitter.on('\t').splitToList(line))
        .filter(columns -> !BEYOND_THE_HEADERS.containsKey(columns.get(0)))
        .map(
            columns -> {
              Matcher matcher = summary.matcher(columns.get(3));
              assertThat(matcher.matches()).as("%s", columns).isTrue();
              boolean found = matcher.group(1) != null;
              return Arguments.of(
                  columns.get(0),
                  found,
                  found ? Integer.parseInt(matcher.group(1)) : 0,
                  found ? Integer.parseInt(matcher.group(2)) : 0);
            });
  }

  @ParameterizedTest
  @MethodSource("lvm2Results")
  void asManyPhysicalVolumesAndMetadataAreasAreUsableAsInLvm2(
      String fixture, boolean found, int missing, int usableAreas) {
    List<Fixtures.Image> images = Fixtures.images(fixture);
    long withoutLabel =
        images.stream().filter(image -> Disks.scan(image).label().isEmpty()).count();
    long usable = images.stream().mapToLong(DamagedDisksTest::usableAreas).sum();

    assertThat(usable).isEqualTo(usableAreas);
    if (found) {
      assertThat(withoutLabel).isEqualTo(missing);
    }
  }

  private static long usableAreas(Fixtures.Image image) {
    ByteBuffer device = image.content();
    return Disks.scan(image).label().stream()
        .flatMap(label -> label.metadataAreas().stream())
        .filter(
            area -> {
              if (area.offset() + 512 > device.limit()) {
                return false;
              }
              try {
                MetadataAreaHeader header = Disks.header(device, area);
                return LvmChecksum.of(Disks.pieces(device, header, header.committed()))
                    == header.committed().checksum();
              } catch (CorruptHeaderException e) {
                return false;
              }
            })
        .count();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          g-label-crc    | label header's checksum: expected 907b114c, found e344eb47
          g-label-sector | label header's sector number: expected 1, found 3
          g-label-type   | label header's type: expected "LVM2 001", found "LVM2 002"
          """)
  void labelWithAWrongFieldIsNoLabelButIsReported(String fixture, String finding) {
    LabelScan scan = Disks.scan(Disks.image(fixture, 1));

    assertThat(scan.state()).isEqualTo(State.NONE);
    assertThat(scan.label()).isEmpty();
    assertThat(scan.findings()).containsExactly(new Finding(1, finding));
  }

  @Test
  void erasedLabelLeavesNothingToReport() {
    LabelScan scan = Disks.scan(Disks.image("g-label-erased", 1));

    assertThat(scan.state()).isEqualTo(State.NONE);
    assertThat(scan.findings()).isEmpty();
  }

  @Test
  void labelWithoutItsIdIsRecognisedAsDamaged() {
    LabelScan scan = Disks.scan(Disks.image("g-label-id-lost", 1));

    assertThat(scan.state()).isEqualTo(State.DAMAGED);
    assertThat(scan.label()).contains(HEALTHY);
    assertThat(scan.findings())
        .containsExactly(
            new Finding(
                1,
                "label header's id: expected \"LABELONE\", found \"XXXXXXXX\"; checksum not looked"
                    + " at"));
  }

  @Test
  void firstOfTwoLabelsCountsAndTheOtherIsReported() {
    LabelScan scan = Disks.scan(Disks.image("g-label-twice", 1));

    assertThat(scan.state()).isEqualTo(State.HEALTHY);
    assertThat(scan.label()).contains(HEALTHY);
    assertThat(scan.findings()).containsExactly(new Finding(3, "additional label, ignored"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          g-pvh-offset | label header's offset of the PV header at byte 532: expected 32 to 472, found 500
          g-pvh-lists-unterminated | PV header's list of data areas at byte 584: expected an end within the sector, found 27 entries and no end
          """)
  void labelWhoseHeaderLeavesTheSectorIsReportedAsUnusable(String fixture, String finding) {
    LabelScan scan = Disks.scan(Disks.image(fixture, 1));

    assertThat(scan.state()).isEqualTo(State.NONE);
    assertThat(scan.findings()).containsExactly(new Finding(1, "unusable label: " + finding));
  }

  @ParameterizedTest
  @CsvSource({"g-ext-v0,0,0", "g-ext-v1,1,0", "g-ext-v3,3,0x81", "g-ext-not-used,2,0"})
  void everyVersionOfTheExtensionIsReadAndKeptUntilRewritten(
      String fixture, int version, String flags) {
    Fixtures.Image image = Disks.image(fixture, 1);
    PvLabel label = Disks.label(image);

    assertThat(label.extensionVersion()).isEqualTo(version);
    assertThat(label.extensionFlags()).isEqualTo(Integer.decode(flags));
    assertThat(label.encode()).isEqualTo(Disks.read(image.content(), 512, 512));
    assertThat(label.withUsed(true).extensionVersion()).isEqualTo(2);
    assertThat(label.withUsed(true).extensionFlags()).isEqualTo(Integer.decode(flags) | 1);
    assertThat(label.withUsed(false).isUsed()).isFalse();
  }

  @Test
  void sizeAndUuidOfTheLabelAreTakenAsTheyAre() {
    assertThat(Disks.label(Disks.image("g-pvh-size", 1)).deviceSize()).isEqualTo(1L << 40);
    assertThat(Disks.label(Disks.image("g-pvh-uuid", 1)).pvUuid().value()).startsWith("QQQQ");
  }

  static Stream<Arguments> badHeaders() {
    String magic = "\" LVM2 x[5A%r0N*>\"";
    return Stream.of(
        Arguments.of("g-mda-crc-one", "checksum", 4096, "f41fe80b", "f41fe8f4"),
        Arguments.of("g-mda-zeroed", "checksum", 4096, "6702d122", "00000000"),
        Arguments.of("g-mda-magic", "magic", 4100, magic, "\" MVM2 x[5A%r0N*>\""),
        Arguments.of("g-mda-version", "version", 4116, "1", "2"),
        Arguments.of("g-mda-start", "start", 4120, "4096", "8192"),
        Arguments.of("g-rlocn-offset-oob", "text offset", 4136, "512 to 126975", "131072"),
        Arguments.of("g-rlocn-size-oob", "text size", 4144, "1 to 126464", "253952"));
  }

  @ParameterizedTest
  @MethodSource("badHeaders")
  void badHeaderIsRejectedWithFieldPlaceAndBothValues(
      String fixture, String field, long offset, String expected, String found) {
    Fixtures.Image image = Disks.image(fixture, 0);

    assertThatExceptionOfType(CorruptHeaderException.class)
        .isThrownBy(() -> Disks.header(image, 0))
        .satisfies(
            e -> {
              assertThat(e.field()).isEqualTo("metadata area header's " + field);
              assertThat(e.deviceOffset()).isEqualTo(offset);
              assertThat(e.expected()).isEqualTo(expected);
              assertThat(e.found()).isEqualTo(found);
              assertThat(e)
                  .hasMessage(
                      "metadata area header's %s at byte %d: expected %s, found %s"
                          .formatted(field, offset, expected, found));
            });
    assertThat(Disks.header(image, 1)).isEqualTo(Disks.header(Disks.image("g-base", 0), 1));
  }

  @Test
  void sizeInTheHeaderHasPrecedenceOverTheLabel() {
    Fixtures.Image image = Disks.image("g-mda-size", 0);

    assertThat(Disks.header(image, 0).size())
        .isEqualTo(Disks.label(image).metadataAreas().get(0).size() + 512);
  }

  @Test
  void announcedTextIsNotTheCommittedOne() {
    Map<String, Integer> committedOffsets =
        ImmutableMap.of("g-precommitted-only", 4608, "g-partly-committed", 4608);
    committedOffsets.forEach(
        (fixture, offset) -> {
          MetadataAreaHeader header = Disks.header(Disks.image(fixture, 1), 0);
          assertThat(header.committed().offset()).isEqualTo((long) offset);
          assertThat(header.precommitted().offset()).isEqualTo(6656);
        });
  }

  @Test
  void textMayBeginAnywhereInTheRing() {
    assertThat(Disks.header(Disks.image("g-unaligned-text", 0), 0).committed().offset())
        .isEqualTo(20001);
  }
}
