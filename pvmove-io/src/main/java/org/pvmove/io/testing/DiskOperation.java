// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io.testing;

/**
 * A read, a write or a flush that a simulated disk was asked for while it had power, including
 * those that failed and the one that the power cut tore.
 *
 * @param index position in the {@linkplain SimulatedDisks#trace() trace}, counted from 0; a read is
 *     not in the trace and has the position of the write or flush that comes next
 * @param kind what it is
 * @param disk name of the disk
 * @param byteOffset where a read or write begins, in bytes; 0 for a flush
 * @param byteCount how many bytes were to be read or written; 0 for a flush
 * @param writeCount how many writes the disks had been asked for up to here, this one included:
 *     {@link SimulatedDisks#cutPowerAfterWrite} with this number cuts right after a write, or after
 *     the last write before a flush
 * @param operationCount how many reads, writes and flushes the disks had been asked for up to here,
 *     this one included
 */
public record DiskOperation(
    int index,
    Kind kind,
    String disk,
    long byteOffset,
    long byteCount,
    long writeCount,
    long operationCount) {
  /** What was asked for. */
  public enum Kind {
    /** A read of one byte or more. */
    READ,
    /** A write of one byte or more. */
    WRITE,
    /** A flush. */
    FLUSH
  }

  /**
   * How many 512-byte sectors it touches; the power may go after any number of those of a write.
   */
  public int sectorCount() {
    return byteCount == 0
        ? 0
        : (int)
            (UndecidedWrite.sector(byteOffset + byteCount - 1)
                - UndecidedWrite.sector(byteOffset)
                + 1);
  }

  /** One line, such as {@code "#7 write 5 of 4096 bytes at byte offset 512 on 'sda'"}. */
  @Override
  public String toString() {
    return switch (kind) {
      case READ ->
          "read of %d bytes at byte offset %d on '%s' after write %d"
              .formatted(byteCount, byteOffset, disk, writeCount);
      case WRITE ->
          "#%d write %d of %d bytes at byte offset %d on '%s'"
              .formatted(index, writeCount, byteCount, byteOffset, disk);
      case FLUSH -> "#%d flush of '%s' after write %d".formatted(index, disk, writeCount);
    };
  }
}
