// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io.testing;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.IoHints;

/**
 * Another device, for tests that change what it does or watch it. Closing it leaves the other one
 * open. Zeros are written by {@link #write}, and {@link #readFromDisk} reads by {@link #read}, so
 * that a test that changes writes or reads changes these as well; locks are this object's own. What
 * the other device can do cheaply is passed on nevertheless.
 */
public class ForwardingDevice implements BlockDevice {
  private final BlockDevice device;

  /** Passes everything on to the given device. */
  public ForwardingDevice(BlockDevice device) {
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
    device.read(byteOffset, target);
  }

  @Override
  public void write(long byteOffset, ByteBuffer source) throws IOException {
    device.write(byteOffset, source);
  }

  @Override
  public void flush() throws IOException {
    device.flush();
  }

  @Override
  public long nextData(long from, long to) throws IOException {
    return device.nextData(from, to);
  }

  @Override
  public boolean zeroesCheaply() {
    return device.zeroesCheaply();
  }

  @Override
  public boolean discard(long from, long count) throws IOException {
    return device.discard(from, count);
  }

  @Override
  public IoHints hints() {
    return device.hints();
  }

  @Override
  public void close() throws IOException {}
}
