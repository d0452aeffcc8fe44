// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io.internal;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.hash.HashCode;
import com.google.common.hash.HashFunction;
import com.google.common.hash.Hashing;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a disk in memory, zero where never written, with snapshots that share what is equal.
 *
 * <p>The image is cut into chunks. A chunk exists from the first write into it, and after a {@link
 * #snapshot()} it is copied by whichever side writes into it first. So a snapshot costs nothing
 * until something is written; then it costs the table of chunks (some tens of bytes for each 16
 * KiB) and the chunks written to.
 *
 * <p>Not thread-safe. Callers check ranges.
 */
public final class SparseImage {
  /** Large enough to keep the table small, small enough to be copied for a single sector. */
  static final int CHUNK_BYTES = 16 << 10;

  private static final byte[] ZEROS = new byte[CHUNK_BYTES];

  private static final HashFunction HASH = Hashing.murmur3_128();

  /** Stands for the hash of a chunk of zeros, which counts as much as no chunk. */
  private static final HashCode HASH_OF_ZEROS = HASH.hashBytes(ZEROS);

  /** Bytes of a chunk; only an image that holds {@code owner} as its own may change them. */
  private static final class Chunk {
    final Object owner;
    final byte[] bytes;

    /** Kept until the bytes change; never wrong for a shared chunk, which nobody changes. */
    @Nullable HashCode hash;

    Chunk(Object owner, byte[] bytes) {
      this.owner = owner;
      this.bytes = bytes;
    }
  }

  private final long size;
  private Map<Long, Chunk> chunks;
  private boolean tableIsShared;
  private Object owner = new Object();

  /** An image of zeros, {@code size} bytes long. */
  public SparseImage(long size) {
    this(size, new HashMap<>(), false);
    checkArgument(size >= 0, "size of %s bytes: expected 0 or more", size);
  }

  private SparseImage(long size, Map<Long, Chunk> chunks, boolean tableIsShared) {
    this.size = size;
    this.chunks = chunks;
    this.tableIsShared = tableIsShared;
  }

  /** Size in bytes. */
  public long size() {
    return size;
  }

  /** An image with the same bytes; writing to either does not change the other. */
  public SparseImage snapshot() {
    tableIsShared = true;
    // With a new owner, every chunk there is now belongs to nobody and is copied before a write.
    owner = new Object();
    return new SparseImage(size, chunks, true);
  }

  /**
   * An image with the first of the same bytes.
   *
   * @param newSize in bytes, at most the size of this one
   */
  public SparseImage truncated(long newSize) {
    checkArgument(newSize >= 0 && newSize <= size, "%s of %s bytes", newSize, size);
    SparseImage whole = snapshot();
    SparseImage image = new SparseImage(newSize, new HashMap<>(whole.chunks), false);
    image.chunks.keySet().removeIf(index -> index * CHUNK_BYTES >= newSize);
    int tail = (int) (newSize % CHUNK_BYTES);
    if (image.chunks.containsKey(newSize / CHUNK_BYTES)) {
      // What is cut off counts for nothing, not even for the hash.
      image.write(newSize, ByteBuffer.wrap(ZEROS, tail, CHUNK_BYTES - tail));
    }
    return image;
  }

  /** Fills the buffer and moves its position to its limit. */
  public void read(long byteOffset, ByteBuffer target) {
    checkArgument(!target.isReadOnly(), "expected a buffer to read into, found a read-only one");
    long at = byteOffset;
    while (target.hasRemaining()) {
      int from = (int) (at % CHUNK_BYTES);
      int count = Math.min(CHUNK_BYTES - from, target.remaining());
      Chunk chunk = chunks.get(at / CHUNK_BYTES);
      if (chunk == null) {
        target.put(ZEROS, 0, count);
      } else {
        target.put(chunk.bytes, from, count);
      }
      at += count;
    }
  }

  /** Writes the buffer and moves its position to its limit. */
  public void write(long byteOffset, ByteBuffer source) {
    if (!source.hasRemaining()) {
      return;
    }
    makeTableOwn();
    long at = byteOffset;
    while (source.hasRemaining()) {
      int from = (int) (at % CHUNK_BYTES);
      int count = Math.min(CHUNK_BYTES - from, source.remaining());
      source.get(writable(at / CHUNK_BYTES, count == CHUNK_BYTES), from, count);
      at += count;
    }
  }

  private void makeTableOwn() {
    if (tableIsShared) {
      chunks = new HashMap<>(chunks);
      tableIsShared = false;
    }
  }

  /** Makes bytes zero, and gives up the chunks that lie within them. */
  public void zero(long byteOffset, long byteCount) {
    long end = byteOffset + byteCount;
    long firstWhole = byteOffset / CHUNK_BYTES + (byteOffset % CHUNK_BYTES == 0 ? 0 : 1);
    long endWhole = end / CHUNK_BYTES;
    // What is behind the image is zero as well, so its last chunk goes even if it is not whole.
    if (end == size && end % CHUNK_BYTES != 0) {
      endWhole++;
    }
    if (firstWhole >= endWhole) {
      zeroWithinChunks(byteOffset, byteCount);
      return;
    }
    // No sum here overflows: what is zeroed in front of a whole chunk and behind lies in the image.
    zeroWithinChunks(byteOffset, firstWhole * CHUNK_BYTES - byteOffset);
    if (end / CHUNK_BYTES == endWhole) {
      zeroWithinChunks(endWhole * CHUNK_BYTES, end - endWhole * CHUNK_BYTES);
    }
    makeTableOwn();
    if (endWhole - firstWhole < chunks.size()) {
      for (long index = firstWhole; index < endWhole; index++) {
        chunks.remove(index);
      }
    } else {
      long limit = endWhole;
      chunks.keySet().removeIf(index -> index >= firstWhole && index < limit);
    }
  }

  /** Zeroes what is less than two chunks, where there are chunks. */
  private void zeroWithinChunks(long byteOffset, long byteCount) {
    long at = byteOffset;
    long end = byteOffset + byteCount;
    while (at < end) {
      int from = (int) (at % CHUNK_BYTES);
      int count = (int) Math.min(CHUNK_BYTES - from, end - at);
      if (chunks.containsKey(at / CHUNK_BYTES)) {
        write(at, ByteBuffer.wrap(ZEROS, 0, count));
      }
      at += count;
    }
  }

  /**
   * The first byte from {@code from} on, and before {@code to}, that may be something else than
   * zero, since it is in a chunk; {@code to} if there is none.
   */
  public long nextData(long from, long to) {
    if (from >= to) {
      return to;
    }
    long first = from / CHUNK_BYTES;
    long last = (to - 1) / CHUNK_BYTES;
    long found = Long.MAX_VALUE;
    if (last - first < chunks.size()) {
      for (long index = first; index <= last && found == Long.MAX_VALUE; index++) {
        found = chunks.containsKey(index) ? index : found;
      }
    } else {
      for (long index : chunks.keySet()) {
        if (index >= first && index <= last) {
          found = Math.min(found, index);
        }
      }
    }
    return found == Long.MAX_VALUE ? to : Math.max(from, found * CHUNK_BYTES);
  }

  private byte[] writable(long index, boolean allOfIt) {
    Chunk chunk = chunks.get(index);
    if (chunk != null && chunk.owner == owner) {
      chunk.hash = null;
      return chunk.bytes;
    }
    byte[] bytes = chunk == null || allOfIt ? new byte[CHUNK_BYTES] : chunk.bytes.clone();
    chunks.put(index, new Chunk(owner, bytes));
    return bytes;
  }

  /**
   * A hash of the size and all bytes, of 128 bits. Images share the hashes of chunks as they share
   * the chunks, so it costs no more than reading what was written since it was last asked for.
   */
  public HashCode contentHash() {
    List<HashCode> hashes = new ArrayList<>();
    hashes.add(HASH.hashLong(size));
    chunks.forEach(
        (index, chunk) -> {
          HashCode hash = hash(index, chunk);
          if (!hash.equals(HASH_OF_ZEROS)) {
            hashes.add(hash);
          }
        });
    return Hashing.combineUnordered(hashes);
  }

  private static HashCode hash(long index, Chunk chunk) {
    HashCode hash = chunk.hash;
    if (hash == null) {
      hash =
          Arrays.equals(chunk.bytes, ZEROS)
              ? HASH_OF_ZEROS
              : HASH.newHasher().putLong(index).putBytes(chunk.bytes).hash();
      chunk.hash = hash;
    }
    return hash;
  }
}
