// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.FixtureDisks;
import org.pvmove.LvmTools;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;

/** What a scan finds on disks that real LVM2 wrote, compared with what the real tools say. */
class ScanOfRealDisksTest {
  /** Where we are of another opinion about the areas in use than LVM2, and why. */
  private static final ImmutableMap<String, Integer> AREAS_IN_USE =
      ImmutableMap.of(
          // LVM2 leaves the areas of a volume out for good once all of them were empty.
          "g-rlocn-zero", 4,
          // LVM2 takes an area with other text of the same version for damaged until it is
          // repaired.
          "g-same-seqno-differs", 4);

  private static DeviceSet open(String fixture) {
    return DeviceSet.of(FixtureDisks.open(fixture).toArray(new BlockDevice[0]));
  }

  private static DeviceScan scan(String fixture) {
    return open(fixture).scan();
  }

  /** Fixtures that are not damaged, and whose reports are not empty for lack of a system id. */
  static Stream<String> healthyFixtures() {
    return FixtureDisks.names().stream()
        .filter(name -> !name.startsWith("g-") && !name.equals("h3-systemid"));
  }

  @ParameterizedTest
  @MethodSource("healthyFixtures")
  void seesTheVolumeGroupsThatLvmSees(String fixture) throws IOException {
    DeviceScan scan = scan(fixture);
    List<Map<String, String>> expected = rows(fixture, "vgs.json");

    assertThat(scan.volumeGroups()).hasSameSizeAs(expected);
    for (Map<String, String> row : expected) {
      StoredVolumeGroup stored = scan.volumeGroup(row.get("vg_uuid"));
      VolumeGroup vg = stored.volumeGroup();
      assertThat(vg.name()).isEqualTo(row.get("vg_name"));
      assertThat(vg.seqno()).isEqualTo(number(row, "vg_seqno"));
      assertThat(vg.physicalVolumes()).hasSize(number(row, "pv_count"));
      assertThat(stored.missing()).hasSize(number(row, "vg_missing_pv_count"));
      assertThat(areasInUse(stored)).isEqualTo(number(row, "vg_mda_used_count"));
    }
  }

  @ParameterizedTest
  @MethodSource("healthyFixtures")
  void seesThePhysicalVolumesThatLvmSees(String fixture) throws IOException {
    DeviceScan scan = scan(fixture);
    for (Map<String, String> row : rows(fixture, "pvs.json")) {
      if (row.get("pv_name").equals("[unknown]") || !row.get("pv_duplicate").isEmpty()) {
        continue;
      }
      ScannedDevice device =
          scan.devices().stream()
              .filter(scanned -> scanned.name().equals(row.get("pv_name")))
              .findFirst()
              .orElseThrow();
      assertThat(device.label().pvUuid()).hasToString(row.get("pv_uuid"));
      assertThat(device.areas()).hasSize(number(row, "pv_mda_count"));
      assertThat(device.areas().stream().filter(MetadataAreaState::isWritten).count())
          .isEqualTo(number(row, "pv_mda_used_count"));
      assertThat(device.leftOut()).isNull();
      assertThat(groupOf(scan, device)).isEqualTo(row.get("vg_name"));
    }
  }

  private static String groupOf(DeviceScan scan, ScannedDevice device) {
    return scan.volumeGroups().stream()
        .filter(
            stored ->
                stored.devices().containsValue(device)
                    // LVM2 shows both of two copies.
                    || stored.volumeGroup().physicalVolume(device.label().pvUuid()).isPresent())
        .map(stored -> stored.volumeGroup().name())
        .findFirst()
        .orElse("");
  }

  static Stream<String> damagedFixtures() {
    return FixtureDisks.names().stream().filter(name -> name.startsWith("g-"));
  }

