// SPDX-License-Identifier: Apache-2.0
package org.pvmove.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Takes numbers and runs of bytes from an input; behind its end there are zeros. */
final class ByteInput {
  private final ByteBuffer bytes;

  ByteInput(byte[] input) {
    bytes = ByteBuffer.wrap(input).order(ByteOrder.LITTLE_ENDIAN);
  }

  boolean isEmpty() {
    return !bytes.hasRemaining();
  }

  int unsigned8() {
    return bytes.hasRemaining() ? Byte.toUnsignedInt(bytes.get()) : 0;
  }

  int unsigned16() {
    return unsigned8() | unsigned8() << 8;
  }

  long unsigned32() {
    return unsigned16() | (long) unsigned16() << 16;
  }

  /** The next bytes, filled up with zeros; for small counts. */
  ByteBuffer padded(int count) {
    byte[] taken = new byte[count];
    bytes.get(taken, 0, Math.min(count, bytes.remaining()));
    return ByteBuffer.wrap(taken).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The next bytes, fewer at the end of the input. */
  ByteBuffer atMost(int count) {
    int taken = Math.min(count, bytes.remaining());
    ByteBuffer slice = bytes.slice(bytes.position(), taken);
    bytes.position(bytes.position() + taken);
    return slice;
  }

  /** All that is left; it stays where it is. */
  ByteBuffer rest() {
    return bytes.slice();
  }
}
