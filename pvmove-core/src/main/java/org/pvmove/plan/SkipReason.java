// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

/**
 * Why a logical volume with extents on the source is left out of a move; see pvmove(8) for what
 * cannot be moved.
 */
public enum SkipReason {
  /** A move that is under way has locked it. */
  LOCKED("it is locked by a move in progress"),
  /** It is an image of an atomic move that is under way. */
  IMAGE_OF_A_MOVE("it is an image of an atomic move in progress"),
  /** It is what remains of an atomic move that was interrupted when it ended. */
  LEFT_OVER("it is left over from a move that was interrupted when it ended"),
  /** It, or what stands on it, is a mirror that images are being added to. */
  CONVERTING("it is being converted"),
  /** It, or what stands on it, is a snapshot that is being merged, or the origin of one. */
  MERGING("a snapshot is being merged"),
  /** It is the cache of a writecache. */
  WRITECACHE("it is the cache of a writecache"),
  /** It is a part of a raid with integrity checksums. */
  INTEGRITY("it belongs to a raid with integrity"),
  /** Its extents are not mapped by linear or striped segments. */
  SEGMENT_TYPE("its segments are not linear or striped"),
  /** The request wants it to stay. */
  EXCLUDED("the request excludes it");

  private final String text;

  SkipReason(String text) {
    this.text = text;
  }

  /** The reason in a few words. */
  public String text() {
    return text;
  }
}
