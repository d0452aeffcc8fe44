// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

/** What a device is opened for. */
public enum Access {
  /** Reading. Takes no lock, so a device that something else writes to can be looked at. */
  READ_ONLY,

  /**
   * Reading and writing, as the only writer.
   *
   * <p>Opening takes an exclusive POSIX record lock ({@code fcntl}) on the whole file. The lock is
   * advisory: it keeps out those who ask for it, which every device opened by {@link BlockDevices}
   * does, but not a program that never asks. It belongs to the device node or file, not to the
   * disk, so two nodes of one disk do not exclude each other. And it belongs to the process: when
   * code outside this library opens and closes the same file in the same JVM, POSIX drops the lock.
   */
  READ_WRITE
}
