// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LvmChecksumTest {

  static Stream<Arguments> vectors() {
    byte[] ones = new byte[32];
    Arrays.fill(ones, (byte) 0xFF);
    byte[] counting = new byte[256];
    for (int i = 0; i < counting.length; i++) {
      counting[i] = (byte) i;
    }
    return Stream.of(
        Arguments.of("nothing", ByteBuffer.allocate(0), 0xf597a6cf),
        Arguments.of("one zero byte", ByteBuffer.allocate(1), 0x0b2e4887),
        Arguments.of("digits", Disks.ascii("123456789"), 0x4991cf02),
        Arguments.of("label type", Disks.ascii("LVM2 001"), 0x5b9bcf05),
        Arguments.of("32 bytes FF", ByteBuffer.wrap(ones), 0x167a1be2),
        Arguments.of("bytes 00 to FF", ByteBuffer.wrap(counting), 0x5af1dacf),
        Arguments.of("492 zero bytes", ByteBuffer.allocate(492), 0x02c81f10),
        Arguments.of("508 zero bytes", ByteBuffer.allocate(508), 0x6702d122),
        Arguments.of("real label", WorkedExample.labelSector().slice(20, 492), 0xd9f18c1d),
        Arguments.of("real header", WorkedExample.headerSector().slice(4, 508), 0xa886c358),
        Arguments.of(
            "empty header of a default physical volume",
            MetadataAreaHeader.empty(new DiskArea(4096, 1044480)).encode().slice(4, 508),
            0xdb8ed616));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("vectors")
  void isTheChecksumOfLvm2(String what, ByteBuffer data, int expected) {
    assertThat(LvmChecksum.of(data)).as(what).isEqualTo(expected);
  }

  @Test
  void overNoPiecesIsTheStartValue() {
    assertThat(LvmChecksum.of()).isEqualTo(LvmChecksum.INITIAL);
  }

  @Property
  void agreesWithTheDefinitionBitByBit(@ForAll int before, @ForAll @Size(max = 40) byte[] data) {
    assertThat(LvmChecksum.update(before, ByteBuffer.wrap(data)))
        .isEqualTo(byDefinition(before, data));
  }

  @Property
  void doesNotDependOnHowTheBytesAreCutIntoPieces(
      @ForAll @Size(max = 40) byte[] data, @ForAll @IntRange(max = 40) int cut) {
    ByteBuffer all = ByteBuffer.wrap(data);
    int at = Math.min(cut, data.length);
    assertThat(LvmChecksum.of(all.slice(0, at), all.slice(at, data.length - at)))
        .isEqualTo(LvmChecksum.of(all));
  }

  @Test
  void leavesPositionAndLimitOfItsInputAlone() {
    ByteBuffer data = Disks.ascii("..123456789..");
    data.position(2).limit(11);
    assertThat(LvmChecksum.of(data)).isEqualTo(0x4991cf02);
    assertThat(data.position()).isEqualTo(2);
    assertThat(data.limit()).isEqualTo(11);
  }

  @Test
  void takesDirectAndReadOnlyBuffers() {
    ByteBuffer direct = ByteBuffer.allocateDirect(9).put(Disks.ascii("123456789")).clear();
    assertThat(LvmChecksum.of(direct)).isEqualTo(0x4991cf02);
    assertThat(LvmChecksum.of(Disks.ascii("123456789").asReadOnlyBuffer())).isEqualTo(0x4991cf02);
  }

  private static int byDefinition(int before, byte[] data) {
    int c = before;
    for (byte b : data) {
      int entry = (c ^ b) & 0xFF;
      for (int i = 0; i < 8; i++) {
        entry = (entry & 1) == 1 ? (entry >>> 1) ^ 0xEDB88320 : entry >>> 1;
      }
      c = (c >>> 8) ^ entry;
    }
    return c;
  }
}
