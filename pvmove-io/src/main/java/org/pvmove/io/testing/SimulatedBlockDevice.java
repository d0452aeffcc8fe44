// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io.testing;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.hash.HashCode;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.io.IoHints;
import org.pvmove.io.RangeLock;
import org.pvmove.io.internal.SparseImage;

/**
 * A disk of {@link SimulatedDisks}, where the fault model is stated. Several faults may be asked
 * for, also on the same bytes. They begin at once; {@link SimulatedDisks#beforeEachOperation} lets
 * them begin at a given write or operation.
 */
public final class SimulatedBlockDevice implements BlockDevice {
  private final SimulatedDisks disks;
  private final String name;
  private final long size;
  private final int logicalBlockSize;

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

  /** Where the disk ends now; there is nothing left of what is behind. */
  @GuardedBy("disks")
  private long end;

  @GuardedBy("disks")
  private boolean vanished;

  @GuardedBy("disks")
  private boolean closed;

  /** How long requests take; null if no time. */
  @GuardedBy("disks")
  private @Nullable Speed speed;

  /** When the disk will have served all requests that it has got, by the clock of its speed. */
  @GuardedBy("disks")
  private long busyUntil;

  /** Whether it tells where nothing was ever written. */
  @GuardedBy("disks")
  private boolean sparse;

  /** How it is best used; null if that is not known. */
  @GuardedBy("disks")
  private @Nullable IoHints hints;

  private record Speed(long nanosPerRequest, long bytesPerSecond, DiskClock clock) {
    long nanos(long byteCount) {
      return nanosPerRequest + byteCount * 1_000_000_000L / bytesPerSecond;
    }
  }

