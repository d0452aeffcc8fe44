// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class MemoryBlockDeviceTest extends BlockDeviceContract {
  @Override
  protected BlockDevice create(long size) {
    return BlockDevices.inMemory("memory", size);
  }

  @Test
  void mayBeMuchLargerThanMemory() throws Exception {
    try (BlockDevice device = BlockDevices.inMemory("huge", Long.MAX_VALUE)) {
      device.write(Long.MAX_VALUE - 3, ByteBuffer.wrap(new byte[] {1, 2, 3}));

      assertThat(read(device, Long.MAX_VALUE - 4, 4)).containsExactly(0, 1, 2, 3);
    }
  }

  @Test
  void mayBeEmptyButNotLess() throws Exception {
    try (BlockDevice device = BlockDevices.inMemory("empty", 0)) {
      device.read(0, ByteBuffer.allocate(0));
      assertThat(device.size()).isEqualTo(0);
    }
    assertThatThrownBy(() -> BlockDevices.inMemory("less", -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("size of -1 bytes: expected 0 or more");
  }

  @Test
  void tellsHolesAndGivesMemoryBack() throws Exception {
    try (BlockDevice device = BlockDevices.inMemory("huge", Long.MAX_VALUE)) {
      assertThat(device.nextData(5, Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
      device.write(1L << 40, ByteBuffer.wrap(new byte[] {1}));
      device.write(Long.MAX_VALUE - 1, ByteBuffer.wrap(new byte[] {2}));

      assertThat(device.nextData(5, Long.MAX_VALUE)).isEqualTo(1L << 40);
      assertThat(device.nextData((1L << 40) + 7, Long.MAX_VALUE)).isEqualTo((1L << 40) + 7);
      assertThat(device.nextData(5, 1L << 40)).isEqualTo(1L << 40);
      device.writeZeroes(0, 1L << 41);
      assertThat(device.nextData(0, Long.MAX_VALUE)).isGreaterThan(1L << 62);
      assertThat(device.discard(1, Long.MAX_VALUE - 1)).isTrue();
      assertThat(device.nextData(0, Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
      assertThat(device.zeroesCheaply()).isTrue();
    }
  }
}
