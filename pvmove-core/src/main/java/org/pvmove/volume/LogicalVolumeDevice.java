// SPDX-License-Identifier: Apache-2.0
package org.pvmove.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.lvm.LvmUuid;

/**
 * A logical volume as a block device: what {@code /dev/vg/lv} is for a volume that the kernel has
 * active. It goes on while extents move beneath it; its users notice no more than that some
 * requests wait a little longer.
 *
 * <p>Maps volumes of segments that are linear, striped, mirrors, raid1, {@code zero} or {@code
 * error}, and moves under way. Of mirrors and raid1 all legs are written and the first one is read,
 * another one where that fails; a write that fails on one leg fails. An origin of snapshots is
 * read-only here, since nobody would keep for the snapshots what is overwritten. What was flushed
 * survives any crash, in any state of a move; what was not is old or new, sector by sector.
 *
 * <p>If the destination of a segment that is being copied fails, users do not notice: the copy is
 * given up and the move stops at its last checkpoint. Thread-safe; closing it does not affect other
 * devices of the same volume.
 */
public final class LogicalVolumeDevice implements BlockDevice {
  private final LiveVolumes volumes;
  private final Traffic traffic;
  private final LvmUuid id;
  private final String name;
  private final long size;
  private final boolean readOnly;
  private final int logicalBlockSize;
  private volatile boolean closed;

  LogicalVolumeDevice(
      LiveVolumes volumes, Traffic traffic, VolumeMap map, String name, int logicalBlockSize) {
    this.volumes = volumes;
    this.traffic = traffic;
    this.id = map.volume().id();
    this.name = name;
    this.size = map.byteCount();
    this.readOnly = map.readOnly() != null;
    this.logicalBlockSize = logicalBlockSize;
  }

  /** Volume group and volume, as in {@code vg/lv}. */
  @Override
  public String name() {
    return name;
  }

  @Override
  public long size() {
    return size;
  }

  /** The largest of those of the physical volumes it was opened on. */
  @Override
  public int logicalBlockSize() {
    return logicalBlockSize;
  }

  @Override
  public boolean readOnly() {
    return readOnly;
  }

  @Override
  public void read(long byteOffset, ByteBuffer target) throws IOException {
    read(byteOffset, target, BlockDevice::read);
  }

  @Override
  public boolean readFromDisk(long byteOffset, ByteBuffer target) throws IOException {
    boolean[] fromDisk = {true};
    read(
        byteOffset,
        target,
        (device, offset, bytes) -> fromDisk[0] &= device.readFromDisk(offset, bytes));
    return fromDisk[0];
  }

  private void read(long byteOffset, ByteBuffer target, Traffic.Reading how) throws IOException {
    BlockDevices.checkRange(this, byteOffset, target.remaining());
    if (target.isReadOnly()) {
      throw new IllegalArgumentException("expected a buffer to read into, found a read-only one");
    }
    if (target.hasRemaining()) {
      Traffic.Request request = begin();
      try {
        traffic.read(map().pieces(byteOffset, target.remaining()), target, how);
      } finally {
        request.close();
      }
      target.position(target.limit());
    } else {
      requireOpen();
    }
  }

  @Override
  public void write(long byteOffset, ByteBuffer source) throws IOException {
    BlockDevices.checkRange(this, byteOffset, source.remaining());
    if (readOnly) {
      throw new IllegalStateException("'" + name + "' is read-only");
    }
    if (source.hasRemaining()) {
      Traffic.Request request = begin();
      try {
        VolumeMap map = map();
        if (map.readOnly() != null) {
          throw new IOException(
              "%s: expected a volume that may be written to still, found that %s"
                  .formatted(name, map.readOnly()));
        }
        traffic.write(map.pieces(byteOffset, source.remaining()), source);
      } finally {
        request.close();
      }
      source.position(source.limit());
    } else {
      requireOpen();
    }
  }

  @Override
  public void flush() throws IOException {
    Traffic.Request request = begin();
    try {
      requireOpen();
      traffic.flush();
    } finally {
      request.close();
    }
  }

  private Traffic.Request begin() {
    return traffic.begin();
  }

  private VolumeMap map() throws IOException {
    requireOpen();
    VolumeMap map = volumes.map(id);
    if (map.byteCount() < size) {
      throw new IOException(
          "%s: expected %d bytes, found that others have cut it to %d"
              .formatted(name, size, map.byteCount()));
    }
    return map;
  }

  private void requireOpen() throws IOException {
    if (closed || volumes.isClosed()) {
      throw new IOException("'" + name + "' is closed");
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
