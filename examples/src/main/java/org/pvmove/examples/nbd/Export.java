// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;
import org.pvmove.io.BlockDevice;

/** What requests do to a block device. */
final class Export {
  private static final int PREFERRED_BLOCK_SIZE = 4096;
  private static final ByteBuffer ZEROS =
      ByteBuffer.allocateDirect(Peer.TRANSFER_BYTES).asReadOnlyBuffer();

  private final BlockDevice device;

  Export(BlockDevice device) {
    this.device = device;
  }

  long size() {
    return device.size();
  }

  /** What the client may ask for, in the bits of the protocol's transmission flags. */
  int transmissionFlags() {
    // All connections share the device, so a flush that one asks for covers the writes of all.
    int flags = Protocol.FLAG_HAS_FLAGS | Protocol.FLAG_SEND_FLUSH | Protocol.FLAG_CAN_MULTI_CONN;
    return device.readOnly()
        ? flags | Protocol.FLAG_READ_ONLY
        : flags
            | Protocol.FLAG_SEND_FUA
            | Protocol.FLAG_SEND_TRIM
            | Protocol.FLAG_SEND_WRITE_ZEROES;
  }

  /** The unit that clients should use in bytes, where they have the choice. */
  int preferredBlockSize() {
    return Math.max(PREFERRED_BLOCK_SIZE, device.logicalBlockSize());
  }

  /** What is wrong with a request, before anything is done about it. */
  NbdError check(Request request) {
    if ((request.flags() & ~allowedFlags(request)) != 0) {
      return NbdError.EINVAL;
    }
    return switch (request.command()) {
      case Protocol.CMD_READ ->
          isWithin(request) && request.byteCount() <= Protocol.MAX_PAYLOAD_BYTES
              ? NbdError.NONE
              : NbdError.EINVAL;
      case Protocol.CMD_WRITE, Protocol.CMD_WRITE_ZEROES -> checkWrite(request, NbdError.ENOSPC);
      case Protocol.CMD_TRIM -> checkWrite(request, NbdError.EINVAL);
      case Protocol.CMD_FLUSH ->
          request.byteOffset() == 0 && request.byteCount() == 0 ? NbdError.NONE : NbdError.EINVAL;
      default -> NbdError.EINVAL;
    };
  }

  /** "Durable when answered" may stand with every command, also where it means nothing. */
  private static int allowedFlags(Request request) {
    return request.command() == Protocol.CMD_WRITE_ZEROES
        ? Protocol.CMD_FLAG_FUA | Protocol.CMD_FLAG_NO_HOLE
        : Protocol.CMD_FLAG_FUA;
  }

  private NbdError checkWrite(Request request, NbdError ifOutside) {
    if (device.readOnly()) {
      return NbdError.EPERM;
    }
    return isWithin(request) ? NbdError.NONE : ifOutside;
  }

  private boolean isWithin(Request request) {
    // Offsets of 2^63 and more look negative. The difference cannot overflow: both are not
    // negative.
    return request.byteOffset() >= 0 && request.byteOffset() <= device.size() - request.byteCount();
  }

  /**
   * Carries out a request that was {@linkplain #check checked}.
   *
   * @param data what is to be written, or the room for what is read
   * @param stopping whether long work is to be given up
   */
  NbdError execute(Request request, ByteBuffer data, BooleanSupplier stopping) throws IOException {
    switch (request.command()) {
      case Protocol.CMD_READ -> read(request.byteOffset(), data);
      case Protocol.CMD_WRITE -> write(request.byteOffset(), data);
      case Protocol.CMD_FLUSH -> device.flush();
      case Protocol.CMD_WRITE_ZEROES -> {
        if (!writeZeros(request, stopping)) {
          return NbdError.ESHUTDOWN;
        }
      }
      default -> {
        // A trim is a hint that bytes are not needed any more. They stay what they are.
      }
    }
    if (request.hasFlag(Protocol.CMD_FLAG_FUA) && writes(request)) {
      device.flush();
    }
    return NbdError.NONE;
  }

  private static boolean writes(Request request) {
    return request.isWrite() || request.command() == Protocol.CMD_WRITE_ZEROES;
  }

  private void read(long byteOffset, ByteBuffer target) throws IOException {
    int end = target.limit();
    for (long at = byteOffset; target.position() < end; ) {
      int count = Math.min(Peer.TRANSFER_BYTES, end - target.position());
      device.read(at, target.limit(target.position() + count));
      at += count;
    }
  }

  private void write(long byteOffset, ByteBuffer source) throws IOException {
    int end = source.limit();
    for (long at = byteOffset; source.position() < end; ) {
      int count = Math.min(Peer.TRANSFER_BYTES, end - source.position());
      device.write(at, source.limit(source.position() + count));
      at += count;
    }
  }

  private boolean writeZeros(Request request, BooleanSupplier stopping) throws IOException {
    long end = request.byteOffset() + request.byteCount();
    for (long at = request.byteOffset(); at < end; ) {
      if (stopping.getAsBoolean()) {
        return false;
      }
      int count = (int) Math.min(ZEROS.capacity(), end - at);
      device.write(at, ZEROS.duplicate().limit(count));
      at += count;
    }
    return true;
  }

  @Override
  public String toString() {
    return "'" + device.name() + "'";
  }
}
