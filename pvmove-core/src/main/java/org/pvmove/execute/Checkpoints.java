// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.Lists;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.ActiveVolumes;
import org.pvmove.device.LiveVolumeGroup;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.device.VolumeGroupChangedException;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.plan.MetadataWriter;
import org.pvmove.volume.CopyGuard;
import org.pvmove.volume.CopyLostException;
import org.pvmove.volume.LiveVolumes;

/**
 * The commits of moves in one volume group, each made under its lock from what is there then, and
 * only while nobody else has the volumes in use that it changes.
 */
final class Checkpoints {
  private final LiveVolumeGroup live;
  private final ActiveVolumes active;
  private final @Nullable LiveVolumes volumes;

  Checkpoints(LiveVolumeGroup live, ActiveVolumes active, @Nullable LiveVolumes volumes) {
    this.live = live;
    this.active = active;
    this.volumes = volumes;
  }

  /** The volume group as it was last seen. */
  StoredVolumeGroup group() {
    return live.current();
  }

  private LiveVolumeGroup.Locked lock(Pvmove move) throws IOException {
    LiveVolumeGroup.Locked locked = live.lock();
    try {
      // Once the kernel maps a volume onto the move it copies, too, and writes go to it.
      requireInactive(locked.group().volumeGroup(), Set.of(move.name()));
      // The claim of the move keeps others from opening volumes. Those that are open here learn now
      // what others have committed, and may have been closed; without any it costs one lock that is
      // free, which is nothing beside the flushes of a commit.
      requireUnused(locked.group());
      return locked;
    } catch (Throwable e) {
      locked.close();
      throw e;
    }
  }

  /**
   * Checks that the kernel uses none of some volumes, nor any that it would use them for.
   *
   * @throws IOException if it does, or if that cannot be found out
   */
  void requireInactive(VolumeGroup vg, Set<String> volumes) throws IOException {
    LvGraph graph = LvGraph.of(vg);
    Set<String> standing = new HashSet<>(volumes);
    for (String name : volumes) {
      standing.addAll(graph.below(name));
      standing.addAll(graph.above(name));
    }
    active.requireInactive(vg, standing);
  }

  /**
   * Checks that this process uses no volume of the group but through those that know of the moves.
   *
   * @throws IOException if it does
   */
  void requireUnused(StoredVolumeGroup group) throws IOException {
    LiveVolumes.requireUnused(group, volumes);
  }

  /** A move as it is now. */
  static Pvmove current(VolumeGroup vg, Pvmove move) {
    return vg.logicalVolume(move.name())
        .filter(lv -> lv.id().equals(move.id()) && lv.isPvmove())
        .map(lv -> Pvmove.of(vg, lv))
        .orElseThrow(
            () ->
                new VolumeGroupChangedException(
                    "expected move %s in volume group %s, found that someone else has ended it"
                        .formatted(move.name(), vg.name())));
  }

  /**
   * Commits that segments are at their destination.
   *
   * @param jobs what copied them
   */
  void segmentsDone(Pvmove move, List<CopyJob> jobs) throws IOException {
    Set<Integer> indexes = new HashSet<>(Lists.transform(jobs, CopyJob::segment));
    UnaryOperator<VolumeGroup> edit =
        vg -> {
          Pvmove found = current(vg, move);
          indexes.forEach(index -> requireSame(move, found, index));
          return PvmoveEdits.piecesDone(vg, found, indexes);
        };
    try (LiveVolumeGroup.Locked locked = lock(move)) {
      commit(locked, edit, MetadataWriter.segmentDone(move.name(), Collections.max(indexes)), jobs);
    }
  }

  private static void requireSame(Pvmove move, Pvmove found, int index) {
    Pvmove.Piece piece = move.pieces().get(index);
    if (index >= found.pieces().size() || !found.pieces().get(index).equals(piece)) {
      throw new VolumeGroupChangedException(
          "expected segment %d of move %s to be %s, found that someone else has changed the move"
                  .formatted(index + 1, move.name(), piece)
              + ": restart it as it is now");
    }
  }

  /**
   * Commits the end of a move whose segments are all copied.
   *
   * @param deciding the copies whose destination counts from then on
   * @param discard whether the source's bytes are not wanted any more
   * @return the volume group then
   */
  StoredVolumeGroup finish(Pvmove move, List<CopyJob> deciding, boolean discard)
      throws IOException {
    try (LiveVolumeGroup.Locked locked = lock(move)) {
      StoredVolumeGroup now =
          commit(
              locked,
              vg -> PvmoveEdits.end(vg, current(vg, move), true),
              MetadataWriter.finish(move.name()),
              deciding);
      if (discard) {
        // As long as it is locked nobody puts something else there.
        Discard.source(now, move);
      }
      return now;
    }
  }

  /** Commits that a move is given up. */
  StoredVolumeGroup abort(Pvmove move) throws IOException {
    try (LiveVolumeGroup.Locked locked = lock(move)) {
      return commit(
          locked,
          vg -> PvmoveEdits.end(vg, current(vg, move), false),
          MetadataWriter.abort(move.name()),
          List.of());
    }
  }

  /**
   * Commits under a lock.
   *
   * @param deciding the copies whose destination counts from then on
   */
  @CanIgnoreReturnValue
  StoredVolumeGroup commit(
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

  /** Ends the copying of what was not decided: users go on with the source alone. */
  void drop(List<CopyJob> undecided) {
    if (volumes != null) {
      volumes.drop(guards(undecided));
    }
  }

  private static List<CopyGuard> guards(List<CopyJob> jobs) {
    return Lists.transform(jobs, CopyJob::guard);
  }
}
