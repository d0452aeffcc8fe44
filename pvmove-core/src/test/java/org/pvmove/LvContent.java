// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.BlockDevice;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;

/**
 * What a logical volume holds, read and written through its mapping as the kernel would: stripes in
 * turn, and where a move is under way the destination of a segment that is done, the source of one
 * that is not. Knows nothing of the code under test but the values of the model.
 *
 * <p>For tests every sector says where it belongs: {@code vg/lv sector n}, padded with blanks to
 * 511 bytes, and a newline.
 */
public final class LvContent {
  private static final int SECTOR = 512;

  /** An image that an atomic move left when it was interrupted while it ended. */
  private static final Pattern LEFT_OVER = Pattern.compile("pvmove\\d+_mimage_\\d+");

  /** Patterns are asked for again and again; nobody writes to them. */
  private static final Map<String, byte[]> PATTERNS = new ConcurrentHashMap<>();

  private LvContent() {}

  /** Does something with a run of bytes of a logical volume that is in one piece on a device. */
  private interface Run {
    void on(BlockDevice device, long deviceOffset, int lvOffset, int length) throws IOException;
  }

  /** What a logical volume holds after {@link #fill}. */
  public static byte[] pattern(String name, long byteCount) {
    byte[] bytes = new byte[Math.toIntExact(byteCount)];
    Arrays.fill(bytes, (byte) ' ');
    for (int at = 0; at < bytes.length; at += SECTOR) {
      byte[] text = (name + " sector " + at / SECTOR).getBytes(StandardCharsets.US_ASCII);
      System.arraycopy(text, 0, bytes, at, text.length);
      bytes[at + SECTOR - 1] = '\n';
    }
    return bytes;
  }

  /** What a logical volume of this volume group holds after {@link #fill}. */
  public static byte[] pattern(VolumeGroup vg, LogicalVolume lv) {
    return pattern(vg.name() + "/" + lv.name(), vg.extentSize().toBytes(lv.extentCount()));
  }

  /**
   * Writes its pattern into every logical volume of linear or striped segments. What stands on such
   * volumes, such as a raid, is whole if these are.
   */
  public static void fillAll(StoredVolumeGroup stored) {
    for (LogicalVolume lv : holders(stored.volumeGroup())) {
      fill(stored, lv);
    }
  }

  /** Writes its pattern into a logical volume; nothing is flushed. */
  public static void fill(StoredVolumeGroup stored, LogicalVolume lv) {
    byte[] bytes = pattern(stored.volumeGroup(), lv);
    forEachRun(
        stored,
        lv,
        (device, deviceOffset, lvOffset, length) ->
            device.write(deviceOffset, ByteBuffer.wrap(bytes, lvOffset, length)));
  }

  /** What a logical volume holds. */
  public static byte[] read(StoredVolumeGroup stored, String lv) {
    return read(stored, stored.volumeGroup().logicalVolume(lv).orElseThrow());
  }

  private static byte[] read(StoredVolumeGroup stored, LogicalVolume lv) {
    VolumeGroup vg = stored.volumeGroup();
    byte[] bytes = new byte[Math.toIntExact(vg.extentSize().toBytes(lv.extentCount()))];
    forEachRun(
        stored,
        lv,
        (device, deviceOffset, lvOffset, length) ->
            device.read(deviceOffset, ByteBuffer.wrap(bytes, lvOffset, length)));
    return bytes;
  }

  /**
   * Checks that every logical volume of linear or striped segments holds its pattern.
   *
   * @throws AssertionError that names the first sector that is wrong, what it holds and where it is
   */
  public static void verifyAll(StoredVolumeGroup stored) {
    for (LogicalVolume lv : holders(stored.volumeGroup())) {
      verify(stored, lv);
    }
  }

  private static void verify(StoredVolumeGroup stored, LogicalVolume lv) {
    VolumeGroup vg = stored.volumeGroup();
    byte[] expected =
        PATTERNS.computeIfAbsent(
            vg.name() + "/" + lv.name() + " " + lv.extentCount() + " " + vg.extentSize(),
            key -> pattern(vg, lv));
    byte[] found = read(stored, lv);
    int wrong = Arrays.mismatch(expected, found);
    if (wrong >= 0) {
      int sector = wrong / SECTOR * SECTOR;
      throw new AssertionError(
          "%s, logical volume %s: expected '%s', found '%s'; it is mapped by %s"
              .formatted(
                  vg,
                  lv.name(),
                  sectorText(expected, sector),
                  sectorText(found, sector),
                  lv.segments()));
    }
  }

  private static String sectorText(byte[] bytes, int at) {
    return new String(bytes, at, 40, StandardCharsets.ISO_8859_1).replace('\0', '.').strip();
  }

  /** The volumes that lie on extents themselves, but not those that moves need for a while. */
  static Iterable<LogicalVolume> holders(VolumeGroup vg) {
    Set<String> images = new HashSet<>();
    for (LogicalVolume pvmove : vg.pvmoveVolumes()) {
      pvmove.segments().forEach(s -> s.type().references().forEach(i -> images.add(i.lv())));
    }
    return vg.logicalVolumes().stream()
        .filter(lv -> !lv.isPvmove() && !images.contains(lv.name()))
        .filter(lv -> !LEFT_OVER.matcher(lv.name()).matches())
        .filter(lv -> lv.segments().stream().allMatch(s -> s.type() instanceof SegmentType.Striped))
        .toList();
  }

  private static void forEachRun(StoredVolumeGroup stored, LogicalVolume lv, Run run) {
    VolumeGroup vg = stored.volumeGroup();
    long extent = vg.extentSize().bytes();
    for (Segment segment : lv.segments()) {
      if (!(segment.type() instanceof SegmentType.Striped striped)) {
        throw new IllegalArgumentException("cannot read through " + segment);
      }
      int stripes = striped.areas().size();
      // Never more than an extent at a time, since the next one may be elsewhere.
      long chunk = striped.stripeSize() == null ? extent : striped.stripeSize().toBytes();
      long segmentStart = segment.firstExtent() * extent;
      long areaBytes = segment.extentCount() / stripes * extent;
      for (int stripe = 0; stripe < stripes; stripe++) {
        for (long at = 0; at < areaBytes; at += chunk) {
          Area.Physical place = place(vg, striped.areas().get(stripe).advance(at / extent));
          PhysicalVolume pv = vg.physicalVolume(place.pv()).orElseThrow();
          try {
            run.on(
                stored.device(place.pv()).device(),
                pv.peStart().toBytes() + place.extent() * extent + at % extent,
                Math.toIntExact(segmentStart + at * stripes + stripe * chunk),
                Math.toIntExact(chunk));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      }
    }
  }

  /** The extent that holds the data of an area's first extent. */
  private static Area.Physical place(VolumeGroup vg, Area area) {
    if (area instanceof Area.Physical physical) {
      return physical;
    }
    Area.Logical logical = (Area.Logical) area;
    for (Segment segment : vg.logicalVolume(logical.lv()).orElseThrow().segments()) {
      long offset = logical.extent() - segment.firstExtent();
      if (offset >= 0 && offset < segment.extentCount()) {
        SegmentType type = segment.type();
        if (type instanceof SegmentType.Mirror mirror) {
          Long moved = mirror.extentsMoved();
          boolean done = moved != null && moved == segment.extentCount();
          return place(vg, mirror.areas().get(done ? 1 : 0).advance(offset));
        }
        if (type instanceof SegmentType.Striped striped && striped.areas().size() == 1) {
          return place(vg, striped.areas().get(0).advance(offset));
        }
      }
    }
    throw new AssertionError("nothing maps " + area);
  }
}
