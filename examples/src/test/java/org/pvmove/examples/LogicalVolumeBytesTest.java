// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.lvm.LvmException;

class LogicalVolumeBytesTest {
  private static final long MIB = 1 << 20;
  private static final long EXTENT = Images.EXTENT_SIZE.bytes();
  private static final long CHUNK = 64 << 10;

  private final BlockDevice a = BlockDevices.inMemory("a", 8 * MIB);
  private final BlockDevice b = BlockDevices.inMemory("b", 8 * MIB);
  private StoredVolumeGroup group;

  @BeforeEach
  void makeVolumeGroup() throws IOException {
    SampleVolumeGroup sample = new SampleVolumeGroup("vg", Images.EXTENT_SIZE);
    sample.add("linear").linear(0, 5, 2).linear(1, 9, 1);
    sample
        .add("striped")
        .striped(2, new SampleVolumeGroup.At(0, 20), new SampleVolumeGroup.At(1, 30));
    group = sample.create(DeviceSet.of(a, b));
  }

  @Test
  void mapsLinearRunsOneBehindTheOther() throws IOException {
    assertThat(sectorAt(a, MIB + 5 * EXTENT)).isEqualTo("vg/linear sector 0");
    assertThat(sectorAt(a, MIB + 7 * EXTENT - 512)).isEqualTo("vg/linear sector 511");
    assertThat(sectorAt(b, MIB + 9 * EXTENT)).isEqualTo("vg/linear sector 512");
  }

  @Test
  void dealsTheChunksOfAStripedVolumeOutInTurn() throws IOException {
    assertThat(sectorAt(a, MIB + 20 * EXTENT)).isEqualTo("vg/striped sector 0");
    assertThat(sectorAt(b, MIB + 30 * EXTENT)).isEqualTo("vg/striped sector 128");
    assertThat(sectorAt(a, MIB + 20 * EXTENT + CHUNK)).isEqualTo("vg/striped sector 256");
    assertThat(sectorAt(b, MIB + 30 * EXTENT + 4 * CHUNK - 512))
        .isEqualTo("vg/striped sector 1023");
  }

  @Test
  void readsAcrossTheBordersOfSegmentsAndChunks() throws IOException {
    for (String name : new String[] {"linear", "striped"}) {
      LogicalVolumeBytes volume = new LogicalVolumeBytes(group, name);
      ByteBuffer all = ByteBuffer.allocate((int) volume.size());
      volume.read(0, all);
      ByteBuffer odd = ByteBuffer.allocate((int) volume.size() - 1234);
      volume.read(1234, odd);
      assertThat(odd.flip()).isEqualTo(all.flip().position(1234));
    }
  }

  @Test
  void findsTheOneSectorThatIsWrong() throws IOException {
    a.write(MIB + 6 * EXTENT, ByteBuffer.wrap("overwritten".getBytes(StandardCharsets.US_ASCII)));
    assertThat(SampleVolumeGroup.firstDifference(group))
        .hasValueSatisfying(
            text -> assertThat(text).startsWith("vg/linear: expected \"vg/linear sector 256\""));
  }

  @Test
  void refusesAVolumeThatIsNotThere() {
    assertThatThrownBy(() -> new LogicalVolumeBytes(group, "other"))
        .isInstanceOf(LvmException.class)
        .hasMessageContaining("\"other\"");
  }

  private static String sectorAt(BlockDevice device, long byteOffset) throws IOException {
    ByteBuffer sector = ByteBuffer.allocate(512);
    device.read(byteOffset, sector);
    return new String(sector.array(), StandardCharsets.US_ASCII).strip();
  }
}
