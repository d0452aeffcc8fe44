// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableRangeMap;
import com.google.common.collect.ImmutableRangeSet;
import com.google.common.collect.RangeSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.IoHints;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.volume.CopyGuard;
import org.pvmove.volume.LiveVolumes;

/** The segments of a move that are to be copied yet. */
final class CopyJobs {
  private final StoredVolumeGroup group;
  private final Pvmove move;
  private final Owner.Index owners;
  private final UsedBlocks usedBlocks;
  private final @Nullable LiveVolumes volumes;
  private final Map<String, RangeSet<Long>> free = new HashMap<>();

  /** Volumes whose blocks somebody else may need who sees the volume as it was. */
  private final Set<String> snapped = new HashSet<>();

  CopyJobs(
      StoredVolumeGroup group, Pvmove move, UsedBlocks usedBlocks, @Nullable LiveVolumes volumes) {
    this.group = group;
    this.move = move;
    this.owners = new Owner.Index(group.volumeGroup(), move);
    this.usedBlocks = usedBlocks;
    this.volumes = volumes;
    for (LogicalVolume lv : group.volumeGroup().logicalVolumes()) {
      for (Segment segment : lv.segments()) {
        if (segment.type() instanceof SegmentType.Snapshot) {
          segment.type().references().forEach(tie -> snapped.add(tie.lv()));
        }
      }
    }
  }

  /**
   * Divides them into streams which have no device in common, so that they can be copied at the
   * same time.
   *
   * @param most at most so many
   * @param begun told each segment when it is begun, if volumes are in use; there is one stream
   *     then
   */
  ImmutableList<CopyStream> streams(int most, Consumer<CopyJob> begun) {
    List<Integer> left = new ArrayList<>();
    for (int i = 0; i < move.pieces().size(); i++) {
      if (!move.pieces().get(i).done()) {
        left.add(i);
      }
    }
    if (left.isEmpty()) {
      return ImmutableList.of();
    }
    if (volumes != null) {
      // What is copied is written to by users from its beginning on, so it begins when it is due.
      Iterator<CopyJob> jobs =
          left.stream()
              .map(
                  i -> {
                    CopyJob job = job(i);
                    begun.accept(job);
                    return job;
                  })
              .iterator();
      return ImmutableList.of(new CopyStream(jobs, Tuning.oneAtATime()));
    }
    List<List<CopyJob>> parts = apart(left.stream().map(this::job).toList(), most);
    int memory = BlockLanes.MEMORY_BYTES / parts.size();
    return parts.stream()
        .map(part -> new CopyStream(part.iterator(), tuning(part, memory)))
        .collect(ImmutableList.toImmutableList());
  }

  /** Segments of one stream may be on several devices: the least able one decides. */
  private static Tuning tuning(List<CopyJob> jobs, int memory) {
    IoHints source = jobs.get(0).source().hints();
    IoHints destination = jobs.get(0).destination().hints();
    for (CopyJob job : jobs) {
      source = lessAble(source, job.source().hints());
      destination = lessAble(destination, job.destination().hints());
    }
    return Tuning.of(source, destination, memory);
  }

  private static IoHints lessAble(IoHints one, IoHints other) {
    return other.queueDepth() < one.queueDepth() ? other : one;
  }

  private CopyJob job(int index) {
    Pvmove.Piece piece = move.pieces().get(index);
    VolumeGroup vg = group.volumeGroup();
    ImmutableRangeMap<Long, Owner> owning = owners.of(piece);
    return new CopyJob(
        index,
        group.device(piece.source().pv()).device(),
        byteOffset(vg, piece.source()),
        group.device(piece.destination().pv()).device(),
        byteOffset(vg, piece.destination()),
        vg.extentSize().toBytes(piece.source().count()),
        owning,
        free(owning),
        volumes == null ? CopyGuard.NONE : volumes.copy(piece.source(), piece.destination()));
  }

  private RangeSet<Long> free(ImmutableRangeMap<Long, Owner> owning) {
    Collection<Owner> all = owning.asMapOfRanges().values();
    String lv = all.iterator().next().logicalVolume();
    boolean known = all.size() == 1 && !lv.equals(move.name()) && !snapped.contains(lv);
    return known ? free.computeIfAbsent(lv, usedBlocks::free) : ImmutableRangeSet.of();
  }

  private static long byteOffset(VolumeGroup vg, PeRange range) {
    return vg.byteOffset(range.pv(), range.first());
  }

  /** Parts that have no medium in common, in the order of their first segments. */
  private static List<List<CopyJob>> apart(List<CopyJob> jobs, int most) {
    // For each medium one that it is used together with; followed to the end, the same for all.
    Map<Object, Object> together = new HashMap<>();
    for (CopyJob job : jobs) {
      Object source = end(together, job.source().hints().medium());
      Object destination = end(together, job.destination().hints().medium());
      if (!source.equals(destination)) {
        together.put(source, destination);
      }
    }
    Map<Object, List<CopyJob>> parts = new LinkedHashMap<>();
    for (CopyJob job : jobs) {
      Object medium = end(together, job.source().hints().medium());
      parts.computeIfAbsent(medium, m -> new ArrayList<>()).add(job);
    }
    List<List<CopyJob>> result = new ArrayList<>();
    int next = 0;
    for (List<CopyJob> part : parts.values()) {
      if (result.size() < most) {
        result.add(part);
      } else {
        result.get(next++ % most).addAll(part);
      }
    }
    return result;
  }

  private static Object end(Map<Object, Object> together, Object medium) {
    Object at = medium;
    for (Object next = together.get(at); next != null; next = together.get(at)) {
      at = next;
    }
    return at;
  }
}
