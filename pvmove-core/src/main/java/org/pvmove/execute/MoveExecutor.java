// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import java.io.IOException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.BackupFiles;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.BlockDevice;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.plan.MetadataWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries moves out: for each segment in order copy, make the copy durable, commit the checkpoint;
 * then finish. The metadata on the devices are the only record of progress, so that going on after
 * a crash is the same as going on.
 */
public final class MoveExecutor {
  private static final Logger LOG = LoggerFactory.getLogger(MoveExecutor.class);

  private final DeviceSet devices;
  private final Function<String, MetadataHeader> headers;
  private final MoveListener listener;
  private final @Nullable BackupFiles backups;
  private final BooleanSupplier stopped;
  private boolean archived;
  private StoredVolumeGroup current;
  private long bytesCopied;

  /**
   * Creates an executor for one volume group.
   *
   * @param devices the devices
   * @param current the volume group as it lies on them
   * @param headers makes the header of a metadata version from its description
   * @param listener told what happens
   * @param backups where the metadata are kept in files; absent if nowhere
   * @param stopped asked before every copied buffer and between checkpoints whether to stop
   */
  public MoveExecutor(
      DeviceSet devices,
      StoredVolumeGroup current,
      Function<String, MetadataHeader> headers,
      MoveListener listener,
      @Nullable BackupFiles backups,
      BooleanSupplier stopped) {
    this.devices = devices;
    this.current = current;
    this.headers = headers;
    this.listener = listener;
    this.backups = backups;
    this.stopped = stopped;
  }

  /** The volume group as it lies on the devices now. */
  public StoredVolumeGroup volumeGroup() {
    return current;
  }

  /** Bytes copied by this executor so far. */
  public long bytesCopied() {
    return bytesCopied;
  }

  /**
   * Commits a change of the volume group.
   *
   * @throws IOException if a device fails or a backup file cannot be written
   */
  public void commit(UnaryOperator<VolumeGroup> edit, String description) throws IOException {
    VolumeGroup next = edit.apply(current.volumeGroup());
    if (backups != null && !archived) {
      backups.archive(current.volumeGroup(), current.header());
      archived = true;
    }
    current = devices.commit(current, next, headers.apply(description));
    if (backups != null) {
      backups.backup(current.volumeGroup(), current.header());
    }
    LOG.debug("{}: version {}: {}", next.name(), current.volumeGroup().seqno(), description);
  }

  /**
   * Carries a move on to its end.
   *
   * @param name its temporary volume
   * @return whether it ended; false if it was stopped at a checkpoint
   * @throws IOException if a device fails; the last checkpoint stays in force
   */
  public boolean run(String name) throws IOException {
    Pvmove move = move(name);
    long extentBytes = current.volumeGroup().extentSize().bytes();
    long total = move.extentCount() * extentBytes;
    long done = doneBytes(move, extentBytes);
    int segmentsDone = (int) move.pieces().stream().filter(Pvmove.Piece::done).count();
    LOG.info("{}: {} of {} bytes to move", name, total - done, total);
    listener.on(new MoveEvent.Started(name, move.pieces().size(), segmentsDone, total, done));
    Copier copier = new Copier(stopped);
    for (int i = 0; i < move.pieces().size(); i++) {
      Pvmove.Piece piece = move.pieces().get(i);
      if (piece.done()) {
        continue;
      }
      if (!copy(copier, move, i, done, total)) {
        return false;
      }
      done += piece.source().count() * extentBytes;
      if (!move.atomic()) {
        checkpoint(move, i);
      }
    }
    return end(name, true);
  }

  private boolean copy(Copier copier, Pvmove move, int index, long before, long total)
      throws IOException {
    Pvmove.Piece piece = move.pieces().get(index);
    BlockDevice source = current.device(piece.source().pv()).device();
    BlockDevice destination = current.device(piece.destination().pv()).device();
    long length = current.volumeGroup().extentSize().toBytes(piece.source().count());
    boolean copied =
        copier.copy(
            source,
            byteOffset(piece.source()),
            destination,
            byteOffset(piece.destination()),
            length,
            bytes -> listener.on(new MoveEvent.Copied(move.name(), index, before + bytes, total)));
    if (copied) {
      bytesCopied += length;
      // From the checkpoint on nobody reads the source any more.
      try {
        destination.flush();
      } catch (IOException e) {
        throw new CopyFailedException(
            "made durable", destination.name(), byteOffset(piece.destination()), length, e);
      }
    }
    return copied;
  }

  private void checkpoint(Pvmove move, int index) throws IOException {
    commit(
        vg -> PvmoveEdits.pieceDone(vg, Pvmove.of(vg, temporaryVolume(vg, move)), index),
        MetadataWriter.segmentDone(move.name(), index));
    listener.on(
        new MoveEvent.Checkpoint(
            move.name(), index, move.pieces().get(index), current.volumeGroup().seqno()));
  }

  /**
   * Gives a move up: what is done stays, the rest goes back; an atomic move goes back as a whole.
   *
   * @param name its temporary volume
   * @throws IOException if a device fails; the move goes on from its last checkpoint then
   */
  public void abort(String name) throws IOException {
    end(name, false);
  }

  private boolean end(String name, boolean toDestination) throws IOException {
    Pvmove move = move(name);
    commit(
        vg -> PvmoveEdits.end(vg, move, toDestination),
        toDestination ? MetadataWriter.finish(name) : MetadataWriter.abort(name));
    LOG.info("{}: {}", name, toDestination ? "finished" : "aborted");
    listener.on(new MoveEvent.Finished(name, !toDestination, current.volumeGroup().seqno()));
    return true;
  }

  private Pvmove move(String name) {
    VolumeGroup vg = current.volumeGroup();
    return Pvmove.of(
        vg,
        vg.logicalVolume(name)
            .orElseThrow(
                () ->
                    new LvmException(
                        "expected a move %s in volume group %s, found none"
                            .formatted(name, vg.name()))));
  }

  private static LogicalVolume temporaryVolume(VolumeGroup vg, Pvmove move) {
    return vg.logicalVolume(move.name())
        .orElseThrow(
            () ->
                new LvmException(
                    "expected move %s in volume group %s, found none"
                        .formatted(move.name(), vg.name())));
  }

  private long byteOffset(PeRange range) {
    VolumeGroup vg = current.volumeGroup();
    PhysicalVolume pv =
        vg.physicalVolume(range.pv())
            .orElseThrow(
                () ->
                    new LvmException(
                        "expected physical volume %s in volume group %s, found none"
                            .formatted(range.pv(), vg.name())));
    return Math.addExact(pv.peStart().toBytes(), vg.extentSize().toBytes(range.first()));
  }

  private static long doneBytes(Pvmove move, long extentBytes) {
    return move.pieces().stream()
        .filter(Pvmove.Piece::done)
        .mapToLong(piece -> piece.source().count() * extentBytes)
        .sum();
  }
}
