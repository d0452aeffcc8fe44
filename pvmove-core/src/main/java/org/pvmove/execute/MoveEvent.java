// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableSortedMap;
import org.pvmove.lvm.edit.Pvmove;

/** Something that happened in a move. */
public sealed interface MoveEvent {
  /** The temporary volume, {@code pvmoveN}. */
  String move();

  /**
   * A move begins or goes on.
   *
   * @param move the temporary volume
   * @param segments number of segments in all
   * @param segmentsDone segments already at their destination
   * @param bytes bytes in all
   * @param bytesDone bytes in the segments already done
   */
  record Started(String move, int segments, int segmentsDone, long bytes, long bytesDone)
      implements MoveEvent {}

  /**
   * Bytes were copied; durable only with the next checkpoint.
   *
   * @param move the temporary volume
   * @param segment index of the segment being copied, counted from 0
   * @param segmentBytesDone bytes of the segment copied so far
   * @param segmentBytes bytes of the segment in all
   * @param bytesDone bytes copied so far, those of the segments already done included
   * @param bytes bytes in all
   */
  record Copied(
      String move,
      int segment,
      long segmentBytesDone,
      long segmentBytes,
      long bytesDone,
      long bytes)
      implements MoveEvent {}

  /**
   * Segments are at their destination, durably: all that a commit is about in one event.
   *
   * @param move the temporary volume
   * @param segments from where to where each of them went, by its index, counted from 0; at least
   *     one
   * @param seqno version of the metadata that says so
   */
  record Checkpoint(String move, ImmutableSortedMap<Integer, Pvmove.Piece> segments, long seqno)
      implements MoveEvent {}

  /**
   * A move is over, durably.
   *
   * @param move the temporary volume, which is gone now
   * @param aborted whether it was given up
   * @param seqno version of the metadata that says so
   */
  record Finished(String move, boolean aborted, long seqno) implements MoveEvent {}
}
