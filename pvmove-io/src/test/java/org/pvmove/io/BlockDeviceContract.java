// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What every {@link BlockDevice} that can be written to does. One subclass per implementation. */
public abstract class BlockDeviceContract {
  private static final int SIZE = 3 << 20;
  private static final long FIVE_GIB = 5L << 30;

  private final List<BlockDevice> opened = new ArrayList<>();

  /** Makes a device full of zeros; {@code size} is a multiple of 512. */
  protected abstract BlockDevice create(long size) throws Exception;

  private BlockDevice device(long size) throws Exception {
    BlockDevice device = create(size);
    opened.add(device);
    return device;
  }

  @AfterEach
  void closeDevices() throws IOException {
    for (BlockDevice device : opened) {
      device.close();
    }
  }

  /** A seed, printed at once: what fails by an exception names none. */
  private static long newSeed() {
    long seed = new Random().nextLong();
    System.out.println("block device contract with seed " + seed);
    return seed;
  }

  static byte[] randomBytes(Random random, int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  static byte[] read(BlockDevice device, long byteOffset, int count) throws IOException {
    ByteBuffer target = ByteBuffer.allocate(count);
    device.read(byteOffset, target);
    return target.array();
  }

  @Test
  void hasTheSizeItWasMadeWithAndIsFullOfZeros() throws Exception {
    BlockDevice device = device(SIZE);

    assertThat(device.size()).isEqualTo(SIZE);
    assertThat(device.name()).isNotBlank();
    assertThat(device.readOnly()).isFalse();
    assertThat(device.logicalBlockSize()).isEqualTo(512);
    assertThat(read(device, 0, SIZE)).containsOnly(0);
  }

  @Test
  void readsBackWhatWasWrittenForSizesAndOffsetsAroundEveryBoundary() throws Exception {
    BlockDevice device = device(SIZE);
    Random random = new Random(1);
    byte[] expected = new byte[SIZE];
    int[] boundaries = {0, 1, 512, 4096, 64 << 10, 128 << 10, 1 << 20, SIZE - (64 << 10), SIZE};
    int[] counts = {1, 2, 511, 512, 513, 4096, (64 << 10) - 1, 64 << 10, (64 << 10) + 1, 1 << 20};

    for (int boundary : boundaries) {
      for (int count : counts) {
        for (int shift : new int[] {-count, -count + 1, -count / 2, -1, 0, 1}) {
          int at = boundary + shift;
          if (at < 0 || at + count > SIZE) {
            continue;
          }
          byte[] bytes = randomBytes(random, count);
          System.arraycopy(bytes, 0, expected, at, count);
          device.write(at, ByteBuffer.wrap(bytes));
          assertThat(Arrays.equals(read(device, at, count), bytes))
              .as("%s bytes at byte offset %s", count, at)
              .isTrue();
        }
      }
    }
    device.flush();
    assertThat(Arrays.equals(read(device, 0, SIZE), expected)).isTrue();
  }

  @Test
  void takesHeapAndDirectBuffersAndOnlyTheirRemainingBytes() throws Exception {
    BlockDevice device = device(SIZE);
    Random random = new Random(2);

    for (ByteBuffer buffer :
        List.of(
            ByteBuffer.allocate(10_000),
            ByteBuffer.allocateDirect(10_000),
            ByteBuffer.allocate(20_000).position(7_000).slice().limit(10_000))) {
      byte[] bytes = randomBytes(random, buffer.limit());
      buffer.put(0, bytes);
      device.write(700, buffer.position(1_000).limit(9_000));
      assertThat(buffer.position()).isEqualTo(9_000);
      assertThat(buffer.limit()).isEqualTo(9_000);
      assertThat(read(device, 700, 8_000)).isEqualTo(Arrays.copyOfRange(bytes, 1_000, 9_000));

      buffer.put(0, new byte[9_000]);
      device.read(700, buffer.position(2_000).limit(3_000));
      assertThat(buffer.position()).isEqualTo(3_000);
      buffer.limit(9_000);
      byte[] expected = new byte[9_000];
      System.arraycopy(bytes, 1_000, expected, 2_000, 1_000);
      byte[] found = new byte[9_000];
      buffer.get(0, found);
      assertThat(found).isEqualTo(expected);
    }
  }

  @Test
  void writesFromAReadOnlyBufferAndRefusesToReadIntoOne() throws Exception {
    BlockDevice device = device(SIZE);

    device.write(5, ByteBuffer.wrap(new byte[] {1, 2, 3}).asReadOnlyBuffer());

    assertThat(read(device, 4, 5)).containsExactly(0, 1, 2, 3, 0);
    ByteBuffer readOnly = ByteBuffer.allocate(3).asReadOnlyBuffer();
    assertThatThrownBy(() -> device.read(5, readOnly)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void transfersMoreThanItHandsOnAtATime() throws Exception {
    int count = 9_000_001;
    BlockDevice device = device(16 << 20);
    byte[] bytes = randomBytes(new Random(3), count);

    device.write(333, ByteBuffer.wrap(bytes));

    assertThat(Arrays.equals(read(device, 333, count), bytes)).isTrue();
    assertThat(read(device, 332, 1)).containsExactly(0);
    assertThat(read(device, 333 + count, 1)).containsExactly(0);
  }

  @Test
  void readsAndWritesNothingAnywhereFromTheStartToTheEnd() throws Exception {
    BlockDevice device = device(SIZE);

    for (long at : new long[] {0, 1, SIZE - 1, SIZE}) {
      device.read(at, ByteBuffer.allocate(0));
      device.write(at, ByteBuffer.allocate(0));
    }

    assertThat(read(device, 0, SIZE)).containsOnly(0);
  }

  @Test
  void readsAndWritesTheLastByte() throws Exception {
    BlockDevice device = device(SIZE);

    device.write(SIZE - 1, ByteBuffer.wrap(new byte[] {42}));

    assertThat(read(device, SIZE - 2, 2)).containsExactly(0, 42);
  }

  @Test
  void refusesRangesThatAreNotWithinTheDeviceAndTouchesNothing() throws Exception {
    BlockDevice device = device(SIZE);
    long[][] ranges = {
      {SIZE, 1},
      {SIZE - 1, 2},
      {SIZE + 1L, 0},
      {0, SIZE + 1},
      {-1, 1},
      {-1, 0},
      {Long.MIN_VALUE, 512},
      {Long.MAX_VALUE, 1},
      {Long.MAX_VALUE - 3, 512},
    };

    for (long[] range : ranges) {
      ByteBuffer buffer = ByteBuffer.allocate((int) range[1] + 10).position(10);
      String message =
          "expected a range within the %d bytes of '%s', found %d bytes at byte offset %d"
              .formatted(SIZE, device.name(), range[1], range[0]);
      assertThatThrownBy(() -> device.read(range[0], buffer))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(message);
      buffer.put(10, new byte[(int) range[1]]);
      Arrays.fill(buffer.array(), (byte) 1);
      assertThatThrownBy(() -> device.write(range[0], buffer))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(message);
      assertThat(buffer.position()).isEqualTo(10);
    }

    assertThat(device.size()).isEqualTo(SIZE);
    assertThat(read(device, 0, SIZE)).containsOnly(0);
  }

  @Test
  void keepsOffsetsBeyondTwoAndFourGibibytesApart() throws Exception {
    BlockDevice device = device(FIVE_GIB);
    long[] offsets = {123, (2L << 30) - 2, (4L << 30) + 123, FIVE_GIB - 4};

    for (int i = 0; i < offsets.length; i++) {
      device.write(offsets[i], ByteBuffer.wrap(new byte[] {(byte) i, 7, 7, (byte) i}));
    }

    for (int i = 0; i < offsets.length; i++) {
      assertThat(read(device, offsets[i], 4)).containsExactly(i, 7, 7, i);
    }
    assertThat(read(device, (1L << 30) + 123, 4)).containsOnly(0);
  }

  @Test
  void doesWhatAByteArrayDoes() throws Exception {
    long seed = newSeed();
    Random random = new Random(seed);
    int size = 200 * 1024;
    BlockDevice device = device(size);
    byte[] model = new byte[size];

    for (int step = 0; step < 500; step++) {
      int at = random.nextInt(size + 1);
      int count = random.nextInt(Math.min(size - at, random.nextBoolean() ? 1000 : size) + 1);
      String what = "seed %d, step %d, %d bytes at byte offset %d".formatted(seed, step, count, at);
      if (random.nextBoolean()) {
        byte[] bytes = randomBytes(random, count);
        System.arraycopy(bytes, 0, model, at, count);
        device.write(at, ByteBuffer.wrap(bytes));
      } else {
        assertThat(
                Arrays.equals(read(device, at, count), Arrays.copyOfRange(model, at, at + count)))
            .as(what)
            .isTrue();
      }
      if (random.nextInt(50) == 0) {
        device.flush();
      }
    }
    assertThat(Arrays.equals(read(device, 0, size), model)).as("seed %d", seed).isTrue();
  }

  @Test
  void keepsWritesOfManyThreadsToDifferentPlacesApart() throws Exception {
    int threads = 4;
    int blocks = 64;
    int blockSize = 3_000; // so that neighbours share sectors, pages and chunks
    BlockDevice device = device(1 << 20);
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      CountDownLatch start = new CountDownLatch(threads);
      List<Future<?>> running = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        int mine = thread;
        running.add(
            pool.submit(
                () -> {
                  start.countDown();
                  start.await();
                  for (int block = mine; block < blocks; block += threads) {
                    byte[] bytes = randomBytes(new Random(block), blockSize);
                    device.write((long) block * blockSize, ByteBuffer.wrap(bytes));
                    assertThat(read(device, (long) block * blockSize, blockSize)).isEqualTo(bytes);
                  }
                  device.flush();
                  return null;
                }));
      }
      for (Future<?> each : running) {
        each.get();
      }
    } finally {
      pool.shutdownNow();
    }

    for (int block = 0; block < blocks; block++) {
      assertThat(read(device, (long) block * blockSize, blockSize))
          .as("block %s", block)
          .isEqualTo(randomBytes(new Random(block), blockSize));
    }
  }

  @Test
  void servesAnInterruptedThreadAndKeepsItsInterruptFlag() throws Exception {
    BlockDevice device = device(SIZE);
    byte[] bytes = randomBytes(new Random(4), 100_000);
    byte[] found;
    boolean stillInterrupted;

    Thread.currentThread().interrupt();
    try {
      device.write(0, ByteBuffer.wrap(bytes));
      device.flush();
      found = read(device, 0, bytes.length);
    } finally {
      stillInterrupted = Thread.interrupted();
    }

    assertThat(stillInterrupted).isTrue();
    assertThat(found).isEqualTo(bytes);
  }

  @Test
  void survivesInterruptsInTheMiddleOfCalls() throws Exception {
    BlockDevice device = device(SIZE);
    ExecutorService pool = Executors.newSingleThreadExecutor();
    try {
      CountDownLatch started = new CountDownLatch(1);
      Thread[] worker = new Thread[1];
      Future<Integer> interruptsSeen =
          pool.submit(
              () -> {
                worker[0] = Thread.currentThread();
                started.countDown();
                int seen = 0;
                // Go on until interrupts have arrived often enough to hit the middle of calls.
                for (int i = 0; i < 100 || seen < 100; i++) {
                  byte[] bytes = randomBytes(new Random(i), 300_000);
                  device.write(i, ByteBuffer.wrap(bytes));
                  if (i % 10 == 0) {
                    device.flush();
                  }
                  assertThat(Arrays.equals(read(device, i, bytes.length), bytes)).isTrue();
                  if (Thread.interrupted()) {
                    seen++;
                  }
                  if (i == 100_000) {
                    throw new AssertionError("only " + seen + " interrupts arrived");
                  }
                }
                return seen;
              });
      started.await();
      while (!interruptsSeen.isDone()) {
        worker[0].interrupt();
        Thread.onSpinWait();
      }
      assertThat(interruptsSeen.get()).isGreaterThanOrEqualTo(100);
    } finally {
      pool.shutdownNow();
    }

    assertThat(read(device, SIZE - 1, 1)).containsExactly(0);
  }

  @Test
  void refusesEverythingOnceClosedAndMayBeClosedAgain() throws Exception {
    BlockDevice device = device(SIZE);
    device.close();
    device.close();

    ByteBuffer buffer = ByteBuffer.allocate(1);
    for (Call call :
        List.<Call>of(
            () -> device.read(0, buffer),
            () -> device.write(0, buffer),
            () -> device.read(0, ByteBuffer.allocate(0)),
            () -> device.write(0, ByteBuffer.allocate(0)),
            () -> device.writeZeroes(0, 0),
            () -> device.writeZeroes(0, 100_000),
            device::flush)) {
      assertThatThrownBy(call::run)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("'" + device.name() + "'")
          .hasMessageContaining("is closed");
    }
    assertThat(buffer.position()).isEqualTo(0);
    assertThat(device.size()).isEqualTo(SIZE);
  }

  private static final int PAGE = 4096;

  /** A direct buffer whose address is a multiple of the page size, with the bytes given. */
  static ByteBuffer aligned(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length + 2 * PAGE).alignedSlice(PAGE);
    buffer.limit(bytes.length).put(0, bytes);
    return buffer;
  }

