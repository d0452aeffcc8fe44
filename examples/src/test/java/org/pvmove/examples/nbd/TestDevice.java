// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.io.testing.ForwardingDevice;

/** A device in memory that tells what is done to it, and lets a test step in before. */
final class TestDevice extends ForwardingDevice {
  private final BlockDevice memory;
  private final List<String> log = new CopyOnWriteArrayList<>();
  private volatile Step before = (what, at) -> {};

  TestDevice(long size) {
    this(BlockDevices.inMemory("memory", size));
  }

  private TestDevice(BlockDevice memory) {
    super(memory);
    this.memory = memory;
  }

  /** What is done before an operation, on its thread. */
  interface Step {
    void on(String what, long at) throws IOException;
  }

  void before(Step step) {
    before = step;
  }

  /** What was done so far, as in {@code write 4096 at 0}. */
  List<String> log() {
    return log;
  }

  @Override
  public void read(long byteOffset, ByteBuffer target) throws IOException {
    before.on("read", byteOffset);
    log.add("read %d at %d".formatted(target.remaining(), byteOffset));
    memory.read(byteOffset, target);
  }

  @Override
  public void write(long byteOffset, ByteBuffer source) throws IOException {
    before.on("write", byteOffset);
    log.add("write %d at %d".formatted(source.remaining(), byteOffset));
    memory.write(byteOffset, source);
  }

  @Override
  public void writeZeroes(long from, long count) throws IOException {
    before.on("zero", from);
    log.add("zero %d at %d".formatted(count, from));
    memory.writeZeroes(from, count);
  }

  @Override
  public boolean discard(long from, long count) throws IOException {
    before.on("discard", from);
    log.add("discard %d at %d".formatted(count, from));
    return memory.discard(from, count);
  }

  @Override
  public void flush() throws IOException {
    before.on("flush", 0);
    log.add("flush");
    memory.flush();
  }

  @Override
  public void close() throws IOException {
    memory.close();
  }
}
