// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import static com.google.common.base.Preconditions.checkNotNull;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.pvmove.io.internal.SparseImage;

/** See {@link BlockDevices#inMemory}. */
final class MemoryBlockDevice implements BlockDevice {
  private final String name;
  private final long size;

  /** Null once closed, so that a closed device holds no memory. */
  @GuardedBy("this")
  private @Nullable SparseImage image;

  MemoryBlockDevice(String name, long size) {
    this.name = checkNotNull(name);
    this.size = size;
    this.image = new SparseImage(size);
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
    return BlockDevices.USUAL_BLOCK_SIZE;
  }

  @Override
  public boolean readOnly() {
    return false;
  }

  @Override
  public synchronized void read(long byteOffset, ByteBuffer target) throws IOException {
    BlockDevices.checkRange(this, byteOffset, target.remaining());
    openImage().read(byteOffset, target);
  }

  @Override
  public boolean readFromDisk(long byteOffset, ByteBuffer target) throws IOException {
    read(byteOffset, target);
    return true;
  }

  @Override
  public synchronized void write(long byteOffset, ByteBuffer source) throws IOException {
    BlockDevices.checkRange(this, byteOffset, source.remaining());
    openImage().write(byteOffset, source);
  }

  @Override
  public synchronized long nextData(long from, long to) throws IOException {
    BlockDevices.checkRange(this, from, to - from);
    return openImage().nextData(from, to);
  }

  @Override
  public synchronized void writeZeroes(long from, long count) throws IOException {
    BlockDevices.checkRange(this, from, count);
    openImage().zero(from, count);
  }

  @Override
  public boolean zeroesCheaply() {
    return true;
  }

  /** Gives the memory back. */
  @Override
  public boolean discard(long from, long count) throws IOException {
    writeZeroes(from, count);
    return count > 0;
  }

  @Override
  public synchronized void flush() throws IOException {
    // Memory is as durable as it will ever be.
    SparseImage unused = openImage();
  }

  @Override
  public synchronized void close() {
    image = null;
  }

  @Override
  public String toString() {
    return name;
  }

  @GuardedBy("this")
  private SparseImage openImage() throws IOException {
    if (image == null) {
      throw new IOException("'" + name + "' is closed");
    }
    return image;
  }
}
