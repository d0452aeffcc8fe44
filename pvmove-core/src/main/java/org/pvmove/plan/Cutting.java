// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.pvmove.lvm.PeRange;

/** Cuts runs into the segments of a move. */
final class Cutting {
  private Cutting() {}

  /**
   * Cuts the runs where their places end, where their sister stripes are cut, and to size.
   *
   * @param placed the places of each run, in the order of its extents
   * @param most most extents in a segment
   */
  static ImmutableList<MovePlan.Segment> cut(
      List<Selection.Source> sources, List<ImmutableList<PeRange>> placed, long most) {
    ImmutableList.Builder<MovePlan.Segment> segments = ImmutableList.builder();
    int next = 0;
    for (List<Selection.Source> sisters : Selection.sisters(sources)) {
      int until = next + sisters.size();
      addSegments(sisters, placed.subList(next, until), most, segments);
      next = until;
    }
    return segments.build();
  }

  private static void addSegments(
      List<Selection.Source> sisters,
      List<ImmutableList<PeRange>> placed,
      long most,
      ImmutableList.Builder<MovePlan.Segment> segments) {
    NavigableSet<Long> cuts = new TreeSet<>();
    List<NavigableMap<Long, PeRange>> placesByOffset = new ArrayList<>();
    for (ImmutableList<PeRange> places : placed) {
      NavigableMap<Long, PeRange> byOffset = new TreeMap<>();
      long offset = 0;
      for (PeRange place : places) {
        byOffset.put(offset, place);
        for (long at = offset; at < offset + place.count(); at += most) {
          cuts.add(at);
        }
        offset += place.count();
      }
      placesByOffset.add(byOffset);
    }
    for (long from : cuts) {
      Long cut = cuts.higher(from);
      for (int i = 0; i < sisters.size(); i++) {
        Selection.Source source = sisters.get(i);
        long count = (cut == null ? source.range().count() : cut) - from;
        Map.Entry<Long, PeRange> place = placesByOffset.get(i).floorEntry(from);
        segments.add(
            new MovePlan.Segment(
                source.lv().name(),
                source.logicalExtent() + from * source.segment().areas().size(),
                source.stripe(),
                source.range().slice(from, count),
                place.getValue().slice(from - place.getKey(), count)));
      }
    }
  }
}
