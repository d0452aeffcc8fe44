// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;

/**
 * One call of LVM2's pvmove(8) that carries out a part of a plan.
 *
 * @param arguments the words behind {@code lvm}, {@code pvmove} first; none needs a shell
 * @param segments the segments of the plan that it moves, in the order in which LVM2 does; each is
 *     one segment of LVM2's temporary volume, unless the plan is atomic or LVM2 is configured to
 *     cut shorter
 */
public record LvmCommand(
    ImmutableList<String> arguments, ImmutableList<MovePlan.Segment> segments) {
  private static final String INTERVAL = "-i";

  /**
   * A call that looks once a second how far the copy is. {@code -i 0} would keep everybody else out
   * of the volume group while a segment is copied.
   */
  static LvmCommand pvmove(Iterable<String> options, Iterable<MovePlan.Segment> segments) {
    return new LvmCommand(
        ImmutableList.<String>builder().add("pvmove", INTERVAL, "1").addAll(options).build(),
        ImmutableList.copyOf(segments));
  }

  /**
   * The same, looking how far the copy is in another interval.
   *
   * @param seconds at least 1
   */
  public LvmCommand withInterval(int seconds) {
    if (seconds < 1) {
      throw new IllegalArgumentException(
          "expected an interval of 1 second or more, found " + seconds);
    }
    ImmutableList.Builder<String> words = ImmutableList.builder();
    for (int i = 0; i < arguments.size(); i++) {
      boolean interval = i > 0 && arguments.get(i - 1).equals(INTERVAL);
      words.add(interval ? Integer.toString(seconds) : arguments.get(i));
    }
    return new LvmCommand(words.build(), segments);
  }
}
