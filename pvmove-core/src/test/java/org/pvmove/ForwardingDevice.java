// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.pvmove.io.BlockDevice;

/** Another device, for tests that change what it does. Closing it leaves the other one open. */
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
  public void close() {}
}
