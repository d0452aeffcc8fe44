// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A claim on a whole block device, by opening it with {@code O_EXCL}: while it is held the kernel
 * neither mounts the disk nor maps volumes onto it, and others who ask for a claim get none. Held
 * until it is closed.
 *
 * <p>Needs Linux and JNA; {@link #available()} tells.
 */
public final class DiskClaim implements Closeable {
  private final int descriptor;
  private boolean released;

  private DiskClaim(int descriptor) {
    this.descriptor = descriptor;
  }

  /** Whether disks can be claimed here. */
  public static boolean available() {
    return LinuxCalls.calls() != null;
  }

  /** Whether a path leads to a block device, which is what can be claimed. */
  public static boolean isBlockDevice(Path path) throws IOException {
    return DeviceNode.examine(path).isBlockDevice();
  }

  /**
   * Claims a block device.
   *
   * @throws DeviceInUseException if the kernel or another program uses it
   * @throws NotABlockDeviceException if it is none
   * @throws UnsupportedOperationException if disks cannot be claimed here
   */
  public static DiskClaim on(Path path) throws IOException {
    if (!isBlockDevice(path)) {
      throw new NotABlockDeviceException(path.toString(), "a regular file");
    }
    LinuxCalls.Calls c = LinuxCalls.calls();
    if (c == null) {
      throw new UnsupportedOperationException("disks can be claimed only on Linux and with JNA");
    }
    try {
      return new DiskClaim(
          c.open(
              path.toString(), LinuxCalls.O_RDONLY | LinuxCalls.O_EXCL | LinuxCalls.O_CLOEXEC, 0));
    } catch (LinuxCalls.ErrnoException e) {
      if (e.errno() == LinuxCalls.EBUSY) {
        throw new DeviceInUseException(path.toString(), "the kernel or another program");
      }
      throw new IOException("'" + path + "' cannot be claimed: " + e.getMessage(), e);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    LinuxCalls.Calls c = LinuxCalls.calls();
    if (released || c == null) {
      return;
    }
    released = true;
    try {
      c.close(descriptor);
    } catch (LinuxCalls.ErrnoException e) {
      throw new IOException("close failed: " + e.getMessage(), e);
    }
  }
}
