// SPDX-License-Identifier: Apache-2.0
package org.pvmove.fuzz;

import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.disk.DiskArea;
import org.pvmove.lvm.disk.LvmChecksum;
import org.pvmove.lvm.disk.MetadataAreaHeader;
import org.pvmove.lvm.disk.PvLabel;
import org.pvmove.lvm.disk.TextLocation;

/** Disks that announce more than there is. These tests run with a heap of 64 MiB. */
class HostileDisksTest {
  private static final int DISKS = 3;
  private static final long DISK_BYTES = 8L << 30;

  /** As many as the lists of a label have room for. */
  private static final int AREAS = 22;

  @Test
  void textsOfZerosInEveryAreaCostLittle() {
    int size = 128 << 20;
    int checksum = checksumOfZeros(size);
    List<MetadataAreaHeader> headers = new ArrayList<>();
    for (int i = 0; i < AREAS; i++) {
      DiskArea area = new DiskArea((1L << 20) + i * (300L << 20), 300 << 20);
      headers.add(header(area, size, checksum));
    }
    scan(headers, new byte[0], 0);
  }

  @Test
  void areasThatShareOneTextCostLittle() {
    byte[] text = volumes().get();
    long textAt = 1 << 20;
    List<MetadataAreaHeader> headers = new ArrayList<>();
    for (int i = 0; i < AREAS; i++) {
      long at = 4096 + (long) i * Sectors.BYTES;
      DiskArea area = new DiskArea(at, 4L << 20);
      TextLocation location =
          new TextLocation(
              textAt - at,
              text.length - i,
              LvmChecksum.of(ByteBuffer.wrap(text, 0, text.length - i)),
              0);
      headers.add(MetadataAreaHeader.empty(area).commit(location));
    }
    scan(headers, text, textAt);
  }

  @Test
  void aTextThatIsAnnouncedBeyondTheDiskCostsNothing() {
    DiskArea area = new DiskArea(4096, Long.MAX_VALUE - 4096);
    scan(ImmutableList.of(header(area, Long.MAX_VALUE - 8192, 0)), new byte[0], 0);
  }

  private static Supplier<byte[]> volumes() {
    return HostileTexts.all().get("volumes on the same extent");
  }

  private static MetadataAreaHeader header(DiskArea area, long textSize, int checksum) {
    return MetadataAreaHeader.empty(area)
        .commit(new TextLocation(Sectors.BYTES, textSize, checksum, 0));
  }

  private static int checksumOfZeros(int count) {
    ByteBuffer zeros = ByteBuffer.allocate(1 << 20);
    int checksum = LvmChecksum.INITIAL;
    for (int done = 0; done < count; done += zeros.capacity()) {
      checksum = LvmChecksum.update(checksum, zeros);
    }
    return checksum;
  }

  private static void scan(List<MetadataAreaHeader> headers, byte[] tail, long tailAt) {
    ByteBuffer input = ByteBuffer.allocate((2 << 20) + tail.length).order(ByteOrder.LITTLE_ENDIAN);
    input.put((byte) (DISKS - 1 | SparseDisks.LEAVE_TEXT_SIZES | SparseDisks.LEAVE_TEXT_CHECKSUMS));
    for (int disk = 0; disk < DISKS; disk++) {
      input.putInt((int) (DISK_BYTES / Sectors.BYTES));
    }
    input.put((byte) (DISKS * (headers.size() + 2)));
    for (int disk = 0; disk < DISKS; disk++) {
      ImmutableList.Builder<DiskArea> areas = ImmutableList.builder();
      for (MetadataAreaHeader header : headers) {
        record(input, disk, header.start(), header.encode());
        areas.add(header.area());
      }
      LvmUuid uuid = new LvmUuid(String.valueOf((char) ('a' + disk)).repeat(32));
      ImmutableList<DiskArea> data = ImmutableList.of(new DiskArea(1 << 20, 0));
      PvLabel label =
          new PvLabel(1, uuid, DISK_BYTES, data, areas.build(), 2, 1, ImmutableList.of());
      record(input, disk, Sectors.BYTES, label.encode());
      record(input, disk | SparseDisks.TAIL, tailAt, ByteBuffer.allocate(0));
    }
    input.put(tail);
    byte[] bytes = new byte[input.position()];
    input.flip().get(bytes);
    ImageTarget.fuzzerTestOneInput(bytes);
  }

  private static void record(ByteBuffer input, int kind, long offset, ByteBuffer bytes) {
    input.put((byte) kind).putInt((int) (offset / Sectors.BYTES));
    input.putShort((short) bytes.remaining()).put(bytes);
  }
}
