// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.math.LongMath;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pvmove.io.BlockDevice;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.Severity;
import org.pvmove.lvm.check.Violation;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.lvm.disk.CorruptHeaderException;
import org.pvmove.lvm.disk.DiskArea;
import org.pvmove.lvm.disk.LabelScan;
import org.pvmove.lvm.disk.LvmChecksum;
import org.pvmove.lvm.disk.MetadataAreaHeader;
import org.pvmove.lvm.disk.PvLabel;
import org.pvmove.lvm.disk.TextLocation;
import org.pvmove.lvm.text.MetadataText;

/**
 * Reads a set of devices by LVM2's rules: which device is a physical volume, which copy of the
 * metadata counts (the highest version; among equals the first), which devices belong to it.
 */
final class Scanner {
  /** LVM2 does not look at smaller devices. */
  static final long MIN_DEVICE_SIZE = 2 << 20;

  /** Far above what 100,000 logical volumes need; bounds what a hostile header makes us read. */
  private static final int MAX_TEXT_SIZE = 128 << 20;

  /** How much of a text is read at once. */
  private static final int PART_BYTES = 256 << 10;

  /** A label is in one of the first four sectors. */
  private static final int LABEL_BYTES = 4 * Sectors.BYTES;

  private final @Nullable String systemId;

  /** Texts already parsed: all areas of a volume group usually hold the same one. */
  private final Map<ByteBuffer, MetadataText> parsed = new HashMap<>();

  Scanner(@Nullable String systemId) {
    this.systemId = systemId;
  }

  DeviceScan scan(List<BlockDevice> blockDevices) {
    ImmutableList.Builder<ScannedDevice> all = ImmutableList.builder();
    for (BlockDevice device : blockDevices) {
      all.add(scanDevice(device));
    }
    ImmutableList<ScannedDevice> devices = all.build();
    Map<LvmUuid, MetadataText> newest = new LinkedHashMap<>();
    for (ScannedDevice device : devices) {
      for (MetadataAreaState area : device.areas()) {
        MetadataText text = area.text();
        if (text != null) {
          newest.merge(
              text.volumeGroup().id(),
              text,
              (a, b) -> b.volumeGroup().seqno() > a.volumeGroup().seqno() ? b : a);
        }
      }
    }
    ImmutableList.Builder<StoredVolumeGroup> groups = ImmutableList.builder();
    Set<BlockDevice> inGroups = new HashSet<>();
    for (MetadataText text : newest.values()) {
      StoredVolumeGroup group = volumeGroup(text, devices, newest);
      groups.add(group);
      group.devices().values().forEach(device -> inGroups.add(device.device()));
    }
    ImmutableList.Builder<ScannedDevice> explained = ImmutableList.builder();
    for (ScannedDevice device : devices) {
      explained.add(inGroups.contains(device.device()) ? device : explained(device, newest));
    }
    return new DeviceScan(explained.build(), groups.build());
  }

  /** A device that is in no volume group, with the reason, unless it is simply not used yet. */
  private static ScannedDevice explained(ScannedDevice device, Map<LvmUuid, MetadataText> newest) {
    PvLabel label = device.label();
    if (label == null || device.leftOut() != null) {
      return device;
    }
    List<String> reasons = new ArrayList<>();
    for (MetadataText text : newest.values()) {
      if (text.volumeGroup().physicalVolume(label.pvUuid()).isPresent()) {
        reasons.add(
            "physical volume %s of volume group %s is on another device too"
                .formatted(label.pvUuid(), text.volumeGroup().name()));
      } else if (device.areas().stream().anyMatch(area -> isOf(area, text.volumeGroup()))) {
        reasons.add(
            "it was removed from volume group %s while it was absent"
                .formatted(text.volumeGroup().name()));
      }
    }
    for (MetadataAreaState area : device.areas()) {
      if (area.problem() != null) {
        reasons.add("metadata area at byte %d: %s".formatted(area.area().offset(), area.problem()));
      }
    }
    if (reasons.isEmpty() && label.isUsed()) {
      reasons.add("its label says that it belongs to a volume group, but none was found");
    }
    return reasons.isEmpty()
        ? device
        : new ScannedDevice(
            device.device(), device.labelScan(), device.areas(), String.join("; ", reasons));
  }

  private ScannedDevice scanDevice(BlockDevice device) {
    if (device.size() < MIN_DEVICE_SIZE) {
      return leftOut(
          device,
          null,
          "expected at least %d bytes, found %d".formatted(MIN_DEVICE_SIZE, device.size()));
    }
    LabelScan scan;
    try {
      ByteBuffer start = ByteBuffer.allocate(LABEL_BYTES);
      device.read(0, start);
      scan = LabelScan.of(start.flip());
    } catch (IOException e) {
      return leftOut(device, null, "its first sectors cannot be read: " + e.getMessage());
    }
    String reason = whyNoPv(scan);
    if (reason != null) {
      return leftOut(device, scan, reason);
    }
    PvLabel label = scan.label().orElseThrow();
    List<MetadataAreaState> areas = new ArrayList<>();
    for (DiskArea area : label.metadataAreas()) {
      areas.add(readArea(device, area, areas));
    }
    return new ScannedDevice(device, scan, ImmutableList.copyOf(areas), null);
  }

