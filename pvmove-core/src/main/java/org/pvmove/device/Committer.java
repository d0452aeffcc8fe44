// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pvmove.io.BlockDevice;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.disk.CorruptHeaderException;
import org.pvmove.lvm.disk.DiskWrite;
import org.pvmove.lvm.disk.LabelScan;
import org.pvmove.lvm.disk.MetadataAreaHeader;
import org.pvmove.lvm.disk.PvLabel;
import org.pvmove.lvm.disk.TextPlacement;
import org.pvmove.lvm.text.MetadataText;

/**
 * Puts a new version of a volume group on its devices, in the order that makes it safe: text into
 * every ring, then every header with the text announced, then every header with the text in force,
 * each step durable everywhere before the next begins anywhere.
 *
 * <p>Before all that comes a flush: the version that the new one is made from may have been left in
 * the devices' caches by a process that was killed, or by LVM2, which never flushes. If it were
 * lost later, the version before it would be in force again, whose text the new one may overwrite.
 *
 * <p>Until the first header of the last step is written every reader finds the old version, from
 * then on the new one (the highest version counts); a header is one sector, which a power cut does
 * not tear.
 */
final class Committer {
  /** One metadata area that is written. */
  private record Target(BlockDevice device, MetadataAreaHeader header, TextPlacement placement) {
    MetadataAreaHeader committed() {
      return header.commit(placement.location());
    }
  }

  private final List<Target> targets = new ArrayList<>();

  /** The devices that hold metadata areas in use. */
  private final Set<BlockDevice> devices = new LinkedHashSet<>();

  private Committer(StoredVolumeGroup base) {
    for (ScannedDevice device : base.devices().values()) {
      if (device.areas().stream().anyMatch(MetadataAreaState::isWritten)) {
        devices.add(device.device());
      }
    }
  }

  /**
   * Commits a text.
   *
   * @param base what a scan found; nothing may have been written to its areas since
   * @param text the new version; its physical volumes are those of {@code base}
   * @return the new version as it lies on the devices
   * @throws VolumeGroupChangedException if an area is not as the scan found it; nothing was written
   * @throws org.pvmove.lvm.disk.MetadataTooLargeException if an area has no room; nothing was
   *     written
   * @throws CommitFailedException if a device fails
   */
  static StoredVolumeGroup commit(StoredVolumeGroup base, MetadataText text)
      throws CommitFailedException {
    VolumeGroup next = text.volumeGroup();
    Committer committer = new Committer(base);
    boolean oldVersionInForce = false;
    try {
      committer.flush();
      oldVersionInForce = true;
      committer.place(base, next, ByteBuffer.wrap(text.toDiskBytes()));
      committer.updateLabels(base, next);
      committer.writeTexts();
      committer.writeHeaders(false);
      oldVersionInForce = false;
      committer.writeHeaders(true);
      return committer.result(base, text);
    } catch (IOException e) {
      throw new CommitFailedException(
          "version %d of volume group %s could not be put on its devices (%s): %s"
              .formatted(
                  next.seqno(),
                  next.name(),
                  oldVersionInForce
                      ? "version " + base.volumeGroup().seqno() + " stays in force"
                      : "it or the version before is in force",
                  e.getMessage()),
          oldVersionInForce,
          e);
    }
  }

  /** Finds room in every area before anything is written. */
  private void place(StoredVolumeGroup base, VolumeGroup next, ByteBuffer text) throws IOException {
    for (PhysicalVolume pv : next.physicalVolumes()) {
      ScannedDevice device = base.device(pv.id());
      for (MetadataAreaState area : device.areas()) {
        if (area.isWritten()) {
          MetadataAreaHeader header = unchanged(base, device, area);
          targets.add(new Target(device.device(), header, header.place(text)));
        }
      }
    }
    if (targets.isEmpty()) {
      throw new VolumeGroupChangedException(
          "expected a metadata area of volume group " + next.name() + " in use, found none");
    }
  }

