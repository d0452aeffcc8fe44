// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;

/**
 * Reads and writes the bytes of a logical volume where the metadata say they are, as the kernel
 * does for an active one. For linear and striped volumes, also in the middle of a move: then the
 * bytes of a segment are at its destination if it is done, else at its source.
 */
final class LogicalVolumeBytes {
  private final StoredVolumeGroup group;
  private final LogicalVolume lv;

  /** The volume of that name, as this version of its volume group maps it. */
  LogicalVolumeBytes(StoredVolumeGroup group, String lv) {
    this.group = group;
    this.lv = logicalVolume(group.volumeGroup(), lv);
  }

  /** A run of bytes of the volume that is in one piece on a device. */
  private record Piece(BlockDevice device, long byteOffset, long byteCount) {
    Piece atMost(long count) {
      return new Piece(device, byteOffset, Math.min(byteCount, count));
    }
  }

  /** What is done with a piece; the buffer holds as many bytes as the piece. */
  @FunctionalInterface
  private interface Transfer {
    void apply(Piece piece, ByteBuffer buffer) throws IOException;
  }

  /** Size in bytes. */
  long size() {
    return group.volumeGroup().extentSize().toBytes(lv.extentCount());
  }

  /** Fills the buffer from that offset in bytes on. */
  void read(long byteOffset, ByteBuffer target) throws IOException {
    transfer(
        byteOffset, target, (piece, buffer) -> piece.device().read(piece.byteOffset(), buffer));
  }

  /** Writes the buffer to that offset in bytes; durable once the devices are flushed. */
  void write(long byteOffset, ByteBuffer source) throws IOException {
    transfer(
        byteOffset, source, (piece, buffer) -> piece.device().write(piece.byteOffset(), buffer));
  }

  private void transfer(long byteOffset, ByteBuffer buffer, Transfer transfer) throws IOException {
    int limit = buffer.limit();
    for (long at = byteOffset; buffer.position() < limit; ) {
      Piece piece = locate(lv, at).atMost(limit - buffer.position());
      buffer.limit(buffer.position() + (int) piece.byteCount());
      transfer.apply(piece, buffer);
      buffer.limit(limit);
      at += piece.byteCount();
    }
  }

  private Piece locate(LogicalVolume volume, long byteOffset) {
    long extentBytes = group.volumeGroup().extentSize().bytes();
    for (Segment segment : volume.segments()) {
      if (byteOffset < segment.end() * extentBytes) {
        return locate(segment, byteOffset - segment.firstExtent() * extentBytes);
      }
    }
    throw new IllegalArgumentException(
        "expected an offset within %s, found byte %d".formatted(volume, byteOffset));
  }

  private Piece locate(Segment segment, long byteOffset) {
    long left = segment.extentCount() * group.volumeGroup().extentSize().bytes() - byteOffset;
    if (segment.type() instanceof SegmentType.Mirror mirror && mirror.extentsMoved() != null) {
      boolean done = mirror.extentsMoved() == segment.extentCount();
      return locate(mirror.areas().get(done ? 1 : 0), byteOffset).atMost(left);
    }
    if (!(segment.type() instanceof SegmentType.Striped striped)) {
      throw new LvmException("expected linear or striped segments, found " + segment.type().name());
    }
    int stripes = striped.areas().size();
    if (striped.stripeSize() == null || stripes == 1) {
      return locate(striped.areas().get(0), byteOffset).atMost(left);
    }
    long chunk = striped.stripeSize().toBytes();
    long number = byteOffset / chunk;
    long within = byteOffset % chunk;
    Area area = striped.areas().get((int) (number % stripes));
    return locate(area, number / stripes * chunk + within).atMost(Math.min(left, chunk - within));
  }

  /** Where a byte of an area is; the piece goes on to the end of what is below. */
  private Piece locate(Area area, long byteOffset) {
    VolumeGroup vg = group.volumeGroup();
    long start = vg.extentSize().toBytes(area.extent()) + byteOffset;
    if (area instanceof Area.Physical physical) {
      PhysicalVolume pv =
          vg.physicalVolume(physical.pv())
              .orElseThrow(
                  () ->
                      new LvmException(
                          "expected physical volume " + physical.pv() + ", found none"));
      BlockDevice device = group.device(pv.id()).device();
      long offset = pv.peStart().toBytes() + start;
      BlockDevices.checkRange(device, offset, 1);
      return new Piece(device, offset, device.size() - offset);
    }
    if (area instanceof Area.Logical below) {
      return locate(logicalVolume(vg, below.lv()), start);
    }
    throw new IllegalStateException("unknown kind of area: " + area);
  }

  private static LogicalVolume logicalVolume(VolumeGroup vg, String name) {
    return vg.logicalVolume(name)
        .orElseThrow(
            () ->
                new LvmException(
                    "expected a logical volume \"%s\" in %s, found none"
                        .formatted(name, vg.name())));
  }
}
