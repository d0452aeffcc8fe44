// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ArrayListMultimap;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ListMultimap;
import com.google.common.collect.Lists;
import com.google.common.io.Closer;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.ActiveVolumes;
import org.pvmove.device.LiveVolumeGroup;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.device.VolumeGroupChangedException;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.RangeLock;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.lvm.edit.PvmoveRepairs;
import org.pvmove.plan.MetadataWriter;
import org.pvmove.volume.CopyGuard;
import org.pvmove.volume.CopyLostException;
import org.pvmove.volume.LiveVolumes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries moves out: for each segment in order copy, make the copy durable, commit the checkpoint;
 * then finish. The metadata on the devices are the only record of progress, so that going on after
 * a crash is the same as going on.
 *
 * <p>Several executors may be at work on one volume group, in one process or in several: each
 * commit is made under the volume group's lock from what is there then, and a move is worked on by
 * one executor at a time, which has the first of its source extents locked.
 */
public final class MoveExecutor {
  private static final Logger LOG = LoggerFactory.getLogger(MoveExecutor.class);

  private final LiveVolumeGroup live;
  private final CopyOptions options;
  private final MoveListener listener;
  private final ActiveVolumes active;
  private final @Nullable LiveVolumes volumes;
  private final BooleanSupplier stopped;
  private final List<Receipt> receipts = new ArrayList<>();
  private final List<BadRange> lost = new ArrayList<>();
  private ImmutableList<String> repairs = ImmutableList.of();
  private long bytesCopied;

  /**
   * Creates an executor for one volume group.
   *
   * @param live the volume group
   * @param options how segments are copied
   * @param listener told what happens
   * @param active tells which volumes must not be touched because the kernel has them active
   * @param volumes those that this process uses meanwhile; none if absent
   * @param stopped asked before every copied buffer and between checkpoints whether to stop
   */
  public MoveExecutor(
      LiveVolumeGroup live,
      CopyOptions options,
      MoveListener listener,
      ActiveVolumes active,
      @Nullable LiveVolumes volumes,
      BooleanSupplier stopped) {
    this.live = live;
    this.options = options;
    this.listener = listener;
    this.active = active;
    this.volumes = volumes;
    this.stopped = stopped;
  }

  /** The volume group as it was last seen. */
  public StoredVolumeGroup volumeGroup() {
    return live.current();
  }

  /** What was done so far. */
  public Work work() {
    return new Work(
        bytesCopied, ImmutableList.copyOf(receipts), ImmutableList.copyOf(lost), repairs);
  }

  /**
   * A move that this executor alone works on, until it is closed. Closing it releases the claim and
   * leaves the move as it is.
   */
  public static final class ClaimedMove implements Closeable {
    private final Pvmove move;
    private final Closeable claim;
    private final boolean interrupted;

    private ClaimedMove(Pvmove move, Closeable claim, boolean interrupted) {
      this.move = move;
      this.claim = claim;
      this.interrupted = interrupted;
    }

    /** The temporary volume. */
    public String name() {
      return move.name();
    }

    @Override
    public void close() throws IOException {
      claim.close();
    }
  }

  /**
   * Begins a move: commits the metadata that show it.
   *
   * @param check looks at the volume group as it is now and throws if the move must not begin
   * @param moves the runs, in order
   * @throws LvmException if {@code check} threw it or the runs cannot move; nothing was written
   * @throws IOException if a device fails; nothing was moved
   */
  public ClaimedMove begin(
      Check check, PvmoveEdits.Origin origin, List<PvmoveEdits.Move> moves, boolean atomic)
      throws IOException {
    try (LiveVolumeGroup.Locked locked = live.lock()) {
      StoredVolumeGroup group = locked.group();
      group.requireChangeable();
      LiveVolumes.requireUnused(group, volumes);
      check.check(group);
      String name = PvmoveEdits.nextName(group.volumeGroup());
      VolumeGroup begun = PvmoveEdits.begin(group.volumeGroup(), origin, moves, atomic);
      active.requireInactive(begun, standingOn(begun, name));
      Closeable claim = claim(group, name, moves.get(0).source());
      try {
        VolumeGroup now =
            commit(locked, vg -> begun, MetadataWriter.begin(name), ImmutableList.of())
                .volumeGroup();
        return new ClaimedMove(Pvmove.of(now, now.logicalVolume(name).orElseThrow()), claim, false);
      } catch (Throwable e) {
        claim.close();
        throw e;
      }
    }
  }

