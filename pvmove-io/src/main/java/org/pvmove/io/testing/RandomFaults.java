// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io.testing;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Makes simulated disks fail at random: every now and then it strikes the very operation that a
 * disk is asked for. What it does follows from its seed and the order of operations alone, so that
 * a run on one thread can be repeated; {@code toString} prints the seed and all that was done.
 *
 * <p>One object may go with disks through several power cycles, see {@link #strike}. Thread-safe.
 */
public final class RandomFaults {
  /** At most so many sectors are bad in a row. */
  private static final int MAX_BAD_SECTORS = 8;

  /** At most so many times an error happens that passes. */
  private static final int MAX_TIMES = 3;

  /** At most so many operations are asked for, on all disks, before an absent disk is back. */
  private static final int MAX_ABSENCE = 40;

  /** What may happen. */
  public enum Kind {
    /** Some of the sectors being read cannot be read a few times. */
    PASSING_READ_ERROR,
    /** Some of the sectors being read cannot be read any more. */
    LASTING_READ_ERROR,
    /** Some of the sectors being written cannot be written a few times. */
    PASSING_WRITE_ERROR,
    /** Some of the sectors being written cannot be written any more. */
    LASTING_WRITE_ERROR,
    /** A flush fails, and everything that it was to make durable is undecided. */
    FLUSH_ERROR,
    /** The disk ends earlier from now on. */
    SHRINKING,
    /** The disk vanishes for good. */
    VANISHING,
    /** The disk vanishes and comes back some operations later. */
    ABSENCE,
    /** The power goes: before a read or flush, in the middle of a write, or after it. */
    POWER_CUT;

    private boolean fits(DiskOperation operation) {
      return switch (this) {
        case PASSING_READ_ERROR, LASTING_READ_ERROR -> operation.kind() == DiskOperation.Kind.READ;
        case PASSING_WRITE_ERROR, LASTING_WRITE_ERROR ->
            operation.kind() == DiskOperation.Kind.WRITE;
        case FLUSH_ERROR -> operation.kind() == DiskOperation.Kind.FLUSH;
        case SHRINKING, VANISHING, ABSENCE, POWER_CUT -> true;
      };
    }

    private boolean isLasting() {
      return this == LASTING_READ_ERROR || this == LASTING_WRITE_ERROR;
    }
  }

  /**
   * A fault that happened.
   *
   * @param kind what
   * @param operation which operation it struck
   * @param byteOffset the first bad byte, or the first one that a disk that shrank has lost; else 0
   * @param byteCount how many bytes are bad; 0 if the fault is none of single bytes
   * @param count how many reads or writes fail, how many operations a disk is absent, or how many
   *     sectors were written when the power went; else 0
   */
  public record Injected(
      Kind kind, DiskOperation operation, long byteOffset, long byteCount, int count) {
    /** Name of the disk it happened to. */
    public String disk() {
      return operation.disk();
    }

    /** One line. */
    @Override
    public String toString() {
      String what =
          switch (kind) {
            case PASSING_READ_ERROR, PASSING_WRITE_ERROR ->
                "%d bytes at byte offset %d fail, %d times".formatted(byteCount, byteOffset, count);
            case LASTING_READ_ERROR, LASTING_WRITE_ERROR ->
                "%d bytes at byte offset %d fail for good".formatted(byteCount, byteOffset);
            case FLUSH_ERROR -> "fails";
            case SHRINKING -> "the disk ends at byte offset " + byteOffset;
            case VANISHING -> "the disk vanishes";
            case ABSENCE -> "the disk vanishes for %d operations".formatted(count);
            case POWER_CUT ->
                operation.kind() == DiskOperation.Kind.WRITE
                    ? "the power goes after %d sectors".formatted(count)
                    : "the power goes";
          };
      return kind
          + " at operation %d, %s: %s".formatted(operation.operationCount(), operation, what);
    }
  }

  private final long seed;
  private final int oneIn;
  private final ImmutableSet<Kind> kinds;

  @GuardedBy("this")
  private final Random random;

  @GuardedBy("this")
  private final List<Injected> injected = new ArrayList<>();

  @GuardedBy("this")
  private boolean stopped;

  /**
   * Does nothing until {@link #strike}.
   *
   * @param seed decides what happens when
   * @param oneIn one operation in so many is struck, on average
   * @param kinds what may happen; among those that fit an operation each is as likely
   */
  public RandomFaults(long seed, int oneIn, Set<Kind> kinds) {
    checkArgument(oneIn >= 1, "one operation in %s: expected 1 or more", oneIn);
    this.seed = seed;
    this.oneIn = oneIn;
    this.kinds = ImmutableSet.copyOf(kinds);
    this.random = new Random(seed);
  }

  /** All that may happen. */
  public static ImmutableSet<Kind> allKinds() {
    return ImmutableSet.copyOf(EnumSet.allOf(Kind.class));
  }

  /**
   * Strikes operations on these disks from now on. After a power cut go on with a crash image,
   * whose disks are healthy unless {@link #applyLastingErrors} says otherwise.
   */
  public void strike(SimulatedDisks disks) {
    disks.beforeEachOperation(new Striker(disks));
  }

  /** Strikes no more; absent disks still come back. */
  public synchronized void stop() {
    stopped = true;
  }

  /**
   * Puts all lasting read and write errors so far on disks of the same names: bad sectors are bad
   * after a power cycle too.
   */
  public synchronized void applyLastingErrors(SimulatedDisks disks) {
    for (Injected fault : injected) {
      if (fault.kind().isLasting()) {
        SimulatedBlockDevice disk = disks.disk(fault.disk());
        long byteCount = Math.min(fault.byteCount(), disk.size() - fault.byteOffset());
        if (byteCount > 0) {
          apply(fault.kind(), disk, fault.byteOffset(), byteCount, Integer.MAX_VALUE);
        }
      }
    }
  }

  /** All that happened, in order. */
  public synchronized ImmutableList<Injected> injected() {
    return ImmutableList.copyOf(injected);
  }

  /** The seed and all that happened, a line each. */
  @Override
  public synchronized String toString() {
    StringBuilder text = new StringBuilder();
    text.append("random faults, seed %d, one operation in %d: ".formatted(seed, oneIn));
    text.append(injected.size());
    injected.forEach(fault -> text.append("\n  ").append(fault));
    return text.toString();
  }

  private static void apply(
      Kind kind, SimulatedBlockDevice disk, long byteOffset, long byteCount, int times) {
    if (kind == Kind.PASSING_READ_ERROR || kind == Kind.LASTING_READ_ERROR) {
      disk.failReads(byteOffset, byteCount, times);
    } else {
      disk.failWrites(byteOffset, byteCount, times);
    }
  }

  /** Watches one set of disks. */
  private final class Striker implements Consumer<DiskOperation> {
    private final SimulatedDisks disks;

    /** By which operation each absent disk is back. */
    private final Map<String, Long> absent = new HashMap<>();

    Striker(SimulatedDisks disks) {
      this.disks = disks;
    }

    @Override
    public void accept(DiskOperation operation) {
      synchronized (RandomFaults.this) {
        bringBack(operation.operationCount());
        if (!stopped && random.nextInt(oneIn) == 0) {
          List<Kind> fitting = kinds.stream().filter(kind -> kind.fits(operation)).toList();
          if (!fitting.isEmpty()) {
            injected.add(inject(fitting.get(random.nextInt(fitting.size())), operation));
          }
        }
      }
    }

    private void bringBack(long operationCount) {
      for (Iterator<Map.Entry<String, Long>> i = absent.entrySet().iterator(); i.hasNext(); ) {
        Map.Entry<String, Long> entry = i.next();
        if (entry.getValue() <= operationCount) {
          disks.disk(entry.getKey()).comeBack();
          i.remove();
        }
      }
    }

    @GuardedBy("RandomFaults.this")
    private Injected inject(Kind kind, DiskOperation operation) {
      SimulatedBlockDevice disk = disks.disk(operation.disk());
      return switch (kind) {
        case PASSING_READ_ERROR, PASSING_WRITE_ERROR ->
            injectError(kind, operation, disk, 1 + random.nextInt(MAX_TIMES));
        case LASTING_READ_ERROR, LASTING_WRITE_ERROR ->
            injectError(kind, operation, disk, Integer.MAX_VALUE);
        case FLUSH_ERROR -> {
          disk.failFlushes(1);
          yield new Injected(kind, operation, 0, 0, 1);
        }
        case SHRINKING -> {
          long end = random.nextLong(disk.size());
          disk.shrinkTo(end);
          yield new Injected(kind, operation, end, 0, 0);
        }
        case VANISHING -> {
          disk.vanish();
          absent.remove(operation.disk());
          yield new Injected(kind, operation, 0, 0, 0);
        }
        case ABSENCE -> {
          int operations = 1 + random.nextInt(MAX_ABSENCE);
          disk.vanish();
          absent.put(operation.disk(), operation.operationCount() + operations);
          yield new Injected(kind, operation, 0, 0, operations);
        }
        case POWER_CUT -> {
          if (operation.kind() != DiskOperation.Kind.WRITE) {
            disks.cutPowerAfterWrite(disks.writeCount());
            yield new Injected(kind, operation, 0, 0, 0);
          }
          int sectors = random.nextInt(operation.sectorCount() + 1);
          disks.cutPowerDuringWrite(operation.writeCount(), sectors);
          yield new Injected(kind, operation, 0, 0, sectors);
        }
      };
    }

    @GuardedBy("RandomFaults.this")
    private Injected injectError(
        Kind kind, DiskOperation operation, SimulatedBlockDevice disk, int times) {
      long sector =
          UndecidedWrite.sector(operation.byteOffset()) + random.nextInt(operation.sectorCount());
      long byteOffset = sector * UndecidedWrite.SECTOR_BYTES;
      long byteCount =
          Math.min(
              (1L + random.nextInt(MAX_BAD_SECTORS)) * UndecidedWrite.SECTOR_BYTES,
              disk.size() - byteOffset);
      apply(kind, disk, byteOffset, byteCount, times);
      return new Injected(kind, operation, byteOffset, byteCount, times);
    }
  }
}
