// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pvmove.lvm.Fixtures;

/** Where new metadata texts go in the ring of a metadata area. */
class MetadataRingTest {
  private static final DiskArea DEFAULT_AREA = new DiskArea(4096, 1044480);

  @Test
  void firstTextGoesToTheStartOfTheRing() {
    TextPlacement placement = MetadataAreaHeader.empty(DEFAULT_AREA).place(text(100));

    assertThat(placement.location())
        .isEqualTo(new TextLocation(512, 100, LvmChecksum.of(text(100)), 0));
    assertThat(placement.writes()).hasSize(1);
    assertThat(placement.writes().get(0).offset()).isEqualTo(4096 + 512);
    assertThat(placement.writes().get(0).bytes()).isEqualTo(padded(text(100), 512));
  }

  @Test
  void workedExampleGrewInTheseSteps() {
    MetadataAreaHeader header = MetadataAreaHeader.empty(DEFAULT_AREA);
    List<Long> offsets = new ArrayList<>();
    for (int size : new int[] {891, 1194, 1498}) {
      header = header.commit(header.place(text(size)).location());
      offsets.add(header.committed().offset());
    }
    assertThat(offsets).containsExactly(512L, 1536L, 3072L);
  }

  @ParameterizedTest
  @CsvSource({
    // committed offset and size in an area of 32768 bytes, offset of the next text
    "512, 512, 1024", // ends at a sector boundary: no gap
    "512, 513, 1536",
    "512, 511, 1024",
    "20001, 100, 20480", // began in the middle of a sector
    "30000, 1744, 31744", // a sector and more is left
    "30000, 2256, 32256", // exactly a sector is left
    "30000, 2257, 512", // less than a sector is left
    "30000, 2768, 512", // the text ended with the ring
    "32256, 1000, 1024", // 488 bytes wrapped
    "32000, 768, 512", // nothing wrapped
    "32000, 769, 1024", // one byte wrapped
  })
  void nextTextBeginsInTheSectorAfterTheCommittedOne(long offset, long size, long next) {
    MetadataAreaHeader header =
        MetadataAreaHeader.empty(new DiskArea(4096, 32768))
            .commit(new TextLocation(offset, size, 0, 0));

    assertThat(header.place(text(10)).location().offset()).isEqualTo(next);
  }

  @Test
  void ignoredAreaStartsAfresh() {
    MetadataAreaHeader header =
        MetadataAreaHeader.empty(DEFAULT_AREA).commit(new TextLocation(4096, 1000, 0, 1));

    assertThat(header.place(text(10)).location().offset()).isEqualTo(512);
  }

  @Test
  void textAtTheEndOfTheRingIsWrittenInTwoPiecesAndZerosFollowOnlyTheSecond() {
    MetadataAreaHeader header =
        MetadataAreaHeader.empty(new DiskArea(4096, 32768))
            .commit(new TextLocation(30000, 1744, 0, 0));
    ByteBuffer text = text(1024 + 700);

    ImmutableList<DiskWrite> writes = header.place(text).writes();

    assertThat(writes)
        .containsExactly(
            new DiskWrite(4096 + 31744, text.slice(0, 1024)),
            new DiskWrite(4096 + 512, padded(text.slice(1024, 700), 1024)));
  }

  @ParameterizedTest
  @CsvSource({"1044480, 521472, 521216", "32768, 15616, 15360", "1536, 0, 0", "512, 0, 0"})
  void limitsAreThoseOfLvm2(long areaSize, long limit, long free) {
    MetadataAreaHeader header = MetadataAreaHeader.empty(new DiskArea(4096, areaSize));

    assertThat(header.maxTextSize()).isEqualTo(limit);
    assertThat(header.room()).isEqualTo(limit);
    assertThat(header.freeSize()).isEqualTo(free);
  }

