// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.Test;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.io.IoHints;
import org.pvmove.io.RangeLock;
import org.pvmove.io.testing.DiskOperation.Kind;

class SimulatedDisksTest {
  private static final int SECTOR = 512;

  private final SimulatedDisks disks = new SimulatedDisks(7);
  private final SimulatedBlockDevice a = disks.add("a", 100 * SECTOR);
  private final SimulatedBlockDevice b = disks.add("b", 100 * SECTOR);

  private static void write(BlockDevice device, long byteOffset, int value, int count)
      throws IOException {
    byte[] bytes = new byte[count];
    Arrays.fill(bytes, (byte) value);
    device.write(byteOffset, ByteBuffer.wrap(bytes));
  }

  private static byte[] read(BlockDevice device, long byteOffset, int count) throws IOException {
    ByteBuffer target = ByteBuffer.allocate(count);
    device.read(byteOffset, target);
    return target.array();
  }

  /** First byte of each of the first sectors. */
  private static List<Integer> sectors(SimulatedDisks disks, String name, int count)
      throws IOException {
    byte[] bytes = read(disks.disk(name), 0, count * SECTOR);
    List<Integer> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add((int) bytes[i * SECTOR]);
    }
    return values;
  }

  @Test
  void tellsItsDisksByName() {
    assertThat(disks.disks()).containsExactly(a, b);
    assertThat(disks.disk("b")).isSameAs(b);
    assertThatThrownBy(() -> disks.disk("c"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("expected one of the disks [a, b], found 'c'");
    assertThatThrownBy(() -> disks.add("a", 512))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("disk 'a' is already there");
  }

  @Test
  void keepsWhatWasFlushedAndDecidesOnTheRest() throws Exception {
    write(a, 0, 1, SECTOR);
    a.flush();
    write(a, 0, 2, SECTOR);
    write(a, SECTOR, 3, SECTOR);

    assertThat(sectors(disks, "a", 3)).containsExactly(2, 3, 0);
    assertThat(sectors(disks.crashImage(Unflushed.LOST), "a", 3)).containsExactly(1, 0, 0);
    assertThat(sectors(disks.crashImage(Unflushed.KEPT), "a", 3)).containsExactly(2, 3, 0);
  }

  @Test
  void flushesOneDiskOnly() throws Exception {
    write(a, 0, 1, SECTOR);
    write(b, 0, 2, SECTOR);
    b.flush();

    SimulatedDisks image = disks.crashImage(Unflushed.LOST);

    assertThat(sectors(image, "a", 1)).containsExactly(0);
    assertThat(sectors(image, "b", 1)).containsExactly(2);
  }

  @Test
  void startsACrashImageAnewWithEverythingOnItDurable() throws Exception {
    write(a, 0, 1, SECTOR);
    a.failReads(0, 1);
    disks.cutPowerAfterWrite(1);

    SimulatedDisks image = disks.crashImage(Unflushed.KEPT);

    assertThat(image.disks()).extracting(BlockDevice::name).containsExactly("a", "b");
    assertThat(image.disk("a").size()).isEqualTo(100 * SECTOR);
    assertThat(image.powerIsOff()).isFalse();
    assertThat(image.writeCount()).isEqualTo(0);
    assertThat(image.trace()).isEmpty();
    assertThat(sectors(image, "a", 1)).containsExactly(1);
    assertThat(sectors(image.crashImage(Unflushed.LOST), "a", 1)).containsExactly(1);
  }

  @Test
  void keepsCrashImagesApartFromEachOtherAndFromTheirOrigin() throws Exception {
    write(a, 0, 1, SECTOR);
    SimulatedDisks first = disks.crashImage(Unflushed.KEPT);
    SimulatedDisks second = disks.crashImage(Unflushed.KEPT);

    write(first.disk("a"), 0, 2, SECTOR);
    write(a, 0, 3, SECTOR);

    assertThat(sectors(disks, "a", 1)).containsExactly(3);
    assertThat(sectors(first, "a", 1)).containsExactly(2);
    assertThat(sectors(second, "a", 1)).containsExactly(1);
  }

  @Test
  void tracesWritesAndFlushesOfAllDisksInOrder() throws Exception {
    write(a, 10, 1, 20);
    write(b, SECTOR, 2, 2 * SECTOR);
    b.write(0, ByteBuffer.allocate(0));
    a.read(0, ByteBuffer.allocate(100));
    a.flush();
    write(a, 0, 1, 1);

    assertThat(disks.trace())
        .containsExactly(
            new DiskOperation(0, Kind.WRITE, "a", 10, 20, 1, 1),
            new DiskOperation(1, Kind.WRITE, "b", SECTOR, 2 * SECTOR, 2, 2),
            new DiskOperation(2, Kind.FLUSH, "a", 0, 0, 2, 4),
            new DiskOperation(3, Kind.WRITE, "a", 0, 1, 3, 5));
    assertThat(disks.writeCount()).isEqualTo(3);
    assertThat(disks.operationCount()).isEqualTo(5);
    assertThat(disks.trace().get(1))
        .hasToString("#1 write 2 of 1024 bytes at byte offset 512 on 'b'");
    assertThat(disks.trace().get(2)).hasToString("#2 flush of 'a' after write 2");
  }

  @Test
  void refusesEverythingAfterTheWriteAfterWhichThePowerIsCut() throws Exception {
    disks.cutPowerAfterWrite(2);
    write(a, 0, 1, SECTOR);
    a.flush();
    write(b, 0, 2, SECTOR);

    assertThat(disks.powerIsOff()).isTrue();
    for (SimulatedBlockDevice disk : disks.disks()) {
      assertThatThrownBy(() -> write(disk, SECTOR, 3, SECTOR))
          .isInstanceOf(PowerCutException.class)
          .hasMessage("the power was cut: simulated disks [a, b], seed 7, 2 writes, power off");
      assertThatThrownBy(() -> read(disk, 0, 1)).isInstanceOf(PowerCutException.class);
      assertThatThrownBy(disk::flush).isInstanceOf(PowerCutException.class);
    }
    assertThat(disks.writeCount()).isEqualTo(2);
    SimulatedDisks lost = disks.crashImage(Unflushed.LOST);
    assertThat(sectors(lost, "a", 2)).containsExactly(1, 0);
    assertThat(sectors(lost, "b", 2)).containsExactly(0, 0);
    assertThat(sectors(disks.crashImage(Unflushed.KEPT), "b", 2)).containsExactly(2, 0);
  }

  @Test
  void cutsThePowerAtOnceAndForGood() throws Exception {
    write(a, 0, 1, SECTOR);
    disks.cutPowerAfterWrite(disks.writeCount());
    disks.cutPowerAfterWrite(5);

    assertThatThrownBy(() -> read(a, 0, 1)).isInstanceOf(PowerCutException.class);
    assertThatThrownBy(() -> disks.cutPowerAfterWrite(0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> disks.cutPowerDuringWrite(1, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void tearsTheWriteDuringWhichThePowerIsCut() throws Exception {
    for (int torn = 0; torn <= 5; torn++) {
      SimulatedDisks fresh = disks.crashImage(Unflushed.KEPT);
      SimulatedBlockDevice disk = fresh.disk("a");
      fresh.cutPowerDuringWrite(2, torn);
      write(disk, 0, 1, 4 * SECTOR);

      // Begins and ends within a sector, so it touches sectors 0 to 3.
      assertThatThrownBy(() -> write(disk, 100, 2, 3 * SECTOR))
          .isInstanceOf(PowerCutException.class);

      SimulatedDisks kept = fresh.crashImage(Unflushed.KEPT);
      byte[] expected = new byte[4 * SECTOR];
      Arrays.fill(expected, (byte) 1);
      int end = Math.min(torn * SECTOR, 100 + 3 * SECTOR);
      if (end > 100) {
        Arrays.fill(expected, 100, end, (byte) 2);
      }
      assertThat(read(kept.disk("a"), 0, 4 * SECTOR)).as("%s sectors", torn).isEqualTo(expected);
      assertThat(read(fresh.crashImage(Unflushed.LOST).disk("a"), 0, 4 * SECTOR)).containsOnly(0);
      assertThat(fresh.writeCount()).isEqualTo(2);
    }
  }

  @Test
  void leavesEachSectorOldOrNewAtRandomAndFindsEveryCombination() throws Exception {
    write(a, 0, 1, 2 * SECTOR);
    a.flush();
    write(a, 0, 2, 2 * SECTOR);
    write(a, SECTOR, 3, SECTOR);
    Set<List<Integer>> found = new HashSet<>();

    for (int i = 0; i < 500; i++) {
      found.add(sectors(disks.crashImage(Unflushed.RANDOM), "a", 2));
    }

    assertThat(found)
        .containsExactlyInAnyOrder(
            List.of(1, 1),
            List.of(1, 2),
            List.of(1, 3),
            List.of(2, 1),
            List.of(2, 2),
            List.of(2, 3));
  }

  @Test
  void neverKeepsALaterWriteToASectorWithoutAnEarlierOneToOtherBytesOfIt() throws Exception {
    write(a, 0, 1, 100);
    write(a, 100, 2, 100);
    Set<List<Byte>> found = new HashSet<>();

    for (int i = 0; i < 200; i++) {
      byte[] bytes = read(disks.crashImage(Unflushed.RANDOM).disk("a"), 0, 200);
      found.add(List.of(bytes[0], bytes[199]));
    }

    assertThat(found)
        .containsExactlyInAnyOrder(
            List.of((byte) 0, (byte) 0), List.of((byte) 1, (byte) 0), List.of((byte) 1, (byte) 2));
  }

  /** The subset with these numbers. */
  private static BitSet kept(int... indexes) {
    BitSet kept = new BitSet();
    for (int index : indexes) {
      kept.set(index);
    }
    return kept;
  }

  @Test
  void listsTheUndecidedWritesOfAllDisksInTheOrderInWhichTheyWereMade() throws Exception {
    write(a, 0, 1, SECTOR);
    write(b, 0, 2, SECTOR);
    a.flush();
    write(a, SECTOR, 3, SECTOR);
    write(b, SECTOR, 4, 100);

    assertThat(disks.undecidedWrites())
        .extracting(DiskOperation::writeCount)
        .containsExactly(2L, 3L, 4L);
    b.flush();
    assertThat(disks.undecidedWrites()).extracting(DiskOperation::writeCount).containsExactly(3L);
    assertThat(disks.crashImage(Unflushed.KEPT).undecidedWrites()).isEmpty();
  }

  @Test
  void listsWhatAFailedFlushLeftUndecidedUntilItIsReplaced() throws Exception {
    write(a, 0, 1, 2 * SECTOR);
    a.failFlushes(1);
    assertThatThrownBy(a::flush).isInstanceOf(IOException.class);
    write(a, SECTOR, 2, SECTOR);
    assertThat(disks.undecidedWrites()).hasSize(2);

    a.flush();

    assertThat(disks.undecidedWrites()).extracting(DiskOperation::writeCount).containsExactly(1L);
    assertThat(sectors(disks.crashImage(kept()), "a", 2)).containsExactly(0, 2);
    assertThat(sectors(disks.crashImage(kept(0)), "a", 2)).containsExactly(1, 2);
    write(a, 0, 3, SECTOR);
    a.flush();
    assertThat(disks.undecidedWrites()).isEmpty();
  }

  @Test
  void keepsEverySubsetOfTheUndecidedWrites() throws Exception {
    write(a, 0, 1, SECTOR);
    a.flush();
    write(a, 0, 2, 2 * SECTOR);
    write(b, 0, 3, SECTOR);
    write(a, SECTOR, 4, SECTOR);

    Set<List<Integer>> found = new HashSet<>();
    for (int subset = 0; subset < 8; subset++) {
      SimulatedDisks image = disks.crashImage(BitSet.valueOf(new long[] {subset}));
      List<Integer> values = new ArrayList<>(sectors(image, "a", 2));
      values.addAll(sectors(image, "b", 1));
      found.add(values);
    }

    assertThat(found)
        .containsExactlyInAnyOrder(
            List.of(1, 0, 0),
            List.of(2, 2, 0),
            List.of(1, 0, 3),
            List.of(2, 2, 3),
            List.of(1, 4, 0),
            List.of(2, 4, 0),
            List.of(1, 4, 3),
            List.of(2, 4, 3));
  }

  @Test
  void tearsTheLastUndecidedWriteOnly() throws Exception {
    write(a, 0, 1, 2 * SECTOR);
    write(a, SECTOR, 2, 3 * SECTOR);

    assertThat(sectors(disks.crashImage(kept(0, 1), 0), "a", 4)).containsExactly(1, 1, 0, 0);
    assertThat(sectors(disks.crashImage(kept(0, 1), 1), "a", 4)).containsExactly(1, 2, 0, 0);
    assertThat(sectors(disks.crashImage(kept(1), 2), "a", 4)).containsExactly(0, 2, 2, 0);
    assertThat(sectors(disks.crashImage(kept(1), 9), "a", 4)).containsExactly(0, 2, 2, 2);
    assertThat(sectors(disks.crashImage(kept(0), 0), "a", 4)).containsExactly(1, 1, 0, 0);
  }

  @Test
  void refusesToKeepWritesThatAreNotUndecided() throws Exception {
    write(a, 0, 1, SECTOR);

    assertThatThrownBy(() -> disks.crashImage(kept(0, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("write 1 cannot be kept: 1 writes are undecided");
    assertThatThrownBy(() -> disks.crashImage(kept(0), -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("-1 sectors: expected 0 or more");
  }

  @Test
  void countsTheSectorsThatAWriteTouches() throws Exception {
    write(a, 0, 1, SECTOR);
    write(a, SECTOR - 1, 1, 2);
    write(a, 100, 1, 3 * SECTOR);
    a.flush();

    assertThat(disks.trace()).extracting(DiskOperation::sectorCount).containsExactly(1, 2, 4, 0);
  }

  @Test
  void tellsByTheHashWhetherCrashImagesAreAlike() throws Exception {
    write(a, 0, 1, 2 * SECTOR);
    write(b, 0, 1, SECTOR);

    assertThat(disks.crashImage(kept(0, 1)).contentHash()).isEqualTo(disks.contentHash());
    assertThat(disks.crashImage(kept(1), 0).contentHash())
        .isEqualTo(disks.crashImage(kept()).contentHash());
    assertThat(
            List.of(
                disks.crashImage(kept()).contentHash(),
                disks.crashImage(kept(0)).contentHash(),
                disks.crashImage(kept(1)).contentHash(),
                disks.crashImage(kept(0, 1)).contentHash()))
        .doesNotHaveDuplicates();
    SimulatedDisks swapped = new SimulatedDisks(7);
    write(swapped.add("a", 100 * SECTOR), 0, 1, SECTOR);
    write(swapped.add("b", 100 * SECTOR), 0, 1, 2 * SECTOR);
    assertThat(swapped.contentHash()).isNotEqualTo(disks.contentHash());
  }

  @Test
  void doesTheSameAgainForTheSameSeed() throws Exception {
    List<List<Integer>> first = randomImages(123);

    assertThat(randomImages(123)).isEqualTo(first);
    assertThat(randomImages(124)).isNotEqualTo(first);
    assertThat(new SimulatedDisks(123)).hasToString("simulated disks [], seed 123, 0 writes");
  }

  private static List<List<Integer>> randomImages(long seed) throws IOException {
    SimulatedDisks disks = new SimulatedDisks(seed);
    write(disks.add("a", 64 * SECTOR), 0, 1, 64 * SECTOR);
    List<List<Integer>> images = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      images.add(sectors(disks.crashImage(Unflushed.RANDOM), "a", 64));
    }
    return images;
  }

  @Test
  void failsReadsWhereToldAlwaysOrSomeTimes() throws Exception {
    a.failReads(1000, 24);
    b.failReads(1000, 24, 2);

    ByteBuffer target = ByteBuffer.allocate(2000);
    assertThatThrownBy(() -> a.read(500, target))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("'a': injected read error at byte offset 1000 (")
        .hasMessageContaining("seed 7");
    assertThat(target.position()).isEqualTo(0);
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(() -> read(a, 1023, 1)).hasMessageContaining("byte offset 1023");
    }
    assertThat(read(a, 0, 1000)).containsOnly(0);
    assertThat(read(a, 1024, 1000)).containsOnly(0);
    write(a, 1000, 1, 1);

    assertThatThrownBy(() -> read(b, 0, 1001)).isInstanceOf(IOException.class);
    assertThat(read(b, 0, 1000)).containsOnly(0);
    assertThatThrownBy(() -> read(b, 0, 5000)).isInstanceOf(IOException.class);
    assertThat(read(b, 0, 5000)).containsOnly(0);
  }

  @Test
  void carriesOutAFailingWriteUpToTheFirstBadSector() throws Exception {
    a.failWrites(3 * SECTOR + 100, 1, 1);
    a.failWrites(2 * SECTOR + 511, 1, 1);

    assertThatThrownBy(() -> write(a, 0, 1, 5 * SECTOR))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("'a': injected write error at byte offset 1535 (");

    assertThat(sectors(disks, "a", 5)).containsExactly(1, 1, 0, 0, 0);
    assertThat(sectors(disks.crashImage(Unflushed.LOST), "a", 5)).containsOnly(0);
    assertThat(disks.writeCount()).isEqualTo(1);
    write(a, 0, 2, 5 * SECTOR);
    assertThat(sectors(disks, "a", 5)).containsOnly(2);
  }

  @Test
  void failsWritesForGoodWhereToldSo() throws Exception {
    a.failWrites(0, a.size());

    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> write(a, 5, 1, 1)).hasMessageContaining("byte offset 5");
    }
    assertThat(read(a, 0, SECTOR)).containsOnly(0);
    write(b, 5, 1, 1);
  }

  @Test
  void refusesFaultsThatAreNotWithinTheDisk() {
    assertThatThrownBy(() -> a.failReads(100 * SECTOR, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> a.failWrites(-1, 1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void neverMakesDurableWhatAFlushThatFailedWasToMakeDurable() throws Exception {
    write(a, 0, 1, 2 * SECTOR);
    a.failFlushes(1);
    assertThatThrownBy(a::flush)
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("'a': injected flush error");
    write(a, SECTOR, 2, 2 * SECTOR);
    a.flush();

    // Sector 0 was in the failed flush only, 1 in both, 2 in the good one only.
    assertThat(sectors(disks, "a", 3)).containsExactly(1, 2, 2);
    assertThat(sectors(disks.crashImage(Unflushed.LOST), "a", 3)).containsExactly(0, 2, 2);
    assertThat(sectors(disks.crashImage(Unflushed.KEPT), "a", 3)).containsExactly(1, 2, 2);
    Set<List<Integer>> found = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      found.add(sectors(disks.crashImage(Unflushed.RANDOM), "a", 3));
    }
    assertThat(found).containsExactlyInAnyOrder(List.of(0, 2, 2), List.of(1, 2, 2));

    write(a, 0, 3, SECTOR);
    a.flush();
    assertThat(sectors(disks.crashImage(Unflushed.LOST), "a", 3)).containsExactly(3, 2, 2);
    assertThat(sectors(disks.crashImage(Unflushed.KEPT), "a", 3)).containsExactly(3, 2, 2);
  }

  @Test
  void keepsWhatAClosedDiskHolds() throws Exception {
    write(a, 0, 1, SECTOR);
    a.flush();
    write(a, SECTOR, 2, SECTOR);
    a.close();

    assertThat(sectors(disks.crashImage(Unflushed.LOST), "a", 2)).containsExactly(1, 0);
    assertThat(sectors(disks.crashImage(Unflushed.KEPT), "a", 2)).containsExactly(1, 2);
  }

  @Test
  void holdsHundredsOfCrashImagesOfLargeDisksSinceTheyShareWhatIsEqual() throws Exception {
    int size = 20 << 20;
    SimulatedDisks large = new SimulatedDisks(1);
    SimulatedBlockDevice disk = large.add("large", size);
    write(disk, 0, 1, size);
    disk.flush();
    write(disk, 1000, 2, 1000);
    write(disk, size / 2, 2, 100_000);

    // Copied, they would take 20 GiB.
    List<SimulatedDisks> images = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      images.add(large.crashImage(Unflushed.RANDOM));
    }

    for (SimulatedDisks image : images) {
      assertThat(read(image.disk("large"), 0, 1)).containsExactly(1);
      assertThat(read(image.disk("large"), size - 1, 1)).containsExactly(1);
    }
  }

  @Test
  void tellsOfEachOperationBeforeItIsCarriedOut() throws Exception {
    List<String> told = new ArrayList<>();
    disks.beforeEachOperation(
        operation -> told.add(operation + ", operation " + operation.operationCount()));
    disks.beforeEachOperation(operation -> told.add("then " + disks.writeCount() + " writes"));

    write(a, 0, 1, 10);
    read(b, 20, 5);
    a.flush();
    a.read(0, ByteBuffer.allocate(0));
    a.write(0, ByteBuffer.allocate(0));

    assertThat(told)
        .containsExactly(
            "#0 write 1 of 10 bytes at byte offset 0 on 'a', operation 1",
            "then 0 writes",
            "read of 5 bytes at byte offset 20 on 'b' after write 1, operation 2",
            "then 1 writes",
            "#1 flush of 'a' after write 1, operation 3",
            "then 1 writes");
  }

  @Test
  void letsCrashImagesBeTakenInTheMiddleOfARun() throws Exception {
    List<List<Integer>> durable = new ArrayList<>();
    List<List<Integer>> live = new ArrayList<>();
    disks.beforeEachOperation(
        operation -> {
          durable.add(unchecked(disks.crashImage(Unflushed.LOST)));
          live.add(unchecked(disks.crashImage(Unflushed.KEPT)));
        });

    write(a, 0, 1, SECTOR);
    write(a, 0, 2, SECTOR);
    a.flush();
    a.flush();

    assertThat(live).containsExactly(List.of(0), List.of(1), List.of(2), List.of(2));
    assertThat(durable).containsExactly(List.of(0), List.of(0), List.of(0), List.of(2));
  }

  private static List<Integer> unchecked(SimulatedDisks image) {
    try {
      return sectors(image, "a", 1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void cutsThePowerBeforeInOrAfterTheOperationThatItTellsOf() throws Exception {
    for (int i = -1; i <= 1; i++) {
      int when = i;
      SimulatedDisks fresh = disks.crashImage(Unflushed.KEPT);
      fresh.beforeEachOperation(
          operation -> {
            if (operation.writeCount() == 2) {
              if (when == 0) {
                fresh.cutPowerDuringWrite(2, 1);
              } else {
                fresh.cutPowerAfterWrite(when < 0 ? 1 : 2);
              }
            }
          });
      write(fresh.disk("a"), 0, 1, 2 * SECTOR);

      if (when == 1) {
        write(fresh.disk("a"), 0, 2, 2 * SECTOR);
      } else {
        assertThatThrownBy(() -> write(fresh.disk("a"), 0, 2, 2 * SECTOR))
            .isInstanceOf(PowerCutException.class);
      }

      assertThat(fresh.powerIsOff()).isTrue();
      assertThat(sectors(fresh.crashImage(Unflushed.KEPT), "a", 2))
          .isEqualTo(when < 0 ? List.of(1, 1) : when == 0 ? List.of(2, 1) : List.of(2, 2));
      assertThat(fresh.writeCount()).isEqualTo(when < 0 ? 1 : 2);
    }
  }

  @Test
  void cutsThePowerBeforeARead() throws Exception {
    disks.beforeEachOperation(operation -> disks.cutPowerAfterWrite(disks.writeCount()));

    assertThatThrownBy(() -> read(a, 0, 1)).isInstanceOf(PowerCutException.class);
    assertThat(disks.operationCount()).isEqualTo(0);
  }

  @Test
  void hasTheLogicalBlockSizeItWasGivenAndTearsAt512BytesNevertheless() throws Exception {
    SimulatedBlockDevice large = disks.add("large", 1 << 20, 4096);
    assertThat(large.logicalBlockSize()).isEqualTo(4096);
    assertThat(a.logicalBlockSize()).isEqualTo(512);
    assertThat(disks.crashImage(Unflushed.LOST).disk("large").logicalBlockSize()).isEqualTo(4096);
    disks.cutPowerDuringWrite(1, 3);

    assertThatThrownBy(() -> write(large, 0, 1, 4096)).isInstanceOf(PowerCutException.class);

    assertThat(sectors(disks.crashImage(Unflushed.KEPT), "large", 5))
        .containsExactly(1, 1, 1, 0, 0);
    for (int size : new int[] {0, 256, 513, -512}) {
      assertThatThrownBy(() -> disks.add("odd", 1 << 20, size))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected a power of two, at least 512");
    }
  }

  @Test
  void behavesLikeATruncatedFileOnceItHasShrunk() throws Exception {
    write(a, 0, 1, 100 * SECTOR);
    a.flush();

    a.shrinkTo(10 * SECTOR + 5);

    assertThat(a.size()).isEqualTo(100 * SECTOR);
    assertThat(read(a, 0, 10 * SECTOR + 5)).containsOnly(1);
    assertThatThrownBy(() -> read(a, 10 * SECTOR, 6))
        .isInstanceOf(EOFException.class)
        .hasMessage("'a' ended at byte offset 5125: expected the 51200 bytes it had when opened");
    assertThatThrownBy(() -> read(a, 20 * SECTOR, 1))
        .isInstanceOf(EOFException.class)
        .hasMessageStartingWith("'a' ended at byte offset 10240:");
    String shrunk = "'a' has shrunk: expected the 51200 bytes it had when opened, found 5125";
    assertThatThrownBy(() -> write(a, 0, 2, 1)).isInstanceOf(EOFException.class).hasMessage(shrunk);
    assertThatThrownBy(() -> a.write(0, ByteBuffer.allocate(0))).hasMessage(shrunk);
    assertThatThrownBy(a::flush).isInstanceOf(EOFException.class).hasMessage(shrunk);
    assertThat(read(a, 0, 1)).containsExactly(1);
    write(b, 0, 2, 1);
  }

  @Test
  void comesUpAgainAsSmallAsItWasLeft() throws Exception {
    write(a, 0, 1, 100 * SECTOR);
    a.flush();
    write(b, 0, 1, 1);
    a.shrinkTo(3 * SECTOR + 5);

    SimulatedBlockDevice small = disks.crashImage(Unflushed.KEPT).disk("a");

    assertThat(small.size()).isEqualTo(3 * SECTOR + 5);
    assertThat(read(small, 0, 3 * SECTOR + 5)).containsOnly(1);
    write(small, 3 * SECTOR, 2, 5);
    small.flush();
    SimulatedDisks made = new SimulatedDisks(1);
    write(made.add("a", 3 * SECTOR + 5), 0, 1, 3 * SECTOR + 5);
    write(made.add("b", 100 * SECTOR), 0, 1, 1);
    assertThat(disks.crashImage(Unflushed.KEPT).contentHash()).isEqualTo(made.contentHash());
  }

  @Test
  void holdsWhatItHeldOnceItIsWholeAgain() throws Exception {
    write(a, 0, 1, 100 * SECTOR);
    a.flush();
    a.shrinkTo(SECTOR);

    a.shrinkTo(a.size());

    assertThat(read(a, 0, 100 * SECTOR)).containsOnly(1);
    write(a, 0, 2, SECTOR);
    a.flush();
    assertThat(read(disks.crashImage(Unflushed.LOST).disk("a"), 0, 100 * SECTOR))
        .startsWith(2)
        .endsWith(1);
  }

  @Test
  void shrinksAtAGivenWrite() throws Exception {
    disks.beforeEachOperation(
        operation -> {
          if (operation.writeCount() == 2) {
            a.shrinkTo(SECTOR);
          }
        });

    write(a, 0, 1, 1);
    assertThatThrownBy(() -> write(a, 0, 2, 1)).isInstanceOf(EOFException.class);
  }

  @Test
  void refusesToShrinkToMoreThanThereIs() {
    assertThatThrownBy(() -> a.shrinkTo(a.size() + 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'a' cannot shrink to 51201 bytes: it has 51200");
    assertThatThrownBy(() -> a.shrinkTo(-1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void failsEveryCallWhileItIsGone() throws Exception {
    write(a, 0, 1, SECTOR);
    a.flush();
    disks.beforeEachOperation(
        operation -> {
          if (operation.operationCount() == 4) {
            a.vanish();
          }
        });
    read(a, 0, 1);

    for (ThrowableAssert.ThrowingCallable call :
        List.<ThrowableAssert.ThrowingCallable>of(
            () -> read(a, 0, 1),
            () -> a.read(0, ByteBuffer.allocate(0)),
            () -> write(a, 0, 2, 1),
            () -> a.write(0, ByteBuffer.allocate(0)),
            a::flush,
            () -> a.tryLock(0, 1))) {
      assertThatThrownBy(call)
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("'a' has vanished (");
    }
    write(b, 0, 2, 1);
    assertThat(sectors(disks.crashImage(Unflushed.LOST), "a", 1)).containsExactly(1);

    a.comeBack();

    assertThat(read(a, 0, 1)).containsExactly(1);
    write(a, 0, 3, 1);
    a.flush();
    assertThat(sectors(disks.crashImage(Unflushed.LOST), "a", 1)).containsExactly(3);
  }

  @Test
  void losesItsCacheWhenItVanishesAndSaysSoAtTheNextFlush() throws Exception {
    write(a, 0, 1, 2 * SECTOR);
    a.vanish();
    a.comeBack();
    write(a, SECTOR, 2, SECTOR);

    assertThatThrownBy(a::flush).hasMessageStartingWith("'a': injected flush error");
    a.flush();

    assertThat(sectors(disks, "a", 2)).containsExactly(1, 2);
    assertThat(sectors(disks.crashImage(Unflushed.LOST), "a", 2)).containsExactly(0, 0);
    assertThat(sectors(disks.crashImage(Unflushed.KEPT), "a", 2)).containsExactly(1, 2);
  }

  @Test
  void losesItsCacheWhenItShrinksAndSaysSoAtTheNextFlush() throws Exception {
    write(a, 0, 1, 2 * SECTOR);
    a.shrinkTo(SECTOR);
    a.shrinkTo(a.size());

    assertThatThrownBy(a::flush).isInstanceOf(IOException.class);
    a.flush();

    assertThat(sectors(disks.crashImage(Unflushed.LOST), "a", 2)).containsExactly(0, 0);
  }

  @Test
  void locksOutOthersWhoUseTheSameDiskUntilItsPowerIsGone() throws Exception {
    RangeLock lock = a.tryLock(10, 5);
    assertThat(lock).isNotNull();
    assertThat(a.tryLock(14, 1)).isNull();
    assertThat(BlockDevices.failStop(a).tryLock(0, 11)).isNull();
    assertThat(a.tryLock(15, 1)).isNotNull();
    assertThat(b.tryLock(10, 5)).isNotNull();

    SimulatedDisks image = disks.crashImage(Unflushed.KEPT);
    assertThat(image.disk("a").tryLock(10, 5)).isNotNull();
    assertThat(a.tryLock(10, 5)).isNull();

    lock.close();
    assertThat(a.tryLock(10, 5)).isNotNull();
    disks.cutPowerAfterWrite(0);
    assertThatThrownBy(() -> a.tryLock(50, 1)).isInstanceOf(PowerCutException.class);
  }

  @Test
  void tellsHolesOnlyIfItIsToldToAndCountsNoOperation() throws Exception {
    SimulatedBlockDevice disk = disks.add("large", 1 << 20);
    disk.write(512 << 10, ByteBuffer.wrap(new byte[] {1}));
    assertThat(disk.nextData(0, 1 << 20)).isZero();

    disk.sparse(true);
    assertThat(disk.nextData(0, 1 << 20)).isEqualTo(512 << 10);
    assertThat(disk.nextData(0, 512 << 10)).isEqualTo(512 << 10);
    assertThat(disks.operationCount()).isEqualTo(1);
    assertThat(disks.crashImage(Unflushed.KEPT).disk("large").nextData(0, 1 << 20)).isZero();
    disk.shrinkTo(700 << 10);
    assertThatThrownBy(() -> disk.nextData(600 << 10, 1 << 20)).isInstanceOf(EOFException.class);
    disk.vanish();
    assertThatThrownBy(() -> disk.nextData(0, 1)).hasMessageContaining("has vanished");
  }

  @Test
  void writesZerosAsItWritesOtherBytes() throws Exception {
    SimulatedBlockDevice disk = disks.add("large", 3 << 20);
    disk.writeZeroes(1, (2 << 20) + 1);

    assertThat(disks.trace())
        .extracting(DiskOperation::kind, DiskOperation::byteOffset, DiskOperation::byteCount)
        .containsExactly(
            tuple(Kind.WRITE, 1L, 1L << 20),
            tuple(Kind.WRITE, (1L << 20) + 1, 1L << 20),
            tuple(Kind.WRITE, (2L << 20) + 1, 1L));
  }

  @Test
  void hasTheHintsItWasGiven() {
    assertThat(a.hints()).isEqualTo(IoHints.unknown(a));
    IoHints hints = new IoHints("a disk", true, 2, 64 << 10);
    a.hints(hints);
    assertThat(a.hints()).isEqualTo(hints);
    assertThat(b.hints()).isEqualTo(IoHints.unknown(b));
  }
}
