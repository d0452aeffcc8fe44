// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io.testing;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Random;
import org.pvmove.io.internal.SparseImage;

/**
 * The sectors that a write touched, as they were right after it.
 *
 * <p>A write of part of a sector is kept as the whole sector, since that is what a cache writes
 * back: a sector never comes to hold a later write without an earlier one to other bytes of it.
 */
final class UndecidedWrite {
  static final int SECTOR_BYTES = 512;

  private final DiskOperation operation;
  private final long firstSector;
  private final byte[] bytes;

  /** Sectors, counted from the first one of this write, that a later durable write replaced. */
  private final BitSet decided = new BitSet();

  private UndecidedWrite(DiskOperation operation, long firstSector, byte[] bytes) {
    this.operation = operation;
    this.firstSector = firstSector;
    this.bytes = bytes;
  }

  /** Number of the sector that holds a byte. */
  static long sector(long byteOffset) {
    return byteOffset / SECTOR_BYTES;
  }

  /** Takes the sectors that hold the bytes from {@code from} up to, not including, {@code to}. */
  static UndecidedWrite capture(DiskOperation operation, SparseImage live, long from, long to) {
    long begin = sector(from) * SECTOR_BYTES;
    long end = Math.min(live.size(), (sector(to - 1) + 1) * SECTOR_BYTES);
    byte[] bytes = new byte[(int) (end - begin)];
    live.read(begin, ByteBuffer.wrap(bytes));
    return new UndecidedWrite(operation, sector(from), bytes);
  }

  /** What was asked for; if it failed half-way, that is more than was written. */
  DiskOperation operation() {
    return operation;
  }

  private int sectorCount() {
    return (bytes.length + SECTOR_BYTES - 1) / SECTOR_BYTES;
  }

  void overwrittenBy(UndecidedWrite later) {
    long from = Math.max(firstSector, later.firstSector);
    long to = Math.min(firstSector + sectorCount(), later.firstSector + later.sectorCount());
    if (from < to) {
      decided.set((int) (from - firstSector), (int) (to - firstSector));
    }
  }

  boolean isDecided() {
    return decided.cardinality() == sectorCount();
  }

  void applyTo(SparseImage image) {
    if (decided.isEmpty()) {
      image.write(firstSector * SECTOR_BYTES, ByteBuffer.wrap(bytes));
      return;
    }
    applyFirstSectorsTo(image, sectorCount());
  }

  void applyFirstSectorsTo(SparseImage image, int count) {
    for (int i = 0; i < Math.min(count, sectorCount()); i++) {
      applySectorTo(image, i);
    }
  }

  void applySomeSectorsTo(SparseImage image, Random random) {
    for (int i = 0; i < sectorCount(); i++) {
      if (random.nextBoolean()) {
        applySectorTo(image, i);
      }
    }
  }

  private void applySectorTo(SparseImage image, int index) {
    if (!decided.get(index)) {
      int from = index * SECTOR_BYTES;
      int count = Math.min(SECTOR_BYTES, bytes.length - from);
      image.write((firstSector + index) * SECTOR_BYTES, ByteBuffer.wrap(bytes, from, count));
    }
  }
}
