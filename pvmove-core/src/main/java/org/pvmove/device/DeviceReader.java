// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import com.google.common.collect.ImmutableList;
import com.google.common.math.LongMath;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pvmove.io.BlockDevice;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.disk.CorruptHeaderException;
import org.pvmove.lvm.disk.DiskArea;
import org.pvmove.lvm.disk.LabelScan;
import org.pvmove.lvm.disk.LvmChecksum;
import org.pvmove.lvm.disk.MetadataAreaHeader;
import org.pvmove.lvm.disk.PvLabel;
import org.pvmove.lvm.disk.TextLocation;
import org.pvmove.lvm.text.MetadataText;

/**
 * Reads one device at a time: its label, its metadata areas, and the texts in force in them. What
 * cannot be read is described, and a hostile disk is not read further than makes sense.
 */
final class DeviceReader {
  /** LVM2 does not look at smaller devices. */
  static final long MIN_DEVICE_SIZE = 2 << 20;

  /** A label is in one of the first four sectors. */
  static final int LABEL_BYTES = 4 * Sectors.BYTES;

  /** Far above what 100,000 logical volumes need; bounds what a hostile header makes us read. */
  private static final int MAX_TEXT_SIZE = 128 << 20;

  /** How much of a text is read at once. */
  private static final int PART_BYTES = 256 << 10;

  /** Texts already parsed: all areas of a volume group usually hold the same one. */
  private final Map<ByteBuffer, MetadataText> parsed = new HashMap<>();

  /** Reads the label of a device, its metadata areas and the texts in them. */
  ScannedDevice read(BlockDevice device) {
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

  /** Whether the metadata areas of a device point to the texts that a scan found. */
  static boolean isUnchanged(ScannedDevice known) {
    for (MetadataAreaState area : known.areas()) {
      MetadataAreaHeader then = area.header();
      if (then == null) {
        continue;
      }
      try {
        MetadataAreaHeader now = readHeader(known.device(), area.area());
        // Slot 1 may hold what an update left that never came into force.
        if (!now.committed().equals(then.committed())
            || now.size() != then.size()
            || now.isIgnored() != then.isIgnored()) {
          return false;
        }
      } catch (IOException | CorruptHeaderException e) {
        return false;
      }
    }
    return true;
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

  static String findings(LabelScan scan) {
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
      if (header.area().overlaps(other.area())) {
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
}
