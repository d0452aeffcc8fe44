// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.nbd;

/** The numbers of the protocol that this server knows, under the protocol's names. */
final class Protocol {
  /** The letters {@code NBDMAGIC}. */
  static final long NBDMAGIC = 0x4e42_444d_4147_4943L;

  /** The letters {@code IHAVEOPT}. */
  static final long IHAVEOPT = 0x4948_4156_454f_5054L;

  static final long OPTION_REPLY_MAGIC = 0x0003_e889_0455_65a9L;
  static final int REQUEST_MAGIC = 0x2560_9513;
  static final int SIMPLE_REPLY_MAGIC = 0x6744_6698;

  /** Handshake flags of the server; those of the client are the same bits. */
  static final int FLAG_FIXED_NEWSTYLE = 1;

  static final int FLAG_NO_ZEROES = 1 << 1;

  static final int OPT_EXPORT_NAME = 1;
  static final int OPT_ABORT = 2;
  static final int OPT_LIST = 3;
  static final int OPT_INFO = 6;
  static final int OPT_GO = 7;

  static final int REP_ACK = 1;
  static final int REP_SERVER = 2;
  static final int REP_INFO = 3;
  static final int REP_ERR_UNSUP = 0x8000_0001;
  static final int REP_ERR_INVALID = 0x8000_0003;
  static final int REP_ERR_UNKNOWN = 0x8000_0006;

  static final int INFO_EXPORT = 0;
  static final int INFO_BLOCK_SIZE = 3;

  static final int FLAG_HAS_FLAGS = 1;
  static final int FLAG_READ_ONLY = 1 << 1;
  static final int FLAG_SEND_FLUSH = 1 << 2;
  static final int FLAG_SEND_FUA = 1 << 3;
  static final int FLAG_SEND_TRIM = 1 << 5;
  static final int FLAG_SEND_WRITE_ZEROES = 1 << 6;
  static final int FLAG_CAN_MULTI_CONN = 1 << 8;

  static final int CMD_READ = 0;
  static final int CMD_WRITE = 1;
  static final int CMD_DISC = 2;
  static final int CMD_FLUSH = 3;
  static final int CMD_TRIM = 4;
  static final int CMD_WRITE_ZEROES = 6;

  static final int CMD_FLAG_FUA = 1;
  static final int CMD_FLAG_NO_HOLE = 1 << 1;

  /**
   * The most bytes that one request may carry, or have sent back. It is what clients assume of a
   * server that does not say.
   */
  static final int MAX_PAYLOAD_BYTES = 32 << 20;

  /** The most bytes that a name may have. */
  static final int MAX_NAME_BYTES = 4096;

  private Protocol() {}
}
