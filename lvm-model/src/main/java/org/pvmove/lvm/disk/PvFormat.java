// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import com.google.common.collect.ImmutableList;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.nio.ByteBuffer;
import org.pvmove.lvm.LvmUuid;

/**
 * The layout of a new physical volume, as pvcreate(8) chooses it on a machine with pages of 4 KiB:
 * label, metadata area from 4 KiB up to the start of the extents, extents, and on request a second
 * metadata area at the end.
 */
public final class PvFormat {
  private static final long KIB = 1024;
  private static final long MIB = 1024 * KIB;
  private static final long PAGE = 4 * KIB;

  /** Smaller devices are not looked at by LVM2 ({@code devices/pv_min_size}). */
  private static final long MIN_DEVICE_SIZE = 2 * MIB;

  /** 1 EiB, so that sums of sizes stay exact; Linux block devices end at 8 EiB. */
  private static final long MAX_DEVICE_SIZE = 1L << 60;

  private static final long MIN_METADATA_SIZE = 8 * PAGE;
  private static final int CURRENT_EXTENSION = 2;

  /** What is zeroed at the start of each metadata area, for nothing old to be found there. */
  private static final int CLEARED = 4096;

  private final PvLabel label;

  private PvFormat(PvLabel label) {
    this.label = label;
  }

  /**
   * Begins the layout of a new physical volume.
   *
   * @param pvUuid its identity
   * @param deviceSize bytes of the device: from 2 MiB to 1 EiB and a multiple of 512
   */
  public static Builder builder(LvmUuid pvUuid, long deviceSize) {
    return new Builder(pvUuid, deviceSize);
  }

  /** The label, not yet marked as belonging to a volume group. */
  public PvLabel label() {
    return label;
  }

  /** Where the first physical extent begins, in bytes from the start of the device. */
  public long dataStart() {
    return label.dataAreas().get(0).offset();
  }

  /**
   * How many physical extents fit ({@code pe_count}).
   *
   * @param extentSize bytes of an extent, positive
   */
  public long extentCount(long extentSize) {
    if (extentSize <= 0) {
      throw new IllegalArgumentException("expected an extent size > 0, found " + extentSize);
    }
    long end =
        label.metadataAreas().size() == 2
            ? label.metadataAreas().get(1).offset()
            : label.deviceSize();
    return (end - dataStart()) / extentSize;
  }

  /**
   * What to write, in this order, to make the device a physical volume: the label last, so that
   * there is none before everything it points to is there.
   */
  public ImmutableList<DiskWrite> writes() {
    ImmutableList.Builder<DiskWrite> writes = ImmutableList.builder();
    writes.add(new DiskWrite(0, ByteBuffer.allocate(PvLabel.SECTORS * OnDisk.SECTOR)));
    for (DiskArea area : label.metadataAreas()) {
      ByteBuffer header = MetadataAreaHeader.empty(area).encode();
      writes.add(new DiskWrite(area.offset(), ByteBuffer.allocate(CLEARED).put(header).clear()));
    }
    writes.add(new DiskWrite((long) label.sector() * OnDisk.SECTOR, label.encode()));
    return writes.build();
  }

  /** Collects what differs from the defaults. Not thread-safe. */
  public static final class Builder {
    private final LvmUuid pvUuid;
    private final long deviceSize;
    private int labelSector = 1;
    private int metadataAreas = 1;
    private long metadataSize = MIB - PAGE;
    private long dataAlignment = MIB;

    private Builder(LvmUuid pvUuid, long deviceSize) {
      this.pvUuid = pvUuid;
      this.deviceSize = deviceSize;
      if (deviceSize < MIN_DEVICE_SIZE
          || deviceSize > MAX_DEVICE_SIZE
          || deviceSize % OnDisk.SECTOR != 0) {
        throw new IllegalArgumentException(
            "expected a device size from %d to %d bytes and a multiple of 512, found %d"
                .formatted(MIN_DEVICE_SIZE, MAX_DEVICE_SIZE, deviceSize));
      }
    }

    /** Which sector the label goes to, 0 to 3; 1 by default ({@code --labelsector}). */
    @CanIgnoreReturnValue
    public Builder labelSector(int sector) {
      if (sector < 0 || sector >= PvLabel.SECTORS) {
        throw new IllegalArgumentException("expected a label sector from 0 to 3, found " + sector);
      }
      labelSector = sector;
      return this;
    }

    /**
     * How many metadata areas there are, 0 to 2; 1 by default ({@code --pvmetadatacopies}). The
     * second one is at the end of the device.
     */
    @CanIgnoreReturnValue
    public Builder metadataAreas(int count) {
      if (count < 0 || count > 2) {
        throw new IllegalArgumentException(
            "expected a number of metadata areas from 0 to 2, found " + count);
      }
      metadataAreas = count;
      return this;
    }

    /**
     * The least size of each metadata area in bytes: at least 32 KiB, a multiple of 512, 1020 KiB
     * by default ({@code --metadatasize}). Each area is made larger, up to the alignment.
     */
    @CanIgnoreReturnValue
    public Builder metadataSize(long bytes) {
      if (bytes < MIN_METADATA_SIZE || bytes % OnDisk.SECTOR != 0) {
        throw new IllegalArgumentException(
            "expected a metadata size of at least %d bytes and a multiple of 512, found %d"
                .formatted(MIN_METADATA_SIZE, bytes));
      }
      metadataSize = bytes;
      return this;
    }

    /**
     * What the start of the extents and of the second metadata area are multiples of, in bytes: a
     * multiple of 4 KiB, 1 MiB by default ({@code --dataalignment}).
     */
    @CanIgnoreReturnValue
    public Builder dataAlignment(long bytes) {
      if (bytes <= 0 || bytes % PAGE != 0) {
        throw new IllegalArgumentException(
            "expected a data alignment that is a multiple of 4096 bytes, found " + bytes);
      }
      dataAlignment = bytes;
      return this;
    }

    /**
     * Lays out the physical volume.
     *
     * @throws IllegalArgumentException if the device has no room for data beside the metadata areas
     */
    public PvFormat build() {
      long front = metadataAreas == 0 ? 0 : metadataSize;
      long back = metadataAreas == 2 ? metadataSize : 0;
      // Checked before rounding, so that the rounding cannot overflow.
      if (front > deviceSize || back > deviceSize || dataAlignment > deviceSize) {
        throw noRoom();
      }
      long dataStart = roundDown(PAGE + front + dataAlignment - 1);
      long dataEnd = back == 0 ? deviceSize : roundDown(deviceSize - back);
      if (dataStart >= dataEnd) {
        throw noRoom();
      }
      ImmutableList.Builder<DiskArea> areas = ImmutableList.builder();
      if (metadataAreas > 0) {
        areas.add(new DiskArea(PAGE, dataStart - PAGE));
      }
      if (metadataAreas > 1) {
        areas.add(new DiskArea(dataEnd, deviceSize - dataEnd));
      }
      return new PvFormat(
          new PvLabel(
              labelSector,
              pvUuid,
              deviceSize,
              ImmutableList.of(new DiskArea(dataStart, 0)),
              areas.build(),
              CURRENT_EXTENSION,
              0,
              ImmutableList.of()));
    }

    private long roundDown(long bytes) {
      return bytes - bytes % dataAlignment;
    }

    private IllegalArgumentException noRoom() {
      return new IllegalArgumentException(
          "expected room for data beside %d metadata areas of %d bytes aligned to %d bytes, found a"
                  .formatted(metadataAreas, metadataSize, dataAlignment)
              + " device of "
              + deviceSize
              + " bytes");
    }
  }
}
