// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ArrayListMultimap;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedMap;
import com.google.common.collect.ListMultimap;
import com.google.common.collect.Lists;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.BlockDevice;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.volume.LiveVolumes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The copying of a move's segments, with its checkpoints, up to its end. */
final class MoveCopy {
  private static final Logger LOG = LoggerFactory.getLogger(MoveCopy.class);

  private final Pvmove move;
  private final Checkpoints checkpoints;
  private final CopyOptions options;
  private final MoveListener listener;
  private final Ledger ledger;
  private final BooleanSupplier stopped;

  /** Whether users write to what is copied meanwhile. */
  private final boolean inUse;

  private final BlockCopier.Shared shared;
  private final CopyJobs jobs;
  private final long total;
  private long done;
  private int segmentsDone;

  /** Segments under way, by their index. */
  private final Map<Integer, SegmentTally> tallies = new HashMap<>();

  /** Copied and not durable yet. */
  private final List<SegmentTally> copied = new ArrayList<>();

  /** Of an atomic move what is copied and durable, but not at its place before the end. */
  private final List<SegmentTally> untilTheEnd = new ArrayList<>();

  private long copiedBytes;

  /** Begun and not decided by a commit: of an atomic move all, until its end. */
  private final List<CopyJob> undecided = new ArrayList<>();

  /**
   * A move to be carried on.
   *
   * @param again whether an earlier attempt may have copied a part of it
   * @param volumes those that this process uses meanwhile; none if absent
   * @param ledger where segments are entered once they are at their destination
   * @param stopped asked before every block whether to stop; by several threads
   */
  MoveCopy(
      Pvmove move,
      boolean again,
      Checkpoints checkpoints,
      CopyOptions options,
      MoveListener listener,
      @Nullable LiveVolumes volumes,
      Ledger ledger,
      BooleanSupplier stopped) {
    this.move = move;
    this.checkpoints = checkpoints;
    this.options = options;
    this.listener = listener;
    this.inUse = volumes != null;
    this.ledger = ledger;
    this.stopped = stopped;
    this.shared = new BlockCopier.Shared(options.readErrors(), again);
    this.jobs = new CopyJobs(checkpoints.group(), move, options.usedBlocks(), volumes);
    VolumeGroup vg = checkpoints.group().volumeGroup();
    this.total = vg.extentSize().toBytes(move.extentCount());
    for (Pvmove.Piece piece : move.pieces()) {
      if (piece.done()) {
        done += vg.extentSize().toBytes(piece.source().count());
        segmentsDone++;
      }
    }
  }

  /**
   * Copies what is left of it, with its checkpoints, and finishes it.
   *
   * @return whether it ended; false if it was stopped at a checkpoint
   * @throws IOException if a device fails; the last checkpoint stays in force
   */
  boolean run() throws IOException {
    LOG.info("{}: {} of {} bytes to move", move.name(), total - done, total);
    listener.on(
        new MoveEvent.Started(move.name(), move.pieces().size(), segmentsDone, total, done));
    List<CopyStream> streams = jobs.streams(options.parallel(), undecided::add);
    try (BlockLanes lanes = new BlockLanes(streams, shared, options.throttle(), stopped)) {
      return run(lanes);
    } finally {
      checkpoints.drop(undecided);
    }
  }

  private boolean run(BlockLanes lanes) throws IOException {
    CopyTask block;
    while ((block = take(lanes)) != null) {
      count(block);
      block.job().guard().giveWay(stopped);
      if (isDue() && !settle(lanes)) {
        return false;
      }
    }
    if (!settle(lanes) || lanes.halted()) {
      return false;
    }
    StoredVolumeGroup now = checkpoints.finish(move, undecided, options.discard());
    enter(untilTheEnd);
    LOG.info("{}: finished", move.name());
    listener.on(new MoveEvent.Finished(move.name(), false, now.volumeGroup().seqno()));
    return true;
  }

