// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pvmove.device.DeviceScan;
import org.pvmove.device.ScannedDevice;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Reference;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;

/** What {@code --list} prints: everything on the devices, and what was left out and why. */
final class Listing {
  private final Console console;

  private Listing(Console console) {
    this.console = console;
  }

  /** Prints everything; returns the exit code. */
  static int print(DeviceScan scan, Console console) {
    Groups groups = new Groups(scan);
    Listing listing = new Listing(console);
    groups.all().forEach(listing::group);
    listing.section(
        "Physical volumes in no volume group:",
        groups.orphans().stream().map(Listing::orphan).toList());
    listing.section("Left out:", groups.leftOut());
    ImmutableList<String> unreadable = groups.unreadable();
    listing.section("Not readable:", unreadable);
    if (groups.all().isEmpty() && unreadable.isEmpty()) {
      console.print("No volume groups found.");
    }
    if (!unreadable.isEmpty()) {
      console.complain("Not every volume group on these devices can be read.");
      return ExitCode.FAILED;
    }
    return ExitCode.DONE;
  }

  private void group(StoredVolumeGroup group) {
    VolumeGroup vg = group.volumeGroup();
    console.print("Volume group " + vg.name());
    console.print(
        "  uuid %s, metadata version %d, extents of %s"
            .formatted(vg.id(), vg.seqno(), Texts.size(vg.extentSize().bytes())));
    section("  Physical volumes:", physicalVolumes(group));
    List<String> volumes = new ArrayList<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      volumes.add(
          "%s  %s  %s"
              .formatted(
                  lv.name(), status(lv), Texts.size(vg.extentSize().toBytes(lv.extentCount()))));
      volumes.addAll(
          Texts.table(lv.segments().stream().map(segment -> row(group, segment)).toList()));
    }
    section("  Logical volumes:", volumes);
    section("  Moves in progress:", moves(group));
    section("  Findings:", group.findings());
    section("  Must not be changed:", group.refusals());
  }

  private static List<String> physicalVolumes(StoredVolumeGroup group) {
    VolumeGroup vg = group.volumeGroup();
    ExtentMap extents = ExtentMap.of(vg);
    List<String[]> rows = new ArrayList<>();
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      long free = extents.freeCount(pv.id());
      rows.add(
          new String[] {
            group.nameOf(pv.id()),
            attributes(group, pv),
            Texts.size(vg.extentSize().toBytes(pv.peCount())),
            "%s: %d used, %d free"
                .formatted(Texts.count(pv.peCount(), "extent"), pv.peCount() - free, free),
            pv.id().toString()
          });
    }
    return Texts.table(rows).stream().map(String::strip).toList();
  }

  /** The letters of pvs(8): allocatable or used, exported, missing. */
  private static String attributes(StoredVolumeGroup group, PhysicalVolume pv) {
    boolean exported = group.volumeGroup().flags().has(StatusFlag.EXPORTED);
    boolean missing = !group.devices().containsKey(pv.id()) || pv.isMissing();
    return (pv.isAllocatable() ? "a" : "u") + (exported ? "x" : "-") + (missing ? "m" : "-");
  }

  private static String status(LogicalVolume lv) {
    return Stream.concat(lv.flags().status().stream(), lv.flags().compatible().stream())
        .map(word -> word.toLowerCase(Locale.ROOT))
        .collect(Collectors.joining(","));
  }

  private static String[] row(StoredVolumeGroup group, Segment segment) {
    return new String[] {
      Texts.extents(segment.firstExtent(), segment.extentCount()),
      kind(segment.type()),
      segment.areas().isEmpty()
          ? segment.type().references().stream()
              .map(Reference::lv)
              .distinct()
              .collect(Collectors.joining(", "))
          : segment.areas().stream()
              .map(area -> place(group, segment, area))
              .collect(Collectors.joining(", "))
    };
  }

  private static String kind(SegmentType type) {
    if (type instanceof SegmentType.Striped striped) {
      return striped.areas().size() == 1 ? "linear" : striped.areas().size() + " stripes";
    }
    if (type instanceof SegmentType.Mirror mirror && mirror.isPvmove()) {
      return "move, %d extents done".formatted(mirror.extentsMoved());
    }
    return type.name();
  }

  private static String place(StoredVolumeGroup group, Segment segment, Area area) {
    if (area instanceof Area.Logical logical) {
      return logical.lv() + ":" + Texts.extents(logical.extent(), segment.areaLength());
    }
    return Texts.extents(group, segment.physicalRange(area));
  }

  private static List<String> moves(StoredVolumeGroup group) {
    List<String> lines = new ArrayList<>();
    try {
      for (Pvmove move : Pvmove.allOf(group.volumeGroup())) {
        lines.add("from " + PlanText.source(move, group) + ": " + PlanText.progress(move));
      }
    } catch (LvmException e) {
      lines.add(Texts.reason(e));
    }
    return lines;
  }

  private static String orphan(ScannedDevice device) {
    return "%s  %s  %s"
        .formatted(
            device.name(),
            Texts.size(device.device().size()),
            device.labelScan() == null
                ? ""
                : device.labelScan().label().map(label -> label.pvUuid().toString()).orElse(""));
  }

  private void section(String heading, List<String> lines) {
    if (!lines.isEmpty()) {
      console.print(heading);
      String indent = heading.startsWith("  ") ? "    " : "  ";
      lines.forEach(line -> console.print(indent + line));
    }
  }
}
