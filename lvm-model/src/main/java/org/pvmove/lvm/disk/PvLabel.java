// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.pvmove.lvm.LvmUuid;

/**
 * The label sector that makes a device an LVM2 physical volume: LVM2's label header, physical
 * volume header and its extension. One of the first four sectors of the device holds it, sector 1
 * by default; {@link LabelScan} finds it.
 *
 * @param sector number of the sector the label is in, 0 to 3
 * @param pvUuid identity of the physical volume
 * @param deviceSize bytes the device had when the label was written; the volume group's metadata
 *     has precedence
 * @param dataAreas where the physical extents lie; LVM2 writes one with size 0, up to the end. The
 *     start of extents in the volume group's metadata has precedence
 * @param metadataAreas none, one at the front of the device, or a second one at its end
 * @param extensionVersion 0 for none, 1 for the bootloader list only, 2 for flags too; readers take
 *     higher ones like 2
 * @param extensionFlags bit 0: the physical volume belongs to a volume group. 0 without an
 *     extension
 * @param bootloaderAreas none or one. None without an extension
 */
public record PvLabel(
    int sector,
    LvmUuid pvUuid,
    long deviceSize,
    ImmutableList<DiskArea> dataAreas,
    ImmutableList<DiskArea> metadataAreas,
    int extensionVersion,
    int extensionFlags,
    ImmutableList<DiskArea> bootloaderAreas) {

  /** How many sectors at the start of a device may hold the label. */
  static final int SECTORS = 4;

  static final byte[] ID = OnDisk.ascii("LABELONE");
  static final byte[] TYPE = OnDisk.ascii("LVM2 001");

  static final int SECTOR_NUMBER_AT = 8;
  static final int CHECKSUM_AT = 16;
  static final int TYPE_AT = 24;

  private static final int PV_HEADER_OFFSET_AT = 20;
  private static final int PV_HEADER_AT = 32;
  private static final int PV_HEADER_SIZE = 40;
  private static final int UUID_SIZE = 32;
  private static final int AREA_SIZE = 16;
  private static final int EXTENSION_SIZE = 8;

  private static final int CURRENT_EXTENSION = 2;
  private static final int USED = 1;

  /** Checks that the values fit a label sector. */
  public PvLabel {
    if (sector < 0 || sector >= SECTORS) {
      throw new IllegalArgumentException("expected a label sector from 0 to 3, found " + sector);
    }
    if (deviceSize < 0) {
      throw new IllegalArgumentException("expected a device size >= 0, found " + deviceSize);
    }
    int size = size(dataAreas, metadataAreas, extensionVersion, bootloaderAreas);
    if (extensionVersion == 0 && (extensionFlags != 0 || !bootloaderAreas.isEmpty())) {
      throw new IllegalArgumentException(
          "expected neither flags nor bootloader areas without an extension, found flags 0x%x and %s"
              .formatted(extensionFlags, bootloaderAreas));
    }
    if (size > OnDisk.SECTOR) {
      throw new IllegalArgumentException(
          "expected lists of areas that fit a sector of 512 bytes, found " + size + " bytes");
    }
  }

  /** Bytes from the start of the sector to the end of the last list. */
  private static int size(
      List<DiskArea> dataAreas,
      List<DiskArea> metadataAreas,
      int extensionVersion,
      List<DiskArea> bootloaderAreas) {
    int size =
        PV_HEADER_AT + PV_HEADER_SIZE + (dataAreas.size() + metadataAreas.size() + 2) * AREA_SIZE;
    return extensionVersion == 0
        ? size
        : size + EXTENSION_SIZE + (bootloaderAreas.size() + 1) * AREA_SIZE;
  }

  /** Whether the label says that the physical volume belongs to a volume group. */
  public boolean isUsed() {
    return (extensionFlags & USED) != 0;
  }

  /**
   * Whether it is as LVM2 wants the label of a volume group's member: with an extension of the
   * current version or a later one, saying that the physical volume is used.
   */
  public boolean isCurrent() {
    return isUsed() && extensionVersion >= CURRENT_EXTENSION;
  }

  /**
   * This label as LVM2 rewrites it when the physical volume joins or leaves a volume group: the
   * flag set or cleared, other flags kept, and the extension raised (or lowered) to version 2.
   *
   * @throws CorruptHeaderException if it has no extension and its lists of areas leave no room for
   *     one
   */
  public PvLabel withUsed(boolean used) {
    int size = size(dataAreas, metadataAreas, CURRENT_EXTENSION, bootloaderAreas);
    if (size > OnDisk.SECTOR) {
      throw new CorruptHeaderException(
          "PV header's lists of areas",
          "room for the extension behind them in a sector of 512 bytes",
          size + " bytes together",
          (long) sector * OnDisk.SECTOR + PV_HEADER_AT);
    }
    return new PvLabel(
        sector,
        pvUuid,
        deviceSize,
        dataAreas,
        metadataAreas,
        CURRENT_EXTENSION,
        used ? extensionFlags | USED : extensionFlags & ~USED,
        bootloaderAreas);
  }

  /** The 512 bytes of the label sector, with the right checksum, in a new buffer. */
  public ByteBuffer encode() {
    ByteBuffer to = OnDisk.newSector();
    to.put(ID).putLong(sector).putInt(0).putInt(PV_HEADER_AT).put(TYPE);
    to.put(pvUuid.value().getBytes(StandardCharsets.US_ASCII)).putLong(deviceSize);
    writeAreas(to, dataAreas);
    writeAreas(to, metadataAreas);
    if (extensionVersion != 0) {
      to.putInt(extensionVersion).putInt(extensionFlags);
      writeAreas(to, bootloaderAreas);
    }
    to.putInt(CHECKSUM_AT, OnDisk.checksum(to, CHECKSUM_AT + Integer.BYTES));
    return to.clear();
  }

  /**
   * Reads what follows the label header, whose id, sector number, checksum and type are the scan's
   * business.
   *
   * @throws CorruptHeaderException if the PV header or one of its lists does not lie in the sector,
   *     or a value in it is impossible
   */
  static PvLabel decode(ByteBuffer from, int sector) {
    long sectorAt = (long) sector * OnDisk.SECTOR;
    int header = from.getInt(PV_HEADER_OFFSET_AT);
    if (header < PV_HEADER_AT || header > OnDisk.SECTOR - PV_HEADER_SIZE) {
      throw new CorruptHeaderException(
          "label header's offset of the PV header",
          "%d to %d".formatted(PV_HEADER_AT, OnDisk.SECTOR - PV_HEADER_SIZE),
          Integer.toUnsignedString(header),
          sectorAt + PV_HEADER_OFFSET_AT);
    }
    LvmUuid uuid = readUuid(from, header, sectorAt);
    from.position(header + UUID_SIZE);
    long deviceSize = from.getLong();
    if (deviceSize < 0) {
      throw new CorruptHeaderException(
          "PV header's device size",
          "less than 2^63 bytes",
          Long.toUnsignedString(deviceSize),
          sectorAt + header + UUID_SIZE);
    }
    ImmutableList<DiskArea> data = readAreas(from, "data", sectorAt);
    ImmutableList<DiskArea> metadata = readAreas(from, "metadata", sectorAt);
    int version = from.remaining() < EXTENSION_SIZE ? 0 : from.getInt();
    if (version == 0) {
      return new PvLabel(sector, uuid, deviceSize, data, metadata, 0, 0, ImmutableList.of());
    }
    int flags = from.getInt();
    ImmutableList<DiskArea> bootloader = readAreas(from, "bootloader", sectorAt);
    return new PvLabel(sector, uuid, deviceSize, data, metadata, version, flags, bootloader);
  }

  private static LvmUuid readUuid(ByteBuffer from, int at, long sectorAt) {
    byte[] uuid = OnDisk.bytes(from, at, UUID_SIZE);
    try {
      return new LvmUuid(new String(uuid, StandardCharsets.ISO_8859_1));
    } catch (IllegalArgumentException e) {
      CorruptHeaderException corrupt =
          new CorruptHeaderException(
              "PV header's uuid", "32 letters and digits", OnDisk.quote(uuid), sectorAt + at);
      corrupt.initCause(e);
      throw corrupt;
    }
  }

  private static ImmutableList<DiskArea> readAreas(ByteBuffer from, String kind, long sectorAt) {
    ImmutableList.Builder<DiskArea> areas = ImmutableList.builder();
    int start = from.position();
    while (from.remaining() >= AREA_SIZE) {
      long at = sectorAt + from.position();
      long offset = from.getLong();
      long size = from.getLong();
      if (offset == 0) {
        return areas.build();
      }
      if (offset < 0 || size < 0 || size > Long.MAX_VALUE - offset) {
        throw new CorruptHeaderException(
            "PV header's " + kind + " area",
            "an area that ends below 2^63",
            "offset %s, size %s"
                .formatted(Long.toUnsignedString(offset), Long.toUnsignedString(size)),
            at);
      }
      areas.add(new DiskArea(offset, size));
    }
    throw new CorruptHeaderException(
        "PV header's list of " + kind + " areas",
        "an end within the sector",
        "%d entries and no end".formatted((from.position() - start) / AREA_SIZE),
        sectorAt + start);
  }

  private static void writeAreas(ByteBuffer to, List<DiskArea> areas) {
    for (DiskArea area : areas) {
      to.putLong(area.offset()).putLong(area.size());
    }
    to.putLong(0).putLong(0);
  }
}
