// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io.testing;

import com.google.common.hash.HashCode;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.io.internal.SparseImage;

/**
 * A disk of {@link SimulatedDisks}, where the fault model is stated. Several faults may be asked
 * for, also on the same bytes. A disk that has gone away altogether is one whose every byte fails.
 */
public final class SimulatedBlockDevice implements BlockDevice {
  private static final int LOGICAL_BLOCK_SIZE = 512;

  private final SimulatedDisks disks;
  private final String name;
  private final long size;

  /** What reads see: the durable bytes with everything undecided on top. */
  @GuardedBy("disks")
  private final SparseImage live;

  @GuardedBy("disks")
  private SparseImage durable;

  /** Writes that the next flush makes durable, oldest first. */
  @GuardedBy("disks")
  private final List<UndecidedWrite> unflushed = new ArrayList<>();

  /** Writes that no flush makes durable any more, because one failed; older than the unflushed. */
  @GuardedBy("disks")
  private final List<UndecidedWrite> abandoned = new ArrayList<>();

  @GuardedBy("disks")
  private final List<Fault> readFaults = new ArrayList<>();

  @GuardedBy("disks")
  private final List<Fault> writeFaults = new ArrayList<>();

  @GuardedBy("disks")
  private int failingFlushes;

  @GuardedBy("disks")
  private boolean closed;

  SimulatedBlockDevice(SimulatedDisks disks, String name, SparseImage contents) {
    this.disks = disks;
    this.name = name;
    this.size = contents.size();
    this.durable = contents;
    this.live = contents.snapshot();
  }

  /** Makes every read that touches these bytes fail. */
  public void failReads(long byteOffset, long byteCount) {
    failReads(byteOffset, byteCount, Integer.MAX_VALUE);
  }

  /**
   * Makes reads that touch these bytes fail.
   *
   * @param times how many such reads fail before they succeed
   */
  public void failReads(long byteOffset, long byteCount, int times) {
    BlockDevices.checkRange(this, byteOffset, byteCount);
    synchronized (disks) {
      readFaults.add(new Fault(byteOffset, byteCount, times));
    }
  }

  /** Makes every write that touches these bytes fail. */
  public void failWrites(long byteOffset, long byteCount) {
    failWrites(byteOffset, byteCount, Integer.MAX_VALUE);
  }

  /**
   * Makes writes that touch these bytes fail.
   *
   * @param times how many such writes fail before they succeed
   */
  public void failWrites(long byteOffset, long byteCount, int times) {
    BlockDevices.checkRange(this, byteOffset, byteCount);
    synchronized (disks) {
      writeFaults.add(new Fault(byteOffset, byteCount, times));
    }
  }

  /**
   * Makes the next flushes fail.
   *
   * @param times how many of them
   */
  public void failFlushes(int times) {
    synchronized (disks) {
      failingFlushes = times;
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public int logicalBlockSize() {
    return LOGICAL_BLOCK_SIZE;
  }

  @Override
  public boolean readOnly() {
    return false;
  }

  @Override
  public void read(long byteOffset, ByteBuffer target) throws IOException {
    BlockDevices.checkRange(this, byteOffset, target.remaining());
    synchronized (disks) {
      checkUsable();
      long bad = Fault.strike(readFaults, byteOffset, target.remaining());
      if (bad >= 0) {
        throw injected("read", bad);
      }
      live.read(byteOffset, target);
    }
  }

  /** Reads without the writes that a flush lost, which other reads go on showing. */
  @Override
  public boolean readFromDisk(long byteOffset, ByteBuffer target) throws IOException {
    BlockDevices.checkRange(this, byteOffset, target.remaining());
    synchronized (disks) {
      checkUsable();
      long bad = Fault.strike(readFaults, byteOffset, target.remaining());
      if (bad >= 0) {
        throw injected("read", bad);
      }
      SparseImage disk = durable.snapshot();
      unflushed.forEach(write -> write.applyTo(disk));
      disk.read(byteOffset, target);
    }
    return true;
  }

  @Override
  public void write(long byteOffset, ByteBuffer source) throws IOException {
    BlockDevices.checkRange(this, byteOffset, source.remaining());
    synchronized (disks) {
      checkUsable();
      int count = source.remaining();
      if (count == 0) {
        return;
      }
      DiskOperation operation = disks.countWrite(name, byteOffset, count);
      int sectors = disks.sectorsThatReachTheDisk();
      long bad = Fault.strike(writeFaults, byteOffset, count);
      long end = byteOffset + count;
      long powerEnd = (UndecidedWrite.sector(byteOffset) + sectors) * UndecidedWrite.SECTOR_BYTES;
      long faultEnd = bad < 0 ? end : UndecidedWrite.sector(bad) * UndecidedWrite.SECTOR_BYTES;
      carryOut(operation, Math.min(end, Math.min(powerEnd, faultEnd)), source);
      // The last write returns if it is whole, and throws if the cut was to happen during it.
      if (sectors != Integer.MAX_VALUE) {
        throw disks.powerCut();
      }
      if (bad >= 0) {
        throw injected("write", bad);
      }
      source.position(source.limit());
    }
  }

  @GuardedBy("disks")
  private void carryOut(DiskOperation operation, long to, ByteBuffer source) {
    long from = operation.byteOffset();
    if (from < to) {
      live.write(from, source.slice(source.position(), (int) (to - from)));
      unflushed.add(UndecidedWrite.capture(operation, live, from, to));
    }
  }

  @Override
  public void flush() throws IOException {
    synchronized (disks) {
      checkUsable();
      disks.countFlush(name);
      if (failingFlushes > 0) {
        failingFlushes--;
        abandoned.addAll(unflushed);
        unflushed.clear();
        throw new IOException("'" + name + "': injected flush error (" + disks + ")");
      }
      if (abandoned.isEmpty()) {
        durable = live.snapshot();
      } else {
        for (UndecidedWrite write : unflushed) {
          write.applyTo(durable);
          abandoned.forEach(older -> older.overwrittenBy(write));
        }
        abandoned.removeIf(UndecidedWrite::isDecided);
      }
      unflushed.clear();
    }
  }

  /** Refuses all further calls. The disk keeps its bytes, and what was undecided is undecided. */
  @Override
  public void close() {
    synchronized (disks) {
      closed = true;
    }
  }

  @Override
  public String toString() {
    return name + " of " + disks;
  }

  /** What is left if every undecided write is lost. */
  SparseImage durableContents() {
    synchronized (disks) {
      return durable.snapshot();
    }
  }

  /** The writes that a power loss now would decide on, oldest first. */
  List<UndecidedWrite> undecided() {
    synchronized (disks) {
      List<UndecidedWrite> undecided = new ArrayList<>(abandoned);
      undecided.addAll(unflushed);
      return undecided;
    }
  }

  HashCode contentHash() {
    synchronized (disks) {
      return live.contentHash();
    }
  }

  @GuardedBy("disks")
  private void checkUsable() throws IOException {
    disks.checkPower();
    if (closed) {
      throw new IOException("'" + name + "' is closed");
    }
  }

  private IOException injected(String verb, long bad) {
    return new IOException(
        "'%s': injected %s error at byte offset %d (%s)".formatted(name, verb, bad, disks));
  }
}
