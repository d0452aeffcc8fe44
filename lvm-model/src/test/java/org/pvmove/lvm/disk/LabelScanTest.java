// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.lvm.disk.LabelScan.Finding;
import org.pvmove.lvm.disk.LabelScan.State;

class LabelScanTest {

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void findsTheLabelInEachOfTheFirstFourSectors(int sector) {
    LabelScan scan = LabelScan.of(deviceWithLabels(sector));

    assertThat(scan.state()).isEqualTo(State.HEALTHY);
    assertThat(scan.label().orElseThrow().sector()).isEqualTo(sector);
  }

  @Test
  void findsNothingOnAnEmptyDevice() {
    LabelScan scan = LabelScan.of(ByteBuffer.allocate(2048));

    assertThat(scan.state()).isEqualTo(State.NONE);
    assertThat(scan.findings()).isEmpty();
  }

  @Test
  void looksAtWholeSectorsOnlyAndNeverBeyondTheFourth() {
    ByteBuffer small = deviceWithLabels(1).slice(0, 1023);
    assertThat(LabelScan.of(small).state()).isEqualTo(State.NONE);

    ByteBuffer large = ByteBuffer.allocate(4096);
    large.put(2048, deviceWithLabels(0).array(), 0, 512);
    assertThat(LabelScan.of(large).state()).isEqualTo(State.NONE);
  }

  @Test
  void startsAtThePositionOfTheBufferAndLeavesItThere() {
    ByteBuffer shifted = ByteBuffer.allocate(100 + 2048);
    shifted.position(100);
    shifted.put(deviceWithLabels(1));
    shifted.position(100);

    assertThat(LabelScan.of(shifted).state()).isEqualTo(State.HEALTHY);
    assertThat(shifted.position()).isEqualTo(100);
  }

  @Test
  void laterLabelCountsWhenTheFirstHasAWrongChecksum() {
    ByteBuffer device = deviceWithLabels(0, 3);
    device.put(300, (byte) 1);

    LabelScan scan = LabelScan.of(device);

    assertThat(scan.state()).isEqualTo(State.HEALTHY);
    assertThat(scan.label().orElseThrow().sector()).isEqualTo(3);
    assertThat(scan.findings()).hasSize(1);
    assertThat(scan.findings().get(0).sector()).isEqualTo(0);
    assertThat(scan.findings().get(0).text()).startsWith("label header's checksum: expected ");
  }

  @Test
  void laterLabelDoesNotStandInForAnUnusableOne() {
    // LVM2 settles on the sector before it looks at the PV header.
    ByteBuffer device = deviceWithLabels(1, 3);
    ByteBuffer sector = device.slice(512, 512).order(ByteOrder.LITTLE_ENDIAN);
    sector.putInt(20, 500);
    Disks.fixLabelChecksum(sector);

    LabelScan scan = LabelScan.of(device);

    assertThat(scan.state()).isEqualTo(State.NONE);
    assertThat(scan.findings()).extracting(Finding::sector).containsExactly(1, 3);
  }

  @ParameterizedTest
  @CsvSource({"1,LVM1", "2,LVM1", "0,HEALTHY", "3,HEALTHY"})
  void deviceOfLvm1IsRecognisedByItsVersions(int version, State expected) {
    ByteBuffer device = deviceWithLabels(1);
    device.put(0, (byte) 'H').put(1, (byte) 'M').put(2, (byte) version);

    LabelScan scan = LabelScan.of(device);

    assertThat(scan.state()).isEqualTo(expected);
    assertThat(scan.label().isPresent()).isEqualTo(expected == State.HEALTHY);
  }

  @Test
  void labelBehindAnLvm1SignatureIsReportedAsIgnored() {
    ByteBuffer device = deviceWithLabels(1);
    device.put(0, new byte[] {'H', 'M', 1, 0});

    assertThat(LabelScan.of(device).findings())
        .containsExactly(
            new Finding(0, "LVM1 physical volume, format version 1"),
            new Finding(1, "additional label, ignored"));
  }