  /** Reads through an aligned direct buffer. */
  static byte[] readAligned(BlockDevice device, long byteOffset, int count) throws IOException {
    ByteBuffer target = aligned(new byte[count]);
    device.read(byteOffset, target);
    assertThat(target.hasRemaining()).isFalse();
    byte[] bytes = new byte[count];
    target.get(0, bytes);
    return bytes;
  }

  /** Sizes and alignments that pass the cache of a file, and others, on the same bytes. */
  @Test
  void showsInOneKindOfBufferWhatWasWrittenFromTheOther() throws Exception {
    long seed = newSeed();
    Random random = new Random(seed);
    BlockDevice device = device(40 * (64 << 10) + 1536);
    int size = Math.toIntExact(device.size());
    byte[] model = new byte[size];

    for (int step = 0; step < 200; step++) {
      boolean whole = random.nextBoolean();
      int at = whole ? random.nextInt(size / PAGE) * PAGE : random.nextInt(size);
      int count =
          whole
              ? Math.min((1 + random.nextInt(64)) * PAGE, (size - at) / PAGE * PAGE)
              : random.nextInt(Math.min(size - at, 200_000) + 1);
      byte[] bytes = randomBytes(random, count);
      String what = "seed %d, step %d, %d bytes at byte offset %d".formatted(seed, step, count, at);
      switch (random.nextInt(6)) {
        case 0, 1 -> {
          System.arraycopy(bytes, 0, model, at, count);
          device.write(at, aligned(bytes));
        }
        case 2 -> {
          System.arraycopy(bytes, 0, model, at, count);
          device.write(at, ByteBuffer.wrap(bytes));
        }
        case 3 -> {
          Arrays.fill(model, at, at + count, (byte) 0);
          device.writeZeroes(at, count);
        }
        case 4 ->
            assertThat(Arrays.equals(read(device, at, count), part(model, at, count)))
                .as(what)
                .isTrue();
        default ->
            assertThat(Arrays.equals(readAligned(device, at, count), part(model, at, count)))
                .as(what)
                .isTrue();
      }
    }
    device.flush();
    assertThat(Arrays.equals(read(device, 0, size), model)).as("seed %d", seed).isTrue();
  }

