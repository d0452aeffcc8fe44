// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A client that says exactly what a test wants, right or wrong. It has the protocol's numbers from
 * the protocol, not from the server.
 */
final class TestClient implements Closeable {
  static final long OPTION_MAGIC = 0x49484156454F5054L;
  static final int REQUEST_MAGIC = 0x25609513;
  static final int FUA = 1;
  static final int EPERM = 1;
  static final int EIO = 5;
  static final int EINVAL = 22;
  static final int ENOSPC = 28;
  static final int ESHUTDOWN = 108;

  private final SocketChannel channel;
  private long lastCookie = 7_000_000_000L;

  private TestClient(SocketChannel channel) {
    this.channel = channel;
  }

  /** One reply to an option. */
  record OptionReply(int option, int type, ByteBuffer data) {}

  /** A reply to a request, without the bytes that may follow it. */
  record Reply(long cookie, int error) {}

  /** Connects and leaves everything else to the test. */
  static TestClient connect(SocketAddress server) throws IOException {
    SocketChannel channel = SocketChannel.open(server);
    if (server instanceof InetSocketAddress) {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    }
    return new TestClient(channel);
  }

  /** Connects and reads the greeting; sends flags of the client. */
  static TestClient greeted(SocketAddress server, int flags) throws IOException {
    TestClient client = connect(server);
    ByteBuffer greeting = client.bytes(18);
    assertThat(greeting.getLong()).isEqualTo(0x4e42444d41474943L);
    assertThat(greeting.getLong()).isEqualTo(OPTION_MAGIC);
    assertThat(greeting.getShort()).isEqualTo((short) 3);
    client.send(ByteBuffer.allocate(4).putInt(flags).flip());
    return client;
  }

  /** Connects and chooses an export. */
  static TestClient of(SocketAddress server, String export) throws IOException {
    TestClient client = greeted(server, 3);
    List<OptionReply> replies = client.option(7, infoRequest(export));
    assertThat(replies.get(replies.size() - 1).type()).isEqualTo(1);
    return client;
  }

  /** The data of a request for information about an export. */
  static byte[] infoRequest(String export, int... infos) {
    byte[] name = export.getBytes(StandardCharsets.UTF_8);
    ByteBuffer data = ByteBuffer.allocate(4 + name.length + 2 + 2 * infos.length);
    data.putInt(name.length).put(name).putShort((short) infos.length);
    for (int info : infos) {
      data.putShort((short) info);
    }
    return data.array();
  }

  void sendOption(long magic, int option, int length, byte[] data) throws IOException {
    ByteBuffer message = ByteBuffer.allocate(16 + data.length);
    send(message.putLong(magic).putInt(option).putInt(length).put(data).flip());
  }

  /** Sends an option and returns its replies up to the last one. */
  List<OptionReply> option(int option, byte... data) throws IOException {
    sendOption(OPTION_MAGIC, option, data.length, data);
    List<OptionReply> replies = new ArrayList<>();
    OptionReply reply;
    do {
      ByteBuffer head = bytes(20);
      assertThat(head.getLong()).isEqualTo(0x3e889045565a9L);
      reply = new OptionReply(head.getInt(), head.getInt(), bytes(head.getInt()));
      assertThat(reply.option()).isEqualTo(option);
      replies.add(reply);
    } while (reply.type() != 1 && reply.type() > 0);
    return replies;
  }

  /** Sends a request and returns by which cookie its reply is known. */
  long request(int command, int flags, long offset, long length, byte... payload)
      throws IOException {
    lastCookie++;
    send(header(REQUEST_MAGIC, command, flags, lastCookie, offset, length));
    send(ByteBuffer.wrap(payload));
    return lastCookie;
  }

  static ByteBuffer header(
      int magic, int command, int flags, long cookie, long offset, long length) {
    return ByteBuffer.allocate(28)
        .putInt(magic)
        .putShort((short) flags)
        .putShort((short) command)
        .putLong(cookie)
        .putLong(offset)
        .putInt((int) length)
        .flip();
  }

  Reply reply() throws IOException {
    ByteBuffer head = bytes(16);
    assertThat(head.getInt()).isEqualTo(0x67446698);
    int error = head.getInt();
    return new Reply(head.getLong(), error);
  }

  /** Sends a request, waits for the reply to it and returns its error. */
  int call(int command, int flags, long offset, long length, byte... payload) throws IOException {
    long cookie = request(command, flags, offset, length, payload);
    Reply reply = reply();
    assertThat(reply.cookie()).isEqualTo(cookie);
    return reply.error();
  }

  int write(long offset, byte... payload) throws IOException {
    return call(1, 0, offset, payload.length, payload);
  }

  byte[] read(long offset, int length) throws IOException {
    assertThat(call(0, 0, offset, length)).isZero();
    return bytes(length).array();
  }

  void send(ByteBuffer message) throws IOException {
    while (message.hasRemaining()) {
      channel.write(message);
    }
  }

  ByteBuffer bytes(int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes) < 0) {
        throw new EOFException("the server has ended the connection");
      }
    }
    return bytes.flip();
  }

  /** Waits for the server's next byte or its end of the connection; returns whether it ended. */
  boolean isEnded() {
    try {
      return channel.read(ByteBuffer.allocate(1)) < 0;
    } catch (IOException e) {
      // Reset, since the server had not read everything.
      return true;
    }
  }

  /**
   * Ends the connection as one does who has read all that was sent, which nobody complains about.
   */
  void leave() throws IOException {
    try (channel) {
      channel.shutdownOutput();
      ByteBuffer rest = ByteBuffer.allocate(64);
      while (channel.read(rest.clear()) >= 0) {}
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
