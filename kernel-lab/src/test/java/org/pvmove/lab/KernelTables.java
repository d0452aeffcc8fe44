// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lab;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;

/**
 * What the kernel maps when the volumes of a group are active, told from the metadata alone: one
 * device-mapper target for each segment, as dmsetup(8) prints them. Knows linear and striped
 * volumes and moves. A move's segments that are done map to the destination, the first other one is
 * a mirror, those after it map to the source (only one at a time is copied).
 */
final class KernelTables {
  private static final String SPARE = "_pmspare:";

  private final StoredVolumeGroup stored;
  private final VolumeGroup vg;

  private KernelTables(StoredVolumeGroup stored) {
    this.stored = stored;
    this.vg = stored.volumeGroup();
  }

  /** The lines of all volumes, in the order of the text; disks bear the names of their images. */
  static ImmutableList<String> of(StoredVolumeGroup stored) {
    return new KernelTables(stored).lines(segment -> true);
  }

  /**
   * Of these lines, those that map to disks; of volumes of any type, but for the spare of pools,
   * which is not active.
   */
  static ImmutableList<String> onDisks(StoredVolumeGroup stored) {
    return new KernelTables(stored)
            .lines(segment -> segment.areas().stream().anyMatch(Area.Physical.class::isInstance))
            .stream()
            .filter(line -> !line.contains(SPARE))
            .collect(ImmutableList.toImmutableList());
  }

  /** The same lines as a guest printed them, without the words for the layers of a snapshot. */
  static ImmutableList<String> onDisks(Console.Section tables) {
    return tables.linesWithLetters().stream()
        .filter(KernelTables::isOnDisk)
        .filter(line -> !line.contains(SPARE))
        .map(line -> line.replaceFirst("-(real|cow):", ":"))
        .sorted()
        .collect(ImmutableList.toImmutableList());
  }

  /** Whether a line maps to a disk of a guest. */
  static boolean isOnDisk(String line) {
    return line.matches(".*<([a-e]|vd[a-z])>.*");
  }

  private ImmutableList<String> lines(Predicate<Segment> wanted) {
    List<String> lines = new ArrayList<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      boolean mirrored = false;
      for (Segment segment : lv.segments()) {
        if (!wanted.test(segment)) {
          continue;
        }
        boolean waits = mirrored;
        mirrored |= isMirrored(segment);
        lines.add(
            "%s: %d %d %s"
                .formatted(
                    device(lv.name()),
                    sectors(segment.firstExtent()),
                    sectors(segment.extentCount()),
                    target(segment, waits)));
      }
    }
    return lines.stream().sorted().collect(ImmutableList.toImmutableList());
  }

  private static boolean isMirrored(Segment segment) {
    return segment.type() instanceof SegmentType.Mirror mirror
        && mirror.extentsMoved() != null
        && mirror.extentsMoved() < segment.extentCount();
  }

  private String target(Segment segment, boolean waits) {
    if (segment.type() instanceof SegmentType.Mirror mirror && mirror.extentsMoved() != null) {
      if (mirror.extentsMoved() == segment.extentCount()) {
        return "linear " + place(mirror.areas().get(1));
      }
      return waits
          ? "linear " + place(mirror.areas().get(0))
          : "mirror core " + places(mirror.areas());
    }
    if (segment.type() instanceof SegmentType.Striped striped) {
      return striped.stripeSize() == null || striped.areas().size() == 1
          ? "linear " + place(striped.areas().get(0))
          : "striped %d %d %s"
              .formatted(
                  striped.areas().size(), striped.stripeSize().count(), places(striped.areas()));
    }
    throw new IllegalArgumentException("no table is known for " + segment);
  }

  private String places(List<Area> areas) {
    return areas.stream().map(this::place).collect(Collectors.joining(" "));
  }

  private String place(Area area) {
    if (area instanceof Area.Physical physical) {
      PhysicalVolume pv = vg.physicalVolume(physical.pv()).orElseThrow();
      return "<%s> %d".formatted(letter(pv.id()), pv.peStart().count() + sectors(area.extent()));
    }
    return "<%s> %d".formatted(device(((Area.Logical) area).lv()), sectors(area.extent()));
  }

  private String letter(LvmUuid pv) {
    String name = stored.nameOf(pv);
    return name.substring(name.lastIndexOf('/') + 1);
  }

  private String device(String lv) {
    return vg.name().replace("-", "--") + "-" + lv.replace("-", "--");
  }

  private long sectors(long extents) {
    return extents * vg.extentSize().sectors();
  }
}
