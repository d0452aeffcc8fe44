// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.primitives.ImmutableLongArray;
import com.google.common.util.concurrent.Uninterruptibles;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A client that writes blocks at random, several at once, and knows at any time what each of them
 * may hold if the server dies now: what was flushed last, or anything written since. Every sector
 * says of which client, block and generation it is, and the rest of it follows from that.
 *
 * <p>Used by one thread at a time.
 */
public final class BusyClient {
  private static final int READ = 0;
  private static final int WRITE = 1;
  private static final int FLUSH = 3;

  private static final int SECTOR = 512;
  private static final int BLOCK = 4096;
  private static final int BLOCKS_AT_ONCE = 32;
  private static final int REQUESTS_AT_ONCE = 8;

  private final String export;
  private final long seed;
  private final Random random;
  private final int count;

  /** The generation of each block that is durable at least. */
  private final long[] flushed;

  /** The generation of each block that the server said it has written. */
  private final long[] acknowledged;

  /** The generation of each block that was sent last. */
  private final long[] latest;

  private final Map<Long, Request> inFlight = new HashMap<>();
  private final CountDownLatch filled = new CountDownLatch(1);
  private volatile boolean stopped;
  private long writes;
  private long reads;
  private long flushes;

  /**
   * A client that has written nothing yet.
   *
   * @param byteCount the size of the device
   */
  public BusyClient(String export, long byteCount, long seed) {
    this.export = export;
    this.seed = seed;
    this.random = new Random(seed);
    this.count = Math.toIntExact(byteCount / BLOCK);
    this.flushed = new long[count];
    this.acknowledged = new long[count];
    this.latest = new long[count];
  }

  /** The bytes of a device, read in some way. */
  @FunctionalInterface
  public interface Reading {
    /** Fills the buffer from that offset on. */
    void read(long byteOffset, ByteBuffer target) throws IOException;
  }

  /**
   * What was sent and has no reply yet.
   *
   * @param acknowledged what a flush covers
   */
  private record Request(
      int command, boolean durable, int first, int end, ImmutableLongArray acknowledged) {
    boolean touches(int from, int to) {
      return command != FLUSH && first < to && from < end;
    }
  }

  /**
   * Checks every block, writes those again of which it is open what they hold, and goes on reading
   * and writing at random until it is stopped or the server is gone.
   *
   * @return whether the server is gone; if not, everything is flushed and checked
   */
  public boolean use(SocketAddress server) throws IOException {
    stopped = false;
    inFlight.clear();
    try (TestClient client = TestClient.of(server, export)) {
      checkAll((offset, target) -> target.put(client.read(offset, target.remaining())));
      settle(client);
      filled.countDown();
      while (!stopped) {
        if (inFlight.isEmpty() || (inFlight.size() < REQUESTS_AT_ONCE && random.nextInt(3) > 0)) {
          send(client);
        } else {
          receive(client);
        }
      }
      finish(client);
      checkAll((offset, target) -> target.put(client.read(offset, target.remaining())));
      return false;
    } catch (IOException e) {
      if (stopped) {
        throw e;
      }
      return true;
    }
  }

  /** Makes {@link #use} end, from another thread. */
  public void stop() {
    stopped = true;
  }

  /** Waits until every block was written and flushed once. */
  public boolean awaitFilled() {
    return Uninterruptibles.awaitUninterruptibly(filled, 60, TimeUnit.SECONDS);
  }

  /** How much it did, for people. */
  public String work() {
    return "%s: %d writes, %d reads, %d flushes".formatted(export, writes, reads, flushes);
  }

  /** How many blocks may hold one of several generations. */
  public int undecided() {
    int undecided = 0;
    for (int block = 0; block < count; block++) {
      undecided += flushed[block] == latest[block] ? 0 : 1;
    }
    return undecided;
  }

  /** Writes blocks until there is but one thing that each of them can hold. */
  private void settle(TestClient client) throws IOException {
    for (int block = 0; block < count; block++) {
      if (flushed[block] != latest[block] || latest[block] == 0) {
        if (inFlight.size() == REQUESTS_AT_ONCE) {
          receive(client);
        }
        write(client, false, block, block + 1);
      }
    }
    finish(client);
  }

  private void finish(TestClient client) throws IOException {
    while (!inFlight.isEmpty()) {
      receive(client);
    }
    flush(client);
    receive(client);
    assertThat(undecided()).isZero();
  }

