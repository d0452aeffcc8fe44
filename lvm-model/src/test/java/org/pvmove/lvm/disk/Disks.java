// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import com.google.common.collect.ImmutableList;
import com.google.common.io.BaseEncoding;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.pvmove.lvm.Fixtures;

/** What tests do with the bytes of a device in memory. */
final class Disks {
  private Disks() {}

  static LabelScan scan(ByteBuffer device) {
    return LabelScan.of(device.slice(0, Math.min(2048, device.limit())));
  }

  static LabelScan scan(Fixtures.Image image) {
    return scan(image.content());
  }

  static PvLabel label(Fixtures.Image image) {
    return scan(image).label().orElseThrow();
  }

  static Fixtures.Image image(String fixture, int pv) {
    return Fixtures.images(fixture).get(pv);
  }

  static ByteBuffer read(ByteBuffer device, long offset, long size) {
    return device.slice(Math.toIntExact(offset), Math.toIntExact(size));
  }

  static MetadataAreaHeader header(ByteBuffer device, DiskArea area) {
    return MetadataAreaHeader.parse(read(device, area.offset(), 512), area.offset());
  }

  static MetadataAreaHeader header(Fixtures.Image image, int area) {
    return header(image.content(), label(image).metadataAreas().get(area));
  }

  static ByteBuffer[] pieces(ByteBuffer device, MetadataAreaHeader header, TextLocation text) {
    return header.pieces(text).stream()
        .map(piece -> read(device, piece.offset(), piece.size()))
        .toArray(ByteBuffer[]::new);
  }

  /** The text at a location, NUL included. */
  static byte[] text(ByteBuffer device, MetadataAreaHeader header, TextLocation text) {
    ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(text.size()));
    for (ByteBuffer piece : pieces(device, header, text)) {
      all.put(piece);
    }
    return all.array();
  }

  static void write(ByteBuffer device, ImmutableList<DiskWrite> writes) {
    for (DiskWrite write : writes) {
      device.duplicate().position(Math.toIntExact(write.offset())).put(write.bytes());
    }
  }

  static ByteBuffer copy(ByteBuffer bytes) {
    return ByteBuffer.allocate(bytes.remaining())
        .put(bytes.duplicate())
        .clear()
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  static ByteBuffer hex(String... lines) {
    String digits = String.join("", lines).replace(" ", "");
    return ByteBuffer.wrap(BaseEncoding.base16().lowerCase().decode(digits));
  }

  static ByteBuffer ascii(String text) {
    return ByteBuffer.wrap(OnDisk.ascii(text));
  }

  /** Gives a changed label sector the checksum it should have. */
  static void fixLabelChecksum(ByteBuffer sector) {
    sector.order(ByteOrder.LITTLE_ENDIAN).putInt(16, LvmChecksum.of(sector.slice(20, 492)));
  }

  /** Gives a changed metadata area header the checksum it should have. */
  static void fixHeaderChecksum(ByteBuffer sector) {
    sector.order(ByteOrder.LITTLE_ENDIAN).putInt(0, LvmChecksum.of(sector.slice(4, 508)));
  }
}
