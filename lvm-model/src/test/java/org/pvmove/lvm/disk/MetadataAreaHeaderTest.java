// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MetadataAreaHeaderTest {
  private static final DiskArea AREA = new DiskArea(4096, 1044480);
  private static final TextLocation OLD = new TextLocation(512, 891, 0x2f649b2c, 0);
  private static final TextLocation NEW = new TextLocation(1536, 1194, 0x92445745, 0);

  @Test
  void encodesTheWorkedExampleByteForByte() {
    assertThat(WorkedExample.HEADER.encode()).isEqualTo(WorkedExample.headerSector());
  }

  @Test
  void parsesTheWorkedExample() {
    assertThat(MetadataAreaHeader.parse(WorkedExample.headerSector(), 4096))
        .isEqualTo(WorkedExample.HEADER);
  }

  @Property
  void isReadAsItWasWritten(
      @ForAll @LongRange(min = 1, max = Long.MAX_VALUE / 2) long start,
      @ForAll @LongRange(min = 1024, max = Long.MAX_VALUE / 2) long size,
      @ForAll @IntRange(min = 0, max = 512) int offset,
      @ForAll @IntRange(min = 1, max = 512) int length,
      @ForAll int checksum,
      @ForAll int flags,
      @ForAll long precommittedOffset,
      @ForAll long precommittedSize) {
    MetadataAreaHeader header =
        new MetadataAreaHeader(
            start,
            size,
            new TextLocation(offset < 512 ? 0 : offset, length, checksum, flags),
            new TextLocation(precommittedOffset, precommittedSize, ~checksum, ~flags));

    assertThat(MetadataAreaHeader.parse(header.encode(), start)).isEqualTo(header);
  }

  @ParameterizedTest
  @CsvSource({
    // offset, size, where the field of the wrong value is
    "511, 100, 4136",
    "1, 100, 4136",
    "1044480, 100, 4136",
    "-1, 100, 4136",
    "512, 0, 4144",
    "512, 1043969, 4144",
    "512, -1, 4144",
  })
  void rejectsACommittedTextThatDoesNotLieInTheRing(long offset, long size, long at) {
    ByteBuffer sector = WorkedExample.headerSector();
    sector.putLong(40, offset).putLong(48, size);
    Disks.fixHeaderChecksum(sector);

    assertThatExceptionOfType(CorruptHeaderException.class)
        .isThrownBy(() -> MetadataAreaHeader.parse(sector, 4096))
        .satisfies(e -> assertThat(e.deviceOffset()).isEqualTo(at));
  }

  @Test
  void acceptsACommittedTextThatFillsTheWholeRing() {
    TextLocation all = new TextLocation(1000, 1043968, 0, 0);
    MetadataAreaHeader header = MetadataAreaHeader.empty(AREA).commit(all);

    assertThat(header.pieces(all))
        .containsExactly(
            new DiskArea(4096 + 1000, 1044480 - 1000), new DiskArea(4096 + 512, 1000 - 512));
    assertThat(header.room()).isZero();
  }

  @Test
  void announcedTextIsCheckedOnlyWhenItIsAskedFor() {
    ByteBuffer sector = WorkedExample.headerSector();
    sector.putLong(64, 5).putLong(72, 100);
    Disks.fixHeaderChecksum(sector);

    MetadataAreaHeader header = MetadataAreaHeader.parse(sector, 4096);

    assertThat(header.committed()).isEqualTo(WorkedExample.HEADER.committed());
    assertThatExceptionOfType(CorruptHeaderException.class)
        .isThrownBy(() -> header.pieces(header.precommitted()))
        .satisfies(e -> assertThat(e.deviceOffset()).isEqualTo(4160));
  }

  @ParameterizedTest
  @CsvSource({"511", "0", "-1", "9223372036854775807"})
  void rejectsAnImpossibleAreaSize(long size) {
    ByteBuffer sector = WorkedExample.headerSector();
    sector.putLong(32, size);
    Disks.fixHeaderChecksum(sector);

    assertThatExceptionOfType(CorruptHeaderException.class)
        .isThrownBy(() -> MetadataAreaHeader.parse(sector, 4096))
        .satisfies(
            e -> {
              assertThat(e.field()).isEqualTo("metadata area header's size");
              assertThat(e.found()).isEqualTo(Long.toUnsignedString(size));
            });
  }

  @Test
  void rejectsAHeaderFoundInAnotherPlaceThanItsOwn() {
    assertThatExceptionOfType(CorruptHeaderException.class)
        .isThrownBy(() -> MetadataAreaHeader.parse(WorkedExample.headerSector(), 8192))
        .withMessage("metadata area header's start at byte 8216: expected 8192, found 4096");
  }

  @Test
  void needsAWholeSector() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> MetadataAreaHeader.parse(WorkedExample.headerSector().slice(0, 511), 4096));
  }

  @Test
  void anEmptySlotMayStillSayThatTheAreaIsIgnored() {
    MetadataAreaHeader header = MetadataAreaHeader.empty(AREA).commit(new TextLocation(0, 0, 0, 1));

    assertThat(header.isIgnored()).isTrue();
    assertThat(header.pieces(header.committed())).isEmpty();
    assertThat(header.freeSize()).isZero();
  }

  @Test
  void updateAnnouncesThenCommits() {
    MetadataAreaHeader before = MetadataAreaHeader.empty(AREA).commit(OLD);
    MetadataAreaHeader announced = before.precommit(NEW);

    assertThat(announced.committed()).isEqualTo(OLD);
    assertThat(announced.precommitted()).isEqualTo(NEW);
    assertThat(announced.commit(NEW).committed()).isEqualTo(NEW);
    assertThat(announced.commit(NEW).precommitted()).isEqualTo(TextLocation.EMPTY);
  }

  @Test
  void announcingInAnIgnoredAreaClearsItsSlotFirst() {
    MetadataAreaHeader ignored =
        MetadataAreaHeader.empty(AREA).commit(new TextLocation(512, 891, 0x2f649b2c, 1));

    assertThat(ignored.precommit(NEW).committed()).isEqualTo(TextLocation.EMPTY);
  }

  @Test
  void refusesToAnnounceATextOutsideTheArea() {
    assertThatExceptionOfType(CorruptHeaderException.class)
        .isThrownBy(() -> MetadataAreaHeader.empty(AREA).precommit(new TextLocation(511, 1, 0, 0)));
  }

  @Property
  void damagedHeadersAreParsedOrRejectedButNothingElse(
      @ForAll @Size(min = 1, max = 24) byte[] damage,
      @ForAll @IntRange(max = 511) int at,
      @ForAll boolean checksumRight) {
    ByteBuffer sector = WorkedExample.headerSector();
    sector.position(at).put(damage, 0, Math.min(damage.length, 512 - at)).clear();
    if (checksumRight) {
      Disks.fixHeaderChecksum(sector);
    }
    MetadataAreaHeader header;
    try {
      header = MetadataAreaHeader.parse(sector, 4096);
    } catch (CorruptHeaderException e) {
      assertThat(e.deviceOffset()).isBetween(4096L, 4096L + 511);
      return;
    }
    assertThat(MetadataAreaHeader.parse(header.encode(), 4096)).isEqualTo(header);
    assertThat(header.pieces(header.committed()))
        .allSatisfy(
            piece -> {
              assertThat(piece.offset()).isGreaterThanOrEqualTo(4096 + 512);
              assertThat(piece.end()).isLessThanOrEqualTo(header.area().end());
            });
    assertThat(header.room()).isBetween(0L, header.maxTextSize());
  }
}
