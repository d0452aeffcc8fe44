// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.device.DeviceSet;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.BlockDevice;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.plan.MoveRequest;

/** Segments whose length is no multiple of what direct I/O is done in are copied all the same. */
class OddLengthsTest {
  private static final int EXTENT_BYTES = 1024;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 129, 1025, 4099})
  void copiesAnyNumberOfSmallExtents(int extents) throws Exception {
    Path[] images = {directory.resolve("a.img"), directory.resolve("b.img")};
    for (Path each : images) {
      try (RandomAccessFile file = new RandomAccessFile(each.toFile(), "rw")) {
        file.setLength(8 << 20);
      }
    }
    byte[] bytes = new byte[extents * EXTENT_BYTES];
    new Random(extents).nextBytes(bytes);
    try (DeviceSet devices = DeviceSet.open(images)) {
      SmallGroup.on(devices.devices())
          .extentBytes(EXTENT_BYTES)
          .linear("home", new SmallGroup.Run(0, 0, extents))
          .create();
      BlockDevice source = devices.devices().get(0);
      source.write(start(devices, 0), ByteBuffer.wrap(bytes));
      PvMover mover = PvMover.builder(devices, SmallGroup.NAME).verify(true).build();

      MoveOutcome outcome =
          mover.execute(mover.plan(MoveRequest.from(source.name()).build()).orElseThrow());

      assertThat(outcome).isInstanceOf(MoveOutcome.Completed.class);
      byte[] copy = new byte[bytes.length];
      devices.devices().get(1).read(start(devices, 1), ByteBuffer.wrap(copy));
      assertThat(copy).isEqualTo(bytes);
    }
  }

  private static long start(DeviceSet devices, int pv) {
    VolumeGroup vg = devices.scan().volumeGroup(SmallGroup.NAME).volumeGroup();
    return vg.byteOffset(vg.physicalVolumes().get(pv).id(), 0);
  }
}