  private static byte[] part(byte[] bytes, int at, int count) {
    return Arrays.copyOfRange(bytes, at, at + count);
  }

  @Test
  void neverClaimsZerosWhereThereAreNone() throws Exception {
    long seed = newSeed();
    Random random = new Random(seed);
    BlockDevice device = device(50 * (64 << 10) + 512);
    int size = Math.toIntExact(device.size());
    byte[] model = new byte[size];

    for (int step = 0; step < 150; step++) {
      int at = random.nextInt(size);
      int count = random.nextInt(Math.min(size - at, random.nextBoolean() ? 600 : 300_000)) + 1;
      String what = "seed %d, step %d, %d bytes at byte offset %d".formatted(seed, step, count, at);
      if (random.nextInt(3) == 0) {
        Arrays.fill(model, at, at + count, (byte) 0);
        device.writeZeroes(at, count);
      } else {
        byte[] bytes = randomBytes(random, count);
        System.arraycopy(bytes, 0, model, at, count);
        device.write(at, random.nextBoolean() ? aligned(bytes) : ByteBuffer.wrap(bytes));
      }
      int from = random.nextInt(size + 1);
      int to = from + random.nextInt(size - from + 1);
      long data = device.nextData(from, to);
      assertThat(data).as(what).isBetween((long) from, (long) to);
      assertThat(part(model, from, (int) data - from))
          .as(what)
          .isEqualTo(new byte[(int) data - from]);
      assertThat(Arrays.equals(part(model, from, to - from), read(device, from, to - from)))
          .as(what)
          .isTrue();
    }
    assertThat(device.nextData(size, size)).isEqualTo(size);
    for (long[] range : new long[][] {{-1, 1}, {0, size + 1L}, {2, 1}, {Long.MIN_VALUE, 0}}) {
      assertThatThrownBy(() -> device.nextData(range[0], range[1]))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void writesZerosAndLeavesWhatIsBesideThem() throws Exception {
    int size = 2 << 20;
    BlockDevice device = device(size);
    byte[] model = randomBytes(new Random(5), size);
    device.write(0, ByteBuffer.wrap(model));

    for (int[] range :
        new int[][] {
          {0, 1},
          {511, 2},
          {4096, 4096},
          {8191, 4098},
          {100_000, 0},
          {200_001, 70_000},
          {size, 0},
          {65536, 65536},
          {1_200_000, size - 1_200_000},
          {size - 512, 512}
        }) {
      Arrays.fill(model, range[0], range[0] + range[1], (byte) 0);
      device.writeZeroes(range[0], range[1]);
      assertThat(Arrays.equals(read(device, 0, size), model))
          .as("%s bytes at %s", range[1], range[0])
          .isTrue();
    }
    device.flush();
    device.write(65537, ByteBuffer.wrap(new byte[] {1}));
    assertThat(read(device, 65536, 3)).containsExactly(0, 1, 0);
    boolean cheap = device.zeroesCheaply();
    assertThat(device.zeroesCheaply()).isEqualTo(cheap);
  }

  @Test
  void discardsNothingBesideWhatItIsTold() throws Exception {
    int size = 1 << 20;
    BlockDevice device = device(size);
    byte[] model = randomBytes(new Random(6), size);

    for (int[] range :
        new int[][] {{0, 1}, {4096, 4096}, {5_000, 100_000}, {size - 70_000, 70_000}, {size, 0}}) {
      device.write(0, ByteBuffer.wrap(model));
      boolean passedOn = device.discard(range[0], range[1]);
      assertThat(passedOn && range[1] == 0).isFalse();
      byte[] found = read(device, 0, size);
      System.arraycopy(model, range[0], found, range[0], range[1]);
      assertThat(Arrays.equals(found, model)).as("%s bytes at %s", range[1], range[0]).isTrue();
    }
    byte[] again = randomBytes(new Random(7), 100_000);
    device.write(5_000, ByteBuffer.wrap(again));
    device.flush();
    assertThat(read(device, 5_000, 100_000)).isEqualTo(again);
  }

  @Test
  void zeroesAndDiscardsOnlyWithinTheDevice() throws Exception {
    BlockDevice device = device(SIZE);
    device.write(0, ByteBuffer.wrap(randomBytes(new Random(8), SIZE)));
    byte[] before = read(device, 0, SIZE);

    for (long[] range :
        new long[][] {
          {SIZE, 1},
          {0, SIZE + 1},
          {-1, 1},
          {-1, 0},
          {SIZE - 1, 2},
          {Long.MAX_VALUE, 1},
          {0, -1},
          {4096, Long.MAX_VALUE}
        }) {
      assertThatThrownBy(() -> device.writeZeroes(range[0], range[1]))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> device.discard(range[0], range[1]))
          .isInstanceOf(IllegalArgumentException.class);
    }

    assertThat(Arrays.equals(read(device, 0, SIZE), before)).isTrue();
  }

  @Test
  void givesTheSameHintsAgain() throws Exception {
    BlockDevice device = device(SIZE);

    IoHints hints = device.hints();

    assertThat(device.hints()).isEqualTo(hints);
    assertThat(hints.queueDepth()).isBetween(1, 64);
    assertThat(hints.transferBytes()).isBetween(64 << 10, 4 << 20);
    assertThat(Integer.bitCount(hints.transferBytes())).isEqualTo(1);
  }

  @FunctionalInterface
  private interface Call {
    void run() throws IOException;
  }
}