  private void send(TestClient client) throws IOException {
    int kind = random.nextInt(16);
    if (kind == 0) {
      flush(client);
      return;
    }
    int first = random.nextInt(count);
    int end = Math.min(count, first + 1 + random.nextInt(BLOCKS_AT_ONCE));
    if (inFlight.values().stream().anyMatch(other -> other.touches(first, end))) {
      // What two requests at once make of a block is open.
      receive(client);
    } else if (kind < 5) {
      long cookie = client.request(READ, 0, (long) first * BLOCK, (long) (end - first) * BLOCK);
      inFlight.put(cookie, new Request(READ, false, first, end, ImmutableLongArray.of()));
    } else {
      write(client, kind == 5, first, end);
    }
  }

  private void write(TestClient client, boolean durable, int first, int end) throws IOException {
    ByteBuffer payload = ByteBuffer.allocate((end - first) * BLOCK);
    for (int block = first; block < end; block++) {
      latest[block]++;
      for (int sector = 0; sector < BLOCK / SECTOR; sector++) {
        payload.put(sector(block, sector, latest[block]));
      }
    }
    long cookie =
        client.request(
            WRITE,
            durable ? TestClient.FUA : 0,
            (long) first * BLOCK,
            payload.capacity(),
            payload.array());
    inFlight.put(cookie, new Request(WRITE, durable, first, end, ImmutableLongArray.of()));
  }

  private void flush(TestClient client) throws IOException {
    long cookie = client.request(FLUSH, 0, 0, 0);
    inFlight.put(cookie, new Request(FLUSH, false, 0, 0, ImmutableLongArray.copyOf(acknowledged)));
  }

  private void receive(TestClient client) throws IOException {
    TestClient.Reply reply = client.reply();
    assertThat(reply.error()).isZero();
    Request request = inFlight.remove(reply.cookie());
    assertThat(request).isNotNull();
    switch (request.command()) {
      case READ -> {
        reads++;
        ByteBuffer found = client.bytes((request.end() - request.first()) * BLOCK);
        for (int block = request.first(); block < request.end(); block++) {
          check(block, found, latest[block]);
        }
      }
      case WRITE -> {
        writes++;
        for (int block = request.first(); block < request.end(); block++) {
          acknowledged[block] = latest[block];
          if (request.durable()) {
            flushed[block] = latest[block];
          }
        }
      }
      default -> {
        flushes++;
        for (int block = 0; block < count; block++) {
          flushed[block] = Math.max(flushed[block], request.acknowledged().get(block));
        }
      }
    }
  }

  /** Checks that every block holds what was flushed last, or what was sent since. */
  public void checkAll(Reading reading) throws IOException {
    for (int first = 0; first < count; first += BLOCKS_AT_ONCE) {
      int end = Math.min(count, first + BLOCKS_AT_ONCE);
      ByteBuffer found = ByteBuffer.allocate((end - first) * BLOCK);
      reading.read((long) first * BLOCK, found);
      found.flip();
      for (int block = first; block < end; block++) {
        if (flushed[block] > 0) {
          check(block, found, flushed[block]);
        } else {
          found.position(found.position() + BLOCK);
        }
      }
    }
  }

  /** Checks the next block of a buffer. */
  private void check(int block, ByteBuffer found, long oldest) {
    for (int sector = 0; sector < BLOCK / SECTOR; sector++) {
      ByteBuffer bytes = found.slice(found.position(), SECTOR);
      found.position(found.position() + SECTOR);
      long generation = bytes.getLong(Long.BYTES);
      boolean known = generation >= oldest && generation <= latest[block];
      if (!known || !bytes.equals(sector(block, sector, generation))) {
        throw new AssertionError(
            "%s, sector %d of block %d: expected generation %d to %d, found %s of %d"
                .formatted(
                    export,
                    sector,
                    block,
                    oldest,
                    latest[block],
                    known ? "other bytes than those" : "one",
                    generation));
      }
    }
  }

  /** What a sector holds: where it belongs, its generation, and bytes made of both. */
  private ByteBuffer sector(int block, int sector, long generation) {
    ByteBuffer bytes = ByteBuffer.allocate(SECTOR);
    long place = ((long) block << 8) + sector;
    bytes.putLong(place).putLong(generation);
    long next = seed ^ (place * 0x9E3779B97F4A7C15L) ^ (generation << 40);
    while (bytes.hasRemaining()) {
      next = next * 6364136223846793005L + 1442695040888963407L;
      bytes.putLong(next);
    }
    return bytes.flip();
  }
}
