// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.edit.Pvmove;

/** What of a move under way is still to be done, and for which logical volumes. */
final class RestOfMove {
  private RestOfMove() {}

  /**
   * The areas of volumes that are mapped onto a temporary volume.
   *
   * @see #visit
   */
  @FunctionalInterface
  private interface AreaVisitor {
    void visit(LogicalVolume lv, Segment segment, int stripe, long extent);
  }

  private static void visit(LvGraph graph, String move, AreaVisitor visitor) {
    Set<String> seen = new HashSet<>();
    for (LvGraph.User user : graph.usersOf(move)) {
      if (!seen.add(user.lv().name())) {
        continue;
      }
      for (Segment segment : user.lv().segments()) {
        ImmutableList<Area> areas = segment.areas();
        for (int i = 0; i < areas.size(); i++) {
          if (areas.get(i) instanceof Area.Logical area && area.lv().equals(move)) {
            visitor.visit(user.lv(), segment, i, area.extent());
          }
        }
      }
    }
  }

  /** Which volume stands on each piece, by the piece's first extent. */
  static Map<Long, String> users(LvGraph graph, Pvmove move) {
    Map<Long, String> users = new HashMap<>();
    visit(graph, move.name(), (lv, segment, stripe, extent) -> users.put(extent, lv.name()));
    return users;
  }

  /** What is not done, as segments of a plan in the order of the move. */
  static ImmutableList<MovePlan.Segment> of(LvGraph graph, Pvmove move) {
    TreeMap<Long, Pvmove.Piece> pieces = new TreeMap<>();
    move.pieces().forEach(piece -> pieces.put(piece.firstExtent(), piece));
    TreeMap<Long, MovePlan.Segment> rest = new TreeMap<>();
    visit(
        graph,
        move.name(),
        (lv, segment, stripe, extent) -> {
          // An area is one piece, unless LVM2 has merged segments of the images of an atomic move.
          Map.Entry<Long, Pvmove.Piece> entry = pieces.floorEntry(extent);
          if (entry == null || entry.getValue().done()) {
            return;
          }
          Pvmove.Piece piece = entry.getValue();
          long offset = extent - piece.firstExtent();
          long count = Math.min(segment.areaLength(), piece.source().count() - offset);
          if (count > 0) {
            rest.put(
                extent,
                new MovePlan.Segment(
                    lv.name(),
                    segment.firstExtent(),
                    stripe,
                    piece.source().slice(offset, count),
                    piece.destination().slice(offset, count)));
          }
        });
    return ImmutableList.copyOf(rest.values());
  }
}
