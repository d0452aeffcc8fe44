// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.pvmove.PvMover;
import org.pvmove.device.DeviceSet;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.Access;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.io.IoHints;
import org.pvmove.plan.MoveRequest;

/**
 * Storage of one's own: a disk whose chunks are objects in a store somewhere else. A chunk that was
 * never written, or has nothing but zeros, is no object there, and moves do not fetch it.
 */
public final class RemoteDisk implements BlockDevice {
  private static final int SECTOR_BYTES = 512;

  /**
   * A store of objects. What {@link #put} and {@link #delete} do is durable when they return, and
   * happens as a whole or not at all.
   */
  interface Store {
    Optional<byte[]> get(String key) throws IOException;

    void put(String key, byte[] object) throws IOException;

    void delete(String key) throws IOException;
  }

  private final String name;
  private final long size;
  private final int chunkBytes;

  private final Store store;

  /**
   * A disk in a store.
   *
   * @param name what messages call it, and what its objects' keys begin with
   * @param size in bytes, a multiple of the chunk size
   * @param chunkBytes bytes in an object, a multiple of 512
   */
  RemoteDisk(String name, long size, int chunkBytes, Store store) {
    this.name = name;
    this.size = size;
    this.chunkBytes = chunkBytes;
    this.store = store;
  }

  /** Moves everything of volume group "vg" from one device to another, whatever they are. */
  static MoveOutcome move(DeviceSet devices, BlockDevice from, BlockDevice to) throws IOException {
    PvMover mover = PvMover.builder(devices, "vg").build();
    return mover.execute(
        mover.plan(MoveRequest.from(from.name()).to(to.name()).build()).orElseThrow());
  }

  /** A store in memory, instead of one somewhere else. */
  static Store inMemory(Map<String, byte[]> objects) {
    return new Store() {
      @Override
      public Optional<byte[]> get(String key) {
        return Optional.ofNullable(objects.get(key)).map(byte[]::clone);
      }

      @Override
      public void put(String key, byte[] object) {
        objects.put(key, object.clone());
      }

      @Override
      public void delete(String key) {
        objects.remove(key);
      }
    };
  }

  /**
   * Copies a disk image into a store, as objects in memory, and says how many there are.
   *
   * @param arguments the image
   */
  public static void main(String... arguments) throws IOException {
    Map<String, byte[]> objects = new ConcurrentHashMap<>();
    try (BlockDevice image = BlockDevices.open(Path.of(arguments[0]), Access.READ_ONLY);
        RemoteDisk disk = new RemoteDisk("remote", image.size(), 64 << 10, inMemory(objects))) {
      ByteBuffer block = ByteBuffer.allocate(64 << 10);
      for (long at = 0; at < image.size(); at += block.limit()) {
        block.clear().limit((int) Math.min(block.capacity(), image.size() - at));
        image.read(at, block);
        disk.write(at, block.flip());
      }
      System.out.printf("%d bytes are %d objects%n", image.size(), objects.size());
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public int logicalBlockSize() {
    return SECTOR_BYTES;
  }

  @Override
  public boolean readOnly() {
    return false;
  }

  /** What lies far away likes many requests at once. */
  @Override
  public IoHints hints() {
    return new IoHints(this, false, 8, 1 << 20);
  }

  @Override
  public synchronized void read(long byteOffset, ByteBuffer target) throws IOException {
    BlockDevices.checkRange(this, byteOffset, target.remaining());
    for (long at = byteOffset; target.hasRemaining(); ) {
      int within = (int) (at % chunkBytes);
      int count = Math.min(chunkBytes - within, target.remaining());
      target.put(chunk(at), within, count);
      at += count;
    }
  }

  /** One at a time: two writes to parts of a chunk must not get in each other's way. */
  @Override
  public synchronized void write(long byteOffset, ByteBuffer source) throws IOException {
    BlockDevices.checkRange(this, byteOffset, source.remaining());
    for (long at = byteOffset; source.hasRemaining(); ) {
      int within = (int) (at % chunkBytes);
      int count = Math.min(chunkBytes - within, source.remaining());
      byte[] chunk = chunk(at);
      source.get(chunk, within, count);
      store(at, chunk);
      at += count;
    }
  }

  private byte[] chunk(long byteOffset) throws IOException {
    return store.get(key(byteOffset)).orElseGet(() -> new byte[chunkBytes]);
  }

  private void store(long byteOffset, byte[] chunk) throws IOException {
    for (byte each : chunk) {
      if (each != 0) {
        store.put(key(byteOffset), chunk);
        return;
      }
    }
    store.delete(key(byteOffset));
  }

  private String key(long byteOffset) {
    return name + "/" + byteOffset / chunkBytes;
  }

  /** What was written is durable already. */
  @Override
  public void flush() {}

  /** A move asks where there is something to copy. */
  @Override
  public synchronized long nextData(long from, long to) throws IOException {
    BlockDevices.checkRange(this, from, to - from);
    for (long at = from; at < to; at += chunkBytes - at % chunkBytes) {
      if (store.get(key(at)).isPresent()) {
        return at;
      }
    }
    return to;
  }

  /** Zeros are not sent: there is no object for them. */
  @Override
  public boolean zeroesCheaply() {
    return true;
  }

  @Override
  public void close() {}
}
