// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class ReadOnlyBlockDeviceTest {
  private final BlockDevice device = BlockDevices.inMemory("disk", 4096);
  private final BlockDevice view = BlockDevices.readOnly(device);

  @Test
  void showsTheDeviceAndRefusesWrites() throws Exception {
    device.write(10, ByteBuffer.wrap(new byte[] {1, 2}));

    assertThat(view.readOnly()).isTrue();
    assertThat(view.name()).isEqualTo("disk");
    assertThat(view.size()).isEqualTo(4096);
    assertThat(view.logicalBlockSize()).isEqualTo(512);
    assertThat(BlockDeviceContract.read(view, 9, 4)).containsExactly(0, 1, 2, 0);
    view.flush();
    ByteBuffer source = ByteBuffer.wrap(new byte[] {9});
    assertThatThrownBy(() -> view.write(10, source))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("'disk' is read-only");
    assertThat(source.position()).isEqualTo(0);
    assertThatThrownBy(() -> view.writeZeroes(10, 1)).hasMessage("'disk' is read-only");
    assertThatThrownBy(() -> view.discard(10, 1)).hasMessage("'disk' is read-only");
    assertThat(view.zeroesCheaply()).isFalse();
    assertThat(view.nextData(0, 10)).isEqualTo(device.nextData(0, 10));
    assertThat(view.hints()).isEqualTo(device.hints());
    assertThat(BlockDeviceContract.read(device, 10, 1)).containsExactly(1);
  }

  @Test
  void passesOnWhatIsKnownOfHoles() throws Exception {
    assertThat(view.nextData(0, 4096)).isEqualTo(4096);
  }

  @Test
  void closesTheDevice() throws Exception {
    view.close();

    assertThatThrownBy(device::flush).isInstanceOf(IOException.class);
  }
}
