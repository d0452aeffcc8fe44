// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io.testing;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.hash.HashCode;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.pvmove.io.internal.SparseImage;

/**
 * Disks in memory that share a power supply, so that a test can cut it at any write and look at
 * what could be left.
 *
 * <h2>The fault model</h2>
 *
 * <ul>
 *   <li><b>Cache.</b> A write is seen at once by reads and is not durable. A flush makes durable
 *       what its disk was given before, and nothing of other disks.
 *   <li><b>Power loss</b> hits all disks between two operations or in the middle of one write, of
 *       which then the first sectors only were carried out. From then on every read, write and
 *       flush throws {@link PowerCutException}. What had not been flushed is undecided: {@link
 *       #crashImage} says how it is decided and gives the disks as they come up again.
 *   <li><b>Sectors</b> of 512 bytes are atomic, whatever the size of a disk's logical blocks:
 *       drives that address 4096 bytes at a time write these whole, but not all that lies between
 *       them and the program does; and what survives tearing at 512 bytes survives it at 4096.
 *       Undecided, a sector holds what was durable or what it held after any one of the later
 *       writes to it, whatever becomes of other sectors: writes may be lost, torn and reordered.
 *   <li><b>Read errors</b> and <b>write errors</b> happen where {@link SimulatedBlockDevice} was
 *       told, always or a number of times. A failing read returns nothing; a failing write has
 *       carried out the sectors before the first bad one.
 *   <li><b>Flush errors</b> leave everything that was to be flushed undecided, for good: a later
 *       flush that succeeds covers only what was written after the failed one, though reads go on
 *       showing the rest. This is what Linux does, and why a flush must not be tried again.
 *   <li><b>A disk shrinks</b> as an image file does that is truncated: reads beyond its end throw
 *       {@link java.io.EOFException}, and so does every write and flush, whatever its place.
 *   <li><b>A disk vanishes</b>: every call fails, until it comes back, if it does. A disk that
 *       shrinks or vanishes loses its cache: what was not flushed is undecided for good, and the
 *       next flush fails to say so.
 * </ul>
 *
 * Not simulated: a disk that lies about flushes, bytes that change by themselves, and a power loss
 * that damages sectors which nobody wrote.
 *
 * <p>A disk that shrank comes up again as small as it was left, one that vanished comes up again:
 * leave it out where it shall stay away.
 *
 * <p>There is no randomness but {@link Unflushed#RANDOM}, which follows from the seed and the order
 * of calls; {@code toString} and every {@link PowerCutException} print the seed. Time is the {@link
 * #trace()}, the order of writes and flushes over all disks, unless disks are {@linkplain
 * SimulatedBlockDevice#slowDown slowed down}.
 *
 * <p>Contents are shared between disks and their crash images until written to, so a crash image
 * costs about as much as the writes that were undecided. Thread-safe; operations on disks of one
 * set take effect one at a time, but slow disks of one set serve their requests at the same time.
 */
public final class SimulatedDisks {
  private final long seed;

  @GuardedBy("this")
  private final Random random;

  @GuardedBy("this")
  private final Map<String, SimulatedBlockDevice> disks = new LinkedHashMap<>();

  @GuardedBy("this")
  private final List<DiskOperation> trace = new ArrayList<>();

  @GuardedBy("this")
  private final List<Consumer<DiskOperation>> beforeEach = new ArrayList<>();

  @GuardedBy("this")
  private long writeCount;

  @GuardedBy("this")
  private long operationCount;

  /** The last write to reach a disk; the power goes in it or after it. */
  @GuardedBy("this")
  private long lastWrite = Long.MAX_VALUE;

  /** How many sectors of the last write reach the disk. */
  @GuardedBy("this")
  private int sectorsOfLastWrite = Integer.MAX_VALUE;

  @GuardedBy("this")
  private boolean powerIsOff;

  /**
   * No disks yet.
   *
   * @param seed decides all that is random
   */
  public SimulatedDisks(long seed) {
    this.seed = seed;
    this.random = new Random(seed);
  }

  /** What decides all that is random. */
  public long seed() {
    return seed;
  }

  /**
   * Adds a disk full of zeros, with 512-byte logical blocks. To start from other contents, write
   * and flush them and go on with a {@link #crashImage}, whose counts begin anew.
   *
   * @param name not that of another disk of this set
   * @param size in bytes, not negative
   */
  public SimulatedBlockDevice add(String name, long size) {
    return add(name, size, UndecidedWrite.SECTOR_BYTES);
  }

