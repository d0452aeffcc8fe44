// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Maps;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.AccessRefusedException;
import org.pvmove.device.ActiveVolumes;
import org.pvmove.device.BackupFiles;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.HostName;
import org.pvmove.device.LiveVolumeGroup;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.device.VolumeGroupChangedException;
import org.pvmove.device.VolumeGroupLocks;
import org.pvmove.execute.CopyOptions;
import org.pvmove.execute.MoveExecutor;
import org.pvmove.execute.MoveExecutor.ClaimedMove;
import org.pvmove.execute.MoveInUseException;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.execute.ReadErrors;
import org.pvmove.execute.RequiredExecutor;
import org.pvmove.execute.Throttle;
import org.pvmove.execute.UsedBlocks;
import org.pvmove.execute.Work;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.plan.MetadataWriter;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;
import org.pvmove.plan.PlanResult;
import org.pvmove.plan.Planner;
import org.pvmove.plan.PvNames;
import org.pvmove.plan.Rejection;
import org.pvmove.plan.Surroundings;
import org.pvmove.volume.LiveVolumes;

/**
 * Moves the physical extents of one volume group; see pvmove(8).
 *
 * <p>The logical volumes concerned must not be in use by anyone else while extents move, except
 * through {@link LiveVolumes} that the mover knows of: this library copies beneath them, and
 * refuses volumes that the kernel has active; {@link #executorFor} says so beforehand, and {@link
 * org.pvmove.execute.SystemPvmove} moves them. What a call reports as done is durable; what it did
 * not finish can be restarted or aborted by any later call, by another process or by real LVM2.
 *
 * <p>A mover does one thing at a time; {@link #stop()} may be called from any thread. Several
 * movers may be at work on a volume group, in one process or in several, on moves from different
 * physical volumes.
 */
public final class PvMover {
  private final DeviceSet devices;
  private final String volumeGroup;
  private final MoveListener listener;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final MetadataWriter writer;
  private final @Nullable BackupFiles backups;
  private final VolumeGroupLocks locks;
  private final ActiveVolumes activeVolumes;
  private final CopyOptions options;
  private final @Nullable LiveVolumes volumes;
  private volatile boolean stopped;

  private PvMover(Builder builder) {
    this.devices = builder.devices;
    this.volumeGroup = builder.volumeGroup;
    this.listener = builder.listener;
    this.clock = builder.clock;
    this.random = builder.random;
    this.writer = new MetadataWriter(builder.command, builder.host, builder.systemId);
    this.backups = builder.backups;
    this.locks = builder.locks;
    this.activeVolumes = builder.activeVolumes;
    this.options =
        new CopyOptions(
            builder.readErrors,
            builder.verify,
            builder.checkpointBytes,
            builder.parallel,
            builder.throttle,
            builder.usedBlocks,
            builder.discard);
    this.volumes = builder.volumes;
  }

  /**
   * Starts to build a mover.
   *
   * @param devices the devices that make up the volume group
   * @param volumeGroup its name, or its uuid where several bear the name
   */
  public static Builder builder(DeviceSet devices, String volumeGroup) {
    return new Builder(devices, volumeGroup);
  }

  /**
   * Plans a move on the volume group as it lies on the devices now; nothing is written. Where the
   * metadata areas have no room for segments as short as the request wants, they are longer.
   *
   * @throws AccessRefusedException if the volume group must not be changed
   * @throws LvmException if there is no such volume group
   */
  public PlanResult plan(MoveRequest request) {
    StoredVolumeGroup stored = read();
    return Planner.plan(stored.volumeGroup(), request, surroundings(stored));
  }

  /**
   * Carries a plan out.
   *
   * @throws VolumeGroupChangedException if the volume group is not the version the plan was made
   *     for; nothing was written
   * @throws AccessRefusedException if the volume group must not be changed, one of the volumes is
   *     active, or a device is open for reading only; nothing was written
   * @throws org.pvmove.plan.PlanRejectedException if the metadata of the move have no room; nothing
   *     was written
   * @throws IOException if others have the volume group locked, or a device fails at the first
   *     commit; no extent was moved
   */
  public MoveOutcome execute(MovePlan plan) throws IOException {
    MoveExecutor executor = executor();
    try (ClaimedMove move = plan.joined() ? join(executor, plan) : begin(executor, plan)) {
      return ended(executor, move, () -> executor.carryOn(move));
    }
  }

