// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.pvmove.lvm.LvmUuid;

/** The first physical volume of fixture w-worked-example, byte by byte and as values. */
final class WorkedExample {
  static final PvLabel LABEL =
      new PvLabel(
          1,
          LvmUuid.parse("000000-0000-0000-0000-0000-0000-00000A"),
          8 << 20,
          ImmutableList.of(new DiskArea(1 << 20, 0)),
          ImmutableList.of(new DiskArea(4096, 1044480)),
          2,
          1,
          ImmutableList.of());

  static final MetadataAreaHeader HEADER =
      new MetadataAreaHeader(
          4096, 1044480, new TextLocation(3072, 1498, 0xaa086042, 0), TextLocation.EMPTY);

  private WorkedExample() {}

  static ByteBuffer labelSector() {
    return sector(
        Disks.hex(
            "4c41 4245 4c4f 4e45 0100 0000 0000 0000", // LABELONE, sector 1
            "1d8c f1d9 2000 0000 4c56 4d32 2030 3031", // checksum, offset 32, LVM2 001
            "3030 3030 3030 3030 3030 3030 3030 3030", // uuid
            "3030 3030 3030 3030 3030 3030 3030 3041",
            "0000 8000 0000 0000 0000 1000 0000 0000", // 8 MiB, data area at 1 MiB
            "0000 0000 0000 0000 0000 0000 0000 0000", // to the end; end of list
            "0000 0000 0000 0000 0010 0000 0000 0000", // metadata area at 4 KiB
            "00f0 0f00 0000 0000 0000 0000 0000 0000", // of 1020 KiB; end of list
            "0000 0000 0000 0000 0200 0000 0100 0000", // extension version 2, used
            "0000 0000 0000 0000 0000 0000 0000 0000")); // no bootloader area
  }

  static ByteBuffer headerSector() {
    return sector(
        Disks.hex(
            "58c3 86a8 204c 564d 3220 785b 3541 2572", // checksum, magic
            "304e 2a3e 0100 0000 0010 0000 0000 0000", // version 1, start 4096
            "00f0 0f00 0000 0000 000c 0000 0000 0000", // size, slot 0 at 3072
            "da05 0000 0000 0000 4260 08aa 0000 0000", // 1498 bytes, checksum, flags
            "0000 0000 0000 0000 0000 0000 0000 0000")); // slot 1
  }

  private static ByteBuffer sector(ByteBuffer beginning) {
    return ByteBuffer.allocate(512).put(beginning).clear().order(ByteOrder.LITTLE_ENDIAN);
  }
}
