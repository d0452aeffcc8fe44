// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Linux block devices, by the example of loop devices. */
@Tag("tools")
class LoopBlockDeviceTest extends BlockDeviceContract {
  @TempDir Path directory;
  private final List<BlockDevice> opened = new ArrayList<>();
  private final List<String> attached = new ArrayList<>();

  @BeforeEach
  void needsLoopDevices() throws Exception {
    RequiredTools.requireLoopDevices();
  }

  @AfterEach
  void detach() throws Exception {
    for (BlockDevice device : opened) {
      device.close();
    }
    for (String loop : attached) {
      RequiredTools.run("losetup", "--detach", loop);
    }
  }

  private Path image(long size) throws Exception {
    Path image = Files.createTempFile(directory, "disk", ".img");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(size);
    }
    return image;
  }

  private Path attach(Path image, int blockSize) throws Exception {
    String loop =
        RequiredTools.run(
            "losetup", "--find", "--show", "--sector-size", "" + blockSize, image.toString());
    attached.add(loop);
    return Path.of(loop);
  }

  private BlockDevice open(Path path, Access access) throws Exception {
    BlockDevice device = BlockDevices.open(path, access);
    opened.add(device);
    return device;
  }

  @Override
  protected BlockDevice create(long size) throws Exception {
    return open(attach(image(size), 512), Access.READ_WRITE);
  }

  @Test
  void tellsTheLogicalBlockSizeOfTheDevice() throws Exception {
    BlockDevice device = open(attach(image(1 << 20), 4096), Access.READ_ONLY);

    assertThat(device.logicalBlockSize()).isEqualTo(4096);
    assertThat(device.size()).isEqualTo(1 << 20);
  }

  @Test
  void bringsWritesToTheDisk() throws Exception {
    Path image = image(1 << 20);
    BlockDevice device = open(attach(image, 512), Access.READ_WRITE);

    device.write(70_001, ByteBuffer.wrap(new byte[] {1, 2, 3}));
    device.flush();

    try (BlockDevice behind = BlockDevices.open(image, Access.READ_ONLY)) {
      assertThat(read(behind, 70_000, 5)).containsExactly(0, 1, 2, 3, 0);
    }
  }

  @Test
  void locksBytesAgainstOtherProcesses() throws Exception {
    Path loop = attach(image(1 << 20), 512);
    BlockDevice device = open(loop, Access.READ_WRITE);

    assertThat(device.tryLock(4096, 512)).isNotNull();

    assertThat(LockerProcess.tryToLock(loop, 4096, 1)).isEqualTo("refused");
    device.close();
    assertThat(LockerProcess.tryToLock(loop, 4096, 1)).isEqualTo("locked");
  }

  @Test
  void readsFromTheDiskPastTheCache() throws Exception {
    Path image = image(1 << 20);
    BlockDevice device = open(attach(image, 512), Access.READ_WRITE);
    assertThat(read(device, 8192, 1)).containsExactly(0);
    try (BlockDevice behind = BlockDevices.open(image, Access.READ_WRITE)) {
      behind.write(8192, ByteBuffer.wrap(new byte[] {5}));
      behind.flush();
    }

    ByteBuffer onDisk = ByteBuffer.allocate(1);
    assertThat(device.readFromDisk(8192, onDisk)).isTrue();

    assertThat(onDisk.get(0)).isEqualTo((byte) 5);
    assertThat(read(device, 8192, 1)).as("what the cache still holds").containsExactly(0);
  }

  @Test
  void isClaimedByOneAtATime() throws Exception {
    Path loop = attach(image(1 << 20), 512);
    assertThat(DiskClaim.isBlockDevice(loop)).isTrue();
    try (DiskClaim claim = DiskClaim.on(loop)) {
      assertThat(claim).isNotNull();
      assertThatThrownBy(() -> DiskClaim.on(loop))
          .isInstanceOf(DeviceInUseException.class)
          .hasMessage(
              loop
                  + ": expected a device that nobody else uses, found it in use by the kernel or"
                  + " another program");
      BlockDevice device = open(loop, Access.READ_WRITE);
      device.write(0, ByteBuffer.wrap(new byte[] {1}));
      device.flush();
    }
    DiskClaim.on(loop).close();
  }

  @Test
  void isNotClaimedIfItIsAFile() throws Exception {
    Path image = image(1 << 20);
    assertThat(DiskClaim.isBlockDevice(image)).isFalse();
    assertThatThrownBy(() -> DiskClaim.on(image)).isInstanceOf(NotABlockDeviceException.class);
  }

  @Test
  void reportsADiskThatShrank() throws Exception {
    Path image = image(1 << 20);
    Path loop = attach(image, 512);
    BlockDevice device = open(loop, Access.READ_WRITE);
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(512 << 10);
    }
    RequiredTools.run("losetup", "--set-capacity", loop.toString());

    String message =
        "'" + loop + "' has shrunk: expected the 1048576 bytes it had when opened, found 524288";
    assertThatThrownBy(() -> device.write(0, ByteBuffer.allocate(1))).hasMessage(message);
    assertThatThrownBy(device::flush).hasMessage(message);
    assertThatThrownBy(() -> read(device, 600 << 10, 1))
        .hasMessageContaining("ended at byte offset 614400");
  }

  @Test
  void zeroesAndDiscardsWhateverTheSizeOfTheBlocks() throws Exception {
    for (int blockSize : new int[] {512, 4096}) {
      Path image = image(8 << 20);
      BlockDevice device = open(attach(image, blockSize), Access.READ_WRITE);
      byte[] model = randomBytes(new Random(blockSize), 8 << 20);
      device.write(0, aligned(model));
      int[][] ranges = {
        {512, 512}, {4096, 4096}, {100_001, 2_000_000}, {4 << 20, 1 << 20}, {(8 << 20) - 1, 1}
      };
      for (int[] range : ranges) {
        Arrays.fill(model, range[0], range[0] + range[1], (byte) 0);
        device.writeZeroes(range[0], range[1]);
      }
      device.flush();
      assertThat(Arrays.equals(readAligned(device, 0, 8 << 20), model)).isTrue();
      assertThat(Arrays.equals(Files.readAllBytes(image), model)).isTrue();
      assertThat(device.nextData(4096, 8192)).as("disks do not tell holes").isEqualTo(4096);

      boolean passedOn = device.discard((6 << 20) + 1, 1 << 20);
      assertThat(passedOn).isTrue();
      byte[] found = read(device, 0, 8 << 20);
      System.arraycopy(model, (6 << 20) + 1, found, (6 << 20) + 1, 1 << 20);
      assertThat(Arrays.equals(found, model)).isTrue();
    }
  }

  @Test
  void zeroesAndDiscardsADiskThatIsClaimed() throws Exception {
    Path loop = attach(image(4 << 20), 512);
    try (DiskClaim claim = DiskClaim.on(loop)) {
      assertThat(claim).isNotNull();
      BlockDevice device = open(loop, Access.READ_WRITE);
      byte[] model = randomBytes(new Random(1), 4 << 20);
      device.write(0, ByteBuffer.wrap(model));
      Arrays.fill(model, 1 << 20, 2 << 20, (byte) 0);
      device.writeZeroes(1 << 20, 1 << 20);
      device.discard(3 << 20, 1 << 20);
      device.flush();
      assertThat(read(device, 0, 3 << 20)).isEqualTo(Arrays.copyOf(model, 3 << 20));
    }
  }

  @Test
  void liesOnTheDiskOfItsFile() throws Exception {
    Path image = image(1 << 20);
    BlockDevice device = open(attach(image, 512), Access.READ_ONLY);
    BlockDevice file = open(image, Access.READ_ONLY);
    if (Files.exists(
        Path.of("/sys/dev/block", DeviceNode.majorMinor(DeviceNode.fileSystemDevice(image))))) {
      assertThat(device.hints()).isEqualTo(file.hints());
    }
    assertThat(device.hints().queueDepth()).isGreaterThan(1);
  }
}
