// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import java.util.ArrayList;
import java.util.List;

/** What came of the blocks of a segment so far. */
final class SegmentTally {
  private final CopyJob job;
  private final List<BadRange> lost = new ArrayList<>();
  private Checksum checksum = Checksum.NONE;
  private long bytesDone;
  private long bytesFound;
  private long bytesSkipped;

  SegmentTally(CopyJob job) {
    this.job = job;
  }

  /** Counts the next block. */
  void add(long length, BlockCopier.Copied copied) {
    bytesDone += length;
    checksum = checksum.then(copied.checksum(), copied.bytesSummed());
    bytesFound += copied.bytesFound();
    bytesSkipped += copied.bytesSkipped();
    lost.addAll(copied.lost());
  }

  CopyJob job() {
    return job;
  }

  long bytesDone() {
    return bytesDone;
  }

  boolean isComplete() {
    return bytesDone == job.byteCount();
  }

  /** Of all bytes that are not free. */
  Checksum checksum() {
    return checksum;
  }

  List<BadRange> lost() {
    return lost;
  }

  Receipt receipt(String move, Receipt.Verified verified) {
    return new Receipt(
        move,
        job.segment(),
        job.source().name(),
        job.sourceOffset(),
        job.destination().name(),
        job.destinationOffset(),
        job.byteCount(),
        bytesFound,
        bytesSkipped,
        checksum,
        verified);
  }
}