  private static @Nullable String whyNoPv(LabelScan scan) {
    return switch (scan.state()) {
      case LVM1 -> "it is a physical volume of LVM1; convert it with vgconvert(8) of LVM2 2.02";
      case GFS_POOL -> "it is a GFS pool; convert it with vgconvert(8) of LVM2 2.02";
      case NONE ->
          scan.findings().isEmpty()
              ? "no LVM2 label in its first four sectors"
              : "no usable LVM2 label: " + findings(scan);
      case HEALTHY, DAMAGED -> null;
    };
  }

  private static String findings(LabelScan scan) {
    List<String> texts = new ArrayList<>();
    scan.findings()
        .forEach(finding -> texts.add("sector " + finding.sector() + ", " + finding.text()));
    return String.join("; ", texts);
  }

  private static ScannedDevice leftOut(
      BlockDevice device, @Nullable LabelScan scan, String reason) {
    return new ScannedDevice(device, scan, ImmutableList.of(), reason);
  }

  private MetadataAreaState readArea(
      BlockDevice device, DiskArea area, List<MetadataAreaState> before) {
    if (area.offset() > device.size() - Sectors.BYTES) {
      return new MetadataAreaState(
          area, null, null, "expected it on the device, found the end at byte " + device.size());
    }
    MetadataAreaHeader header;
    try {
      header = readHeader(device, area);
    } catch (IOException | CorruptHeaderException e) {
      return new MetadataAreaState(area, null, null, e.getMessage());
    }
    if (header.isIgnored() || header.committed().isEmpty()) {
      return new MetadataAreaState(area, header, null, null);
    }
    try {
      requireOwnText(header, before);
      return new MetadataAreaState(area, header, readText(device, header), null);
    } catch (IOException | LvmException e) {
      return new MetadataAreaState(area, header, null, e.getMessage());
    }
  }

  /**
   * Reads no byte twice, and of no device more than two areas' worth: a label may list dozens of
   * areas, and a sparse image holds whatever their headers announce.
   */
  private static void requireOwnText(MetadataAreaHeader header, List<MetadataAreaState> before)
      throws IOException {
    long total = header.committed().size();
    for (MetadataAreaState area : before) {
      MetadataAreaHeader other = area.header();
      if (other == null || other.isIgnored() || other.committed().isEmpty()) {
        continue;
      }
      if (overlap(header.area(), other.area())) {
        throw new IOException(
            "expected a metadata area of its own, found that it overlaps the one at byte "
                + other.start());
      }
      total = LongMath.saturatedAdd(total, other.committed().size());
    }
    if (total > 2L * MAX_TEXT_SIZE) {
      throw new IOException(
          "expected at most %d bytes of metadata text on a device, found %d"
              .formatted(2L * MAX_TEXT_SIZE, total));
    }
  }

  private static boolean overlap(DiskArea a, DiskArea b) {
    return a.offset() < b.end() && b.offset() < a.end();
  }

  /** Reads the header of a metadata area that lies on the device. */
  static MetadataAreaHeader readHeader(BlockDevice device, DiskArea area) throws IOException {
    ByteBuffer sector = ByteBuffer.allocate(Sectors.BYTES);
    device.read(area.offset(), sector);
    return MetadataAreaHeader.parse(sector.flip(), area.offset());
  }

  private MetadataText readText(BlockDevice device, MetadataAreaHeader header) throws IOException {
    TextLocation location = header.committed();
    if (location.size() > MAX_TEXT_SIZE) {
      throw new IOException(
          "expected a text of at most %d bytes, found one of %d"
              .formatted(MAX_TEXT_SIZE, location.size()));
    }
    for (DiskArea piece : header.pieces(location)) {
      if (piece.end() > device.size()) {
        throw new IOException(
            "expected text up to byte %d, found the end at %d"
                .formatted(piece.end(), device.size()));
      }
    }
    byte[] bytes = readChecked(device, header);
    ByteBuffer text = ByteBuffer.wrap(bytes);
    MetadataText known = parsed.get(text);
    if (known == null) {
      known = MetadataText.parseDisk(bytes);
      parsed.put(text, known);
    }
    return known;
  }