  /**
   * Carries a plan out like {@link #execute(MovePlan)}, and goes elsewhere where a destination
   * cannot be written: the move is given up at its last checkpoint, and what is left of the request
   * is planned and begun again without the extents that failed. If there is no other place for it,
   * the move stays as it is, to be restarted or aborted. A flush that failed ends it either way:
   * what it was to make durable is unknown.
   *
   * @param request what the plan was made for
   * @throws VolumeGroupChangedException as {@link #execute(MovePlan)}
   * @throws AccessRefusedException as {@link #execute(MovePlan)}
   * @throws org.pvmove.plan.PlanRejectedException as {@link #execute(MovePlan)}
   * @throws IOException as {@link #execute(MovePlan)}
   */
  public MoveOutcome execute(MovePlan plan, MoveRequest request) throws IOException {
    return new Elsewhere(this, request).execute(plan);
  }

  static Optional<Pvmove> named(MoveExecutor executor, String name) {
    return Pvmove.allOf(executor.volumeGroup().volumeGroup()).stream()
        .filter(move -> move.name().equals(name))
        .findFirst();
  }

  /**
   * Who can carry a plan out, as things are now: this mover where nothing is in use that stands on
   * what moves, LVM2's own pvmove where something is. All that the kernel makes of the extents
   * counts: a thin volume that is active makes its pool's data active.
   *
   * @throws VolumeGroupChangedException if the volume group is not the version the plan was made
   *     for
   * @throws IOException if it cannot be found out what the kernel has active
   */
  public RequiredExecutor executorFor(MovePlan plan) throws IOException {
    StoredVolumeGroup stored = devices.scan(writer.systemId()).volumeGroup(volumeGroup);
    requireVersion(stored, plan);
    LvGraph graph = LvGraph.of(stored.volumeGroup());
    Set<String> touched = new HashSet<>();
    if (plan.joined()) {
      touched.addAll(graph.below(plan.move()));
      touched.addAll(graph.above(plan.move()));
    }
    plan.segments().stream()
        .map(MovePlan.Segment::logicalVolume)
        .distinct()
        .forEach(lv -> touched.addAll(graph.above(lv)));
    ImmutableList<String> active = activeVolumes.among(stored.volumeGroup(), touched);
    return active.isEmpty() ? new RequiredExecutor.Library() : new RequiredExecutor.Lvm(active);
  }

  private ClaimedMove begin(MoveExecutor executor, MovePlan plan) throws IOException {
    return executor.begin(
        stored -> {
          requireVersion(stored, plan);
          // A move that found no room later could not go on.
          long needed =
              plan.costIn(stored.volumeGroup(), surroundings(stored)).largestMetadataBytes();
          if (needed > stored.room()) {
            PlanResult.rejected(new Rejection.MetadataTooLarge(needed, stored.room()))
                .orElseThrow();
          }
        },
        PvmoveEdits.Origin.random(random, writer.host(), now()),
        plan.moves(),
        plan.atomic());
  }

  private static ClaimedMove join(MoveExecutor executor, MovePlan plan) throws IOException {
    requireVersion(executor.volumeGroup(), plan);
    return executor.claim(named(executor, plan.move()).orElseThrow());
  }

  private static void requireVersion(StoredVolumeGroup stored, MovePlan plan) {
    VolumeGroup vg = stored.volumeGroup();
    if (!vg.id().equals(plan.volumeGroupId()) || vg.seqno() != plan.seqno()) {
      throw new VolumeGroupChangedException(
          "expected version %d of volume group %s, for which the plan was made, found version %d"
                  .formatted(plan.seqno(), plan.volumeGroup(), vg.seqno())
              + ": plan anew");
    }
  }

