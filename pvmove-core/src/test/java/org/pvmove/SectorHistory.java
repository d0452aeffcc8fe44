// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What was written to the sectors of a volume and read from them, and when, by a clock that counts;
 * and whether that could have happened on a disk that does one thing after the other.
 *
 * <p>Every write is unlike any other, so that each sector is told which one it holds. For such a
 * register it is enough to look at the times at which a value was certainly there (Gibbons and
 * Korach, "Testing shared memories"): those of two values must not overlap, and no value may come
 * and go within the time of another.
 */
final class SectorHistory {
  static final int SECTOR = 512;

  /** The number of what a sector held in the beginning. */
  private static final long INITIAL = 0;

  private static final long NEVER = Long.MAX_VALUE;

  private final String volume;
  private final byte[] initial;
  private final List<Write> writes = new ArrayList<>();
  private final Map<Integer, List<Read>> reads = new TreeMap<>();
  private long now;

  /** When the last flush began that ended well. */
  private long flushBegan = -1;

  SectorHistory(String volume, byte[] initial) {
    this.volume = volume;
    this.initial = initial.clone();
  }

  /** A write of the same number to all of some sectors. */
  static final class Write {
    private final long number;
    private final int first;
    private final int count;
    private final long began;
    private long ended = NEVER;

    private Write(long number, int first, int count, long began) {
      this.number = number;
      this.first = first;
      this.count = count;
      this.began = began;
    }

    private boolean holds(int sector) {
      return first <= sector && sector < first + count;
    }

    @Override
    public String toString() {
      return "write %d of sectors %d to %d, time %d to %s"
          .formatted(
              number, first, first + count - 1, began, ended == NEVER ? "never" : "" + ended);
    }
  }

  private record Read(long number, long began, long ended) {}

  int sectors() {
    return initial.length / SECTOR;
  }

  /** The time now. */
  synchronized long tick() {
    return now++;
  }

  synchronized Write begin(int first, int count) {
    Write write = new Write(writes.size() + 1, first, count, tick());
    writes.add(write);
    return write;
  }

  synchronized void ended(Write write) {
    write.ended = tick();
  }

  /** A flush that ended well. */
  synchronized void flushed(long began) {
    flushBegan = Math.max(flushBegan, began);
  }

  ByteBuffer bytes(Write write, boolean direct) {
    int length = write.count * SECTOR;
    ByteBuffer bytes = direct ? ByteBuffer.allocateDirect(length) : ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      bytes.putLong(write.number);
    }
    return bytes.flip();
  }

  /** Bytes that were read from a sector on. */
  synchronized void read(int first, ByteBuffer bytes, long began) {
    long ended = tick();
    for (int i = 0; i < bytes.remaining() / SECTOR; i++) {
      Read read = new Read(number(first + i, bytes.slice(i * SECTOR, SECTOR)), began, ended);
      reads.computeIfAbsent(first + i, sector -> new ArrayList<>()).add(read);
    }
  }

  /** Which write a sector holds. */
  private long number(int sector, ByteBuffer found) {
    if (found.equals(ByteBuffer.wrap(initial, sector * SECTOR, SECTOR))) {
      return INITIAL;
    }
    long number = found.getLong(0);
    byte[] expected = new byte[SECTOR];
    for (ByteBuffer each = ByteBuffer.wrap(expected); each.hasRemaining(); ) {
      each.putLong(number);
    }
    assertThat(found).as("sector %d of %s", sector, volume).isEqualTo(ByteBuffer.wrap(expected));
    assertThat(number).as("sector %d of %s", sector, volume).isBetween(1L, (long) writes.size());
    assertThat(writes.get((int) number - 1).holds(sector))
        .as("sector %d of %s holds %s", sector, volume, writes.get((int) number - 1))
        .isTrue();
    return number;
  }

  /** Checks that a disk that does one thing after the other could have answered like this. */
  synchronized void requireLinearizable() {
    reads.forEach(this::requireLinearizable);
  }

  private void requireLinearizable(int sector, List<Read> all) {
    Map<Long, long[]> zones = new HashMap<>();
    zones.put(INITIAL, new long[] {-1, -1});
    for (Write write : writes) {
      if (write.holds(sector) && write.ended != NEVER) {
        zones.put(write.number, new long[] {write.ended, write.began});
      }
    }
    for (Read read : all) {
      Write write = read.number() == INITIAL ? null : writes.get((int) read.number() - 1);
      if (write != null) {
        assertThat(read.ended()).as("%s was read before", write).isGreaterThan(write.began);
      }
      long[] zone = zones.computeIfAbsent(read.number(), number -> new long[] {NEVER, write.began});
      zone[0] = Math.min(zone[0], read.ended());
      zone[1] = Math.max(zone[1], read.began());
    }
    List<Map.Entry<Long, long[]>> list = new ArrayList<>(zones.entrySet());
    for (int i = 0; i < list.size(); i++) {
      for (int j = i + 1; j < list.size(); j++) {
        requireApart(sector, list.get(i), list.get(j));
      }
    }
  }

  private void requireApart(int sector, Map.Entry<Long, long[]> a, Map.Entry<Long, long[]> b) {
    long[] one = a.getValue();
    long[] other = b.getValue();
    boolean forwardOne = one[0] < one[1];
    boolean forwardOther = other[0] < other[1];
    boolean wrong = (forwardOne || forwardOther) && one[0] < other[1] && other[0] < one[1];
    assertThat(wrong)
        .as(
            "sector %d of %s: number %d was there at times %s, number %d at %s",
            sector, volume, a.getKey(), Arrays.toString(one), b.getKey(), Arrays.toString(other))
        .isFalse();
  }

  /** Checks what is found on the volume after a crash: nothing that was flushed is lost. */
  synchronized void requireNothingFlushedIsLost(byte[] found) {
    for (int sector = 0; sector < sectors(); sector++) {
      long number = number(sector, ByteBuffer.wrap(found, sector * SECTOR, SECTOR).slice());
      long ended = number == INITIAL ? -1 : writes.get((int) number - 1).ended;
      for (Write later : writes) {
        assertThat(later.holds(sector) && later.ended < flushBegan && ended < later.began)
            .as(
                "sector %d of %s holds number %d, but there was a flush after %s",
                sector, volume, number, later)
            .isFalse();
      }
    }
  }

  /** Checks what is on the volume when nobody writes any more. */
  synchronized void requireFinal(byte[] found) {
    long began = tick();
    read(0, ByteBuffer.wrap(found), began);
    requireLinearizable();
  }
}
