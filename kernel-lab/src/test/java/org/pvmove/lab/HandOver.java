// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lab;

/**
 * A move that one side began and the other one ended.
 *
 * @param began who began it
 * @param move what was moved
 * @param checkpoint where it was handed over
 * @param ended how it was ended
 */
record HandOver(Side began, String move, String checkpoint, End ended) {
  /** Who works on a move. */
  enum Side {
    LVM2("LVM2"),
    OURS("this library");

    private final String text;

    Side(String text) {
      this.text = text;
    }

    Side other() {
      return this == LVM2 ? OURS : LVM2;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** What the other side did with it. */
  enum End {
    RESTART,
    ABORT
  }

  /** Whether it is the same with the sides changed. */
  boolean isReverseOf(HandOver other) {
    return began == other.began.other()
        && move.equals(other.move)
        && checkpoint.equals(other.checkpoint)
        && ended == other.ended;
  }

  /** A name for files and sections. */
  String id() {
    return "%s-%s-%s-%s".formatted(began, move, checkpoint, ended).replaceAll("[^A-Za-z0-9]+", "-");
  }

  @Override
  public String toString() {
    return "%s of %s, %s, %s of %s"
        .formatted(
            move, began, checkpoint, ended == End.RESTART ? "restart" : "abort", began.other());
  }
}
