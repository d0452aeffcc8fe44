// SPDX-License-Identifier: Apache-2.0
package org.pvmove.volume;

import java.io.IOException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the copying of a segment and the users of the volume it belongs to out of each other's way.
 * Used by those who copy; each guard by one thread.
 */
public interface CopyGuard {
  /** Nobody uses the volume meanwhile. */
  CopyGuard NONE =
      new CopyGuard() {
        @Override
        public int stepBytes(int most) {
          return most;
        }

        @Override
        public Held hold(long from, long count) {
          return () -> {};
        }

        @Override
        public void copied(long end) {}

        @Override
        public void madeUp() {}

        @Override
        public void giveWay(BooleanSupplier stopped) {}

        @Override
        public boolean mayBeWrittenTo() {
          return false;
        }

        @Override
        public @Nullable Lost lost() {
          return null;
        }
      };

  /** Bytes of the segment that no user writes until it is closed. */
  interface Held extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Bytes that a user wrote and that did not get to one of the two places, so that the copy is of
   * no use any more.
   *
   * @param from first byte, counted from the start of the segment
   * @param count how many bytes
   * @param atSource whether they did not get to the source, rather than the destination
   */
  record Lost(long from, long count, boolean atSource, IOException failure) {}

  /**
   * How many bytes to copy at once now.
   *
   * @param most at most as many, at least 4096
   */
  int stepBytes(int most);

  /** Waits until no user writes to bytes of the segment, and keeps them from it. */
  Held hold(long from, long count);

  /**
   * Says that the bytes of the segment up to one are copied: from now on users write them to both
   * places. They are held still.
   */
  void copied(long end);

  /**
   * Says that bytes of the copy were made up for some that cannot be read: it does not stand in for
   * the source. They are held still.
   */
  void madeUp();

  /** Waits as long as users come first, after a step; no longer once it is to stop. */
  void giveWay(BooleanSupplier stopped);

  /** Whether users may write to the segment while it is copied. */
  boolean mayBeWrittenTo();

  /** Why the copy is of no use any more; null if it is. */
  @Nullable Lost lost();
}