  /** A look at a volume group before a move begins. */
  @FunctionalInterface
  public interface Check {
    /** Throws if the move must not begin. */
    void check(StoredVolumeGroup group) throws IOException;
  }

  /**
   * Puts right what earlier moves have left behind, see {@link PvmoveRepairs}.
   *
   * @throws org.pvmove.device.AccessRefusedException if the volume group must not be changed, or
   *     cannot be put right
   * @throws IOException if a device fails
   */
  public void repair() throws IOException {
    try (LiveVolumeGroup.Locked locked = live.lock()) {
      StoredVolumeGroup group = locked.group();
      group.requireRepairable();
      LiveVolumes.requireUnused(group, volumes);
      PvmoveRepairs.Repaired repaired = PvmoveRepairs.repair(group.volumeGroup());
      if (repaired.repairs().isEmpty()) {
        group.requireChangeable();
        return;
      }
      Set<String> touched = new HashSet<>();
      for (LogicalVolume lv : group.volumeGroup().logicalVolumes()) {
        if (!repaired.volumeGroup().logicalVolume(lv.name()).equals(Optional.of(lv))) {
          touched.addAll(standingOn(group.volumeGroup(), lv.name()));
        }
      }
      active.requireInactive(group.volumeGroup(), touched);
      commit(locked, vg -> repaired.volumeGroup(), MetadataWriter.repair(), ImmutableList.of());
      repairs = repaired.repairs();
      repairs.forEach(repair -> LOG.info("{}: {}", group.volumeGroup().name(), repair));
    }
  }

  /**
   * Takes over a move that was begun earlier.
   *
   * @throws MoveInUseException if another executor works on it
   * @throws VolumeGroupChangedException if it is over
   * @throws IOException if a device fails
   */
  public ClaimedMove claim(Pvmove move) throws IOException {
    Closeable claim = claim(volumeGroup(), move.name(), move.pieces().get(0).source());
    try (LiveVolumeGroup.Locked locked = live.lock()) {
      // Others may have done something with it until it was claimed.
      locked.group().requireChangeable();
      LiveVolumes.requireUnused(locked.group(), volumes);
      VolumeGroup vg = locked.group().volumeGroup();
      requireInactive(vg, move);
      return new ClaimedMove(current(vg, move), claim, true);
    } catch (Throwable e) {
      claim.close();
      throw e;
    }
  }

  /**
   * Carries a move on to its end.
   *
   * @return whether it ended; false if it was stopped at a checkpoint
   * @throws IOException if a device fails; the last checkpoint stays in force
   */
  public boolean carryOn(ClaimedMove claimed) throws IOException {
    return carryOn(claimed.move, claimed.interrupted);
  }

  /**
   * Gives a move up: what is done stays, the rest goes back; an atomic move goes back as a whole.
   *
   * @throws IOException if a device fails; the move goes on from its last checkpoint then
   */
  public void abort(ClaimedMove claimed) throws IOException {
    end(claimed.move, false, ImmutableList.of());
  }

  /**
   * Keeps the kernel and other movers away. The first source extent stands for the move: it belongs
   * to this one only, as long as the move lasts.
   */
  private Closeable claim(StoredVolumeGroup group, String move, PeRange source) throws IOException {
    Closer held = Closer.create();
    try {
      held.register(live.claimDisks());
      RangeLock lock =
          group.device(source.pv()).device().tryLock(byteOffset(group.volumeGroup(), source), 1);
      if (lock == null) {
        throw new MoveInUseException(move);
      }
      held.register(lock);
      return held;
    } catch (Throwable e) {
      held.close();
      throw e;
    }
  }

