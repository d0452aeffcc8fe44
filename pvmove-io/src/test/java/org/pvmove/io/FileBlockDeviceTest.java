// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class FileBlockDeviceTest extends BlockDeviceContract {
  @TempDir Path directory;

  private Path image(long size) throws IOException {
    Path image = Files.createTempFile(directory, "disk", ".img");
    resize(image, size);
    return image;
  }

  private static void resize(Path image, long size) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(size);
    }
  }

  @Override
  protected BlockDevice create(long size) throws Exception {
    return BlockDevices.open(image(size), Access.READ_WRITE);
  }

  @Test
  void isNamedByItsPathAndHasTheBlockSizeItIsToldTo() throws Exception {
    Path image = image(4096);

    try (BlockDevice device = BlockDevices.open(image, Access.READ_ONLY, 4096)) {
      assertThat(device.name()).isEqualTo(image.toString());
      assertThat(device.logicalBlockSize()).isEqualTo(4096);
    }
    for (int blockSize : new int[] {0, -512, 256, 513, 1000}) {
      assertThatThrownBy(() -> BlockDevices.open(image, Access.READ_ONLY, blockSize))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("" + blockSize);
    }
  }

  @Test
  void putsTheBytesIntoTheFile() throws Exception {
    Path image = image(2000);
    try (BlockDevice device = BlockDevices.open(image, Access.READ_WRITE)) {
      device.write(1997, ByteBuffer.wrap(new byte[] {1, 2, 3}));
    }

    assertThat(Files.readAllBytes(image)).hasSize(2000).endsWith(0, 1, 2, 3);
  }

  @Test
  void refusesToWriteWhatIsOpenForReading() throws Exception {
    Path image = image(2000);
    try (BlockDevice device = BlockDevices.open(image, Access.READ_ONLY)) {
      assertThat(device.readOnly()).isTrue();
      assertThatThrownBy(() -> device.write(0, ByteBuffer.allocate(1)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("'" + image + "' is read-only");
      device.flush();
      assertThat(read(device, 0, 2000)).containsOnly(0);
    }
  }

  @Test
  void opensTheFileThatASymbolicLinkLeadsTo() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("link"), image(2000));

    try (BlockDevice device = BlockDevices.open(link, Access.READ_WRITE)) {
      assertThat(device.size()).isEqualTo(2000);
    }
  }

  @Test
  void doesNotMakeAFileThatIsNotThere() {
    Path missing = directory.resolve("missing");

    assertThatThrownBy(() -> BlockDevices.open(missing, Access.READ_WRITE))
        .isInstanceOf(NoSuchFileException.class);
    assertThat(missing).doesNotExist();
  }

  @Test
  void refusesADirectory() {
    assertRefused(directory, "a directory");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void refusesACharacterDevice() {
    assertRefused(Path.of("/dev/zero"), "a character device");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void refusesANamedPipeWithoutWaitingForItsOtherEnd() throws Exception {
    Path pipe = directory.resolve("pipe");
    RequiredTools.run("mkfifo", pipe.toString());

    assertRefused(pipe, "a named pipe");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void refusesASocket() throws Exception {
    Path path = directory.resolve("socket");
    try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      socket.bind(UnixDomainSocketAddress.of(path));

      assertRefused(path, "a socket");
    }
  }

  private static void assertRefused(Path path, String found) {
    for (Access access : Access.values()) {
      assertThatThrownBy(() -> BlockDevices.open(path, access))
          .isInstanceOf(NotABlockDeviceException.class)
          .hasMessage(path + ": expected a regular file or a block device, found " + found);
    }
  }

  @Test
  void reportsAFileThatWasCutOffAndDoesNotMakeItGrowAgain() throws Exception {
    Path image = image(10_000);
    try (BlockDevice device = BlockDevices.open(image, Access.READ_WRITE)) {
      resize(image, 5_000);

      ByteBuffer target = ByteBuffer.allocate(2_000);
      assertThatThrownBy(() -> device.read(4_000, target))
          .isInstanceOf(EOFException.class)
          .hasMessage(
              "'%s' ended at byte offset 5000: expected the 10000 bytes it had when opened", image);
      assertThat(target.position()).isEqualTo(0);
      String shrunk =
          "'" + image + "' has shrunk: expected the 10000 bytes it had when opened, found 5000";
      assertThatThrownBy(() -> device.write(8_000, ByteBuffer.allocate(1)))
          .isInstanceOf(EOFException.class)
          .hasMessage(shrunk);
      assertThatThrownBy(device::flush).isInstanceOf(EOFException.class).hasMessage(shrunk);
      assertThat(read(device, 4_000, 1_000)).containsOnly(0);
    }
    assertThat(image).hasSize(5_000);
  }

  @Test
  void locksBytesAgainstOtherUsersInThisProcessAndInAnother() throws Exception {
    Path image = image(2000);
    Path link = Files.createSymbolicLink(directory.resolve("link"), image);
    try (BlockDevice first = BlockDevices.open(image, Access.READ_WRITE);
        BlockDevice second = BlockDevices.open(link, Access.READ_WRITE)) {
      RangeLock lock = first.tryLock(100, 10);

      assertThat(lock).isNotNull();
      assertThat(second.tryLock(109, 1)).isNull();
      assertThat(first.tryLock(50, 51)).isNull();
      assertThat(LockerProcess.tryToLock(image, 100, 1)).isEqualTo("refused");
      assertThat(second.tryLock(110, 5)).isNotNull();
      assertThat(LockerProcess.tryToLock(image, 90, 10)).isEqualTo("locked");

      lock.close();
      lock.close();
      assertThat(LockerProcess.tryToLock(image, 100, 1)).isEqualTo("locked");
      assertThat(second.tryLock(100, 10)).isNotNull();
    }
  }

  @Test
  void givesItsLocksBackWhenItIsClosedThoughOthersKeepTheFileOpen() throws Exception {
    Path image = image(2000);
    try (BlockDevice other = BlockDevices.open(image, Access.READ_WRITE)) {
      BlockDevice locker = BlockDevices.open(image, Access.READ_WRITE);
      assertThat(locker.tryLock(0, 1)).isNotNull();
      assertThat(other.tryLock(1, 1)).isNotNull();

      locker.close();

      assertThat(LockerProcess.tryToLock(image, 0, 1)).isEqualTo("locked");
      assertThat(LockerProcess.tryToLock(image, 1, 1)).isEqualTo("refused");
      other.write(0, ByteBuffer.wrap(new byte[] {7}));
      assertThat(read(other, 0, 1)).containsExactly(7);
    }
  }

  @Test
  void keepsItsLocksWhenReadersAndWritersOfTheSameFileAreClosed() throws Exception {
    Path image = image(2000);
    BlockDevice before = BlockDevices.open(image, Access.READ_ONLY);
    BlockDevice locker = BlockDevices.open(image, Access.READ_WRITE);
    assertThat(locker.tryLock(0, 1)).isNotNull();
    BlockDevice reader = BlockDevices.open(image, Access.READ_ONLY);
    BlockDevice writer = BlockDevices.open(image, Access.READ_WRITE);
    assertThat(writer.readFromDisk(0, ByteBuffer.allocate(1))).isTrue();
    before.close();
    reader.close();
    writer.close();

    assertThatThrownBy(() -> read(before, 0, 1)).hasMessageContaining("is closed");
    assertThatThrownBy(() -> read(writer, 0, 1)).hasMessageContaining("is closed");
    assertThat(LockerProcess.tryToLock(image, 0, 1)).isEqualTo("refused");
    locker.close();
    assertThat(LockerProcess.tryToLock(image, 0, 1)).isEqualTo("locked");
  }

  @Test
  void isRefusedALockThatAnotherProcessHasOrOtherCodeInThisOne() throws Exception {
    Path image = image(2000);
    try (BlockDevice device = BlockDevices.open(image, Access.READ_WRITE)) {
      try (LockerProcess other = new LockerProcess(image, 10, 10)) {
        assertThat(other.answer()).isEqualTo("locked");
        assertThat(device.tryLock(0, 11)).isNull();
      }
      try (FileChannel other = FileChannel.open(image, StandardOpenOption.WRITE)) {
        assertThat(other.lock(10, 10, false).isValid()).isTrue();
        assertThat(device.tryLock(0, 11)).isNull();
      }
      assertThat(device.tryLock(0, 11)).isNotNull();
    }
  }

  @Test
  void refusesToLockWhatIsOpenForReadingOnlyOrClosed() throws Exception {
    Path image = image(2000);
    BlockDevice reader = BlockDevices.open(image, Access.READ_ONLY);
    assertThatThrownBy(() -> reader.tryLock(0, 1)).isInstanceOf(IllegalStateException.class);
    reader.close();
    assertThatThrownBy(() -> reader.tryLock(0, 1)).hasMessageContaining("is closed");
  }

  @Test
  void readsFromTheDiskWhatWasFlushedAtAnyAlignmentUpToItsOddEnd() throws Exception {
    Path image = image(3_000_001);
    byte[] bytes = randomBytes(new Random(7), 3_000_001);
    try (BlockDevice device = BlockDevices.open(image, Access.READ_WRITE)) {
      device.write(0, ByteBuffer.wrap(bytes));
      device.flush();

      for (int[] range :
          new int[][] {{0, 3_000_001}, {4095, 2}, {511, 2_000_000}, {2_999_999, 2}}) {
        ByteBuffer target = ByteBuffer.allocate(range[1]);
        assertThat(device.readFromDisk(range[0], target)).isTrue();
        assertThat(target.array())
            .as("%s bytes at %s", range[1], range[0])
            .isEqualTo(Arrays.copyOfRange(bytes, range[0], range[0] + range[1]));
        assertThat(target.hasRemaining()).isFalse();
      }
      assertThatThrownBy(() -> device.readFromDisk(3_000_000, ByteBuffer.allocate(2)))
          .isInstanceOf(IllegalArgumentException.class);
      try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
        file.setLength(5_000);
      }
      assertThatThrownBy(() -> device.readFromDisk(4_999, ByteBuffer.allocate(2)))
          .isInstanceOf(EOFException.class)
          .hasMessageContaining("ended at byte offset 5000");
    }
  }
}
