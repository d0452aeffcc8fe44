// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** See {@link BlockDevices#readOnly}. */
final class ReadOnlyBlockDevice implements BlockDevice {
  private final BlockDevice device;

  ReadOnlyBlockDevice(BlockDevice device) {
    this.device = device;
  }

  /** What every implementation here says when it is written to but read-only. */
  static IllegalStateException refusal(BlockDevice device) {
    return new IllegalStateException("'" + device.name() + "' is read-only");
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
    return true;
  }

  @Override
  public void read(long byteOffset, ByteBuffer target) throws IOException {
    device.read(byteOffset, target);
  }

  @Override
  public void write(long byteOffset, ByteBuffer source) {
    throw refusal(this);
  }

  @Override
  public void flush() throws IOException {
    device.flush();
  }

  @Override
  public boolean readFromDisk(long byteOffset, ByteBuffer target) throws IOException {
    return device.readFromDisk(byteOffset, target);
  }

  @Override
  public long nextData(long from, long to) throws IOException {
    return device.nextData(from, to);
  }

  @Override
  public void writeZeroes(long from, long count) {
    throw refusal(this);
  }

  @Override
  public boolean discard(long from, long count) {
    throw refusal(this);
  }

  @Override
  public IoHints hints() {
    return device.hints();
  }

  @Override
  public @Nullable RangeLock tryLock(long byteOffset, long byteCount) {
    throw refusal(this);
  }

  @Override
  public void close() throws IOException {
    device.close();
  }

  @Override
  public String toString() {
    return device + " (read-only)";
  }
}