  Surroundings surroundings(StoredVolumeGroup stored) {
    return Surroundings.of(names(stored))
        .withLogicalBlockSizes(
            Maps.transformValues(stored.devices(), each -> each.device().logicalBlockSize()))
        .withMetadataRoom(stored.room())
        .withWriter(writer, now());
  }

  private long now() {
    return clock.instant().getEpochSecond();
  }

  /**
   * Carries on every move that is under way. What earlier moves have left behind is put right
   * first, see {@link org.pvmove.lvm.edit.PvmoveRepairs}.
   *
   * @throws AccessRefusedException if the volume group must not be changed
   * @throws IOException if others have the volume group locked, or a device fails at such a repair
   */
  public MoveOutcome resume() throws IOException {
    return forEachMove(null, MoveExecutor::carryOn);
  }

  /**
   * Carries on the move that is under way from a physical volume, like {@link #resume()}.
   *
   * @throws LvmException if there is no such physical volume
   * @throws AccessRefusedException if the volume group must not be changed
   * @throws IOException as {@link #resume()}
   */
  public MoveOutcome resume(String sourcePv) throws IOException {
    return forEachMove(checkNotNull(sourcePv), MoveExecutor::carryOn);
  }

  /**
   * Gives up every move that is under way, at its last checkpoint. What earlier moves have left
   * behind is put right first, as by {@link #resume()}.
   *
   * @throws AccessRefusedException if the volume group must not be changed
   * @throws IOException as {@link #resume()}
   */
  public MoveOutcome abort() throws IOException {
    return forEachMove(null, PvMover::abort);
  }

  /**
   * Gives up the move that is under way from a physical volume, like {@link #abort()}.
   *
   * @throws LvmException if there is no such physical volume
   * @throws AccessRefusedException if the volume group must not be changed
   * @throws IOException as {@link #resume()}
   */
  public MoveOutcome abort(String sourcePv) throws IOException {
    return forEachMove(checkNotNull(sourcePv), PvMover::abort);
  }

  private static boolean abort(MoveExecutor executor, ClaimedMove move) throws IOException {
    executor.abort(move);
    return true;
  }

  /**
   * The moves under way, as the devices tell now.
   *
   * @throws LvmException if there is no such volume group, or a move of a form that is not known
   */
  public ImmutableList<Pvmove> movesInProgress() {
    return Pvmove.allOf(devices.scan(writer.systemId()).volumeGroup(volumeGroup).volumeGroup());
  }

  /**
   * Makes the call under way stop at the next safe point, which is one read or write away; later
   * calls go on from there. An interrupt of the thread that moves does the same.
   */
  public void stop() {
    stopped = true;
  }

  /** What is done with a move; false if it was stopped before the end. */
  private interface Action {
    boolean on(MoveExecutor executor, ClaimedMove move) throws IOException;
  }

  /** The same for one move. */
  private interface Step {
    boolean run() throws IOException;
  }

  /**
   * Ends the moves that are there now, in the text's order but inner ones before those that stand
   * on them. A move that somebody else works on is left to them.
   */
  private MoveOutcome forEachMove(@Nullable String sourcePv, Action action) throws IOException {
    MoveExecutor executor = executor();
    executor.repair();
    LvmUuid source = sourcePv == null ? null : names(executor.volumeGroup()).require(sourcePv).id();
    Set<LvmUuid> left = new HashSet<>();
    for (LogicalVolume lv : executor.volumeGroup().volumeGroup().pvmoveVolumes()) {
      left.add(lv.id());
    }
    ImmutableList.Builder<String> moves = ImmutableList.builder();
    MoveOutcome inUse = null;
    while (true) {
      Optional<Pvmove> next = next(executor.volumeGroup().volumeGroup(), left, source);
      if (next.isEmpty()) {
        return inUse != null ? inUse : completed(executor, moves.build());
      }
      String name = next.get().name();
      left.remove(next.get().id());
      try (ClaimedMove move = executor.claim(next.get())) {
        MoveOutcome outcome = ended(executor, move, () -> action.on(executor, move));
        if (outcome instanceof MoveOutcome.Stopped) {
          return outcome;
        }
        moves.add(name);
      } catch (MoveInUseException e) {
        inUse = failed(executor, name, e);
      } catch (IOException | LvmException e) {
        return failed(executor, name, e);
      }
    }
  }