  @ParameterizedTest
  @MethodSource("damagedFixtures")
  void seesOfDamagedDisksWhatLvmSees(String fixture) throws IOException {
    DeviceScan scan = scan(fixture);
    String result = resultOfLvm(fixture);
    Matcher row =
        Pattern.compile("^vgs 0 \\[(\\S+) (\\d+) \\S+ (\\d+) (\\d+) (\\d+)]").matcher(result);
    if (!row.find()) {
      assertThat(result).startsWith("vgs 0 []");
      assertThat(scan.volumeGroups()).isEmpty();
      return;
    }
    assertThat(scan.volumeGroups()).hasSize(1);
    StoredVolumeGroup stored = scan.volumeGroup(row.group(1));
    assertThat(stored.volumeGroup().seqno()).isEqualTo(Integer.parseInt(row.group(2)));
    assertThat(stored.volumeGroup().physicalVolumes()).hasSize(Integer.parseInt(row.group(3)));
    assertThat(stored.missing()).hasSize(Integer.parseInt(row.group(4)));
    assertThat(areasInUse(stored))
        .isEqualTo(AREAS_IN_USE.getOrDefault(fixture, Integer.parseInt(row.group(5))));
    Matcher lvs = Pattern.compile(" lvs \\[(.*?)]").matcher(result);
    assertThat(lvs.find()).isTrue();
    assertThat(stored.volumeGroup().logicalVolumes())
        .filteredOn(lv -> lv.flags().has(StatusFlag.VISIBLE))
        .extracting(lv -> lv.name())
        .containsExactlyElementsOf(
            Stream.of(lvs.group(1).split("; "))
                .map(lv -> lv.substring(0, lv.indexOf(' ')))
                .toList());
  }

  /** What 2.03.40 shows of a damaged pair of disks. */
  private static String resultOfLvm(String fixture) throws IOException {
    return Files.readAllLines(FixtureDisks.file("g-RESULTS.tsv")).stream()
        .map(line -> line.split("\t", -1))
        .filter(columns -> columns[0].equals(fixture))
        .map(columns -> columns[3])
        .findFirst()
        .orElseThrow();
  }

  private static int areasInUse(StoredVolumeGroup stored) {
    return (int)
        stored.devices().values().stream()
            .flatMap(device -> device.areas().stream())
            .filter(area -> area.isWritten() && area.problem() == null)
            .count();
  }

  private static List<Map<String, String>> rows(String fixture, String report) throws IOException {
    return LvmTools.rows(Files.readAllLines(FixtureDisks.file(fixture + "/" + report)));
  }

  private static int number(Map<String, String> row, String field) {
    return Integer.parseInt(row.get(field));
  }

  private static StoredVolumeGroup only(String fixture) {
    DeviceScan scan = scan(fixture);
    assertThat(scan.volumeGroups()).hasSize(1);
    return scan.volumeGroups().get(0);
  }

