// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pvmove.lvm.Fixtures;
import org.pvmove.lvm.LvmUuid;

/** The layout of new physical volumes is the one pvcreate chooses. */
class PvFormatTest {
  private static final LvmUuid UUID = WorkedExample.LABEL.pvUuid();

  @ParameterizedTest
  @CsvSource({"0, 0, 8", "1, 2, 8", "3, 1, 6"})
  void writesWholeDevicesByteForByteAsPvcreateDid(int pv, int labelSector, int mebibytes) {
    Fixtures.Image image = Disks.image("h1-orphans-labelsector", pv);
    ByteBuffer device = ByteBuffer.allocate(image.content().limit());

    Disks.write(
        device,
        PvFormat.builder(Disks.label(image).pvUuid(), (long) mebibytes << 20)
            .labelSector(labelSector)
            .build()
            .writes());

    assertThat(device.mismatch(image.content())).isEqualTo(-1);
  }

  @ParameterizedTest
  @CsvSource({
    // fixture, physical volume, areas, metadata size and alignment in KiB
    "w-worked-example, 0, 1, 1020, 1024",
    "b-striped-2mda, 0, 2, 512, 1024",
    "c1-wrapped, 0, 1, 60, 64",
    "e1-ignored-mda, 2, 0, 1020, 1024",
    "e3-2of6-copies, 0, 2, 256, 1024",
    "g-base, 0, 2, 124, 64",
  })
  void labelsAreThoseOfTheFixtures(
      String fixture, int pv, int areas, int metadataSize, int alignment) {
    PvLabel expected = Disks.label(Disks.image(fixture, pv));

    PvFormat format =
        PvFormat.builder(expected.pvUuid(), expected.deviceSize())
            .metadataAreas(areas)
            .metadataSize(metadataSize * 1024L)
            .dataAlignment(alignment * 1024L)
            .build();

    assertThat(format.label().withUsed(true)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    // What pvcreate of LVM2 2.03.16 made. In KiB: device, metadata size, alignment; in bytes: start
    // of data, end of the first area is the same, start and size of the second area.
    "8192, 1020, 1, 1024, 1048576, 0, 0",
    "8192, 1020, 1, 64, 1048576, 0, 0",
    "2048, 1020, 1, 1024, 1048576, 0, 0",
    "10752, 1020, 1, 1024, 1048576, 0, 0",
    "10752, 1020, 2, 1024, 1048576, 9437184, 1572864",
    "10753, 1020, 2, 1024, 1048576, 9437184, 1573888",
    "3072, 1020, 2, 1024, 1048576, 2097152, 1048576",
    "8192, 32, 1, 4, 36864, 0, 0",
    "8192, 32, 2, 4, 36864, 8355840, 32768",
    "8192, 33, 2, 4, 40960, 8351744, 36864",
    "8192, 1020, 1, 3072, 3145728, 0, 0",
    "8192, 1020, 2, 3072, 3145728, 6291456, 2097152",
    "8192, 100, 2, 192, 196608, 8257536, 131072",
    "8192, 1020, 0, 1024, 1048576, 0, 0",
    "8192, 1020, 0, 4, 4096, 0, 0",
  })
  void layoutIsThatOfPvcreate(
      long device,
      long metadataSize,
      int areas,
      long alignment,
      long dataStart,
      long secondStart,
      long secondSize) {
    PvFormat format =
        PvFormat.builder(UUID, device * 1024)
            .metadataSize(metadataSize * 1024)
            .metadataAreas(areas)
            .dataAlignment(alignment * 1024)
            .build();

    assertThat(format.dataStart()).isEqualTo(dataStart);
    assertThat(format.label().metadataAreas()).hasSize(areas);
    if (areas > 0) {
      assertThat(format.label().metadataAreas().get(0))
          .isEqualTo(new DiskArea(4096, dataStart - 4096));
    }
    if (areas > 1) {
      assertThat(format.label().metadataAreas().get(1))
          .isEqualTo(new DiskArea(secondStart, secondSize));
    }
  }

  @Test
  void extentsFillTheSpaceBetweenTheMetadataAreas() {
    assertThat(PvFormat.builder(UUID, 8 << 20).build().extentCount(1 << 20)).isEqualTo(7);
    assertThat(PvFormat.builder(UUID, 8 << 20).metadataAreas(2).build().extentCount(1 << 20))
        .isEqualTo(6);
    assertThat(PvFormat.builder(UUID, 8 << 20).build().extentCount(4 << 20)).isEqualTo(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PvFormat.builder(UUID, 8 << 20).build().extentCount(0));
  }

