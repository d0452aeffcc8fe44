// SPDX-License-Identifier: Apache-2.0
package org.pvmove.fuzz;

import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.disk.CorruptHeaderException;
import org.pvmove.lvm.disk.DiskArea;
import org.pvmove.lvm.disk.DiskWrite;
import org.pvmove.lvm.disk.LabelScan;
import org.pvmove.lvm.disk.LvmChecksum;
import org.pvmove.lvm.disk.MetadataAreaHeader;
import org.pvmove.lvm.disk.MetadataTooLargeException;
import org.pvmove.lvm.disk.PvLabel;
import org.pvmove.lvm.disk.TextLocation;
import org.pvmove.lvm.disk.TextPlacement;

/**
 * The binary structures of a physical volume. The input is
 *
 * <ol>
 *   <li>one byte of wishes: bits 0 to 3 leave the checksum of a label sector as it is, bit 4 that
 *       of the metadata area header, bit 5 takes the header's place from the label instead of from
 *       itself;
 *   <li>the 512 bytes of the metadata area header;
 *   <li>three bytes: length of a new text to place;
 *   <li>up to 2048 bytes: the first sectors of the device.
 * </ol>
 */
public final class HeaderTarget {
  private static final int LABEL_SECTORS = 4;
  private static final int LABEL_CHECKSUM_AT = 16;
  private static final int LABEL_CHECKSUMMED_AT = 20;
  private static final int HEADER_CHECKSUMMED_AT = 4;
  private static final int HEADER_START_AT = 24;
  private static final int MAX_TEXT = 64 << 10;

  private HeaderTarget() {}

  /** Runs one input. */
  public static void fuzzerTestOneInput(byte[] input) {
    Bound.run(laps -> run(new ByteInput(input)));
  }

  private static void run(ByteInput in) {
    int wishes = in.unsigned8();
    ByteBuffer header = in.padded(Sectors.BYTES);
    int textLength = in.unsigned16() | in.unsigned8() << 16;
    ByteBuffer start =
        copy(in.atMost(LABEL_SECTORS * Sectors.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    for (int sector = 0; sector < start.limit() / Sectors.BYTES; sector++) {
      if ((wishes >> sector & 1) == 0) {
        sealLabel(start, sector * Sectors.BYTES);
      }
    }
    LabelScan scan = LabelScan.of(start.duplicate());
    scan.label().ifPresent(label -> survivesWriting(scan, label));

    long at = header.getLong(HEADER_START_AT);
    if ((wishes & 0x20) != 0
        && scan.label().isPresent()
        && !scan.label().get().metadataAreas().isEmpty()) {
      at = scan.label().get().metadataAreas().get(0).offset();
    }
    if (at <= 0) {
      // No area that a label lists begins there.
      at = 4096;
    }
    if ((wishes & 0x10) == 0) {
      sealHeader(header);
    }
    MetadataAreaHeader area;
    try {
      area = MetadataAreaHeader.parse(header, at);
    } catch (CorruptHeaderException expected) {
      return;
    }
    if (!MetadataAreaHeader.parse(area.encode(), at).equals(area)) {
      throw new AssertionError("expected the header that was written, found another");
    }
    update(area, Math.min(textLength, MAX_TEXT));
  }

  /** Gives a label sector the right checksum. */
  static void sealLabel(ByteBuffer disk, int at) {
    ByteBuffer summed = disk.slice(at + LABEL_CHECKSUMMED_AT, Sectors.BYTES - LABEL_CHECKSUMMED_AT);
    disk.putInt(at + LABEL_CHECKSUM_AT, LvmChecksum.of(summed));
  }

  /** Gives a metadata area header the right checksum. */
  static void sealHeader(ByteBuffer header) {
    ByteBuffer summed = header.slice(HEADER_CHECKSUMMED_AT, Sectors.BYTES - HEADER_CHECKSUMMED_AT);
    header.putInt(0, LvmChecksum.of(summed));
  }

  private static void survivesWriting(LabelScan scan, PvLabel label) {
    requireWritten(label, scan);
    for (boolean used : new boolean[] {false, true}) {
      PvLabel changed;
      try {
        changed = label.withUsed(used);
      } catch (CorruptHeaderException expected) {
        // The lists of areas leave no room for the extension.
        continue;
      }
      requireWritten(changed, scan);
    }
  }

  private static void requireWritten(PvLabel label, LabelScan from) {
    ByteBuffer device = ByteBuffer.allocate(LABEL_SECTORS * Sectors.BYTES);
    device.position(label.sector() * Sectors.BYTES).put(label.encode());
    LabelScan again = LabelScan.of(device.clear());
    if (again.state() != LabelScan.State.HEALTHY || !again.label().orElseThrow().equals(label)) {
      throw new AssertionError("expected label %s, found %s from %s".formatted(label, again, from));
    }
  }

  private static void update(MetadataAreaHeader header, int length) {
    ImmutableList<DiskArea> committed = header.pieces(header.committed());
    requireInside(header, committed);
    try {
      requireInside(header, header.pieces(header.precommitted()));
    } catch (CorruptHeaderException expected) {
      // What an update left behind may be anything.
    }
    if (header.freeSize() < 0 || header.room() > header.maxTextSize() || header.room() < 0) {
      throw new AssertionError("expected sizes that make sense, found those of " + header);
    }
    if (length == 0) {
      return;
    }
    TextPlacement placement;
    try {
      placement = header.place(ByteBuffer.allocate(length));
    } catch (MetadataTooLargeException expected) {
      return;
    }
    long placed = 0;
    for (DiskWrite write : placement.writes()) {
      DiskArea target = new DiskArea(write.offset(), write.bytes().remaining());
      requireInside(header, ImmutableList.of(target));
      placed += target.size();
      for (DiskArea piece : committed) {
        if (!header.isIgnored() && target.offset() < piece.end() && piece.offset() < target.end()) {
          throw new AssertionError(
              "expected %s to stay, found %s written".formatted(piece, target));
        }
      }
    }
    if (placed < length || placed >= length + Sectors.BYTES) {
      throw new AssertionError("expected %d bytes written, found %d".formatted(length, placed));
    }
    TextLocation location = placement.location();
    MetadataAreaHeader next = header.precommit(location).commit(location);
    if (!MetadataAreaHeader.parse(next.encode(), next.start()).equals(next)) {
      throw new AssertionError("expected the header that was written, found another");
    }
  }

  private static void requireInside(MetadataAreaHeader header, ImmutableList<DiskArea> pieces) {
    DiskArea area = header.area();
    for (DiskArea piece : pieces) {
      if (piece.offset() < area.offset() + Sectors.BYTES || piece.end() > area.end()) {
        throw new AssertionError("expected a place within %s, found %s".formatted(area, piece));
      }
    }
  }

  private static ByteBuffer copy(ByteBuffer bytes) {
    return ByteBuffer.allocate(bytes.remaining()).put(bytes).clear();
  }
}
