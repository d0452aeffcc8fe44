// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.nbd;

import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * How a client chooses an export: it sends options, one after the other, until one of them ends the
 * handshake. What this server does not do, such as encryption and structured replies, it refuses,
 * and the client goes on without.
 */
final class Handshake {
  /** More than any option that is in use; who sends more is not understood, but not read either. */
  static final int MAX_OPTION_BYTES = 64 << 10;

  /** An old reply ends with this many zeros for nothing, if the client does not decline them. */
  private static final int TRAILING_ZEROS = 124;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final Peer peer;
  private final Exports exports;
  private boolean trailingZeros;
  private boolean over;
  private @Nullable Export chosen;

  private Handshake(Peer peer, Exports exports) {
    this.peer = peer;
    this.exports = exports;
  }

  /** Returns what the client has chosen; null if it left. */
  static @Nullable Export run(Peer peer, Exports exports) throws IOException {
    Handshake handshake = new Handshake(peer, exports);
    handshake.greet();
    while (!handshake.over) {
      handshake.nextOption();
    }
    return handshake.chosen;
  }

  private void greet() throws IOException {
    int flags = Protocol.FLAG_FIXED_NEWSTYLE | Protocol.FLAG_NO_ZEROES;
    ByteBuffer greeting = ByteBuffer.allocate(18);
    greeting.putLong(Protocol.NBDMAGIC).putLong(Protocol.IHAVEOPT).putShort((short) flags);
    peer.write(greeting.flip(), NOTHING);
    ByteBuffer answer = ByteBuffer.allocate(Integer.BYTES);
    if (!peer.readUnlessAtEnd(answer)) {
      over = true;
      return;
    }
    int clientFlags = answer.flip().getInt();
    if ((clientFlags & ~flags) != 0) {
      throw new ProtocolException(
          "expected client flags among %#x, found %#x".formatted(flags, clientFlags));
    }
    trailingZeros = (clientFlags & Protocol.FLAG_NO_ZEROES) == 0;
  }

  private void nextOption() throws IOException {
    ByteBuffer head = ByteBuffer.allocate(16);
    if (!peer.readUnlessAtEnd(head)) {
      over = true;
      return;
    }
    long magic = head.flip().getLong();
    if (magic != Protocol.IHAVEOPT) {
      throw new ProtocolException(
          "expected an option that begins with %016x, found %016x"
              .formatted(Protocol.IHAVEOPT, magic));
    }
    int option = head.getInt();
    long length = Integer.toUnsignedLong(head.getInt());
    if (length > MAX_OPTION_BYTES) {
      throw new ProtocolException(
          "expected an option of at most %d bytes, found option %s of %d"
              .formatted(MAX_OPTION_BYTES, Integer.toUnsignedString(option), length));
    }
    ByteBuffer data = ByteBuffer.allocate((int) length);
    peer.read(data);
    handle(option, data.flip());
  }

  private void handle(int option, ByteBuffer data) throws IOException {
    switch (option) {
      case Protocol.OPT_EXPORT_NAME -> exportName(data);
      case Protocol.OPT_ABORT -> abort();
      case Protocol.OPT_LIST -> list(data);
      case Protocol.OPT_INFO, Protocol.OPT_GO -> infoOrGo(option, data);
      default -> refuse(option, Protocol.REP_ERR_UNSUP, "this server does not know the option");
    }
  }

  private void abort() {
    over = true;
    try {
      reply(Protocol.OPT_ABORT, Protocol.REP_ACK, NOTHING);
    } catch (IOException e) {
      // Many clients leave without waiting for the reply, which the protocol lets them do.
    }
  }

  /** The old way to choose, which has no way to refuse but to hang up. */
  private void exportName(ByteBuffer data) throws IOException {
    Export export = exports.find(string(data));
    if (export == null) {
      throw new ProtocolException("no export has the name that was asked for");
    }
    ByteBuffer reply = ByteBuffer.allocate(10 + (trailingZeros ? TRAILING_ZEROS : 0));
    reply.putLong(export.size()).putShort((short) export.transmissionFlags());
    peer.write(reply.clear(), NOTHING);
    choose(export);
  }

  private void choose(Export export) {
    chosen = export;
    over = true;
  }

  private void list(ByteBuffer data) throws IOException {
    if (data.hasRemaining()) {
      refuse(Protocol.OPT_LIST, Protocol.REP_ERR_INVALID, "expected no data");
      return;
    }
    for (String name : exports.names()) {
      byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
      ByteBuffer entry = ByteBuffer.allocate(Integer.BYTES + bytes.length);
      reply(Protocol.OPT_LIST, Protocol.REP_SERVER, entry.putInt(bytes.length).put(bytes).flip());
    }
    reply(Protocol.OPT_LIST, Protocol.REP_ACK, NOTHING);
  }

  private void infoOrGo(int option, ByteBuffer data) throws IOException {
    ByteBuffer nameBytes = nameBeforeInfoRequests(data);
    if (nameBytes == null) {
      refuse(option, Protocol.REP_ERR_INVALID, "expected a name and a list of info requests");
      return;
    }
    Export export = exports.find(string(nameBytes));
    if (export == null) {
      refuse(option, Protocol.REP_ERR_UNKNOWN, "no export has this name");
      return;
    }
    // Whatever is asked for: these two every client needs, and others need not be answered.
    ByteBuffer info = ByteBuffer.allocate(12);
    info.putShort((short) Protocol.INFO_EXPORT);
    info.putLong(export.size()).putShort((short) export.transmissionFlags());
    reply(option, Protocol.REP_INFO, info.flip());
    ByteBuffer sizes = ByteBuffer.allocate(14);
    sizes.putShort((short) Protocol.INFO_BLOCK_SIZE);
    // Block devices here take any range, so the smallest block is a byte.
    sizes.putInt(1).putInt(export.preferredBlockSize()).putInt(Protocol.MAX_PAYLOAD_BYTES);
    reply(option, Protocol.REP_INFO, sizes.flip());
    reply(option, Protocol.REP_ACK, NOTHING);
    if (option == Protocol.OPT_GO) {
      choose(export);
    }
  }

  /** The name in the data of an option; null if lengths in there contradict each other. */
  private static @Nullable ByteBuffer nameBeforeInfoRequests(ByteBuffer data) {
    if (data.remaining() < Integer.BYTES + Short.BYTES) {
      return null;
    }
    long length = Integer.toUnsignedLong(data.getInt());
    if (length > data.remaining() - Short.BYTES) {
      return null;
    }
    ByteBuffer name = data.slice(data.position(), (int) length);
    data.position(data.position() + (int) length);
    int requests = Short.toUnsignedInt(data.getShort());
    return data.remaining() == requests * Short.BYTES ? name : null;
  }

  private static String string(ByteBuffer bytes) {
    return StandardCharsets.UTF_8.decode(bytes).toString();
  }

  private void refuse(int option, int type, String reason) throws IOException {
    reply(option, type, StandardCharsets.UTF_8.encode(reason));
  }

  private void reply(int option, int type, ByteBuffer data) throws IOException {
    ByteBuffer head = ByteBuffer.allocate(20);
    head.putLong(Protocol.OPTION_REPLY_MAGIC).putInt(option).putInt(type);
    peer.write(head.putInt(data.remaining()).flip(), data);
  }
}