  private @Nullable CopyTask take(BlockLanes lanes) throws CopyFailedException {
    try {
      return lanes.take();
    } catch (CopyFailedException e) {
      settleAfter(e, lanes);
      throw e;
    }
  }

  private void count(CopyTask block) throws CopyFailedException {
    CopyJob job = block.job();
    SegmentTally tally = tallies.computeIfAbsent(job.segment(), i -> new SegmentTally(job));
    BlockCopier.Copied what = block.result();
    tally.add(block.length(), what);
    done += block.length();
    copiedBytes += block.bytesOfWork();
    if (tally.isComplete()) {
      tallies.remove(job.segment());
      copied.add(tally);
    }
    listener.on(
        new MoveEvent.Copied(
            move.name(), job.segment(), tally.bytesDone(), job.byteCount(), done, total));
  }

  private boolean isDue() {
    return !copied.isEmpty() && copiedBytes >= options.checkpointBytes();
  }

  /**
   * Makes durable what is copied, and has it counted.
   *
   * @return false if it was to stop before
   */
  private boolean settle(BlockLanes lanes) throws IOException {
    copiedBytes = 0;
    flush();
    for (SegmentTally tally : copied) {
      if (options.verify() && !isThere(tally, lanes)) {
        return false;
      }
    }
    List<SegmentTally> settled = ImmutableList.copyOf(copied);
    copied.clear();
    if (!settled.isEmpty() && !move.atomic()) {
      List<CopyJob> decided = Lists.transform(settled, SegmentTally::job);
      checkpoints.segmentsDone(move, decided);
      undecided.removeAll(decided);
      enter(settled);
      tell(settled);
    } else if (inUse) {
      // Users go on to write to what was copied before.
      for (CopyJob job : undecided) {
        job.requireWhole();
      }
    }
    if (move.atomic()) {
      untilTheEnd.addAll(settled);
    }
    return true;
  }

  /** Puts down what is at its destination now. */
  private void enter(List<SegmentTally> there) {
    Receipt.Verified verified =
        !options.verify()
            ? Receipt.Verified.NO
            : shared.fromDisk() ? Receipt.Verified.ON_DISK : Receipt.Verified.AS_READ;
    for (SegmentTally tally : there) {
      ledger.add(tally.receipt(move.name(), verified), tally.lost());
    }
  }

  private void tell(List<SegmentTally> settled) {
    listener.on(
        new MoveEvent.Checkpoint(
            move.name(),
            settled.stream()
                .map(tally -> tally.job().segment())
                .collect(
                    ImmutableSortedMap.toImmutableSortedMap(
                        Comparator.naturalOrder(), index -> index, move.pieces()::get)),
            checkpoints.group().volumeGroup().seqno()));
  }

  private boolean isThere(SegmentTally tally, BlockLanes lanes) throws CopyFailedException {
    CopyJob job = tally.job();
    return job.guard().mayBeWrittenTo() ? lanes.compare(job) : lanes.verify(job, tally.checksum());
  }

  private void flush() throws CopyFailedException {
    ListMultimap<BlockDevice, CopyJob> byDestination = ArrayListMultimap.create();
    copied.forEach(tally -> byDestination.put(tally.job().destination(), tally.job()));
    for (BlockDevice destination : byDestination.keySet()) {
      try {
        destination.flush();
      } catch (IOException e) {
        throw new CopyFailedException(
            CopyFailedException.Operation.FLUSH,
            "cannot be made durable",
            byDestination.get(destination).stream()
                .flatMap(job -> job.onDestination(0, job.byteCount()).stream())
                .collect(ImmutableList.toImmutableList()),
            e);
      }
    }
  }

  /** A segment that cannot be copied takes nothing from those that were. */
  private void settleAfter(CopyFailedException failure, BlockLanes lanes) {
    try {
      boolean unused = !copied.isEmpty() && settle(lanes);
    } catch (IOException | RuntimeException e) {
      failure.addSuppressed(e);
    }
  }
}