  private static Optional<Pvmove> next(VolumeGroup vg, Set<LvmUuid> ids, @Nullable LvmUuid source) {
    return Pvmove.allOf(vg).stream()
        .filter(move -> ids.contains(move.id()))
        .filter(
            move ->
                source == null
                    || move.pieces().stream().anyMatch(piece -> piece.source().pv().equals(source)))
        .findFirst();
  }

  private static MoveOutcome ended(MoveExecutor executor, ClaimedMove move, Step step) {
    try {
      return step.run()
          ? completed(executor, ImmutableList.of(move.name()))
          : new MoveOutcome.Stopped(
              executor.volumeGroup(), move.name(), "stopped on request", null, executor.work());
    } catch (IOException | LvmException e) {
      return failed(executor, move.name(), e);
    }
  }

  static MoveOutcome failed(MoveExecutor executor, String move, Exception e) {
    return new MoveOutcome.Stopped(
        executor.volumeGroup(), move, String.valueOf(e.getMessage()), e, executor.work());
  }

  private static MoveOutcome completed(MoveExecutor executor, ImmutableList<String> moves) {
    return completed(executor.volumeGroup(), moves, executor.work());
  }

  static MoveOutcome completed(
      StoredVolumeGroup volumeGroup, ImmutableList<String> moves, Work work) {
    return work.lost().isEmpty()
        ? new MoveOutcome.Completed(volumeGroup, moves, work)
        : new MoveOutcome.CompletedWithLosses(volumeGroup, moves, work);
  }

  MoveExecutor executor() {
    stopped = false;
    // An interrupt is a wish to stop, too; it is left for the caller to see.
    BooleanSupplier stop = () -> stopped || Thread.currentThread().isInterrupted();
    LiveVolumeGroup live =
        new LiveVolumeGroup(
            devices, volumeGroup, writer.systemId(), locks, this::header, backups, stop);
    return new MoveExecutor(live, options, listener, activeVolumes, volumes, stop);
  }

  private MetadataHeader header(String description) {
    return writer.header(description, now());
  }

  private StoredVolumeGroup read() {
    StoredVolumeGroup stored = devices.scan(writer.systemId()).volumeGroup(volumeGroup);
    if (!stored.refusals().isEmpty()) {
      throw new AccessRefusedException(stored.volumeGroup().name(), stored.refusals());
    }
    return stored;
  }

  private static PvNames names(StoredVolumeGroup stored) {
    return PvNames.of(stored.volumeGroup(), stored.deviceNames());
  }

  /** Collects what a mover needs; not thread-safe. */
  public static final class Builder {
    private final DeviceSet devices;
    private final String volumeGroup;
    private MoveListener listener = MoveListener.NONE;
    private InstantSource clock = Clock.systemUTC();
    private RandomGenerator random = new SecureRandom();
    private String host = HostName.get();
    private @Nullable String systemId;
    private String command = "pvmove for Java";
    private @Nullable BackupFiles backups;
    private VolumeGroupLocks locks;
    private ActiveVolumes activeVolumes = ActiveVolumes.ofSystem();
    private ReadErrors readErrors = ReadErrors.stop();
    private boolean verify;
    private long checkpointBytes = CopyOptions.USUAL_CHECKPOINT_BYTES;
    private int parallel = 1;
    private Throttle throttle = Throttle.unlimited();
    private UsedBlocks usedBlocks = UsedBlocks.ALL;
    private boolean discard;
    private @Nullable LiveVolumes volumes;

    private Builder(DeviceSet devices, String volumeGroup) {
      this.devices = checkNotNull(devices);
      this.volumeGroup = checkNotNull(volumeGroup);
      this.locks = VolumeGroupLocks.usual(devices);
    }

    /** Who is told what happens; nobody by default. */
    public Builder listener(MoveListener value) {
      listener = checkNotNull(value);
      return this;
    }

    /** Where the times in the metadata come from; the system's clock by default. */
    public Builder clock(InstantSource value) {
      clock = checkNotNull(value);
      return this;
    }

