// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pvmove.lvm.PeRange;

/**
 * A run of extents that has another place in a later version of a volume group.
 *
 * @param from where it was, and whose it is
 * @param to where it is
 */
record Moved(Places.Place from, PeRange to) {
  /** A column of a logical volume: what is compared with what. */
  private record Column(String lv, int stripe) {}

  /**
   * Everything that has another place, in the order of the volumes, of their extents and stripes;
   * what lies one behind the other in both places is one run.
   */
  static List<Moved> between(List<Places.Place> before, List<Places.Place> after) {
    Map<Column, List<Places.Place>> earlier = columns(before);
    Map<Column, List<Places.Place>> later = columns(after);
    Map<String, List<Moved>> byVolume = new LinkedHashMap<>();
    earlier.forEach(
        (column, places) ->
            compare(
                places,
                later.getOrDefault(column, List.of()),
                byVolume.computeIfAbsent(column.lv(), lv -> new ArrayList<>())));
    List<Moved> all = new ArrayList<>();
    for (List<Moved> ofVolume : byVolume.values()) {
      ofVolume.sort(
          Comparator.comparingLong((Moved moved) -> moved.from().first())
              .thenComparingInt(moved -> moved.from().stripe()));
      all.addAll(ofVolume);
    }
    return all;
  }

  private static Map<Column, List<Places.Place>> columns(List<Places.Place> places) {
    Map<Column, List<Places.Place>> columns = new LinkedHashMap<>();
    for (Places.Place place : places) {
      if (place.stripes() > 0) {
        columns
            .computeIfAbsent(new Column(place.lv(), place.stripe()), c -> new ArrayList<>())
            .add(place);
      }
    }
    columns.values().forEach(list -> list.sort(Comparator.comparingLong(Places.Place::first)));
    return columns;
  }

  private static void compare(
      List<Places.Place> before, List<Places.Place> after, List<Moved> found) {
    int firstFound = found.size();
    int i = 0;
    int j = 0;
    while (i < before.size() && j < after.size()) {
      Places.Place was = before.get(i);
      Places.Place is = after.get(j);
      long first = Math.max(was.first(), is.first());
      long end = Math.min(end(was), end(is));
      // Whoever has another number of stripes was changed by more than a move.
      if (first < end && was.stripes() == is.stripes()) {
        PeRange from = part(was, first, end);
        PeRange to = part(is, first, end);
        if (!from.equals(to)) {
          Places.Place place = new Places.Place(was.lv(), first, was.stripe(), was.stripes(), from);
          add(found, firstFound, new Moved(place, to));
        }
      }
      if (end(was) <= end(is)) {
        i++;
      } else {
        j++;
      }
    }
  }

  private static void add(List<Moved> found, int firstFound, Moved next) {
    if (found.size() > firstFound) {
      Moved last = found.get(found.size() - 1);
      if (end(last.from()) == next.from().first()
          && last.from().stripes() == next.from().stripes()
          && isContinuedBy(last.from().range(), next.from().range())
          && isContinuedBy(last.to(), next.to())) {
        Places.Place from = last.from();
        found.set(
            found.size() - 1,
            new Moved(
                new Places.Place(
                    from.lv(),
                    from.first(),
                    from.stripe(),
                    from.stripes(),
                    joined(from.range(), next.from().range())),
                joined(last.to(), next.to())));
        return;
      }
    }
    found.add(next);
  }

  private static boolean isContinuedBy(PeRange range, PeRange next) {
    return range.pv().equals(next.pv()) && range.end() == next.first();
  }

  private static PeRange joined(PeRange range, PeRange next) {
    return new PeRange(range.pv(), range.first(), range.count() + next.count());
  }

  /** Places of striped segments are whole rows, so the division has no rest. */
  private static PeRange part(Places.Place place, long first, long end) {
    return place
        .range()
        .slice((first - place.first()) / place.stripes(), (end - first) / place.stripes());
  }

  private static long end(Places.Place place) {
    return place.first() + place.range().count() * place.stripes();
  }
}