  /**
   * Adds a disk full of zeros with logical blocks of another size.
   *
   * @param logicalBlockSize in bytes, a power of two, at least 512; it is told to those who ask,
   *     and does not change what the disk does: writes are torn at 512 bytes nevertheless
   */
  public synchronized SimulatedBlockDevice add(String name, long size, int logicalBlockSize) {
    checkArgument(
        logicalBlockSize >= UndecidedWrite.SECTOR_BYTES && Integer.bitCount(logicalBlockSize) == 1,
        "logical block size of %s bytes: expected a power of two, at least 512",
        logicalBlockSize);
    return add(name, new SparseImage(size), logicalBlockSize);
  }

  @CanIgnoreReturnValue
  @GuardedBy("this")
  private SimulatedBlockDevice add(String name, SparseImage contents, int logicalBlockSize) {
    checkArgument(!disks.containsKey(name), "disk '%s' is already there", name);
    SimulatedBlockDevice disk = new SimulatedBlockDevice(this, name, contents, logicalBlockSize);
    disks.put(name, disk);
    return disk;
  }

  /** The disk of that name. */
  public synchronized SimulatedBlockDevice disk(String name) {
    SimulatedBlockDevice disk = disks.get(name);
    checkArgument(disk != null, "expected one of the disks %s, found '%s'", disks.keySet(), name);
    return disk;
  }

  /** All disks, in the order in which they were added. */
  public synchronized ImmutableList<SimulatedBlockDevice> disks() {
    return ImmutableList.copyOf(disks.values());
  }

  /** The writes and flushes so far, in the order in which they happened. */
  public synchronized ImmutableList<DiskOperation> trace() {
    return ImmutableList.copyOf(trace);
  }

  /** How many writes all disks together were asked for; empty writes do not count. */
  public synchronized long writeCount() {
    return writeCount;
  }

  /** How many reads, writes and flushes all disks together were asked for, without empty ones. */
  public synchronized long operationCount() {
    return operationCount;
  }

  /**
   * Does something before every read, write and flush: takes crash images, or makes the disk fail,
   * shrink or vanish, or cuts the power, which all apply to that operation already.
   *
   * @param action is called on the thread that asks for the operation, while all disks wait; it
   *     must not read, write or flush the disks itself. Actions are called in the order in which
   *     they were given.
   */
  public synchronized void beforeEachOperation(Consumer<DiskOperation> action) {
    beforeEach.add(action);
  }

  /** Whether the power was cut. */
  public synchronized boolean powerIsOff() {
    return powerIsOff;
  }

  /**
   * Cuts the power right after a write has returned.
   *
   * @param n which write, counted from 1 over all disks since this set was made; {@link
   *     #writeCount()} cuts the power now
   */
  public synchronized void cutPowerAfterWrite(long n) {
    checkArgument(
        n >= writeCount,
        "cannot cut the power after write %s: there were %s writes",
        n,
        writeCount);
    lastWrite = n;
    sectorsOfLastWrite = Integer.MAX_VALUE;
    powerIsOff |= n == writeCount;
  }

  /**
   * Cuts the power during a write, which throws {@link PowerCutException}.
   *
   * @param n which write, counted from 1 over all disks since this set was made
   * @param sectors how many of the 512-byte sectors that it touches were carried out by then, from
   *     the first one on; as undecided as whole writes. With as many as it touches or more, only
   *     the answer is lost.
   */
  public synchronized void cutPowerDuringWrite(long n, int sectors) {
    checkArgument(
        n > writeCount,
        "cannot cut the power during write %s: there were %s writes",
        n,
        writeCount);
    checkArgument(sectors >= 0, "%s sectors: expected 0 or more", sectors);
    lastWrite = n;
    sectorsOfLastWrite = sectors;
  }

  /**
   * The writes whose fate a power loss now would decide on, or that of the past did: in the order
   * in which they were made, over all disks. Their number says how many {@linkplain
   * #crashImage(BitSet) subsets} there are. A write that failed half-way counts if it touched a
   * sector; one of which later durable writes replaced everything does not.
   */
  public synchronized ImmutableList<DiskOperation> undecidedWrites() {
    return undecided().stream()
        .map(UndecidedWrite::operation)
        .collect(ImmutableList.toImmutableList());
  }

  @GuardedBy("this")
  private List<UndecidedWrite> undecided() {
    List<UndecidedWrite> undecided = new ArrayList<>();
    disks.values().forEach(disk -> undecided.addAll(disk.undecided()));
    undecided.sort(Comparator.comparingInt(write -> write.operation().index()));
    return undecided;
  }

  /**
   * The disks as they could come up again if the power went now, or as it did go: of the same names
   * and sizes, everything on them durable, with power, no faults and an empty trace. This set stays
   * as it is, so there can be many images of one moment.
   *
   * @param choice what becomes of writes that were not flushed
   */
  public synchronized SimulatedDisks crashImage(Unflushed choice) {
    Random source = random;
    return crashImage(
        (index, write, contents) -> {
          switch (choice) {
            case KEPT -> write.applyTo(contents);
            case LOST -> {}
            case RANDOM -> {
              switch (source.nextInt(3)) {
                case 0 -> write.applyTo(contents);
                case 1 -> {}
                default -> write.applySomeSectorsTo(contents, source);
              }
            }
          }
        });
  }

