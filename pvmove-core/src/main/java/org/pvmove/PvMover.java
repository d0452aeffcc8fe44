// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.AccessRefusedException;
import org.pvmove.device.BackupFiles;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.HostName;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.device.VolumeGroupChangedException;
import org.pvmove.execute.MoveExecutor;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
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

/**
 * Moves the physical extents of one volume group; see pvmove(8).
 *
 * <p>The logical volumes concerned must not be in use by anyone else while extents move: this
 * library copies beneath them. What a call reports as done is durable; what it did not finish can
 * be restarted or aborted by any later call, by another process or by real LVM2.
 *
 * <p>One call at a time changes the volume group; {@link #stop()} may be called from any thread.
 */
public final class PvMover {
  private final DeviceSet devices;
  private final String volumeGroup;
  private final MoveListener listener;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final MetadataWriter writer;
  private final @Nullable BackupFiles backups;
  private volatile boolean stopped;

  private PvMover(Builder builder) {
    this.devices = builder.devices;
    this.volumeGroup = builder.volumeGroup;
    this.listener = builder.listener;
    this.clock = builder.clock;
    this.random = builder.random;
    this.writer = new MetadataWriter(builder.command, builder.host, builder.systemId);
    this.backups = builder.backups;
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
   * @throws AccessRefusedException if the volume group must not be changed, or a device is open for
   *     reading only; nothing was written
   * @throws org.pvmove.plan.PlanRejectedException if the metadata of the move have no room; nothing
   *     was written
   * @throws IOException if a device fails at the first commit; no extent was moved
   */
  public MoveOutcome execute(MovePlan plan) throws IOException {
    StoredVolumeGroup stored = readChangeable();
    VolumeGroup vg = stored.volumeGroup();
    if (!vg.id().equals(plan.volumeGroupId()) || vg.seqno() != plan.seqno()) {
      throw new VolumeGroupChangedException(
          "expected version %d of volume group %s, for which the plan was made, found version %d"
              .formatted(plan.seqno(), plan.volumeGroup(), vg.seqno()));
    }
    MoveExecutor executor = executor(stored);
    if (!plan.joined()) {
      // A move that found no room later could not go on.
      long needed = plan.costIn(vg, surroundings(stored)).largestMetadataBytes();
      if (needed > stored.room()) {
        PlanResult.rejected(new Rejection.MetadataTooLarge(needed, stored.room())).orElseThrow();
      }
      PvmoveEdits.Origin origin = PvmoveEdits.Origin.random(random, writer.host(), now());
      executor.commit(
          group -> PvmoveEdits.begin(group, origin, plan.moves(), plan.atomic()),
          MetadataWriter.begin(plan.move()));
    }
    return run(executor, List.of(plan.move()));
  }

  private Surroundings surroundings(StoredVolumeGroup stored) {
    Map<LvmUuid, Integer> blockSizes = new HashMap<>();
    stored
        .devices()
        .forEach((pv, device) -> blockSizes.put(pv, device.device().logicalBlockSize()));
    return Surroundings.of(names(stored))
        .withLogicalBlockSizes(blockSizes)
        .withMetadataRoom(stored.room())
        .withWriter(writer, now());
  }

  private long now() {
    return clock.instant().getEpochSecond();
  }

  /**
   * Carries on every move that is under way.
   *
   * @throws AccessRefusedException if the volume group must not be changed
   */
  public MoveOutcome resume() {
    StoredVolumeGroup stored = readChangeable();
    return run(executor(stored), movesFrom(stored, null));
  }

  /**
   * Carries on the move that is under way from a physical volume.
   *
   * @throws LvmException if there is no such physical volume
   * @throws AccessRefusedException if the volume group must not be changed
   */
  public MoveOutcome resume(String sourcePv) {
    StoredVolumeGroup stored = readChangeable();
    return run(executor(stored), movesFrom(stored, sourcePv));
  }

  /**
   * Gives up every move that is under way, at its last checkpoint.
   *
   * @throws AccessRefusedException if the volume group must not be changed
   */
  public MoveOutcome abort() {
    StoredVolumeGroup stored = readChangeable();
    return abort(executor(stored), movesFrom(stored, null));
  }

  /**
   * Gives up the move that is under way from a physical volume, at its last checkpoint.
   *
   * @throws LvmException if there is no such physical volume
   * @throws AccessRefusedException if the volume group must not be changed
   */
  public MoveOutcome abort(String sourcePv) {
    StoredVolumeGroup stored = readChangeable();
    return abort(executor(stored), movesFrom(stored, sourcePv));
  }

  /**
   * The moves under way, as the devices tell now.
   *
   * @throws LvmException if there is no such volume group, or a move of a form that is not known
   */
  public ImmutableList<Pvmove> movesInProgress() {
    return Pvmove.allOf(devices.scan(writer.systemId()).volumeGroup(volumeGroup).volumeGroup());
  }

  /** Makes the call under way stop at the next safe point; later calls go on from there. */
  public void stop() {
    stopped = true;
  }

  private MoveOutcome run(MoveExecutor executor, List<String> moves) {
    for (String move : moves) {
      try {
        if (!executor.run(move)) {
          return new MoveOutcome.Stopped(executor.volumeGroup(), move, "stopped on request", null);
        }
      } catch (IOException | LvmException e) {
        return failed(executor, move, e);
      }
    }
    return completed(executor, moves);
  }

  private MoveOutcome abort(MoveExecutor executor, List<String> moves) {
    for (String move : moves) {
      try {
        executor.abort(move);
      } catch (IOException | LvmException e) {
        return failed(executor, move, e);
      }
    }
    return completed(executor, moves);
  }

  private static MoveOutcome failed(MoveExecutor executor, String move, Exception e) {
    return new MoveOutcome.Stopped(executor.volumeGroup(), move, String.valueOf(e.getMessage()), e);
  }

  private static MoveOutcome completed(MoveExecutor executor, List<String> moves) {
    return new MoveOutcome.Completed(
        executor.volumeGroup(), ImmutableList.copyOf(moves), executor.bytesCopied());
  }

  private MoveExecutor executor(StoredVolumeGroup stored) {
    stopped = false;
    return new MoveExecutor(devices, stored, this::header, listener, backups, () -> stopped);
  }

  private MetadataHeader header(String description) {
    return writer.header(description, now());
  }

  private List<String> movesFrom(StoredVolumeGroup stored, @Nullable String sourcePv) {
    LvmUuid source =
        sourcePv == null
            ? null
            : names(stored)
                .resolve(sourcePv)
                .orElseThrow(
                    () ->
                        new LvmException(
                            "physical volume \"%s\" was not found in volume group \"%s\""
                                .formatted(sourcePv, stored.volumeGroup().name())))
                .id();
    return Pvmove.allOf(stored.volumeGroup()).stream()
        .filter(
            move ->
                source == null
                    || move.pieces().stream().anyMatch(piece -> piece.source().pv().equals(source)))
        .map(Pvmove::name)
        .toList();
  }

  private StoredVolumeGroup read() {
    StoredVolumeGroup stored = devices.scan(writer.systemId()).volumeGroup(volumeGroup);
    if (!stored.refusals().isEmpty()) {
      throw new AccessRefusedException(stored.volumeGroup().name(), stored.refusals());
    }
    return stored;
  }

  private StoredVolumeGroup readChangeable() {
    StoredVolumeGroup stored = devices.scan(writer.systemId()).volumeGroup(volumeGroup);
    stored.requireChangeable();
    return stored;
  }

  private static PvNames names(StoredVolumeGroup stored) {
    Map<LvmUuid, String> names = new HashMap<>();
    stored.devices().forEach((pv, device) -> names.put(pv, device.name()));
    return PvNames.of(stored.volumeGroup(), names);
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

    private Builder(DeviceSet devices, String volumeGroup) {
      this.devices = checkNotNull(devices);
      this.volumeGroup = checkNotNull(volumeGroup);
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

    /** The mover. */
    public PvMover build() {
      return new PvMover(this);
    }
  }
}
