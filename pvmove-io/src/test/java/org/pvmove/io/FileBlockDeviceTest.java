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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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

  @Test
  @EnabledOnOs(OS.LINUX)
  void tellsTheHolesOfASparseFileAndLeavesThemAsTheyAre() throws Exception {
    Path image = image(64 << 20);
    byte[] bytes = randomBytes(new Random(9), 1 << 20);
    try (BlockDevice device = BlockDevices.open(image, Access.READ_WRITE)) {
      long before = allocated(image);
      assertThat(device.nextData(0, device.size())).isEqualTo(device.size());
      device.write(32 << 20, aligned(bytes));
      device.write((48 << 20) + 100, ByteBuffer.wrap(bytes));

      assertThat(device.nextData(0, device.size())).isEqualTo(32 << 20);
      assertThat(device.nextData(0, 20 << 20)).isEqualTo(20 << 20);
      assertThat(device.nextData((32 << 20) + 5, device.size())).isEqualTo((32 << 20) + 5);
      assertThat(device.nextData(34 << 20, device.size())).isEqualTo(48 << 20);
      assertThat(device.nextData(50 << 20, device.size())).isEqualTo(device.size());

      assertThat(device.zeroesCheaply()).isTrue();
      device.writeZeroes(1, (64 << 20) - 1);
      device.flush();
      assertThat(device.nextData(1 << 20, device.size())).isEqualTo(device.size());
      assertThat(allocated(image)).isLessThanOrEqualTo(before + (64 << 10));
      device.write(0, aligned(bytes));
      assertThat(device.discard(0, 1 << 20)).isTrue();
      device.flush();
      assertThat(allocated(image)).isLessThanOrEqualTo(before + (64 << 10));
    }
    assertThat(image).hasSize(64 << 20);
    try (BlockDevice reader = BlockDevices.open(image, Access.READ_ONLY)) {
      assertThat(reader.nextData(1 << 20, reader.size())).isEqualTo(reader.size());
      assertThat(reader.zeroesCheaply()).isFalse();
      assertThatThrownBy(() -> reader.writeZeroes(0, 1)).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> reader.discard(0, 1)).isInstanceOf(IllegalStateException.class);
    }
  }

  private static long allocated(Path image) throws Exception {
    return 512 * Long.parseLong(RequiredTools.run("stat", "-c", "%b", image.toString()));
  }

  @Test
  void takesAFileThatWasCutOffForNoHole() throws Exception {
    Path image = image(1 << 20);
    try (BlockDevice device = BlockDevices.open(image, Access.READ_WRITE)) {
      resize(image, 5_000);

      String shrunk =
          "'" + image + "' has shrunk: expected the 1048576 bytes it had when opened, found 5000";
      assertThatThrownBy(() -> device.nextData(8_192, 1 << 20)).hasMessage(shrunk);
      assertThatThrownBy(() -> device.writeZeroes(0, 1 << 20)).hasMessage(shrunk);
      assertThatThrownBy(() -> device.discard(0, 1 << 20)).hasMessage(shrunk);
      ByteBuffer target = aligned(new byte[1 << 20]);
      assertThatThrownBy(() -> device.read(0, target))
          .isInstanceOf(EOFException.class)
          .hasMessageContaining("ended at byte offset 5000");
    }
    assertThat(image).hasSize(5_000);
  }

  @Test
  void readsBulksUpToAnOddEnd() throws Exception {
    int size = (1 << 20) + 777;
    Path image = image(size);
    byte[] bytes = randomBytes(new Random(10), size);
    try (BlockDevice device = BlockDevices.open(image, Access.READ_WRITE, 4096)) {
      device.write(0, aligned(bytes));
      device.flush();

      assertThat(Arrays.equals(readAligned(device, 0, size), bytes)).isTrue();
      ByteBuffer disk = aligned(new byte[size]);
      assertThat(device.readFromDisk(0, disk)).isTrue();
      byte[] found = new byte[size];
      disk.get(0, found);
      assertThat(Arrays.equals(found, bytes)).isTrue();
    }
    assertThat(Files.readAllBytes(image)).isEqualTo(bytes);
  }

  /** Each thread owns every second block, so that they meet in the pages of the cache. */
  @Test
  void keepsNeighboursApartOfWhichOneIsWrittenPastTheCache() throws Exception {
    int block = 64 << 10;
    int blocks = 64;
    int rounds = 30;
    Path image = image((long) block * blocks);
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try (BlockDevice device = BlockDevices.open(image, Access.READ_WRITE);
        BlockDevice other = BlockDevices.open(image, Access.READ_WRITE)) {
      List<Future<?>> running = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        int mine = thread;
        BlockDevice used = thread < 2 ? device : other;
        running.add(
            pool.submit(
                () -> {
                  for (int round = 0; round < rounds; round++) {
                    for (int i = mine; i < blocks; i += 4) {
                      byte[] bytes = randomBytes(new Random(i + 1000L * round), block);
                      long at = (long) i * block;
                      used.write(at, mine % 2 == 0 ? aligned(bytes) : ByteBuffer.wrap(bytes));
                      byte[] found =
                          (i + round) % 3 == 0
                              ? read(used, at, block)
                              : readAligned(used, at, block);
                      assertThat(Arrays.equals(found, bytes))
                          .as("block %s, round %s", i, round)
                          .isTrue();
                    }
                    if (round % 5 == 0) {
                      used.flush();
                    }
                  }
                  return null;
                }));
      }
      for (Future<?> each : running) {
        each.get();
      }
      device.flush();
      for (int i = 0; i < blocks; i++) {
        byte[] expected = randomBytes(new Random(i + 1000L * (rounds - 1)), block);
        ByteBuffer disk = ByteBuffer.allocate(block);
        assertThat(device.readFromDisk((long) i * block, disk)).isTrue();
        assertThat(Arrays.equals(disk.array(), expected)).as("block %s on the disk", i).isTrue();
        assertThat(Arrays.equals(read(other, (long) i * block, block), expected))
            .as("block %s in the cache", i)
            .isTrue();
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void keepsItsLocksWhateverElseIsDoneAndClosed() throws Exception {
    Path image = image(4 << 20);
    ByteBuffer bulk = aligned(randomBytes(new Random(11), 1 << 20));
    BlockDevice locker = BlockDevices.open(image, Access.READ_WRITE);
    assertThat(locker.tryLock(0, 1)).isNotNull();
    for (Access access : Access.values()) {
      BlockDevice device = BlockDevices.open(image, access);
      device.read(0, bulk.rewind());
      device.nextData(0, 1 << 20);
      assertThat(device.hints().queueDepth()).isPositive();
      assertThat(device.readFromDisk(0, bulk.rewind())).isTrue();
      if (access == Access.READ_WRITE) {
        device.write(0, bulk.rewind());
        device.writeZeroes(1 << 20, 1 << 20);
        device.discard(2 << 20, 1 << 20);
        device.flush();
      }
      device.close();
      for (FailingCall call :
          List.<FailingCall>of(
              () -> device.read(0, bulk.rewind()),
              () -> device.nextData(0, 1 << 20),
              () -> device.readFromDisk(0, bulk.rewind()))) {
        assertThatThrownBy(call::run).hasMessage("'" + image + "' is closed");
      }
    }

    assertThat(LockerProcess.tryToLock(image, 0, 1)).isEqualTo("refused");
    locker.close();
    assertThat(LockerProcess.tryToLock(image, 0, 1)).isEqualTo("locked");
  }

  @FunctionalInterface
  private interface FailingCall {
    void run() throws IOException;
  }

  @Test
  void keepsToItsFileWhenAnotherOneTakesTheName() throws Exception {
    Path image = image(1 << 20);
    try (BlockDevice device = BlockDevices.open(image, Access.READ_WRITE)) {
      Path moved = directory.resolve("moved");
      Files.move(image, moved);
      byte[] others = randomBytes(new Random(12), 1 << 20);
      Files.write(image, others);
      byte[] bytes = randomBytes(new Random(13), 1 << 20);

      device.write(0, aligned(bytes));
      device.writeZeroes(0, 8192);
      assertThat(device.nextData(0, 1 << 20)).isZero();
      device.discard(8192, 8192);

      assertThat(Files.readAllBytes(image)).isEqualTo(others);
      Arrays.fill(bytes, 0, 8192, (byte) 0);
      assertThat(Arrays.equals(Files.readAllBytes(moved), bytes)).isTrue();
      assertThat(Arrays.equals(readAligned(device, 0, 1 << 20), bytes)).isTrue();
    }
  }

  @Test
  void hasTheMediumOfOtherFilesBesideIt() throws Exception {
    try (BlockDevice one = BlockDevices.open(image(4096), Access.READ_ONLY);
        BlockDevice two = BlockDevices.open(image(8192), Access.READ_WRITE)) {
      assertThat(one.hints()).isEqualTo(two.hints());
      assertThat(one.hints().queueDepth()).isGreaterThan(1);
    }
  }
}