  @Test
  void freeSizeIsWhatLvm2Reports() {
    // pv_mda_free in the fixtures' pvs.json: the least over the areas of a physical volume.
    Pattern row =
        Pattern.compile("\"pv_uuid\":\"([^\"]+)\".*?\"pv_mda_free\":\"(\\d+)\"", Pattern.DOTALL);
    for (String fixture :
        new String[] {
          "w-worked-example",
          "b-striped-2mda",
          "c1-wrapped",
          "c2-after-wrap",
          "e1-ignored-mda",
          "h1-orphans-labelsector",
          "g-base"
        }) {
      Matcher rows = row.matcher(Fixtures.file(fixture, "pvs.json"));
      int seen = 0;
      while (rows.find()) {
        seen++;
        Fixtures.Image image =
            Fixtures.images(fixture).stream()
                .filter(i -> Disks.label(i).pvUuid().toString().equals(rows.group(1)))
                .findFirst()
                .orElseThrow();
        long least =
            Disks.label(image).metadataAreas().stream()
                .mapToLong(area -> Disks.header(image.content(), area).freeSize())
                .min()
                .orElse(0);
        assertThat(least).as("%s", image).isEqualTo(Long.parseLong(rows.group(2)));
      }
      assertThat(seen).as(fixture).isEqualTo(Fixtures.images(fixture).size());
    }
  }

  @Test
  void textOverTheLimitIsRefusedWithBothNumbers() {
    MetadataAreaHeader header = MetadataAreaHeader.empty(new DiskArea(4096, 32768));

    assertThat(header.place(text(15616)).location().size()).isEqualTo(15616);
    assertThatExceptionOfType(MetadataTooLargeException.class)
        .isThrownBy(() -> header.place(text(15617)))
        .satisfies(
            e -> {
              assertThat(e.textSize()).isEqualTo(15617);
              assertThat(e.room()).isEqualTo(15616);
            })
        .withMessage(
            "metadata area of 32768 bytes at byte 4096: expected a text of at most 15616 bytes,"
                + " found 15617 bytes");
  }

  @ParameterizedTest
  @CsvSource({
    // committed offset and size in an area of 32768 bytes: larger than LVM2 writes today
    "512, 30000, 2048", // to the end of the ring
    "1024, 30000, 2048", // on beyond the end to the start of the committed text
    "16384, 30000, 2048", // wrapped
    "512, 32256, 0", // the whole ring
    "16384, 32256, 0",
    "16384, 32000, 0", // what is left lies within one sector
  })
  void roomEndsWhereAnOversizedCommittedTextBegins(long offset, long size, long room) {
    MetadataAreaHeader header =
        MetadataAreaHeader.empty(new DiskArea(4096, 32768))
            .commit(new TextLocation(offset, size, 0, 0));

    assertThat(header.room()).isEqualTo(room);
    assertThat(header.freeSize()).isZero();
    assertThatExceptionOfType(MetadataTooLargeException.class)
        .isThrownBy(() -> header.place(text(Math.toIntExact(room) + 1)));
  }

  @Test
  void zerosStopShortOfACommittedTextThatBeginsWithinTheSector() {
    // Only a hand-made disk has such a text, but it must survive all the same.
    MetadataAreaHeader header =
        MetadataAreaHeader.empty(new DiskArea(4096, 3072))
            .commit(new TextLocation(1100, 3072 - 1100, 0, 0));
    assertThat(header.room()).isEqualTo(588);

    ImmutableList<DiskWrite> writes = header.place(text(580)).writes();

    assertThat(writes).containsExactly(new DiskWrite(4096 + 512, padded(text(580), 588)));
  }

  @Test
  void refusesATextWithoutItsNul() {
    MetadataAreaHeader header = MetadataAreaHeader.empty(DEFAULT_AREA);

    assertThatIllegalArgumentException().isThrownBy(() -> header.place(Disks.ascii("vg {}")));
    assertThatIllegalArgumentException().isThrownBy(() -> header.place(ByteBuffer.allocate(0)));
  }

  /** A metadata text somewhere in a ring, in force or from before. */
  private record OldText(String vgUuid, int seqno, TextLocation location) {}

  @Test
  void everyTextLeftInAFixturesRingFollowsItsPredecessorWhereWeWouldHavePutIt() {
    int steps = 0;
    Set<String> wrapped = new HashSet<>();
    for (Fixtures.Image image : Fixtures.allImages()) {
      if (image.fixture().startsWith("g-") && !image.fixture().equals("g-base")) {
        continue; // not written by LVM2
      }
      ByteBuffer device = image.content();
      for (DiskArea area : Disks.label(image).metadataAreas()) {
        MetadataAreaHeader header = Disks.header(device, area);
        List<OldText> history = history(device, area);
        for (OldText before : history) {
          for (OldText after : history) {
            if (!after.vgUuid().equals(before.vgUuid()) || after.seqno() != before.seqno() + 1) {
              continue;
            }
            ByteBuffer text = ByteBuffer.wrap(Disks.text(device, header, after.location()));
            assertThat(header.commit(before.location()).place(text).location())
                .as("%s: %s after %s", image, after, before)
                .isEqualTo(after.location());
            steps++;
            if (header.pieces(after.location()).size() == 2) {
              wrapped.add(image.toString());
            }
          }
        }
      }
    }
    assertThat(steps).isEqualTo(398);
    assertThat(wrapped).contains("c1-wrapped/pv0-loop4", "c2-after-wrap/pv1-loop5");
  }

