// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.pvmove.examples.map.Picture.Move;
import org.pvmove.examples.map.Picture.Run;

/** What a picture says in words. */
final class Words {
  /**
   * LVM2's own names have at most 127 characters, paths mostly; damaged ones may have any number.
   */
  private static final int MOST_CODE_POINTS = 200;

  /** What stands for volumes where there are names enough already. */
  private static final int MOST_VOLUMES_NAMED = 5;

  private static final String KEYS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  private Words() {}

  /** A name as it can be shown: nothing in it steers a terminal, turns the text or stacks up. */
  static String shown(String name) {
    StringBuilder shown = new StringBuilder();
    name.codePoints()
        .limit(MOST_CODE_POINTS)
        .map(c -> isPlain(c) ? c : '\uFFFD')
        .forEach(shown::appendCodePoint);
    if (name.codePointCount(0, name.length()) > MOST_CODE_POINTS) {
      shown.append('\u2026');
    }
    return shown.toString();
  }

  private static boolean isPlain(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.NON_SPACING_MARK,
          Character.ENCLOSING_MARK,
          Character.COMBINING_SPACING_MARK ->
          false;
      default -> true;
    };
  }

  /** How many columns a text takes in letters of one width, at most. */
  static int columns(String text) {
    return text.codePoints().map(Words::columns).sum();
  }

  private static int columns(int codePoint) {
    return codePoint < 0x250 ? 1 : 2;
  }

  /** A text with its middle left out, so that it takes at most so many columns. */
  static String fitted(String text, int columns, String ellipsis) {
    if (columns(text) <= columns) {
      return text;
    }
    int[] all = text.codePoints().toArray();
    int room = columns - columns(ellipsis);
    // The end of a path tells more than its beginning.
    int tail = all.length;
    int taken = 0;
    while (tail > 0 && taken + columns(all[tail - 1]) <= room - room / 3) {
      taken += columns(all[--tail]);
    }
    int head = 0;
    while (head < tail && taken + columns(all[head]) <= room) {
      taken += columns(all[head++]);
    }
    return new String(all, 0, head) + ellipsis + new String(all, tail, all.length - tail);
  }

  /** The letter of a logical volume; a plus sign where there are more volumes than letters. */
  static char key(int volume) {
    return volume < KEYS.length() ? KEYS.charAt(volume) : '+';
  }

  /** How many logical volumes have a letter of their own. */
  static int keys() {
    return KEYS.length();
  }

  /** What a run is used for. */
  static String use(Picture picture, Run run) {
    return switch (run.use()) {
      case FREE -> "free";
      case USED -> volume(picture, run.volume());
      case HELD ->
          "locked by a move in progress"
              + (run.volume() < 0 ? "" : " of " + volume(picture, run.volume()));
      case CLAIMED_TWICE -> "claimed more than once";
    };
  }

  static String volume(Picture picture, int volume) {
    return volume < 0 ? "?" : shown(picture.volumes().get(volume));
  }

  /** How much of a physical volume is used. */
  static String used(long extents, List<Run> runs) {
    return Picture.used(runs) + " of " + Amounts.count(extents, "extent") + " used";
  }

  /** What moves, in all. */
  static String moved(Picture picture) {
    long extents = picture.movedExtents();
    if (picture.moves().isEmpty()) {
      return "nothing";
    }
    String runs =
        Amounts.count(picture.moves().size(), "run") + ", " + Amounts.count(extents, "extent");
    return extents <= Long.MAX_VALUE / picture.extentBytes()
        ? runs + " (" + Amounts.size(extents * picture.extentBytes()) + ")"
        : runs;
  }

  static String from(Picture picture, Move move) {
    return place(picture, move.fromPv(), move.fromExtent(), move.count());
  }

  static String to(Picture picture, Move move) {
    return place(picture, move.toPv(), move.toExtent(), move.count());
  }

  private static String place(Picture picture, int pv, long first, long count) {
    return shown(picture.pvs().get(pv).name()) + ":" + Amounts.extents(first, count);
  }

  /** The extents of the logical volume: with stripes, those of the whole rows. */
  static String logicalExtents(Move move) {
    String extents = Amounts.extents(move.logicalExtent(), move.count() * move.stripes());
    return move.stripes() == 1
        ? extents
        : "%s, stripe %d of %d".formatted(extents, move.stripe() + 1, move.stripes());
  }

  /** Everything about a slice, in one line. */
  static String slice(Picture picture, Bar.Slice slice, boolean after) {
    String extents =
        "%s %s: "
            .formatted(
                slice.count() == 1 ? "extent" : "extents",
                Amounts.extents(slice.first(), slice.count()));
    if (slice.isOneRun()) {
      Run run = slice.runs().get(0);
      return extents + use(picture, run) + (run.move() == 0 ? "" : move(picture, run, after));
    }
    StringBuilder words = new StringBuilder(extents);
    words.append(Amounts.count(slice.runs().size(), "run")).append(": ");
    Map<String, Long> uses = new LinkedHashMap<>();
    for (Run run : slice.runs()) {
      // A slice may have a hundred thousand runs: no more texts are made than are needed.
      uses.merge(use(picture, run), run.count(), Long::sum);
    }
    List<Map.Entry<String, Long>> most =
        uses.entrySet().stream()
            .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder()))
            .limit(MOST_VOLUMES_NAMED)
            .toList();
    words.append(
        most.stream()
            .map(entry -> entry.getKey() + " " + entry.getValue())
            .collect(Collectors.joining(", ")));
    if (uses.size() > most.size()) {
      words.append(", and ").append(Amounts.count(uses.size() - most.size(), "other"));
    }
    ImmutableList<Integer> moves = slice.moves();
    if (moves.size() == 1) {
      words.append("; run ").append(moves.get(0)).append(after ? " has come" : " leaves");
    } else if (!moves.isEmpty()) {
      words
          .append("; ")
          .append(moves.size())
          .append(" runs ")
          .append(after ? "have come" : "leave")
          .append(", among them ")
          .append(moves.get(0))
          .append(" and ")
          .append(Iterables.getLast(moves));
    }
    return words.toString();
  }

  private static String move(Picture picture, Run run, boolean after) {
    Move move = picture.moves().get(run.move() - 1);
    return after
        ? ", run %d, from %s".formatted(move.number(), from(picture, move))
        : ", run %d, goes to %s".formatted(move.number(), to(picture, move));
  }
}