  /**
   * Fixtures of volume groups that may be changed, though there is something to be told of some.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "a-linear",
        "b-striped-2mda",
        "c1-wrapped",
        "c2-after-wrap",
        "d1-mirror-raid",
        "d2-thin-cache-snap",
        "d3-pvmove",
        "e1-ignored-mda",
        "e2-vgmetadatacopies1",
        "e3-2of6-copies",
        "f2-bootloader-vg",
        "g-base",
        "g-ext-v3",
        "g-precommitted-only",
        "g-pvh-size",
        "g-rlocn-zero",
        "g-unaligned-text",
        "w-worked-example"
      })
  void hasNothingToSayAgainstAHealthyVolumeGroup(String fixture) {
    StoredVolumeGroup stored = only(fixture);

    assertThat(stored.refusals()).isEmpty();
    assertThat(stored.findings()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "g-mda-crc-one | metadata area at byte 4096: metadata area header's checksum",
        "g-mda-magic | metadata area at byte 4096: metadata area header's magic",
        "g-mda-start | metadata area at byte 4096: metadata area header's start",
        "g-mda-version | metadata area at byte 4096: metadata area header's version",
        "g-mda-zeroed | metadata area at byte 4096: metadata area header's checksum",
        "g-rlocn-offset-oob | metadata area at byte 4096: metadata area header's text offset",
        "g-rlocn-size-oob | metadata area at byte 4096: metadata area header's text size",
        "g-text-crc-one | metadata area at byte 4096: text at byte 8704: expected checksum",
      })
  void passesOverADamagedMetadataAreaAndSaysSo(String fixture, String finding) {
    StoredVolumeGroup stored = only(fixture);

    assertThat(stored.findings()).singleElement().asString().startsWith("/dev/loop4: " + finding);
    assertThat(stored.refusals()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"g-ext-not-used", "g-ext-v0", "g-ext-v1"})
  void namesLabelsThatTheNextChangeUpdates(String fixture) {
    StoredVolumeGroup stored = only(fixture);

    assertThat(stored.findings())
        .singleElement()
        .asString()
        .startsWith("/dev/loop5: its label does not say in the current form");
    assertThat(stored.refusals()).isEmpty();
  }

  @Test
  void takesTheHighestVersionAndNamesTheAreasThatAreBehind() {
    assertThat(only("g-newer-on-pv1").findings())
        .containsExactly(
            "/dev/loop4: metadata area at byte 4096: version 4, older than 5",
            "/dev/loop4: metadata area at byte 3014656: version 4, older than 5",
            "/dev/loop5: metadata area at byte 4096: version 4, older than 5");
    assertThat(only("h6-stale-seqno").findings())
        .containsExactly("/dev/loop5: metadata area at byte 4096: version 2, older than 3");
  }

  @Test
  void takesTheFirstOfTwoTextsOfTheSameVersion() {
    StoredVolumeGroup stored = only("g-same-seqno-differs");

    assertThat(stored.volumeGroup().logicalVolume("lv3")).isPresent();
    assertThat(stored.findings())
        .containsExactly(
            "/dev/loop5: metadata area at byte 4096: version 4 too, but with other content",
            "/dev/loop5: metadata area at byte 3014656: version 4 too, but with other content");
  }

  @Test
  void readsTheVersionInForceWhenAnUpdateWasCutShort() {
    assertThat(only("g-precommitted-only").volumeGroup().seqno()).isEqualTo(4);
    assertThat(only("g-partly-committed").volumeGroup().seqno()).isEqualTo(5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "g-label-crc",
        "g-label-erased",
        "g-label-sector",
        "g-label-type",
        "g-pvh-uuid",
        "g-pvh-offset",
        "g-pvh-lists-unterminated",
        "h4-missing-pv"
      })
  void refusesAVolumeGroupThatMissesAPhysicalVolume(String fixture) {
    StoredVolumeGroup stored = only(fixture);

    assertThat(stored.missing()).hasSize(1);
    assertThat(stored.refusals())
        .singleElement()
        .asString()
        .startsWith("physical volume /dev/loop5 is missing");
  }

  @Test
  void namesTheDeviceThatMightBeTheMissingOne() {
    assertThat(only("g-label-erased").refusals())
        .containsExactly(
            "physical volume /dev/loop5 is missing (left out: /dev/loop5: no LVM2 label in its"
                + " first four sectors)");
    assertThat(only("h4-missing-pv").refusals())
        .containsExactly("physical volume /dev/loop5 is missing");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "g-label-crc | no usable LVM2 label: sector 1, label header's checksum",
        "g-label-erased | no LVM2 label in its first four sectors",
        "g-label-sector | no usable LVM2 label: sector 1, label header's sector number",
        "g-label-type | no usable LVM2 label: sector 1, label header's type",
        "g-pvh-offset | no usable LVM2 label: sector 1, unusable label: label header's offset",
        "g-pvh-lists-unterminated | no usable LVM2 label: sector 1, unusable label: PV header's",
        "g-pvh-uuid | it was removed from volume group vgg while it was absent",
        "g-mda-crc-all | metadata area at byte 4096: metadata area header's checksum",
        "g-text-crc-all | metadata area at byte 4096: text at byte",
        "g-text-truncated | metadata area at byte 4096: metadata text",
        "h5-outdated-pv | it was removed from volume group vgm while it was absent",
        "h7-duplicate-pv | physical volume rOLBrT-RTAf-0Ugh-1lyC-Ydg2-Hgnn-xOtnR7 of volume group"
            + " vgdup is on another device too",
      })
  void saysWhyADeviceIsLeftOut(String fixture, String reason) {
    assertThat(scan(fixture).devices())
        .filteredOn(device -> device.name().equals("/dev/loop5"))
        .singleElement()
        .extracting(ScannedDevice::leftOut)
        .asString()
        .startsWith(reason);
  }

  @ParameterizedTest
  @ValueSource(strings = {"g-mda-crc-all", "g-text-crc-all", "g-text-truncated"})
  void tellsWhyThereIsNoVolumeGroup(String fixture) {
    DeviceScan scan = scan(fixture);

    assertThatThrownBy(() -> scan.volumeGroup("vgg"))
        .isInstanceOf(LvmException.class)
        .hasMessageContaining("/dev/loop4: metadata area at byte 4096")
        .hasMessageContaining("/dev/loop5: metadata area at byte 4096");
  }

  @Test
  void hasNothingToSayAgainstUnusedPhysicalVolumes() {
    assertThat(scan("h1-orphans-labelsector").devices())
        .hasSize(4)
        .allMatch(device -> device.leftOut() == null);
  }

  @Test
  void findsADeviceThatIsMarkedAsUsedByAVolumeGroupThatIsNotThere() {
    // The second physical volume has only an ignored metadata area, the third has none.
    BlockDevice alone = FixtureDisks.open("e1-ignored-mda").get(2);

    assertThat(DeviceSet.of(alone).scan().devices())
        .singleElement()
        .extracting(ScannedDevice::leftOut)
        .isEqualTo("its label says that it belongs to a volume group, but none was found");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "g-label-id-lost | /dev/loop5: its label is damaged",
        "g-device-truncated | /dev/loop5: expected extents up to byte 3014656, found the end at"
            + " 2359296",
        "h2-exported | it is exported",
        "h3-systemid | it belongs to the host with system id \"fixture-host\", found none here",
        "h7-duplicate-pv | physical volume rOLBrT-RTAf-0Ugh-1lyC-Ydg2-Hgnn-xOtnR7 is on several"
            + " devices: /dev/loop4, /dev/loop5",
        "d4-handwritten | logical volume future, segment 1: expected a type this library knows",
        // LVM2 takes the header's word for it and would overwrite the first extent.
        "g-mda-size | /dev/loop4: metadata area at byte 4096: expected it outside the extents from"
            + " byte 131072 to 3014656, found its end at byte 131584",
      })
  void refusesAVolumeGroupThatMustNotBeChanged(String fixture, String refusal) {
    StoredVolumeGroup stored = only(fixture);

    assertThat(stored.refusals()).singleElement().asString().startsWith(refusal);
    assertThatThrownBy(stored::requireChangeable)
        .isInstanceOf(AccessRefusedException.class)
        .hasMessageContaining(refusal);
  }

  @Test
  void takesTheVolumeGroupOfItsOwnHost() {
    assertThat(open("h3-systemid").scan("fixture-host").volumeGroup("vgh").refusals()).isEmpty();
    assertThat(open("h3-systemid").scan("another").volumeGroup("vgh").refusals())
        .containsExactly(
            "it belongs to the host with system id \"fixture-host\", found \"another\"");
  }

  @Test
  void wantsAUuidWhereTwoVolumeGroupsBearOneName() {
    DeviceScan scan = scan("h8-duplicate-vgname");

    assertThatThrownBy(() -> scan.volumeGroup("same"))
        .isInstanceOf(LvmException.class)
        .hasMessageContaining("uay2TP-0ACU-d8zv-q8Qe-IfSc-hwo3-Avvn85")
        .hasMessageContaining("W0qnnu-7Yvt-fXPm-k6ug-N0bf-E92z-EJ8ivU");
    assertThat(scan.volumeGroup("W0qnnu-7Yvt-fXPm-k6ug-N0bf-E92z-EJ8ivU").refusals()).isEmpty();
  }

  @Test
  void reportsASecondLabelThatItDoesNotTake() {
    assertThat(only("g-label-twice").findings())
        .containsExactly("/dev/loop5: sector 3, additional label, ignored");
  }

  /** A copy of a disk that is scanned first. */
  private static StoredVolumeGroup withCopy(BlockDevice original, BlockDevice copy)
      throws IOException {
    ByteBuffer content = ByteBuffer.allocate((int) original.size());
    original.read(0, content);
    copy.write(0, content.flip());
    return DeviceSet.of(copy, original).scan().volumeGroup("vgdup");
  }

  @Test
  void takesTheCopyWhoseNameTheMetadataRemember() throws IOException {
    BlockDevice original = FixtureDisks.open("h7-duplicate-pv").get(0);

    StoredVolumeGroup stored =
        withCopy(original, BlockDevices.inMemory("/dev/loop9", original.size()));

    assertThat(stored.devices().values())
        .singleElement()
        .extracting(ScannedDevice::name)
        .isEqualTo("/dev/loop4");
  }

  @Test
  void takesTheCopyOfTheSizeThatTheMetadataState() throws IOException {
    BlockDevice original = FixtureDisks.open("h7-duplicate-pv").get(0);

    StoredVolumeGroup stored =
        withCopy(original, BlockDevices.inMemory("larger", original.size() * 2));

    assertThat(stored.devices().values())
        .singleElement()
        .extracting(ScannedDevice::name)
        .isEqualTo(original.name());
  }
}