  @ParameterizedTest
  @CsvSource({"0x00040100,GFS_POOL", "0x00040103,GFS_POOL", "0x00040000,NONE", "0x00050100,NONE"})
  void gfsPoolIsRecognisedByItsFormatVersion(String version, State expected) {
    ByteBuffer device = ByteBuffer.allocate(2048);
    device.putLong(0, 0x011670).putInt(272, Integer.decode(version));

    assertThat(LabelScan.of(device).state()).isEqualTo(expected);
  }

  @Test
  void uuidOutsideTheAlphabetIsReported() {
    ByteBuffer sector = WorkedExample.labelSector();
    sector.put(33, (byte) '\n');
    Disks.fixLabelChecksum(sector);

    assertThat(LabelScan.of(at(1, sector)).findings())
        .containsExactly(
            new Finding(
                1,
                "unusable label: PV header's uuid at byte 544: expected 32 letters and digits,"
                    + " found \"0\\x0a00000000000000000000000000000A\""));
  }

  @Test
  void sizesBeyondTheRangeOfALongAreReported() {
    ByteBuffer sector = WorkedExample.labelSector();
    sector.putLong(64, -1);
    Disks.fixLabelChecksum(sector);

    assertThat(LabelScan.of(at(1, sector)).findings().get(0).text())
        .isEqualTo(
            "unusable label: PV header's device size at byte 576: expected less than 2^63 bytes,"
                + " found 18446744073709551615");

    sector.putLong(64, 0).putLong(72, Long.MAX_VALUE).putLong(80, 1);
    Disks.fixLabelChecksum(sector);
    assertThat(LabelScan.of(at(1, sector)).findings().get(0).text())
        .isEqualTo(
            "unusable label: PV header's data area at byte 584: expected an area that ends below"
                + " 2^63, found offset 9223372036854775807, size 1");
  }

  @Test
  void headerMayBeginElsewhereInTheSector() {
    // LVM2 writes offset 32 but reads any other that leaves room.
    ByteBuffer sector = WorkedExample.labelSector();
    byte[] header = new byte[128];
    sector.get(32, header).put(32, new byte[128]).put(101, header).putInt(20, 101);
    Disks.fixLabelChecksum(sector);

    assertThat(LabelScan.of(at(1, sector)).label()).contains(WorkedExample.LABEL);
  }

  @Property
  void anyBytesAreScannedWithoutAnException(@ForAll @Size(max = 2100) byte[] bytes) {
    assertThat(LabelScan.of(ByteBuffer.wrap(bytes)).state()).isNotNull();
  }

  @Property
  void damagedLabelsAreScannedWithoutAnException(
      @ForAll @Size(min = 1, max = 24) byte[] damage,
      @ForAll @IntRange(max = 511) int at,
      @ForAll boolean checksumRight) {
    ByteBuffer sector = WorkedExample.labelSector();
    sector.position(at).put(damage, 0, Math.min(damage.length, 512 - at)).clear();
    if (checksumRight) {
      Disks.fixLabelChecksum(sector);
    }

    LabelScan scan = LabelScan.of(at(1, sector));

    // Whatever was accepted is written in such a way that it is read the same again.
    scan.label()
        .ifPresent(
            label -> assertThat(LabelScan.of(at(1, label.encode())).label()).contains(label));
    if (scan.label().isEmpty()) {
      boolean neitherIdNorType =
          !OnDisk.holds(sector, 0, PvLabel.ID) && !OnDisk.holds(sector, 24, PvLabel.TYPE);
      assertThat(scan.findings().isEmpty()).isEqualTo(neitherIdNorType);
    }
  }

  private static ByteBuffer at(int sector, ByteBuffer label) {
    ByteBuffer device = ByteBuffer.allocate(2048);
    device.put(sector * 512, label, 0, 512);
    return device;
  }

  private static ByteBuffer deviceWithLabels(int... sectors) {
    ByteBuffer device = ByteBuffer.allocate(2048);
    for (int number : sectors) {
      ByteBuffer sector = WorkedExample.labelSector().putLong(8, number);
      Disks.fixLabelChecksum(sector);
      device.put(number * 512, sector, 0, 512);
    }
    return device;
  }
}
