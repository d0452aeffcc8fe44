// SPDX-License-Identifier: Apache-2.0
package org.pvmove.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.disk.DiskArea;
import org.pvmove.lvm.disk.LvmChecksum;
import org.pvmove.lvm.disk.MetadataAreaHeader;
import org.pvmove.lvm.disk.PvFormat;
import org.pvmove.lvm.disk.PvLabel;
import org.pvmove.lvm.disk.TextLocation;

/** Inputs for {@link SparseDisks}. */
final class DiskInput {
  private static final long DISK_BYTES = 64L << 20;
  private static final int TEXT_AT = 512;

  private DiskInput() {}

  /** One healthy disk with this text in its only metadata area. */
  static byte[] withText(byte[] text) {
    PvLabel label =
        PvFormat.builder(new LvmUuid("a".repeat(32)), DISK_BYTES)
            .metadataSize(4 << 20)
            .build()
            .label();
    DiskArea area = label.metadataAreas().get(0);
    MetadataAreaHeader header =
        MetadataAreaHeader.empty(area)
            .commit(
                new TextLocation(
                    TEXT_AT, text.length + 1L, LvmChecksum.of(ByteBuffer.wrap(text)), 0));
    ByteBuffer input =
        ByteBuffer.allocate(64 + 2 * Sectors.BYTES + text.length).order(ByteOrder.LITTLE_ENDIAN);
    input.put((byte) 0).putInt((int) (DISK_BYTES / Sectors.BYTES)).put((byte) 3);
    record(input, (long) label.sector() * Sectors.BYTES, label.encode());
    record(input, area.offset(), header.encode());
    input
        .put((byte) SparseDisks.TAIL)
        .putInt((int) ((area.offset() + TEXT_AT) / Sectors.BYTES))
        .putShort((short) 0)
        .put(text);
    byte[] bytes = new byte[input.position()];
    input.flip().get(bytes);
    return bytes;
  }

  private static void record(ByteBuffer input, long offset, ByteBuffer bytes) {
    input
        .put((byte) 0)
        .putInt((int) (offset / Sectors.BYTES))
        .putShort((short) bytes.remaining())
        .put(bytes);
  }
}
