// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.nbd;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** The client's end of a connection: bytes are read and written all, or there is an exception. */
final class Peer implements Closeable {
  /**
   * The most bytes of one call of the system. For each thread Java keeps a buffer outside the heap
   * that is as large as the largest transfer of that thread, so these must not be as large as
   * clients like.
   */
  static final int TRANSFER_BYTES = 256 << 10;

  private final SocketChannel channel;
  private final String name;

  /** What was received and not yet asked for, so that small requests cost one call for many. */
  private final ByteBuffer received = ByteBuffer.allocate(64 << 10).limit(0);

  private final Object writing = new Object();

  Peer(SocketChannel channel) {
    this.channel = channel;
    this.name = nameAndSetUp(channel);
  }

  private static String nameAndSetUp(SocketChannel channel) {
    try {
      SocketAddress address = channel.getRemoteAddress();
      if (!(address instanceof InetSocketAddress)) {
        return "a local client";
      }
      // Replies are small and waited for; a client that is gone for good must not stay.
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
      return address.toString();
    } catch (IOException e) {
      // It has left already, as whoever reads from it notices.
      return "a client";
    }
  }

  /** Fills the buffer; to be called by one thread at a time. */
  void read(ByteBuffer target) throws IOException {
    if (!readUnlessAtEnd(target)) {
      throw endedEarly();
    }
  }

  /**
   * Fills the buffer.
   *
   * @return false if the client ended the connection before the first byte
   * @throws ProtocolException if it ended the connection later
   */
  boolean readUnlessAtEnd(ByteBuffer target) throws IOException {
    int begin = target.position();
    while (target.hasRemaining()) {
      if (received.hasRemaining()) {
        ByteBuffer part = received.slice();
        part.limit(Math.min(part.limit(), target.remaining()));
        received.position(received.position() + part.limit());
        target.put(part);
      } else if (!receive(target)) {
        if (target.position() == begin) {
          return false;
        }
        throw endedEarly();
      }
    }
    return true;
  }

  /** Large parts go where they belong without a stop on the way. */
  private boolean receive(ByteBuffer target) throws IOException {
    if (target.remaining() >= received.capacity()) {
      ByteBuffer part = target.slice();
      part.limit(Math.min(part.limit(), TRANSFER_BYTES));
      int count = channel.read(part);
      target.position(target.position() + part.position());
      return count >= 0;
    }
    received.clear();
    int count = channel.read(received);
    received.flip();
    return count >= 0;
  }

  /** Reads bytes and forgets them. */
  void skip(long byteCount) throws IOException {
    ByteBuffer forgotten = ByteBuffer.allocate(8 << 10);
    for (long left = byteCount; left > 0; left -= forgotten.limit()) {
      forgotten.clear().limit((int) Math.min(left, forgotten.capacity()));
      read(forgotten);
    }
  }

  private static ProtocolException endedEarly() {
    return new ProtocolException("the connection ended in the middle of a message");
  }

  /** Sends one message, whole and in one piece, whichever threads send others. */
  void write(ByteBuffer head, ByteBuffer body) throws IOException {
    synchronized (writing) {
      try {
        ByteBuffer part = body.duplicate();
        while (head.hasRemaining() || part.position() < body.limit()) {
          part.limit((int) Math.min(body.limit(), (long) part.position() + TRANSFER_BYTES));
          channel.write(new ByteBuffer[] {head, part});
        }
      } catch (Throwable e) {
        // Behind half a message nothing that follows can be understood.
        channel.close();
        throw e;
      }
    }
  }

  boolean isOpen() {
    return channel.isOpen();
  }

  /** From now on the client's next message is the end of the connection. */
  void endInput() throws IOException {
    channel.shutdownInput();
  }

  /** Ends the connection; whoever reads or writes gets an exception. */
  @Override
  public void close() throws IOException {
    channel.close();
  }

  @Override
  public String toString() {
    return name;
  }
}