  private static List<OldText> history(ByteBuffer device, DiskArea area) {
    Pattern beginning =
        Pattern.compile("[\\w.+-]+ \\{\nid = \"([^\"]+)\"\nseqno = (\\d+)\n[\\s\\S]*\n\n\0");
    byte[] bytes = new byte[Math.toIntExact(area.size())];
    device.get(Math.toIntExact(area.offset()), bytes);
    // The ring twice over, so that a wrapped text is in one piece.
    String ring = new String(bytes, 512, bytes.length - 512, StandardCharsets.ISO_8859_1);
    String twice = ring + ring;
    List<OldText> found = new ArrayList<>();
    for (int at = 0; at < ring.length(); at += 512) {
      int end = twice.indexOf('\0', at) + 1;
      if (end <= at + 1 || end - at > ring.length()) {
        continue;
      }
      Matcher text = beginning.matcher(twice.substring(at, end));
      // A text that another one was written over has two beginnings.
      if (text.matches() && text.group().lastIndexOf("\nseqno = ") == text.start(2) - 9) {
        byte[] content = text.group().getBytes(StandardCharsets.ISO_8859_1);
        int checksum = LvmChecksum.of(ByteBuffer.wrap(content));
        found.add(
            new OldText(
                text.group(1),
                Integer.parseInt(text.group(2)),
                new TextLocation(512 + at, content.length, checksum, 0)));
      }
    }
    return found;
  }

  @Property(tries = 300)
  void committedTextSurvivesEveryUpdateUntilTheNextIsInForce(
      @ForAll @IntRange(min = 512, max = 6000) int areaSize,
      @ForAll @IntRange(max = 3000) int firstOffset,
      @ForAll @IntRange(max = 6000) int firstSize,
      @ForAll @Size(min = 1, max = 30) List<@IntRange(min = 1, max = 3000) Integer> sizes) {
    DiskArea area = new DiskArea(700, areaSize);
    byte[] device = new byte[700 + areaSize + 700];
    Arrays.fill(device, (byte) '.');
    MetadataAreaHeader header = MetadataAreaHeader.empty(area);
    int ring = areaSize - 512;
    if (ring > 0 && firstSize > 0) {
      // Any text a reader accepts may be in force at first, not only one LVM2 would write.
      TextLocation any =
          new TextLocation(512 + firstOffset % ring, 1 + (firstSize - 1) % ring, 0, 0);
      for (DiskArea piece : header.pieces(any)) {
        Arrays.fill(device, (int) piece.offset(), (int) piece.end(), (byte) '!');
      }
      header = header.commit(any);
    }
    for (int size : sizes) {
      ByteBuffer before = ByteBuffer.wrap(device);
      byte[] committed = Disks.text(before, header, header.committed());
      ByteBuffer text = text(size);
      if (size > header.room()) {
        MetadataAreaHeader full = header;
        assertThatExceptionOfType(MetadataTooLargeException.class)
            .isThrownBy(() -> full.place(text));
        continue;
      }
      TextPlacement placement = header.place(text);
      for (DiskWrite write : placement.writes()) {
        assertThat(write.offset()).isGreaterThanOrEqualTo(area.offset() + 512);
        assertThat(write.offset() + write.bytes().remaining()).isLessThanOrEqualTo(area.end());
      }
      Disks.write(before, placement.writes());
      assertThat(Disks.text(before, header, header.committed())).isEqualTo(committed);
      header = header.precommit(placement.location()).commit(placement.location());
      assertThat(LvmChecksum.of(Disks.pieces(before, header, header.committed())))
          .isEqualTo(header.committed().checksum());
      assertThat(header.committed().offset() % 512).isZero();
    }
  }

  private static ByteBuffer text(int size) {
    byte[] text = new byte[size];
    for (int i = 0; i < size - 1; i++) {
      text[i] = (byte) ('a' + i % 26);
    }
    return ByteBuffer.wrap(text);
  }

  private static ByteBuffer padded(ByteBuffer text, int size) {
    return ByteBuffer.allocate(size).put(text.duplicate()).clear();
  }
}