    /** Where new uuids come from; a secure source by default. */
    public Builder random(RandomGenerator value) {
      random = checkNotNull(value);
      return this;
    }

    /** The host name in the metadata; that of this host by default. */
    public Builder host(String value) {
      host = checkNotNull(value);
      return this;
    }

    /** The LVM2 system id of this host; none by default. */
    public Builder systemId(String value) {
      systemId = checkNotNull(value);
      return this;
    }

    /** What the description of each metadata version names as its writer. */
    public Builder command(String value) {
      command = checkNotNull(value);
      return this;
    }

    /**
     * Where the metadata are kept in files: the version before the first change of a call, and the
     * version in force after every commit. Nowhere by default. A file that cannot be written stops
     * a move at its last checkpoint.
     */
    public Builder backups(BackupFiles value) {
      backups = checkNotNull(value);
      return this;
    }

    /**
     * How the volume group is locked while it is changed. By default in LVM2's directory if there
     * are disks of this system among the devices, else on the devices only; either way it waits
     * until others are ready.
     */
    public Builder locks(VolumeGroupLocks value) {
      locks = checkNotNull(value);
      return this;
    }

    /** Where it is seen which volumes the kernel has active; in this system's sysfs by default. */
    public Builder activeVolumes(ActiveVolumes value) {
      activeVolumes = checkNotNull(value);
      return this;
    }

    /** What to do when the source cannot be read; by default the move stops. */
    public Builder onReadError(ReadErrors value) {
      readErrors = checkNotNull(value);
      return this;
    }

    /**
     * Whether each segment is read back from the disk, as far as possible past all caches, before
     * the checkpoint that makes it authoritative; not by default.
     */
    public Builder verify(boolean value) {
      verify = value;
      return this;
    }

    /**
     * After how many bytes there is a checkpoint behind the next segment that ends: short segments
     * share one, so that a crash repeats no more than this much and the segments then under way.
     * What is left out, and zeros that cost the destination nothing, do not count. {@value
     * CopyOptions#USUAL_CHECKPOINT_BYTES} by default; 0 for one behind each segment.
     */
    public Builder checkpointBytes(long value) {
      checkArgument(
          value >= 0, "bytes between checkpoints: expected none or some, found %s", value);
      checkpointBytes = value;
      return this;
    }

    /**
     * How many segments of a move are copied at the same time, as far as their devices have no disk
     * in common: from 1, the default, to {@value CopyOptions#MAX_PARALLEL}. With volumes in use it
     * is one after the other.
     */
    public Builder parallel(int value) {
      checkArgument(
          value >= 1 && value <= CopyOptions.MAX_PARALLEL,
          "segments at the same time: expected 1 to %s, found %s",
          CopyOptions.MAX_PARALLEL,
          value);
      parallel = value;
      return this;
    }

    /** Limits how fast is copied, and pauses it; no limit by default. */
    public Builder throttle(Throttle value) {
      throttle = checkNotNull(value);
      return this;
    }

    /** What need not be copied; everything is by default. Not together with volumes in use. */
    public Builder usedBlocks(UsedBlocks value) {
      usedBlocks = checkNotNull(value);
      return this;
    }

    /**
     * Whether what moved is discarded where it was, once the end of the move is durable: as if
     * trimmed, for disks and image files that make use of that. Not by default.
     */
    public Builder discardSource(boolean value) {
      discard = value;
      return this;
    }

    /**
     * The volumes of the group that this process uses while extents move; none by default.
     *
     * @throws IllegalArgumentException if they are on another set of devices
     */
    public Builder volumes(LiveVolumes value) {
      checkArgument(value.isOn(devices), "expected volumes on the same set of devices");
      volumes = value;
      return this;
    }

    /**
     * The mover.
     *
     * @throws IllegalStateException if it was told of volumes in use and of blocks that are not
     */
    public PvMover build() {
      checkState(
          volumes == null || usedBlocks == UsedBlocks.ALL,
          "expected no unused blocks of volumes in use: users may begin to use them");
      return new PvMover(this);
    }
  }
}