  private void requireInactive(VolumeGroup vg, Pvmove move) throws IOException {
    active.requireInactive(vg, standingOn(vg, move.name()));
  }

  /** A volume and all that the kernel would use it for. */
  private static Set<String> standingOn(VolumeGroup vg, String name) {
    LvGraph graph = LvGraph.of(vg);
    Set<String> names = new HashSet<>(graph.below(name));
    names.add(name);
    names.addAll(graph.above(name));
    return names;
  }

  private static Pvmove current(VolumeGroup vg, Pvmove move) {
    return vg.logicalVolume(move.name())
        .filter(lv -> lv.id().equals(move.id()) && lv.isPvmove())
        .map(lv -> Pvmove.of(vg, lv))
        .orElseThrow(
            () ->
                new VolumeGroupChangedException(
                    "expected move %s in volume group %s, found that someone else has ended it"
                        .formatted(move.name(), vg.name())));
  }

  private boolean carryOn(Pvmove move, boolean again) throws IOException {
    VolumeGroup vg = volumeGroup().volumeGroup();
    long total = vg.extentSize().toBytes(move.extentCount());
    long done = 0;
    int segmentsDone = 0;
    for (Pvmove.Piece piece : move.pieces()) {
      if (piece.done()) {
        done += vg.extentSize().toBytes(piece.source().count());
        segmentsDone++;
      }
    }
    LOG.info("{}: {} of {} bytes to move", move.name(), total - done, total);
    listener.on(
        new MoveEvent.Started(move.name(), move.pieces().size(), segmentsDone, total, done));
    MoveCopy copy = new MoveCopy(move, again, done, total);
    try {
      return copy.run();
    } finally {
      if (volumes != null) {
        volumes.drop(guards(copy.undecided));
      }
    }
  }

  /** The copying of a move's segments, with its checkpoints. */
  private final class MoveCopy {
    private final Pvmove move;
    private final BlockCopier.Shared shared;
    private final CopyJobs jobs;
    private final long total;
    private long done;

    /** Segments under way, by their index. */
    private final Map<Integer, SegmentTally> tallies = new HashMap<>();

    /** Copied and not durable yet. */
    private final List<SegmentTally> copied = new ArrayList<>();

    private long copiedBytes;

    /** Begun and not decided by a commit: of an atomic move all, until its end. */
    private final List<CopyJob> undecided = new ArrayList<>();

    MoveCopy(Pvmove move, boolean again, long done, long total) {
      this.move = move;
      this.shared = new BlockCopier.Shared(options.readErrors(), again);
      this.jobs = new CopyJobs(volumeGroup(), move, options.usedBlocks(), volumes);
      this.done = done;
      this.total = total;
    }

