// SPDX-License-Identifier: Apache-2.0
package org.pvmove.fuzz;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.disk.CorruptHeaderException;
import org.pvmove.lvm.disk.DiskArea;
import org.pvmove.lvm.disk.LabelScan;
import org.pvmove.lvm.disk.LvmChecksum;
import org.pvmove.lvm.disk.MetadataAreaHeader;
import org.pvmove.lvm.disk.TextLocation;

/**
 * Disks made of few bytes. The input is
 *
 * <ol>
 *   <li>one byte: number of disks, 1 to 3, in the lowest two bits; the other six are the
 *       {@linkplain #LEAVE_LABELS wishes};
 *   <li>four bytes for each disk: its size in sectors;
 *   <li>one byte: number of records;
 *   <li>the records: where bytes go. One byte with the disk in the lowest two bits and {@link
 *       #TAIL}; four bytes, the first sector; two bytes, how many bytes of the record follow and go
 *       there, none in a record with the tail;
 *   <li>the tail: the rest of the input, which every record that says so puts onto a disk.
 * </ol>
 *
 * <p>Then everything is made to fit together, so that changed bytes are not lost on a wrong
 * checksum: labels get theirs, and each metadata area header that a label leads to gets the size
 * and checksum of the text it points to and then its own.
 */
final class SparseDisks {
  /** Wish: the labels' checksums stay as they are. */
  static final int LEAVE_LABELS = 0x04;

  /** Wish: the checksums of metadata area headers stay as they are. */
  static final int LEAVE_HEADERS = 0x08;

  /** Wish: the checksums of texts stay as they are. */
  static final int LEAVE_TEXT_CHECKSUMS = 0x10;

  /** Wish: the sizes of texts stay as they are, even if a NUL comes earlier or later. */
  static final int LEAVE_TEXT_SIZES = 0x20;

  /** Of a record: the tail goes there. */
  static final int TAIL = 0x04;

  private static final int LABEL_BYTES = 4 * Sectors.BYTES;
  private static final int SLOT_SIZE_AT = 48;
  private static final int SLOT_CHECKSUM_AT = 56;

  /** As much as a text of 1 MiB needs; what is announced beyond is left as it is. */
  private static final int MAX_TEXT = 2 << 20;

  private final ImmutableList<BlockDevice> disks;
  private final int wishes;

  private SparseDisks(ImmutableList<BlockDevice> disks, int wishes) {
    this.disks = disks;
    this.wishes = wishes;
  }

  static List<BlockDevice> of(byte[] input) {
    ByteInput in = new ByteInput(input);
    int first = in.unsigned8();
    int count = 1 + (first & 3) % 3;
    ImmutableList.Builder<BlockDevice> disks = ImmutableList.builder();
    for (int i = 0; i < count; i++) {
      disks.add(BlockDevices.inMemory("disk" + i, in.unsigned32() * Sectors.BYTES));
    }
    SparseDisks made = new SparseDisks(disks.build(), first);
    try {
      made.fill(in);
      made.seal();
    } catch (IOException e) {
      throw new UncheckedIOException("expected memory to hold what was written", e);
    }
    return made.disks;
  }

  private record Place(BlockDevice disk, long offset) {}

  private void fill(ByteInput in) throws IOException {
    int records = in.unsigned8();
    ImmutableList.Builder<Place> tails = ImmutableList.builder();
    for (int i = 0; i < records && !in.isEmpty(); i++) {
      int kind = in.unsigned8();
      BlockDevice disk = disks.get((kind & 3) % disks.size());
      Place place = new Place(disk, in.unsigned32() * Sectors.BYTES);
      int length = in.unsigned16();
      if ((kind & TAIL) != 0) {
        tails.add(place);
      } else {
        put(place, in.atMost(length));
      }
    }
    for (Place place : tails.build()) {
      put(place, in.rest());
    }
  }

  private static void put(Place place, ByteBuffer bytes) throws IOException {
    long room = place.disk().size() - place.offset();
    if (room > 0) {
      place.disk().write(place.offset(), bytes.slice(0, (int) Math.min(room, bytes.remaining())));
    }
  }

  private void seal() throws IOException {
    for (BlockDevice disk : disks) {
      if (disk.size() >= LABEL_BYTES) {
        ByteBuffer start = read(disk, 0, LABEL_BYTES);
        if ((wishes & LEAVE_LABELS) == 0) {
          for (int at = 0; at < LABEL_BYTES; at += Sectors.BYTES) {
            if (start.getLong(at) != 0) {
              HeaderTarget.sealLabel(start, at);
            }
          }
          disk.write(0, start.duplicate());
        }
        LabelScan scan = LabelScan.of(start);
        if (scan.label().isPresent()) {
          for (DiskArea area : scan.label().get().metadataAreas()) {
            if (area.offset() <= disk.size() - Sectors.BYTES) {
              seal(disk, area.offset());
            }
          }
        }
      }
    }
  }

  private void seal(BlockDevice disk, long at) throws IOException {
    ByteBuffer sector = read(disk, at, Sectors.BYTES);
    ByteBuffer sealed = copy(sector);
    HeaderTarget.sealHeader(sealed);
    MetadataAreaHeader header;
    try {
      header = MetadataAreaHeader.parse(sealed, at);
    } catch (CorruptHeaderException e) {
      // Nothing to be found behind it; with the right checksum another field may be what is wrong.
      if ((wishes & LEAVE_HEADERS) == 0) {
        disk.write(at, sealed);
      }
      return;
    }
    TextLocation slot = header.committed();
    if (!slot.isEmpty() && (wishes & LEAVE_TEXT_SIZES) == 0) {
      long size = sizeOfText(disk, header);
      sector.putLong(SLOT_SIZE_AT, size);
      slot = new TextLocation(slot.offset(), size, slot.checksum(), slot.flags());
    }
    if (!slot.isEmpty() && (wishes & LEAVE_TEXT_CHECKSUMS) == 0 && slot.size() <= MAX_TEXT) {
      ByteBuffer text = read(disk, header, slot);
      sector.putInt(SLOT_CHECKSUM_AT, LvmChecksum.of(text));
    }
    if ((wishes & LEAVE_HEADERS) == 0) {
      HeaderTarget.sealHeader(sector);
    }
    disk.write(at, sector);
  }

  /** Up to the first NUL, if there is one; otherwise what the header says. */
  private static long sizeOfText(BlockDevice disk, MetadataAreaHeader header) throws IOException {
    TextLocation slot = header.committed();
    long ring = header.size() - Sectors.BYTES;
    TextLocation whole = new TextLocation(slot.offset(), Math.min(ring, MAX_TEXT), 0, 0);
    ByteBuffer text = read(disk, header, whole);
    for (int i = 0; i < text.limit(); i++) {
      if (text.get(i) == 0) {
        return i + 1L;
      }
    }
    return slot.size();
  }

  private static ByteBuffer read(BlockDevice disk, MetadataAreaHeader header, TextLocation text)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate((int) text.size());
    for (DiskArea piece : header.pieces(text)) {
      long end = Math.min(piece.end(), disk.size());
      if (piece.offset() < end) {
        bytes.limit(bytes.position() + (int) (end - piece.offset()));
        disk.read(piece.offset(), bytes);
      }
    }
    return bytes.flip();
  }

  private static ByteBuffer read(BlockDevice disk, long at, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    disk.read(at, bytes);
    return bytes.clear();
  }

  private static ByteBuffer copy(ByteBuffer bytes) {
    return ByteBuffer.allocate(bytes.limit())
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(bytes.duplicate())
        .clear();
  }
}
