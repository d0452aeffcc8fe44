// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.nbd;

import java.net.ProtocolException;
import java.nio.ByteBuffer;

/**
 * What comes before the bytes of a request.
 *
 * @param flags of the command
 * @param command what to do
 * @param cookie what the client knows the reply by
 * @param byteOffset where, unsigned
 * @param byteCount how much, from 0 to 2<sup>32</sup> - 1
 */
record Request(int flags, int command, long cookie, long byteOffset, long byteCount) {
  /** Length of a request in bytes, without those to be written. */
  static final int HEADER_BYTES = 28;

  static Request parse(ByteBuffer header) throws ProtocolException {
    int magic = header.getInt();
    if (magic != Protocol.REQUEST_MAGIC) {
      throw new ProtocolException(
          "expected a request that begins with %08x, found %08x"
              .formatted(Protocol.REQUEST_MAGIC, magic));
    }
    return new Request(
        Short.toUnsignedInt(header.getShort()),
        Short.toUnsignedInt(header.getShort()),
        header.getLong(),
        header.getLong(),
        Integer.toUnsignedLong(header.getInt()));
  }

  boolean isRead() {
    return command == Protocol.CMD_READ;
  }

  boolean isWrite() {
    return command == Protocol.CMD_WRITE;
  }

  /** Whether its bytes travel, as opposed to being only counted. */
  boolean hasPayload() {
    return isRead() || isWrite();
  }

  boolean hasFlag(int flag) {
    return (flags & flag) != 0;
  }

  @Override
  public String toString() {
    return "command %d with flags %d, %d bytes at byte offset %s"
        .formatted(command, flags, byteCount, Long.toUnsignedString(byteOffset));
  }
}
