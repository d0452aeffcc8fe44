// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

/**
 * What was copied for one segment of a move that is at its new place, durably: for the records, and
 * for checks by others. There is one as soon as the metadata say so, for the segments of an atomic
 * move not before its end. What a move that stopped had copied beyond that has none: a restart
 * copies it, or finds it, once more.
 *
 * @param move the temporary volume
 * @param segment index of the segment, counted from 0
 * @param source name of the device it came from
 * @param sourceOffset where it began there, in bytes
 * @param destination name of the device it is on now
 * @param destinationOffset where it begins there, in bytes
 * @param byteCount its length
 * @param bytesFound how many of these bytes were not written, because an earlier attempt had: they
 *     were read from both disks and found equal
 * @param bytesSkipped how many were not copied, because they are free or zeros that the destination
 *     has already or can make without being sent them
 * @param checksum of all its bytes that are not free, as they were written or found
 * @param verified whether they were read back before the checkpoint
 */
public record Receipt(
    String move,
    int segment,
    String source,
    long sourceOffset,
    String destination,
    long destinationOffset,
    long byteCount,
    long bytesFound,
    long bytesSkipped,
    Checksum checksum,
    Verified verified) {
  /** Whether the copy was read back before the checkpoint. */
  public enum Verified {
    /** It was not. */
    NO,
    /** It was, from a device that may have answered from a cache. */
    AS_READ,
    /** It was, from the disk itself. */
    ON_DISK
  }
}