  @Test
  void oldContentsAreClearedWhereTheyCouldBeTakenForMetadata() {
    ByteBuffer device = ByteBuffer.wrap(new byte[8 << 20]);
    while (device.hasRemaining()) {
      device.put((byte) 0xFF);
    }
    device.clear();

    Disks.write(device, PvFormat.builder(UUID, 8 << 20).metadataAreas(2).build().writes());

    LabelScan scan = Disks.scan(device);
    assertThat(scan.state()).isEqualTo(LabelScan.State.HEALTHY);
    assertThat(scan.findings()).isEmpty();
    for (DiskArea area : scan.label().orElseThrow().metadataAreas()) {
      assertThat(Disks.header(device, area)).isEqualTo(MetadataAreaHeader.empty(area));
      assertThat(Disks.read(device, area.offset() + 512, 4096 - 512))
          .isEqualTo(ByteBuffer.allocate(4096 - 512));
      assertThat(device.get((int) area.offset() + 4096)).isEqualTo((byte) 0xFF);
    }
    assertThat(device.get(2048)).isEqualTo((byte) 0xFF);
  }

  @Test
  void labelIsWrittenLast() {
    PvFormat format = PvFormat.builder(UUID, 8 << 20).labelSector(2).metadataAreas(2).build();

    assertThat(format.writes()).hasSize(4);
    assertThat(format.writes().get(3)).isEqualTo(new DiskWrite(1024, format.label().encode()));
  }

  @Property
  void areasAndDataNeverOverlapAndLeaveNothingBetweenThem(
      @ForAll @LongRange(min = 4096, max = 1L << 51) long sectors,
      @ForAll @IntRange(max = 2) int areas,
      @ForAll @LongRange(min = 64, max = 1 << 14) long metadataSectors,
      @ForAll @LongRange(min = 1, max = 1 << 12) long pages) {
    PvFormat.Builder builder =
        PvFormat.builder(UUID, sectors * 512)
            .metadataAreas(areas)
            .metadataSize(metadataSectors * 512)
            .dataAlignment(pages * 4096);
    PvFormat format;
    try {
      format = builder.build();
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageContaining("room for data");
      assertThat(sectors * 512).isLessThan(4096 + 2 * metadataSectors * 512 + 2 * pages * 4096);
      return;
    }
    assertThat(format.dataStart() % (pages * 4096)).isZero();
    long end = sectors * 512;
    if (areas > 0) {
      DiskArea front = format.label().metadataAreas().get(0);
      assertThat(front.offset()).isEqualTo(4096);
      assertThat(front.end()).isEqualTo(format.dataStart());
      assertThat(front.size()).isGreaterThanOrEqualTo(metadataSectors * 512);
    }
    if (areas > 1) {
      DiskArea back = format.label().metadataAreas().get(1);
      assertThat(back.end()).isEqualTo(end);
      assertThat(back.size()).isGreaterThanOrEqualTo(metadataSectors * 512);
      end = back.offset();
    }
    assertThat(end).isGreaterThan(format.dataStart());
    assertThat(format.extentCount(512)).isEqualTo((end - format.dataStart()) / 512);
  }

  @Test
  void refusesWhatPvcreateWouldNotMake() {
    assertThatIllegalArgumentException().isThrownBy(() -> PvFormat.builder(UUID, (2 << 20) - 512));
    assertThatIllegalArgumentException().isThrownBy(() -> PvFormat.builder(UUID, (2 << 20) + 1));
    assertThatIllegalArgumentException().isThrownBy(() -> PvFormat.builder(UUID, Long.MAX_VALUE));
    PvFormat.Builder builder = PvFormat.builder(UUID, 2 << 20);
    assertThatIllegalArgumentException().isThrownBy(() -> builder.labelSector(4));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.metadataAreas(3));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.metadataSize(32767));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.metadataSize(32769));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.dataAlignment(0));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.dataAlignment(1024));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.metadataAreas(2).build())
        .withMessageContaining("room for data");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PvFormat.builder(UUID, 2 << 20).metadataSize(1L << 62).build())
        .withMessageContaining("room for data");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PvFormat.builder(UUID, 2 << 20).dataAlignment(1L << 62).build())
        .withMessageContaining("room for data");
  }
}