  SimulatedBlockDevice(
      SimulatedDisks disks, String name, SparseImage contents, int logicalBlockSize) {
    this.disks = disks;
    this.name = name;
    this.size = contents.size();
    this.logicalBlockSize = logicalBlockSize;
    this.end = size;
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

  /**
   * Makes the disk end earlier, while {@link #size()} stays what it was when the disk was opened.
   *
   * @param byteCount how many bytes are left, from 0 to {@code size()}. With {@code size()} the
   *     disk is whole again and holds behind the old end what it held there, as after a mistake in
   *     a partition table that was put right.
   */
  public void shrinkTo(long byteCount) {
    checkArgument(
        byteCount >= 0 && byteCount <= size,
        "'%s' cannot shrink to %s bytes: it has %s",
        name,
        byteCount,
        size);
    synchronized (disks) {
      end = byteCount;
      loseCache();
    }
  }

  /** Makes every call fail, until the disk {@linkplain #comeBack() comes back}. */
  public void vanish() {
    synchronized (disks) {
      vanished = true;
      loseCache();
    }
  }

  /** Brings the disk back that {@linkplain #vanish() vanished}. */
  public void comeBack() {
    synchronized (disks) {
      vanished = false;
    }
  }

  /**
   * Lets requests take time. The disk serves one request after the other, in the order in which
   * they were made; other disks serve theirs meanwhile. A request has its effect, or fails, at the
   * end of its service time, and it is then that it gets its place in the {@linkplain
   * SimulatedDisks#trace() trace}. Crash images are fast again.
   *
   * @param perRequest what each read, write and flush takes beside the time for its bytes
   * @param bytesPerSecond how fast bytes are read and written, at least 1
   * @param clock the time in which this happens
   */
  public void slowDown(Duration perRequest, long bytesPerSecond, DiskClock clock) {
    checkArgument(!perRequest.isNegative(), "%s a request: expected 0 or more", perRequest);
    checkArgument(bytesPerSecond > 0, "%s bytes per second: expected 1 or more", bytesPerSecond);
    synchronized (disks) {
      speed = new Speed(perRequest.toNanos(), bytesPerSecond, clock);
      busyUntil = clock.nanos();
    }
  }

  /**
   * Lets {@link #nextData} tell where there are no bytes but zeros, as a sparse image file does.
   * That is no operation: it takes no time, is not counted and meets no read error. Crash images do
   * not tell.
   *
   * @param sparse whether it does; at first it does not
   */
  public void sparse(boolean sparse) {
    synchronized (disks) {
      this.sparse = sparse;
    }
  }

  /** Sets what {@link #hints()} says, which is the default at first, also of crash images. */
  public void hints(IoHints hints) {
    synchronized (disks) {
      this.hints = checkNotNull(hints);
    }
  }

  /** Waits for the end of a request's service time, without keeping other disks from theirs. */
  private void serve(long byteCount) throws IOException {
    Speed mine;
    long served;
    synchronized (disks) {
      mine = speed;
      if (mine == null) {
        return;
      }
      checkUsable();
      served = Math.max(busyUntil, mine.clock().nanos()) + mine.nanos(byteCount);
      busyUntil = served;
    }
    mine.clock().waitUntil(served);
  }

  /** Nothing would say otherwise that it may be lost what nobody flushed meanwhile. */
  @GuardedBy("disks")
  private void loseCache() {
    if (!unflushed.isEmpty()) {
      abandonUnflushed();
      failingFlushes = Math.max(failingFlushes, 1);
    }
  }

  @GuardedBy("disks")
  private void abandonUnflushed() {
    abandoned.addAll(unflushed);
    unflushed.clear();
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
    return logicalBlockSize;
  }

  @Override
  public boolean readOnly() {
    return false;
  }

  @Override
  public void read(long byteOffset, ByteBuffer target) throws IOException {
    int count = target.remaining();
    BlockDevices.checkRange(this, byteOffset, count);
    serve(count);
    synchronized (disks) {
      beginRead(byteOffset, count);
      live.read(byteOffset, target);
    }
  }

  /** Throws if the disk cannot be read there. */
  @GuardedBy("disks")
  private void beginRead(long byteOffset, int count) throws IOException {
    checkUsable();
    if (count > 0) {
      disks.begin(DiskOperation.Kind.READ, name, byteOffset, count);
    }
    checkThere();
    if (byteOffset + count > end) {
      throw endedAt(Math.max(byteOffset, end));
    }
    long bad = Fault.strike(readFaults, byteOffset, count);
    if (bad >= 0) {
      throw injected("read", bad);
    }
  }

  private EOFException endedAt(long at) {
    return new EOFException(
        "'%s' ended at byte offset %d: expected the %d bytes it had when opened"
            .formatted(name, at, size));
  }

  /** Reads without the writes that a flush lost, which other reads go on showing. */
  @Override
  public boolean readFromDisk(long byteOffset, ByteBuffer target) throws IOException {
    int count = target.remaining();
    BlockDevices.checkRange(this, byteOffset, count);
    serve(count);
    synchronized (disks) {
      beginRead(byteOffset, count);
      SparseImage disk = durable.snapshot();
      unflushed.forEach(write -> write.applyTo(disk));
      disk.read(byteOffset, target);
    }
    return true;
  }

  @Override
  public void write(long byteOffset, ByteBuffer source) throws IOException {
    int count = source.remaining();
    BlockDevices.checkRange(this, byteOffset, count);
    serve(count);
    synchronized (disks) {
      checkUsable();
      if (count == 0) {
        throwIfAny(refusal());
        return;
      }
      DiskOperation operation = disks.begin(DiskOperation.Kind.WRITE, name, byteOffset, count);
      int sectors = disks.sectorsThatReachTheDisk();
      IOException failure = refusal();
      long writtenEnd = failure == null ? byteOffset + count : byteOffset;
      long bad = failure == null ? Fault.strike(writeFaults, byteOffset, count) : -1;
      if (bad >= 0) {
        writtenEnd = UndecidedWrite.sector(bad) * UndecidedWrite.SECTOR_BYTES;
        failure = injected("write", bad);
      }
      long powerEnd = (UndecidedWrite.sector(byteOffset) + sectors) * UndecidedWrite.SECTOR_BYTES;
      carryOut(operation, Math.min(writtenEnd, powerEnd), source);
      // The last write returns if it is whole, and throws if the cut was to happen during it.
      if (sectors != Integer.MAX_VALUE) {
        throw disks.powerCut();
      }
      throwIfAny(failure);
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
    serve(0);
    synchronized (disks) {
      checkUsable();
      disks.begin(DiskOperation.Kind.FLUSH, name, 0, 0);
      IOException failure = refusal();
      if (failure == null && failingFlushes > 0) {
        failingFlushes--;
        failure = new IOException("'" + name + "': injected flush error (" + disks + ")");
      }
      if (failure != null) {
        abandonUnflushed();
        throw failure;
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

  @Override
  public long nextData(long from, long to) throws IOException {
    BlockDevices.checkRange(this, from, to - from);
    synchronized (disks) {
      checkUsable();
      checkThere();
      if (to > end) {
        throw endedAt(Math.max(from, end));
      }
      return sparse ? live.nextData(from, to) : from;
    }
  }

  @Override
  public IoHints hints() {
    synchronized (disks) {
      return hints == null ? BlockDevice.super.hints() : hints;
    }
  }

  /** Locks as long as this object lives: a crash image is free of locks. */
  @Override
  public @Nullable RangeLock tryLock(long byteOffset, long byteCount) throws IOException {
    synchronized (disks) {
      checkUsable();
      checkThere();
    }
    return BlockDevice.super.tryLock(byteOffset, byteCount);
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

  /** Those of the bytes of this disk's size that are before its end. */
  SparseImage withoutWhatIsCutOff(SparseImage contents) {
    synchronized (disks) {
      return end == size ? contents : contents.truncated(end);
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

  @GuardedBy("disks")
  private void checkThere() throws IOException {
    if (vanished) {
      throw gone();
    }
  }

  /** Why nothing can be written or flushed. */
  @GuardedBy("disks")
  private @Nullable IOException refusal() {
    if (vanished) {
      return gone();
    }
    return end < size
        ? new EOFException(
            "'%s' has shrunk: expected the %d bytes it had when opened, found %d"
                .formatted(name, size, end))
        : null;
  }

  private static void throwIfAny(@Nullable IOException failure) throws IOException {
    if (failure != null) {
      throw failure;
    }
  }

  private IOException gone() {
    return new IOException("'" + name + "' has vanished (" + disks + ")");
  }

  private IOException injected(String verb, long bad) {
    return new IOException(
        "'%s': injected %s error at byte offset %d (%s)".formatted(name, verb, bad, disks));
  }
}
