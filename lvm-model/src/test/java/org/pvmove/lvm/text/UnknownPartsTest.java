// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.lvm.Fixtures;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.SegmentType;

/** What newer versions of LVM2 may write is kept where it stood. */
class UnknownPartsTest {
  private static final String ENTRY = "new_field = [1, \"two\", 3.5]\n";
  private static final String SECTION = "new_section {\nnew_field = \"x\"\ndeeper {\n}\n}\n";

  private static String text() {
    return new String(Fixtures.metadataText("g-base"), StandardCharsets.ISO_8859_1);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** The text with something more behind the first line that reads so. */
  private static String insertBehind(String line, String addition) {
    int at = ("\n" + text()).indexOf("\n" + line + "\n");
    assertThat(at).as(line).isNotNegative();
    int behind = at + line.length() + 1;
    return text().substring(0, behind) + addition + text().substring(behind);
  }

  private static void survives(String text) {
    MetadataText read = MetadataText.parse(bytes(text));
    byte[] printed = read.toDiskBytes();
    assertThat(Tokens.of(printed)).isEqualTo(Tokens.of(text));
    assertThat(MetadataText.parseDisk(printed)).isEqualTo(read);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "vgg {",
        "seqno = 4",
        "metadata_copies = 0",
        "physical_volumes {",
        "pv0 {",
        "device = \"/dev/loop4\"",
        "pe_count = 44",
        "logical_volumes {",
        "lv2 {",
        "segment_count = 1",
        "segment1 {",
        "type = \"striped\"",
        "stripe_size = 128",
        "contents = \"Text Format Volume Group\"",
        "version = 1"
      })
  void keepsAnUnknownFieldInItsPlace(String line) {
    survives(insertBehind(line, ENTRY));
  }

  @ParameterizedTest
  @ValueSource(strings = {"vgg {", "max_pv = 0", "pv0 {", "pe_count = 44", "stripe_count = 1"})
  void keepsAnUnknownSectionInItsPlace(String line) {
    survives(insertBehind(line, SECTION));
  }

  @Test
  void keepsUnknownPartsAtTheEndOfSections() {
    String closed = "\"pv0\", 0\n]\n";
    survives(text().replaceFirst(closed + "}\n", closed + ENTRY + "}\n" + ENTRY));
    survives(
        text().replace("\n}\n\n}\n# Gen", "\n" + ENTRY + "}\n" + ENTRY + SECTION + "\n}\n# Gen"));
  }

  @Test
  void keepsUnknownFieldsOfAGroupWithoutLogicalVolumes() {
    String text = text();
    String none =
        text.substring(0, text.indexOf("logical_volumes"))
            + "logical_volumes {\n"
            + ENTRY
            + "}\n"
            + text.substring(text.indexOf("\n}\n# Gen"));
    survives(none);
  }

  @Test
  void keepsTwoFieldsOfOneNameOfWhichTheFirstCounts() {
    String text = insertBehind("seqno = 4", "seqno = 9\n");
    survives(text);
    assertThat(MetadataText.parse(bytes(text)).volumeGroup().seqno()).isEqualTo(4);
  }

  @Test
  void keepsAKnownNameInAnUnknownPlace() {
    survives(insertBehind("pe_count = 44", "other {\nid = \"x\"\npe_count = 1\n}\n"));
  }

  /** LVM2 looks for the header behind the last brace that is alone on a line. */
  @Test
  void movesAnUnknownSectionBehindTheHeaderBeforeIt() {
    MetadataText read = MetadataText.parse(bytes(text() + SECTION));
    assertThat(Tokens.of(read.toDiskBytes()))
        .isEqualTo(Tokens.of(text().replace("\n}\n# Gen", "\n}\n" + SECTION + "# Gen")));
    assertThat(MetadataText.parseDisk(read.toDiskBytes()).volumeGroup())
        .isEqualTo(read.volumeGroup());
  }

  @Test
  void keepsUnknownFieldsThatAFileHasInFront() {
    MetadataText read = MetadataText.parse(bytes(ENTRY + text()));
    assertThat(Tokens.of(read.toDiskBytes()))
        .isEqualTo(Tokens.of(text().replace("version = 1\n", "version = 1\n" + ENTRY)));
  }

  @Test
  void keepsUnknownFieldsThatNeedQuotesInTheirNames() {
    survives(insertBehind("seqno = 4", "\"two words\" = 1\n\"{\" {\n\"#\" = \"=\"\n}\n"));
    MetadataText read = MetadataText.parse(bytes(insertBehind("seqno = 4", "'a \"b\"' = 1\n")));
    assertThat(MetadataText.parseDisk(read.toDiskBytes())).isEqualTo(read);
  }

  @Test
  void keepsASegmentOfAnUnknownTypeAsItStands() {
    String text =
        text()
            .replace(
                "type = \"striped\"\nstripe_count = 2\nstripe_size = 128\n",
                "type = \"wonder+NEW\"\ntags = [\"t\"]\n" + ENTRY + SECTION);
    survives(text);
    LogicalVolume lv2 =
        MetadataText.parse(bytes(text)).volumeGroup().logicalVolume("lv2").orElseThrow();
    assertThat(lv2.segments().get(0).type())
        .isInstanceOfSatisfying(
            SegmentType.Unknown.class,
            unknown -> {
              assertThat(unknown.name()).isEqualTo("wonder+NEW");
              assertThat(unknown.fields())
                  .extracting(node -> node.key())
                  .containsExactly("new_field", "new_section", "stripes");
            });
    assertThat(lv2.segments().get(0).tags()).containsExactly("t");
  }

  @Test
  void takesAKnownTypeWithAnUnknownFlagForUnknown() {
    String text =
        text()
            .replace(
                "type = \"striped\"\nstripe_count = 2", "type = \"striped+NEW\"\nstripe_count = 2");
    survives(text);
    LogicalVolume lv2 =
        MetadataText.parse(bytes(text)).volumeGroup().logicalVolume("lv2").orElseThrow();
    assertThat(lv2.segments().get(0).type()).isInstanceOf(SegmentType.Unknown.class);
  }

  @Test
  void keepsUnknownStatusWords() {
    survives(
        text()
            .replace("\"RESIZEABLE\", \"READ\"", "\"RESIZEABLE\", \"NEW1\", \"READ\"")
            .replaceFirst("flags = \\[\\]", "flags = [\"NEW2\"]")
            .replaceFirst("\"ALLOCATABLE\"", "\"NEW3\", \"ALLOCATABLE\"")
            .replaceFirst("\"VISIBLE\"", "\"VISIBLE\", \"NEW4\""));
  }
}