  /**
   * Reads a text and checks its checksum. What is behind the first NUL counts for the checksum only
   * and is not kept: on a sparse image a header may announce far more than there is.
   */
  private static byte[] readChecked(BlockDevice device, MetadataAreaHeader header)
      throws IOException {
    TextLocation location = header.committed();
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    boolean ended = false;
    int checksum = LvmChecksum.INITIAL;
    ByteBuffer part = ByteBuffer.allocate((int) Math.min(location.size(), PART_BYTES));
    for (DiskArea piece : header.pieces(location)) {
      for (long at = piece.offset(); at < piece.end(); at += part.limit()) {
        part.clear().limit((int) Math.min(part.capacity(), piece.end() - at));
        device.read(at, part);
        part.flip();
        checksum = LvmChecksum.update(checksum, part);
        if (!ended) {
          int length = 0;
          while (length < part.limit() && part.get(length) != 0) {
            length++;
          }
          text.write(part.array(), 0, length);
          ended = length < part.limit();
        }
      }
    }
    if (checksum != location.checksum()) {
      throw new IOException(
          "text at byte %d: expected checksum %08x, found %08x"
              .formatted(header.start() + location.offset(), location.checksum(), checksum));
    }
    return text.toByteArray();
  }

  private StoredVolumeGroup volumeGroup(
      MetadataText text, List<ScannedDevice> all, Map<LvmUuid, MetadataText> newest) {
    VolumeGroup vg = text.volumeGroup();
    List<String> findings = new ArrayList<>();
    List<String> refusals = new ArrayList<>();
    Map<LvmUuid, ScannedDevice> devices = new LinkedHashMap<>();
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      ScannedDevice device = deviceOf(pv, all, refusals);
      if (device == null) {
        refusals.add("physical volume " + pv.label() + " is missing" + leftOut(all));
        continue;
      }
      devices.put(pv.id(), device);
      describe(vg, pv, device, newest, findings, refusals);
    }
    for (ScannedDevice device : all) {
      PvLabel label = device.label();
      if (label != null
          && vg.physicalVolume(label.pvUuid()).isEmpty()
          && device.areas().stream().anyMatch(area -> isOf(area, vg))) {
        findings.add(
            device.name()
                + ": it was removed from the volume group while it was absent; its metadata is out"
                + " of date");
      }
    }
    addAccessRules(vg, refusals);
    if (devices.values().stream()
        .flatMap(device -> device.areas().stream())
        .noneMatch(MetadataAreaState::isWritten)) {
      refusals.add("no metadata area of it is in use");
    }
    return new StoredVolumeGroup(
        vg,
        text.header(),
        ImmutableMap.copyOf(devices),
        ImmutableList.copyOf(findings),
        ImmutableList.copyOf(refusals));
  }

  /** What might be the missing device. */
  private static String leftOut(List<ScannedDevice> devices) {
    List<String> reasons = new ArrayList<>();
    for (ScannedDevice device : devices) {
      if (device.leftOut() != null) {
        reasons.add(device.name() + ": " + device.leftOut());
      }
    }
    return reasons.isEmpty() ? "" : " (left out: " + String.join("; ", reasons) + ")";
  }

  private static boolean isOf(MetadataAreaState area, VolumeGroup vg) {
    return area.text() != null && area.text().volumeGroup().id().equals(vg.id());
  }

  private static @Nullable ScannedDevice deviceOf(
      PhysicalVolume pv, List<ScannedDevice> all, List<String> refusals) {
    List<ScannedDevice> found = new ArrayList<>();
    for (ScannedDevice device : all) {
      PvLabel label = device.label();
      if (label != null && device.leftOut() == null && label.pvUuid().equals(pv.id())) {
        found.add(device);
      }
    }
    if (found.size() > 1) {
      refusals.add(
          "physical volume %s is on several devices: %s"
              .formatted(
                  pv.id(), String.join(", ", found.stream().map(ScannedDevice::name).toList())));
      for (ScannedDevice device : found) {
        if (pv.deviceSize() != null
            && device.device().size() / Sectors.BYTES == pv.deviceSize().count()) {
          return device;
        }
      }
    }
    return found.isEmpty() ? null : found.get(0);
  }

  private static void describe(
      VolumeGroup vg,
      PhysicalVolume pv,
      ScannedDevice device,
      Map<LvmUuid, MetadataText> newest,
      List<String> findings,
      List<String> refusals) {
    LabelScan scan = device.labelScan();
    if (scan != null && scan.state() == LabelScan.State.DAMAGED) {
      refusals.add(device.name() + ": its label is damaged: " + findings(scan));
    } else if (scan != null && !scan.findings().isEmpty()) {
      findings.add(device.name() + ": " + findings(scan));
    }
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
    findings.addAll(areaFindings(vg, device));
    Set<String> others = new LinkedHashSet<>();
    for (MetadataAreaState area : device.areas()) {
      MetadataText text = area.text();
      if (text != null && !isOf(area, vg)) {
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
      if (ring.offset() < LABEL_BYTES) {
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
        if (overlap(ring, otherRing)) {
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

  private void addAccessRules(VolumeGroup vg, List<String> refusals) {
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
    for (Violation violation : VolumeGroupCheck.check(vg)) {
      if (violation.severity() != Severity.NOTICE) {
        refusals.add(violation.toString());
      }
    }
  }
}
