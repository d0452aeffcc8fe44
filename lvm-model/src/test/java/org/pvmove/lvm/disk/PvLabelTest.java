// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;
import java.util.Collections;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.pvmove.lvm.LvmUuid;

class PvLabelTest {

  @Test
  void encodesTheWorkedExampleByteForByte() {
    assertThat(WorkedExample.LABEL.encode()).isEqualTo(WorkedExample.labelSector());
  }

  @Test
  void decodesTheWorkedExample() {
    ByteBuffer device = ByteBuffer.allocate(2048);
    device.put(512, WorkedExample.labelSector(), 0, 512);

    LabelScan scan = LabelScan.of(device);

    assertThat(scan.state()).isEqualTo(LabelScan.State.HEALTHY);
    assertThat(scan.label()).contains(WorkedExample.LABEL);
    assertThat(scan.findings()).isEmpty();
  }

  @Property
  void isReadAsItWasWritten(@ForAll("labels") PvLabel label) {
    ByteBuffer device = ByteBuffer.allocate(2048);
    device.put(label.sector() * 512, label.encode(), 0, 512);

    LabelScan scan = LabelScan.of(device);

    assertThat(scan.label()).contains(label);
    assertThat(scan.findings()).isEmpty();
  }

  @Test
  void usedFlagIsSetAndClearedWithoutTouchingOtherFlags() {
    PvLabel old = withExtension(3, 0x80);

    assertThat(old.isUsed()).isFalse();
    assertThat(old.withUsed(true)).isEqualTo(withExtension(2, 0x81));
    assertThat(old.withUsed(true).withUsed(false)).isEqualTo(withExtension(2, 0x80));
  }

  @Test
  void withoutAnExtensionThereIsNoRoomForFlags() {
    assertThat(withExtension(0, 0).isUsed()).isFalse();
    assertThatIllegalArgumentException().isThrownBy(() -> withExtension(0, 1));
  }

  @Test
  void refusesMoreAreasThanASectorHolds() {
    PvLabel full = withMetadataAreas(23);

    assertThat(full.encode().remaining()).isEqualTo(512);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> withMetadataAreas(24))
        .withMessageContaining("fit a sector");
  }

  @Test
  void refusesSectorsOutsideTheFirstFour() {
    for (int sector : new int[] {-1, 4}) {
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  new PvLabel(
                      sector,
                      WorkedExample.LABEL.pvUuid(),
                      0,
                      ImmutableList.of(),
                      ImmutableList.of(),
                      0,
                      0,
                      ImmutableList.of()));
    }
  }

  private static PvLabel withExtension(int version, int flags) {
    PvLabel example = WorkedExample.LABEL;
    return new PvLabel(
        1,
        example.pvUuid(),
        example.deviceSize(),
        example.dataAreas(),
        example.metadataAreas(),
        version,
        flags,
        ImmutableList.of());
  }

  private static PvLabel withMetadataAreas(int count) {
    return new PvLabel(
        1,
        WorkedExample.LABEL.pvUuid(),
        0,
        ImmutableList.of(new DiskArea(1, 0)),
        ImmutableList.copyOf(Collections.nCopies(count, new DiskArea(1, 0))),
        2,
        0,
        ImmutableList.of());
  }

  @Provide
  static Arbitrary<PvLabel> labels() {
    Arbitrary<LvmUuid> uuids =
        Arbitraries.strings()
            .withCharRange('a', 'z')
            .withCharRange('A', 'Z')
            .numeric()
            .ofLength(32)
            .map(LvmUuid::new);
    Arbitrary<DiskArea> areas =
        Combinators.combine(
                Arbitraries.longs().between(1, Long.MAX_VALUE / 2),
                Arbitraries.longs().between(0, Long.MAX_VALUE / 2))
            .as(DiskArea::new);
    Arbitrary<ImmutableList<DiskArea>> lists = areas.list().ofMaxSize(7).map(ImmutableList::copyOf);
    Arbitrary<Integer> versions =
        Arbitraries.oneOf(Arbitraries.of(0, 1, 2, 3), Arbitraries.integers());
    return Combinators.combine(
            Arbitraries.integers().between(0, 3),
            uuids,
            Arbitraries.longs().greaterOrEqual(0),
            lists,
            lists,
            versions,
            Arbitraries.integers(),
            lists)
        .as(
            (sector, uuid, size, data, metadata, version, flags, bootloader) ->
                new PvLabel(
                    sector,
                    uuid,
                    size,
                    data,
                    metadata,
                    version,
                    version == 0 ? 0 : flags,
                    version == 0 ? ImmutableList.of() : bootloader));
  }
}
