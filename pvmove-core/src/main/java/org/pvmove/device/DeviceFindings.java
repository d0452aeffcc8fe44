// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import com.google.common.collect.ImmutableList;
import com.google.common.math.LongMath;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.Severity;
import org.pvmove.lvm.check.Violation;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.lvm.disk.DiskArea;
import org.pvmove.lvm.disk.LabelScan;
import org.pvmove.lvm.disk.MetadataAreaHeader;
import org.pvmove.lvm.disk.PvLabel;
import org.pvmove.lvm.text.MetadataText;

/**
 * What is odd about the devices of a volume group, and what forbids to change it: refusals where
 * LVM2 would refuse too or would do harm, findings where it warns.
 */
final class DeviceFindings {
  private DeviceFindings() {}

  /**
   * Describes the device of a physical volume.
   *
   * @param asWritten the volume group as its text says
   * @param vg the same as it is now, with physical volumes back that were missing
   * @param findings takes what a user should know
   * @param refusals takes why the volume group must not be changed
   */
  static void describe(
      VolumeGroup asWritten,
      VolumeGroup vg,
      PhysicalVolume pv,
      ScannedDevice device,
      Map<LvmUuid, MetadataText> newest,
      List<String> findings,
      List<String> refusals) {
    LabelScan scan = device.labelScan();
    if (scan != null && scan.state() == LabelScan.State.DAMAGED) {
      refusals.add(device.name() + ": its label is damaged: " + DeviceReader.findings(scan));
    } else if (scan != null && !scan.findings().isEmpty()) {
      findings.add(device.name() + ": " + DeviceReader.findings(scan));
    }
    findings.addAll(labelFindings(device));
    // Hostile metadata may state sizes that no device has.
    long start = LongMath.saturatedMultiply(pv.peStart().count(), Sectors.BYTES);
    long end =
        LongMath.saturatedAdd(
            start, LongMath.saturatedMultiply(pv.peCount(), vg.extentSize().bytes()));
    long expectedSize =
        pv.deviceSize() == null
            ? 0
            : LongMath.saturatedMultiply(pv.deviceSize().count(), Sectors.BYTES);
    if (end > device.device().size()) {
      refusals.add(
          "%s: expected extents up to byte %d, found the end at %d"
              .formatted(device.name(), end, device.device().size()));
    } else if (expectedSize > device.device().size()) {
      findings.add(
          "%s: expected a device of %d bytes, found %d: was it resized?"
              .formatted(device.name(), expectedSize, device.device().size()));
    }
    refusals.addAll(misplacedAreas(device, start, end));
    if (pv.isMissing()) {
      refusals.add(
          "physical volume " + device.name() + " was missing earlier (vgextend --restoremissing)");
    }
    findings.addAll(areaFindings(asWritten, device));
    Set<String> others = new LinkedHashSet<>();
    for (MetadataAreaState area : device.areas()) {
      MetadataText text = area.text();
      if (text != null && !Scanner.isOf(area, vg)) {
        VolumeGroup other = text.volumeGroup();
        MetadataText latest = newest.get(other.id());
        if (latest != null && latest.volumeGroup().physicalVolume(pv.id()).isPresent()) {
          others.add(other.name());
        }
      }
    }
    others.forEach(
        other ->
            refusals.add(
                "%s: its own metadata says it belongs to volume group %s"
                    .formatted(device.name(), other)));
  }

  /** What LVM2 warns of and the next commit puts right. */
  static ImmutableList<String> labelFindings(ScannedDevice device) {
    PvLabel label = device.label();
    if (label == null || label.isCurrent()) {
      return ImmutableList.of();
    }
    return ImmutableList.of(
        device.name()
            + ": its label does not say in the current form that a volume group uses it; the next"
            + " change of the volume group updates it");
  }