  /**
   * The disks as they could come up again if a subset of the {@link #undecidedWrites()} had reached
   * them, each of it whole. With every subset a test sees every order in which whole writes can
   * reach the disks.
   *
   * @param kept bit {@code i} says whether the write with index {@code i} in that list did
   */
  public SimulatedDisks crashImage(BitSet kept) {
    return crashImage(kept, Integer.MAX_VALUE);
  }

  /**
   * The disks as they could come up again if a subset of the {@link #undecidedWrites()} had reached
   * them and the power had gone during the last of them. It is what {@link #cutPowerDuringWrite}
   * leaves, without a run for each place to cut.
   *
   * @param kept bit {@code i} says whether the write with index {@code i} in that list did
   * @param sectorsOfLastWrite how many of the 512-byte sectors of the last write in the list did,
   *     from the first one on, if it is kept; of others that are kept all did
   */
  public synchronized SimulatedDisks crashImage(BitSet kept, int sectorsOfLastWrite) {
    int last = undecided().size() - 1;
    checkArgument(
        kept.length() <= last + 1,
        "write %s cannot be kept: %s writes are undecided",
        kept.length() - 1,
        last + 1);
    checkArgument(sectorsOfLastWrite >= 0, "%s sectors: expected 0 or more", sectorsOfLastWrite);
    return crashImage(
        (index, write, contents) -> {
          if (kept.get(index)) {
            if (index == last) {
              write.applyFirstSectorsTo(contents, sectorsOfLastWrite);
            } else {
              write.applyTo(contents);
            }
          }
        });
  }

  /** What becomes of an undecided write. */
  private interface Decision {
    void on(int index, UndecidedWrite write, SparseImage contents);
  }

  @GuardedBy("this")
  private SimulatedDisks crashImage(Decision decision) {
    Map<String, SparseImage> contents = new LinkedHashMap<>();
    disks.forEach((name, disk) -> contents.put(name, disk.durableContents()));
    int index = 0;
    for (UndecidedWrite write : undecided()) {
      decision.on(index++, write, checkNotNull(contents.get(write.operation().disk())));
    }
    SimulatedDisks image = new SimulatedDisks(random.nextLong());
    synchronized (image) {
      disks.forEach(
          (name, disk) ->
              image.add(
                  name,
                  disk.withoutWhatIsCutOff(checkNotNull(contents.get(name))),
                  disk.logicalBlockSize()));
    }
    return image;
  }

  /**
   * A hash of the names, the sizes and all that reads would see, of 128 bits: to tell crash images
   * apart. It costs no more than reading what was written since a set that this one is an image of
   * was asked.
   */
  public synchronized HashCode contentHash() {
    Hasher hasher = Hashing.murmur3_128().newHasher();
    disks.forEach(
        (name, disk) ->
            hasher
                .putInt(name.length())
                .putUnencodedChars(name)
                .putBytes(disk.contentHash().asBytes()));
    return hasher.hash();
  }

  /** Names the seed, the disks and how far they came. */
  @Override
  public synchronized String toString() {
    return "simulated disks %s, seed %d, %d writes%s"
        .formatted(disks.keySet(), seed, writeCount, powerIsOff ? ", power off" : "");
  }

  @GuardedBy("this")
  void checkPower() throws PowerCutException {
    if (powerIsOff) {
      throw powerCut();
    }
  }

  PowerCutException powerCut() {
    return new PowerCutException("the power was cut: " + this);
  }

  /**
   * Lets those who asked for it do something before an operation, then counts it.
   *
   * @throws PowerCutException if the power is off, or was cut right now
   */
  @CanIgnoreReturnValue
  @GuardedBy("this")
  DiskOperation begin(DiskOperation.Kind kind, String disk, long byteOffset, long byteCount)
      throws PowerCutException {
    boolean write = kind == DiskOperation.Kind.WRITE;
    DiskOperation operation =
        new DiskOperation(
            trace.size(),
            kind,
            disk,
            byteOffset,
            byteCount,
            writeCount + (write ? 1 : 0),
            operationCount + 1);
    beforeEach.forEach(action -> action.accept(operation));
    checkPower();
    operationCount++;
    if (kind != DiskOperation.Kind.READ) {
      trace.add(operation);
    }
    if (write) {
      writeCount++;
      powerIsOff = writeCount == lastWrite;
    }
    return operation;
  }

  /** How many sectors of the write that began last reach the disk before the power goes. */
  @GuardedBy("this")
  int sectorsThatReachTheDisk() {
    return powerIsOff ? sectorsOfLastWrite : Integer.MAX_VALUE;
  }
}
