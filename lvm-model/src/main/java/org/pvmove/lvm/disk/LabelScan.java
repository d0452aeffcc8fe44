// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.disk;

import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * What the first four sectors of a device say about LVM: which label is in force, if any, and
 * everything that was passed over, so that a caller can say why a device is no physical volume.
 *
 * <p>The rules are those of LVM2's own scan, so that both agree on what a device is: sectors in
 * order; a label with a wrong sector number or checksum is no label; the first one counts, even if
 * its PV header then turns out to be unusable; a signature of one of the two formats before LVM2
 * rules the device out. Unlike LVM2's, the scan reads no byte outside the label sector.
 *
 * @param state what was found
 * @param label the label in force: present exactly when the state is {@link State#HEALTHY} or
 *     {@link State#DAMAGED}
 * @param findings what is wrong or was passed over, in order of sectors
 */
public record LabelScan(
    State state, Optional<PvLabel> label, ImmutableList<LabelScan.Finding> findings) {

  /** What a device is. */
  public enum State {
    /** No label that can be used. The findings say whether there was one that cannot. */
    NONE,
    /** An intact label. */
    HEALTHY,
    /**
     * A label whose id {@code LABELONE} is lost. LVM2 takes it without looking at the checksum, so
     * nothing in it is certain. Not to be written to.
     */
    DAMAGED,
    /** A physical volume of LVM1, the format before LVM2. vgconvert(8) of LVM2 2.02 converts it. */
    LVM1,
    /** A pool of the Global File System. vgconvert(8) of LVM2 2.02 converts it. */
    GFS_POOL
  }

  /**
   * Something a caller may want to report.
   *
   * @param sector the sector it is about, 0 to 3
   * @param text what was expected and what was found
   */
  public record Finding(int sector, String text) {}

  private static final byte[] LVM1_MAGIC = OnDisk.ascii("HM");
  private static final int LVM1_VERSION_AT = 2;
  private static final long GFS_POOL_MAGIC = 0x011670;
  private static final int GFS_POOL_VERSION_AT = 272;

  /** Major version 4, minor version 1; the update level in the lowest byte does not matter. */
  private static final int GFS_POOL_VERSION = 0x0401;

  /** Checks that there is a label exactly when the state says so. */
  public LabelScan {
    if (label.isPresent() != (state == State.HEALTHY || state == State.DAMAGED)) {
      throw new IllegalArgumentException("state " + state + " with label " + label);
    }
  }

  /**
   * Scans the start of a device.
   *
   * @param start the first 2048 bytes, or all of a smaller device; what is beyond them is not
   *     looked at, nor is a sector that is not there as a whole. Position and limit stay as they
   *     are
   */
  public static LabelScan of(ByteBuffer start) {
    ImmutableList.Builder<Finding> findings = ImmutableList.builder();
    Optional<PvLabel> label = Optional.empty();
    int sectors = Math.min(PvLabel.SECTORS, start.remaining() / OnDisk.SECTOR);
    State state = sectors == 0 ? State.NONE : foreignFormat(OnDisk.sector(start, 0), findings);
    boolean taken = state != State.NONE;
    for (int number = 0; number < sectors; number++) {
      ByteBuffer sector = OnDisk.sector(start, number * OnDisk.SECTOR);
      boolean idLost = !OnDisk.holds(sector, 0, PvLabel.ID);
      if (!isLabel(sector, number, idLost, findings)) {
        continue;
      }
      if (taken) {
        findings.add(new Finding(number, "additional label, ignored"));
        continue;
      }
      taken = true;
      if (idLost) {
        findings.add(
            new Finding(
                number,
                "label header's id: expected \"LABELONE\", found %s; checksum not looked at"
                    .formatted(OnDisk.quote(OnDisk.bytes(sector, 0, PvLabel.ID.length)))));
      }
      try {
        label = Optional.of(PvLabel.decode(sector, number));
        state = idLost ? State.DAMAGED : State.HEALTHY;
      } catch (CorruptHeaderException e) {
        findings.add(new Finding(number, "unusable label: " + e.getMessage()));
      }
    }
    return new LabelScan(state, label, findings.build());
  }

  private static State foreignFormat(ByteBuffer sector, ImmutableList.Builder<Finding> findings) {
    if (OnDisk.holds(sector, 0, LVM1_MAGIC)) {
      short version = sector.getShort(LVM1_VERSION_AT);
      if (version == 1 || version == 2) {
        findings.add(new Finding(0, "LVM1 physical volume, format version " + version));
        return State.LVM1;
      }
    }
    ByteBuffer bigEndian = sector.duplicate().order(ByteOrder.BIG_ENDIAN);
    if (bigEndian.getLong(0) == GFS_POOL_MAGIC
        && bigEndian.getInt(GFS_POOL_VERSION_AT) >>> Byte.SIZE == GFS_POOL_VERSION) {
      findings.add(new Finding(0, "GFS pool label"));
      return State.GFS_POOL;
    }
    return State.NONE;
  }

  /** Whether LVM2 would take the sector for a label if it were the first one. */
  private static boolean isLabel(
      ByteBuffer sector, int number, boolean idLost, ImmutableList.Builder<Finding> findings) {
    boolean typeRight = OnDisk.holds(sector, PvLabel.TYPE_AT, PvLabel.TYPE);
    if (idLost) {
      return typeRight;
    }
    long storedNumber = sector.getLong(PvLabel.SECTOR_NUMBER_AT);
    if (storedNumber != number) {
      findings.add(
          new Finding(
              number,
              "label header's sector number: expected %d, found %s"
                  .formatted(number, Long.toUnsignedString(storedNumber))));
      return false;
    }
    int stored = sector.getInt(PvLabel.CHECKSUM_AT);
    int computed = OnDisk.checksum(sector, PvLabel.CHECKSUM_AT + Integer.BYTES);
    if (stored != computed) {
      findings.add(
          new Finding(
              number,
              "label header's checksum: expected %s, found %s"
                  .formatted(OnDisk.hex(computed), OnDisk.hex(stored))));
      return false;
    }
    if (!typeRight) {
      findings.add(
          new Finding(
              number,
              "label header's type: expected \"LVM2 001\", found %s"
                  .formatted(
                      OnDisk.quote(OnDisk.bytes(sector, PvLabel.TYPE_AT, PvLabel.TYPE.length)))));
    }
    return typeRight;
  }
}
