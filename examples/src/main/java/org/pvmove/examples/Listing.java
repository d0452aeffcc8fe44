// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Streams;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.DeviceScan;
import org.pvmove.device.ScannedDevice;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Reference;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;

/**
 * What {@code --list} tells: everything on the devices, and what was left out and why.
 *
 * @param volumeGroups the volume groups, in the order of the scan
 * @param orphans physical volumes that belong to no volume group yet
 * @param leftOut devices that belong to none of the volume groups
 * @param unreadable devices on which a volume group may be that cannot be read
 */
record Listing(
    ImmutableList<Group> volumeGroups,
    ImmutableList<Orphan> orphans,
    ImmutableList<Groups.LeftOut> leftOut,
    ImmutableList<Groups.LeftOut> unreadable) {

  /**
   * A volume group.
   *
   * @param extentSize the size of its extents
   * @param moves the moves in progress
   * @param findings what a user should know
   * @param refusals why it must not be changed; empty if it may
   */
  record Group(
      String name,
      LvmUuid id,
      long seqno,
      ExtentSize extentSize,
      ImmutableList<Pv> physicalVolumes,
      ImmutableList<Lv> logicalVolumes,
      ImmutableList<Move> moves,
      ImmutableList<String> findings,
      ImmutableList<String> refusals) {}

  /** A physical volume, and how many of its extents are in use. */
  record Pv(
      String name,
      LvmUuid id,
      long extents,
      long used,
      boolean allocatable,
      boolean exported,
      boolean missing) {
    long free() {
      return extents - used;
    }
  }

  /** A logical volume; its flags as the metadata write them, in lower case. */
  record Lv(
      String name,
      LvmUuid id,
      ImmutableList<String> flags,
      long extents,
      ImmutableList<Part> segments) {}

  /**
   * A segment.
   *
   * @param first its first logical extent
   * @param count number of logical extents
   * @param type LVM2's name for its type
   * @param extentsMoved how many extents of a segment of a move are done; absent for all others
   * @param places where its areas lie; empty for types that are made of whole volumes
   * @param uses the volumes it is made of where it has no areas
   */
  record Part(
      long first,
      long count,
      String type,
      @Nullable Long extentsMoved,
      ImmutableList<Place> places,
      ImmutableList<String> uses) {}

  /**
   * A run of extents.
   *
   * @param physical whether it lies on a physical volume, or else on a logical one
   * @param volume the name of that
   */
  record Place(boolean physical, String volume, long first, long count) {}

  /** A move in progress, and the physical volume that it is called by. */
  record Move(String source, Pvmove move) {}

  /** A physical volume in no volume group. */
  record Orphan(String name, LvmUuid id, long bytes) {}

  /** Lists what a scan found. */
  static Listing of(DeviceScan scan) {
    Groups groups = new Groups(scan);
    return new Listing(
        all(groups.all(), Listing::group),
        all(groups.orphans(), Listing::orphan),
        groups.leftOut(),
        groups.unreadable());
  }

  private static <T, R> ImmutableList<R> all(Iterable<T> values, Function<T, R> each) {
    return Streams.stream(values).map(each).collect(ImmutableList.toImmutableList());
  }

  private static Group group(StoredVolumeGroup group) {
    VolumeGroup vg = group.volumeGroup();
    ExtentMap extents = ExtentMap.of(vg);
    ImmutableList.Builder<String> findings = ImmutableList.builder();
    findings.addAll(group.findings());
    ImmutableList<Move> moves = ImmutableList.of();
    try {
      moves = all(Pvmove.allOf(vg), move -> new Move(PlanText.source(move, group), move));
    } catch (LvmException e) {
      findings.add("moves in progress: " + Texts.reason(e));
    }
    return new Group(
        vg.name(),
        vg.id(),
        vg.seqno(),
        vg.extentSize(),
        all(vg.physicalVolumes(), pv -> physicalVolume(group, extents, pv)),
        all(vg.logicalVolumes(), lv -> logicalVolume(group, lv)),
        moves,
        findings.build(),
        group.refusals());
  }

  private static Pv physicalVolume(StoredVolumeGroup group, ExtentMap extents, PhysicalVolume pv) {
    return new Pv(
        group.nameOf(pv.id()),
        pv.id(),
        pv.peCount(),
        pv.peCount() - extents.freeCount(pv.id()),
        pv.isAllocatable(),
        group.volumeGroup().flags().has(StatusFlag.EXPORTED),
        !group.devices().containsKey(pv.id()) || pv.isMissing());
  }

  private static Lv logicalVolume(StoredVolumeGroup group, LogicalVolume lv) {
    return new Lv(
        lv.name(),
        lv.id(),
        Stream.concat(lv.flags().status().stream(), lv.flags().compatible().stream())
            .map(word -> word.toLowerCase(Locale.ROOT))
            .collect(ImmutableList.toImmutableList()),
        lv.extentCount(),
        all(lv.segments(), segment -> part(group, segment)));
  }

  private static Part part(StoredVolumeGroup group, Segment segment) {
    SegmentType type = segment.type();
    return new Part(
        segment.firstExtent(),
        segment.extentCount(),
        type instanceof SegmentType.Striped && segment.areas().size() == 1 ? "linear" : type.name(),
        type instanceof SegmentType.Mirror mirror && mirror.isPvmove()
            ? mirror.extentsMoved()
            : null,
        all(segment.areas(), area -> place(group, segment, area)),
        segment.areas().isEmpty()
            ? type.references().stream()
                .map(Reference::lv)
                .distinct()
                .collect(ImmutableList.toImmutableList())
            : ImmutableList.of());
  }

  private static Place place(StoredVolumeGroup group, Segment segment, Area area) {
    return area instanceof Area.Logical logical
        ? new Place(false, logical.lv(), logical.extent(), segment.areaLength())
        : new Place(
            true,
            group.nameOf(segment.physicalRange(area).pv()),
            area.extent(),
            segment.areaLength());
  }

  private static Orphan orphan(ScannedDevice device) {
    return new Orphan(
        device.name(), Objects.requireNonNull(device.label()).pvUuid(), device.device().size());
  }
}