  /** What a user should know about the metadata areas of a physical volume. */
  static ImmutableList<String> areaFindings(VolumeGroup vg, ScannedDevice device) {
    ImmutableList.Builder<String> findings = ImmutableList.builder();
    for (MetadataAreaState area : device.areas()) {
      MetadataText text = area.text();
      VolumeGroup found = text == null ? null : text.volumeGroup();
      if (area.problem() != null) {
        findings.add(where(device, area) + ": " + area.problem());
      } else if (found != null && found.id().equals(vg.id())) {
        if (found.seqno() < vg.seqno()) {
          findings.add(
              where(device, area)
                  + ": version %d, older than %d".formatted(found.seqno(), vg.seqno()));
        } else if (!found.equals(vg)) {
          findings.add(
              where(device, area)
                  + ": version %d too, but with other content".formatted(vg.seqno()));
        }
      }
    }
    return findings.build();
  }

  /**
   * Metadata areas where something else is. LVM2 believes headers that say so, and would overwrite
   * what is there with the next text that comes along.
   */
  private static ImmutableList<String> misplacedAreas(
      ScannedDevice device, long extentsStart, long extentsEnd) {
    ImmutableList.Builder<String> refusals = ImmutableList.builder();
    List<MetadataAreaState> seen = new ArrayList<>();
    for (MetadataAreaState area : device.areas()) {
      MetadataAreaHeader header = area.header();
      if (header == null || header.isIgnored()) {
        continue;
      }
      DiskArea ring = header.area();
      if (ring.offset() < DeviceReader.LABEL_BYTES) {
        refusals.add(
            where(device, area) + ": expected it behind the label's sectors, at byte 2048");
      }
      if (ring.end() > device.device().size()) {
        refusals.add(
            where(device, area)
                + ": expected its end on the device of %d bytes, found it at byte %d"
                    .formatted(device.device().size(), ring.end()));
      }
      if (ring.offset() < extentsEnd && ring.end() > extentsStart) {
        refusals.add(
            where(device, area)
                + ": expected it outside the extents from byte %d to %d, found its end at byte %d"
                    .formatted(extentsStart, extentsEnd, ring.end()));
      }
      for (MetadataAreaState other : seen) {
        DiskArea otherRing = Objects.requireNonNull(other.header()).area();
        if (ring.overlaps(otherRing)) {
          refusals.add(
              where(device, area)
                  + ": expected it apart from the one at byte %d, found them to overlap"
                      .formatted(otherRing.offset()));
        }
      }
      seen.add(area);
    }
    return refusals.build();
  }

  private static String where(ScannedDevice device, MetadataAreaState area) {
    return "%s: metadata area at byte %d".formatted(device.name(), area.area().offset());
  }

  /** Whether anybody on this host may change the volume group, whatever its devices. */
  static void addAccessRules(VolumeGroup vg, @Nullable String systemId, List<String> refusals) {
    if (vg.flags().has(StatusFlag.EXPORTED)) {
      refusals.add("it is exported (vgimport makes it usable)");
    }
    String owner = vg.systemId();
    if (owner != null && !owner.isEmpty() && !owner.equals(systemId)) {
      refusals.add(
          "it belongs to the host with system id \"%s\", found %s"
              .formatted(owner, systemId == null ? "none here" : '"' + systemId + '"'));
    }
    String lockType = vg.lockType();
    if (lockType != null && !Arrays.asList("", "none").contains(lockType)) {
      refusals.add("it is shared with lock type \"" + lockType + "\", which needs lvmlockd");
    }
    if (vg.persistentReservation().contains("require")) {
      refusals.add("it requires persistent reservations of its devices, which are not taken here");
    }
    if (vg.flags().has(StatusFlag.CLUSTERED)) {
      refusals.add("it is clustered");
    }
    if (!vg.isWritable()) {
      refusals.add("it is read-only (vgchange --permission, or a missing WRITE status)");
    }
  }

  /** The rules that the metadata break, without those that LVM2 does not mind. */
  static ImmutableList<Violation> violations(VolumeGroup vg) {
    return VolumeGroupCheck.check(vg).stream()
        .filter(violation -> violation.severity() != Severity.NOTICE)
        .collect(ImmutableList.toImmutableList());
  }
}
