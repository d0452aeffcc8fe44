// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.nbd;

import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The requests of one connection, after the handshake. One thread reads them; others carry them out
 * and reply, each when it is done. Only so many are in flight, and only so many bytes: who sends
 * more waits, and nobody else does.
 */
final class Transmission {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final Peer peer;
  private final Export export;
  private final Executor workers;
  private final BooleanSupplier stopping;
  private final Consumer<String> complaints;
  private final int requestsInFlight;
  private final Semaphore slots;

  /** The largest request must fit; together they need no more than that. */
  private final Semaphore memory = new Semaphore(Protocol.MAX_PAYLOAD_BYTES);

  Transmission(
      Peer peer,
      Export export,
      int requestsInFlight,
      Executor workers,
      BooleanSupplier stopping,
      Consumer<String> complaints) {
    this.peer = peer;
    this.export = export;
    this.requestsInFlight = requestsInFlight;
    this.slots = new Semaphore(requestsInFlight);
    this.workers = workers;
    this.stopping = () -> stopping.getAsBoolean() || !peer.isOpen();
    this.complaints = complaints;
  }

  /** Serves the client until it leaves or breaks the rules; then nothing is in flight any more. */
  void run() throws IOException {
    try {
      ByteBuffer header = ByteBuffer.allocate(Request.HEADER_BYTES);
      while (!stopping.getAsBoolean() && peer.readUnlessAtEnd(header.clear())) {
        Request request = Request.parse(header.flip());
        if (request.command() == Protocol.CMD_DISC) {
          return;
        }
        accept(request);
      }
    } finally {
      slots.acquireUninterruptibly(requestsInFlight);
    }
  }

  private void accept(Request request) throws IOException {
    if (request.isWrite() && request.byteCount() > Protocol.MAX_PAYLOAD_BYTES) {
      // What follows it would have to be read to get to the next request, up to 4 GiB.
      throw new ProtocolException(
          "expected at most %d bytes to write at once, found %s"
              .formatted(Protocol.MAX_PAYLOAD_BYTES, request));
    }
    NbdError error = export.check(request);
    if (error != NbdError.NONE) {
      if (request.isWrite()) {
        peer.skip(request.byteCount());
      }
      reply(request, error, NOTHING);
      return;
    }
    int byteCount = request.hasPayload() ? (int) request.byteCount() : 0;
    memory.acquireUninterruptibly(byteCount);
    ByteBuffer data = byteCount == 0 ? NOTHING.duplicate() : ByteBuffer.allocate(byteCount);
    if (request.isWrite()) {
      peer.read(data);
      data.flip();
    }
    start(request, data);
  }

  private void start(Request request, ByteBuffer data) {
    slots.acquireUninterruptibly();
    boolean started = false;
    try {
      workers.execute(() -> handle(request, data));
      started = true;
    } finally {
      if (!started) {
        slots.release();
      }
    }
  }

  private void handle(Request request, ByteBuffer data) {
    boolean replied = false;
    try {
      NbdError error = execute(request, data);
      boolean withData = request.isRead() && error == NbdError.NONE;
      reply(request, error, withData ? data.flip() : NOTHING);
      replied = true;
    } catch (IOException e) {
      // The client does not take replies any more. Whoever reads its requests notices and says so.
    } finally {
      if (!replied) {
        hangUp();
      }
      memory.release(data.capacity());
      slots.release();
    }
  }

  private NbdError execute(Request request, ByteBuffer data) {
    try {
      return export.execute(request, data, stopping);
    } catch (IOException | RuntimeException e) {
      // The client gets no more than a number.
      complaints.accept("%s: %s: %s".formatted(export, request, e));
      return NbdError.EIO;
    }
  }

  private void reply(Request request, NbdError error, ByteBuffer data) throws IOException {
    ByteBuffer head = ByteBuffer.allocate(16);
    head.putInt(Protocol.SIMPLE_REPLY_MAGIC).putInt(error.number()).putLong(request.cookie());
    peer.write(head.flip(), data);
  }

  /** A client must not wait for a reply that will never come. */
  private void hangUp() {
    try {
      peer.close();
    } catch (IOException e) {
      complaints.accept(peer + ": " + e);
    }
  }
}
