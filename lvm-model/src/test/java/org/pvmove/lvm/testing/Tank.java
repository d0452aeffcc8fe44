// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.testing;

import com.google.common.base.Strings;
import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.StatusFlags;
import org.pvmove.lvm.VolumeGroup;

/** A small volume group written down in a few lines; its physical volumes are called by index. */
public final class Tank {
  /** Extents of 4 MiB. */
  private static final ExtentSize EXTENT = new ExtentSize(8192);

  private final List<PhysicalVolume> pvs = new ArrayList<>();
  private final List<LogicalVolume> lvs = new ArrayList<>();
  private ExtentSize extentSize = EXTENT;

  private Tank() {}

  /** Volume group {@code tank} with {@code /dev/sda} and so on, of so many extents each. */
  public static Tank pvs(long... peCounts) {
    Tank tank = new Tank();
    for (long peCount : peCounts) {
      int index = tank.pvs.size();
      tank.pvs.add(
          PhysicalVolume.builder("pv" + index, pv(index), Sectors.of(2048), peCount)
              .device("/dev/sd" + (char) ('a' + index))
              .build());
    }
    return tank;
  }

  /** The identity of a physical volume. */
  public static LvmUuid pv(int index) {
    return new LvmUuid(Strings.padEnd("pv" + index, 32, '0'));
  }

  /** An identity that goes with a name. */
  public static LvmUuid id(String name) {
    return LvmUuid.random(new Random(name.hashCode()));
  }

  /** Extents of a physical volume. */
  public static PeRange run(int pv, long first, long count) {
    return new PeRange(pv(pv), first, count);
  }

  /** A linear segment. */
  public static Segment linear(int pv, long first, long count) {
    return Segment.of(0, count, SegmentType.Striped.linear(new Area.Physical(pv(pv), first)));
  }

  /** A linear segment on another logical volume. */
  public static Segment on(String lv, long first, long count) {
    return Segment.of(0, count, SegmentType.Striped.linear(new Area.Logical(lv, first)));
  }

  /** A segment of stripes of equal length. */
  public static Segment striped(PeRange... stripes) {
    ImmutableList<Area> areas =
        Arrays.stream(stripes)
            .map(stripe -> (Area) new Area.Physical(stripe.pv(), stripe.first()))
            .collect(ImmutableList.toImmutableList());
    return Segment.of(
        0,
        stripes.length * stripes[0].count(),
        new SegmentType.Striped(stripes.length == 1 ? null : Sectors.of(128), areas));
  }

  /** Segments one behind the other. */
  public static ImmutableList<Segment> inRow(Segment... segments) {
    ImmutableList.Builder<Segment> row = ImmutableList.builder();
    long next = 0;
    for (Segment segment : segments) {
      row.add(segment.at(next));
      next += segment.extentCount();
    }
    return row.build();
  }

  /** Extents of another size than 4 MiB. */
  public Tank extentSectors(long sectors) {
    extentSize = new ExtentSize(sectors);
    return this;
  }

  /** Adds a visible logical volume of segments one behind the other. */
  public Tank lv(String name, Segment... segments) {
    return lv(LogicalVolume.builder(name, id(name)).segments(inRow(segments)).build());
  }

  /** Gives a physical volume other flags than ALLOCATABLE. */
  public Tank flags(int pv, StatusFlag... flags) {
    pvs.set(pv, pvs.get(pv).toBuilder().flags(StatusFlags.of(flags)).build());
    return this;
  }

  /** Adds a hidden logical volume of segments one behind the other. */
  public Tank hidden(String name, Segment... segments) {
    return lv(
        LogicalVolume.builder(name, id(name))
            .flags(StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE))
            .segments(inRow(segments))
            .build());
  }

  /** Adds a logical volume. */
  public Tank lv(LogicalVolume lv) {
    lvs.add(lv);
    return this;
  }

  /** The volume group. */
  public VolumeGroup build() {
    return VolumeGroup.builder("tank", id("tank"), extentSize)
        .seqno(41)
        .physicalVolumes(pvs)
        .logicalVolumes(lvs)
        .build();
  }
}
