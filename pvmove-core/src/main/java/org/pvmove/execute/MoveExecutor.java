// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableList;
import com.google.common.io.Closer;
import java.io.Closeable;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.ActiveVolumes;
import org.pvmove.device.LiveVolumeGroup;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.device.VolumeGroupChangedException;
import org.pvmove.io.RangeLock;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.lvm.edit.PvmoveRepairs;
import org.pvmove.plan.MetadataWriter;
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
  private final @Nullable LiveVolumes volumes;
  private final BooleanSupplier stopped;
  private final Checkpoints checkpoints;
  private final Ledger ledger = new Ledger();

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
    this.checkpoints = new Checkpoints(live, active, volumes);
    this.volumes = volumes;
    this.stopped = stopped;
  }

  /** The volume group as it was last seen. */
  public StoredVolumeGroup volumeGroup() {
    return live.current();
  }

  /** What was done so far. */
  public Work work() {
    return ledger.work();
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
      checkpoints.requireUnused(group);
      check.check(group);
      String name = PvmoveEdits.nextName(group.volumeGroup());
      VolumeGroup begun = PvmoveEdits.begin(group.volumeGroup(), origin, moves, atomic);
      checkpoints.requireInactive(begun, Set.of(name));
      Closeable claim = claim(group, name, moves.get(0).source());
      try {
        VolumeGroup now =
            checkpoints
                .commit(locked, vg -> begun, MetadataWriter.begin(name), ImmutableList.of())
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
      checkpoints.requireUnused(group);
      PvmoveRepairs.Repaired repaired = PvmoveRepairs.repair(group.volumeGroup());
      if (repaired.repairs().isEmpty()) {
        group.requireChangeable();
        return;
      }
      Set<String> touched = new HashSet<>();
      for (LogicalVolume lv : group.volumeGroup().logicalVolumes()) {
        if (!repaired.volumeGroup().logicalVolume(lv.name()).equals(Optional.of(lv))) {
          touched.add(lv.name());
        }
      }
      checkpoints.requireInactive(group.volumeGroup(), touched);
      checkpoints.commit(
          locked, vg -> repaired.volumeGroup(), MetadataWriter.repair(), ImmutableList.of());
      ledger.repaired(repaired.repairs());
      repaired.repairs().forEach(each -> LOG.info("{}: {}", group.volumeGroup().name(), each));
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
      checkpoints.requireUnused(locked.group());
      VolumeGroup vg = locked.group().volumeGroup();
      checkpoints.requireInactive(vg, Set.of(move.name()));
      return new ClaimedMove(Checkpoints.current(vg, move), claim, true);
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
    return new MoveCopy(
            claimed.move,
            claimed.interrupted,
            checkpoints,
            options,
            listener,
            volumes,
            ledger,
            stopped)
        .run();
  }

  /**
   * Gives a move up: what is done stays, the rest goes back; an atomic move goes back as a whole.
   *
   * @throws IOException if a device fails; the move goes on from its last checkpoint then
   */
  public void abort(ClaimedMove claimed) throws IOException {
    StoredVolumeGroup now = checkpoints.abort(claimed.move);
    LOG.info("{}: aborted", claimed.name());
    listener.on(new MoveEvent.Finished(claimed.name(), true, now.volumeGroup().seqno()));
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
          group
              .device(source.pv())
              .device()
              .tryLock(group.volumeGroup().byteOffset(source.pv(), source.first()), 1);
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
}