  private static MetadataAreaHeader unchanged(
      StoredVolumeGroup base, ScannedDevice device, MetadataAreaState area) throws IOException {
    MetadataAreaHeader now;
    try {
      now = DeviceReader.readHeader(device.device(), area.area());
    } catch (CorruptHeaderException e) {
      throw changed(base, device, area, e.getMessage(), e);
    }
    MetadataAreaHeader then = area.header();
    // Slot 1 may hold what an update left that never came into force.
    if (then == null || !now.committed().equals(then.committed()) || now.size() != then.size()) {
      throw changed(base, device, area, "text at " + now.committed(), null);
    }
    return now;
  }

  private static VolumeGroupChangedException changed(
      StoredVolumeGroup base,
      ScannedDevice device,
      MetadataAreaState area,
      @Nullable String found,
      @Nullable Throwable cause) {
    MetadataAreaHeader then = area.header();
    VolumeGroupChangedException changed =
        new VolumeGroupChangedException(
            "volume group %s was changed by someone else: %s, metadata area at byte %d: expected"
                    .formatted(base.volumeGroup().name(), device.name(), area.area().offset())
                + " text at %s, found %s"
                    .formatted(then == null ? "nowhere" : then.committed(), found));
    if (cause != null) {
      changed.initCause(cause);
    }
    return changed;
  }

  /** Like LVM2, brings old label extensions up to date and marks the volumes as used. */
  private void updateLabels(StoredVolumeGroup base, VolumeGroup next) throws IOException {
    Set<BlockDevice> updated = new LinkedHashSet<>();
    for (PhysicalVolume pv : next.physicalVolumes()) {
      ScannedDevice device = base.device(pv.id());
      PvLabel label = device.label();
      if (label != null && !label.isCurrent()) {
        PvLabel used = label.withUsed(true);
        write(device.device(), new DiskWrite((long) used.sector() * Sectors.BYTES, used.encode()));
        updated.add(device.device());
      }
    }
    for (BlockDevice device : updated) {
      device.flush();
    }
  }

  private void writeTexts() throws IOException {
    for (Target target : targets) {
      for (DiskWrite write : target.placement().writes()) {
        write(target.device(), write);
      }
    }
    flush();
  }

  private void writeHeaders(boolean inForce) throws IOException {
    for (Target target : targets) {
      MetadataAreaHeader header =
          inForce ? target.committed() : target.header().precommit(target.placement().location());
      write(target.device(), new DiskWrite(header.start(), header.encode()));
    }
    flush();
  }

  private static void write(BlockDevice device, DiskWrite write) throws IOException {
    device.write(write.offset(), write.bytes());
  }

  private void flush() throws IOException {
    for (BlockDevice device : devices) {
      device.flush();
    }
  }

  /** What a scan would find now; only what was written has changed. */
  private StoredVolumeGroup result(StoredVolumeGroup base, MetadataText text) {
    ImmutableMap.Builder<LvmUuid, ScannedDevice> scanned = ImmutableMap.builder();
    List<String> findings = new ArrayList<>(base.findings());
    for (PhysicalVolume pv : text.volumeGroup().physicalVolumes()) {
      ScannedDevice device = base.device(pv.id());
      ImmutableList.Builder<MetadataAreaState> areas = ImmutableList.builder();
      for (MetadataAreaState area : device.areas()) {
        MetadataAreaState written = area;
        for (Target target : targets) {
          if (target.device().equals(device.device())
              && target.header().start() == area.area().offset()) {
            written = new MetadataAreaState(area.area(), target.committed(), text, null);
          }
        }
        areas.add(written);
      }
      LabelScan labelScan = device.labelScan();
      if (labelScan != null) {
        labelScan =
            new LabelScan(
                labelScan.state(),
                labelScan.label().map(label -> label.isCurrent() ? label : label.withUsed(true)),
                labelScan.findings());
      }
      ScannedDevice now =
          new ScannedDevice(device.device(), labelScan, areas.build(), device.leftOut());
      scanned.put(pv.id(), now);
      findings.removeAll(DeviceFindings.labelFindings(device));
      findings.removeAll(DeviceFindings.areaFindings(base.volumeGroup(), device));
      findings.addAll(DeviceFindings.areaFindings(text.volumeGroup(), now));
    }
    return new StoredVolumeGroup(
        text.volumeGroup(),
        text.header(),
        scanned.buildOrThrow(),
        ImmutableList.copyOf(findings),
        base.barriers(),
        ImmutableList.of());
  }
}