    boolean run() throws IOException {
      List<CopyStream> streams = jobs.streams(options.parallel(), undecided::add);
      try (BlockLanes lanes = new BlockLanes(streams, shared, options.throttle(), stopped)) {
        return run(lanes);
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
      end(move, true, undecided);
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
      Receipt.Verified verified =
          !options.verify()
              ? Receipt.Verified.NO
              : shared.fromDisk() ? Receipt.Verified.ON_DISK : Receipt.Verified.AS_READ;
      List<SegmentTally> settled = ImmutableList.copyOf(copied);
      copied.clear();
      if (!settled.isEmpty() && !move.atomic()) {
        Set<Integer> decided = new HashSet<>(Lists.transform(settled, s -> s.job().segment()));
        checkpoint(move, decided, Lists.transform(settled, SegmentTally::job));
        undecided.removeIf(job -> decided.contains(job.segment()));
      } else if (volumes != null) {
        // Users go on to write to what was copied before.
        for (CopyJob job : undecided) {
          job.requireWhole();
        }
      }
      for (SegmentTally tally : settled) {
        bytesCopied += tally.job().byteCount();
        lost.addAll(tally.lost());
        receipts.add(tally.receipt(move.name(), verified));
      }
      if (!move.atomic()) {
        tell(settled);
      }
      return true;
    }

    private void tell(List<SegmentTally> settled) {
      long seqno = volumeGroup().volumeGroup().seqno();
      for (SegmentTally tally : settled) {
        int index = tally.job().segment();
        listener.on(new MoveEvent.Checkpoint(move.name(), index, move.pieces().get(index), seqno));
      }
    }

    private boolean isThere(SegmentTally tally, BlockLanes lanes) throws CopyFailedException {
      CopyJob job = tally.job();
      return job.guard().mayBeWrittenTo()
          ? lanes.compare(job)
          : lanes.verify(job, tally.checksum());
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

  private void checkpoint(Pvmove move, Set<Integer> indexes, List<CopyJob> jobs)
      throws IOException {
    StoredVolumeGroup unused =
        commit(
            move,
            vg -> {
              Pvmove found = current(vg, move);
              for (int index : indexes) {
                Pvmove.Piece piece = move.pieces().get(index);
                if (index >= found.pieces().size() || !found.pieces().get(index).equals(piece)) {
                  throw new VolumeGroupChangedException(
                      "expected segment %d of move %s to be %s, found that someone else has changed"
                              .formatted(index + 1, move.name(), piece)
                          + " the move");
                }
              }
              return PvmoveEdits.piecesDone(vg, found, indexes);
            },
            MetadataWriter.segmentDone(move.name(), Collections.max(indexes)),
            jobs);
  }

  private void end(Pvmove move, boolean toDestination, List<CopyJob> deciding) throws IOException {
    StoredVolumeGroup now;
    try (LiveVolumeGroup.Locked locked = lock(move)) {
      now =
          commit(
              locked,
              vg -> PvmoveEdits.end(vg, current(vg, move), toDestination),
              toDestination
                  ? MetadataWriter.finish(move.name())
                  : MetadataWriter.abort(move.name()),
              deciding);
      if (toDestination && options.discard()) {
        // As long as it is locked nobody puts something else there.
        Discard.source(now, move);
      }
    }
    LOG.info("{}: {}", move.name(), toDestination ? "finished" : "aborted");
    listener.on(new MoveEvent.Finished(move.name(), !toDestination, now.volumeGroup().seqno()));
  }

  /**
   * Commits a step of a move.
   *
   * @param deciding the copies whose destination counts from then on
   */
  private StoredVolumeGroup commit(
      Pvmove move, UnaryOperator<VolumeGroup> edit, String description, List<CopyJob> deciding)
      throws IOException {
    try (LiveVolumeGroup.Locked locked = lock(move)) {
      return commit(locked, edit, description, deciding);
    }
  }

  private LiveVolumeGroup.Locked lock(Pvmove move) throws IOException {
    LiveVolumeGroup.Locked locked = live.lock();
    try {
      // Once the kernel maps a volume onto the move it copies, too, and writes go to it.
      requireInactive(locked.group().volumeGroup(), move);
      LiveVolumes.requireUnused(locked.group(), volumes);
      return locked;
    } catch (Throwable e) {
      locked.close();
      throw e;
    }
  }

  private StoredVolumeGroup commit(
      LiveVolumeGroup.Locked locked,
      UnaryOperator<VolumeGroup> edit,
      String description,
      List<CopyJob> deciding)
      throws IOException {
    if (volumes == null) {
      return locked.commit(edit, description);
    }
    try {
      return volumes.commit(locked, edit, description, guards(deciding));
    } catch (CopyLostException e) {
      for (CopyJob job : deciding) {
        job.requireWhole();
      }
      throw e;
    }
  }

  private static List<CopyGuard> guards(List<CopyJob> jobs) {
    return Lists.transform(jobs, CopyJob::guard);
  }

  private static long byteOffset(VolumeGroup vg, PeRange range) {
    return vg.byteOffset(range.pv(), range.first());
  }
}
