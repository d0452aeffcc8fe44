// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** See {@link BlockDevices#failStop}. */
final class FailStopBlockDevice implements BlockDevice {
  private final BlockDevice device;
  private final AtomicReference<@Nullable Throwable> firstFailure = new AtomicReference<>();
  private final Object flushing = new Object();

  FailStopBlockDevice(BlockDevice device) {
    this.device = device;
  }

  @Override
  public String name() {
    return device.name();
  }

  @Override
  public long size() {
    return device.size();
  }

  @Override
  public int logicalBlockSize() {
    return device.logicalBlockSize();
  }

  @Override
  public boolean readOnly() {
    return device.readOnly();
  }

  @Override
  public void read(long byteOffset, ByteBuffer target) throws IOException {
    checkNotFailed();
    device.read(byteOffset, target);
  }

  @Override
  public void write(long byteOffset, ByteBuffer source) throws IOException {
    checkNotFailed();
    device.write(byteOffset, source);
  }

  @Override
  public void flush() throws IOException {
    // Of two flushes at the same time a system may report the lost write to one and success to the
    // other, although both were asked to make it durable.
    synchronized (flushing) {
      checkNotFailed();
      try {
        device.flush();
      } catch (Throwable e) {
        firstFailure.compareAndSet(null, e);
        throw e;
      }
    }
  }

  @Override
  public boolean readFromDisk(long byteOffset, ByteBuffer target) throws IOException {
    checkNotFailed();
    return device.readFromDisk(byteOffset, target);
  }

  @Override
  public long nextData(long from, long to) throws IOException {
    checkNotFailed();
    return device.nextData(from, to);
  }

  @Override
  public void writeZeroes(long from, long count) throws IOException {
    checkNotFailed();
    device.writeZeroes(from, count);
  }

  @Override
  public boolean zeroesCheaply() {
    return device.zeroesCheaply();
  }

  @Override
  public boolean discard(long from, long count) throws IOException {
    checkNotFailed();
    return device.discard(from, count);
  }

  @Override
  public IoHints hints() {
    return device.hints();
  }

  @Override
  public @Nullable RangeLock tryLock(long byteOffset, long byteCount) throws IOException {
    return device.tryLock(byteOffset, byteCount);
  }

  @Override
  public void close() throws IOException {
    device.close();
  }

  @Override
  public String toString() {
    return device + " (fail-stop)";
  }

  private void checkNotFailed() throws IOException {
    Throwable failure = firstFailure.get();
    if (failure != null) {
      throw new IOException("'" + name() + "' was given up after: " + failure, failure);
    }
  }
}
