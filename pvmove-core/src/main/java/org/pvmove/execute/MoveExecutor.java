// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import com.google.common.io.Closer;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.ActiveVolumes;
import org.pvmove.device.LiveVolumeGroup;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.device.VolumeGroupChangedException;
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
    SegmentCopier copier =
        new SegmentCopier(options.readErrors(), options.verify(), again, stopped);
    // Those that are copied and not decided: of an atomic move all, until its end.
    List<SegmentCopier.Job> copied = new ArrayList<>();
    try {
      return carryOn(move, copier, copied, done, total);
    } finally {
      if (volumes != null) {
        volumes.drop(guards(copied));
      }
    }
  }

  private boolean carryOn(
      Pvmove move, SegmentCopier copier, List<SegmentCopier.Job> copied, long before, long total)
      throws IOException {
    VolumeGroup vg = volumeGroup().volumeGroup();
    long done = before;
    for (int i = 0; i < move.pieces().size(); i++) {
      Pvmove.Piece piece = move.pieces().get(i);
      if (piece.done()) {
        continue;
      }
      CopyGuard guard =
          volumes == null ? CopyGuard.NONE : volumes.copy(piece.source(), piece.destination());
      SegmentCopier.Job job = job(move, piece, guard);
      copied.add(job);
      if (!copy(copier, move, i, job, done, total)) {
        return false;
      }
      done += vg.extentSize().toBytes(piece.source().count());
      if (!move.atomic()) {
        checkpoint(move, i, job);
        copied.remove(job);
      } else if (volumes != null) {
        // Users go on to write to what was copied before.
        for (SegmentCopier.Job each : copied) {
          SegmentCopier.requireWhole(each);
        }
      }
    }
    end(move, true, copied);
    return true;
  }

  private SegmentCopier.Job job(Pvmove move, Pvmove.Piece piece, CopyGuard guard) {
    StoredVolumeGroup group = volumeGroup();
    VolumeGroup vg = group.volumeGroup();
    return new SegmentCopier.Job(
        group.device(piece.source().pv()).device(),
        byteOffset(vg, piece.source()),
        group.device(piece.destination().pv()).device(),
        byteOffset(vg, piece.destination()),
        vg.extentSize().toBytes(piece.source().count()),
        Owner.of(vg, move, piece),
        guard);
  }

  private boolean copy(
      SegmentCopier copier, Pvmove move, int index, SegmentCopier.Job job, long before, long total)
      throws IOException {
    SegmentCopier.Copied copied =
        copier.copy(
            job,
            bytes -> listener.on(new MoveEvent.Copied(move.name(), index, before + bytes, total)));
    if (copied == null) {
      return false;
    }
    bytesCopied += job.byteCount();
    lost.addAll(copied.lost());
    receipts.add(
        new Receipt(
            move.name(),
            index,
            job.source().name(),
            job.sourceOffset(),
            job.destination().name(),
            job.destinationOffset(),
            job.byteCount(),
            copied.bytesFound(),
            copied.checksum(),
            copied.verified()));
    return true;
  }

  private void checkpoint(Pvmove move, int index, SegmentCopier.Job job) throws IOException {
    Pvmove.Piece piece = move.pieces().get(index);
    StoredVolumeGroup now =
        commit(
            move,
            vg -> {
              Pvmove found = current(vg, move);
              if (index >= found.pieces().size() || !found.pieces().get(index).equals(piece)) {
                throw new VolumeGroupChangedException(
                    "expected segment %d of move %s to be %s, found that someone else has changed"
                            .formatted(index + 1, move.name(), piece)
                        + " the move");
              }
              return PvmoveEdits.pieceDone(vg, found, index);
            },
            MetadataWriter.segmentDone(move.name(), index),
            ImmutableList.of(job));
    listener.on(new MoveEvent.Checkpoint(move.name(), index, piece, now.volumeGroup().seqno()));
  }

  private void end(Pvmove move, boolean toDestination, List<SegmentCopier.Job> deciding)
      throws IOException {
    StoredVolumeGroup now =
        commit(
            move,
            vg -> PvmoveEdits.end(vg, current(vg, move), toDestination),
            toDestination ? MetadataWriter.finish(move.name()) : MetadataWriter.abort(move.name()),
            deciding);
    LOG.info("{}: {}", move.name(), toDestination ? "finished" : "aborted");
    listener.on(new MoveEvent.Finished(move.name(), !toDestination, now.volumeGroup().seqno()));
  }

  /**
   * Commits a step of a move.
   *
   * @param deciding the copies whose destination counts from then on
   */
  private StoredVolumeGroup commit(
      Pvmove move,
      UnaryOperator<VolumeGroup> edit,
      String description,
      List<SegmentCopier.Job> deciding)
      throws IOException {
    try (LiveVolumeGroup.Locked locked = live.lock()) {
      // Once the kernel maps a volume onto the move it copies, too, and writes go to it.
      requireInactive(locked.group().volumeGroup(), move);
      LiveVolumes.requireUnused(locked.group(), volumes);
      return commit(locked, edit, description, deciding);
    }
  }

  private StoredVolumeGroup commit(
      LiveVolumeGroup.Locked locked,
      UnaryOperator<VolumeGroup> edit,
      String description,
      List<SegmentCopier.Job> deciding)
      throws IOException {
    if (volumes == null) {
      return locked.commit(edit, description);
    }
    try {
      return volumes.commit(locked, edit, description, guards(deciding));
    } catch (CopyLostException e) {
      for (SegmentCopier.Job job : deciding) {
        SegmentCopier.requireWhole(job);
      }
      throw e;
    }
  }

  private static List<CopyGuard> guards(List<SegmentCopier.Job> jobs) {
    return Lists.transform(jobs, SegmentCopier.Job::guard);
  }

  private static long byteOffset(VolumeGroup vg, PeRange range) {
    return vg.byteOffset(range.pv(), range.first());
  }
}
