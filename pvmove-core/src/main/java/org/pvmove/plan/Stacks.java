// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableSet;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.Reference;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.VolumeGroup;

/**
 * What volumes are made of. Snapshots and their origins share data, but none is a part of the
 * other: each is moved by its own name.
 */
final class Stacks {
  private static final ImmutableSet<Reference.Use> NO_PART =
      ImmutableSet.of(
          Reference.Use.SNAPSHOT_ORIGIN,
          Reference.Use.SNAPSHOT_COW,
          Reference.Use.THIN_ORIGIN,
          Reference.Use.EXTERNAL_ORIGIN,
          Reference.Use.MERGE_TARGET);

  private Stacks() {}

  /** The named volume and all that it is a part of. */
  static ImmutableSet<String> above(LvGraph graph, String lv) {
    if (graph.usersOf(lv).isEmpty()) {
      return ImmutableSet.of(lv);
    }
    Set<String> seen = new LinkedHashSet<>();
    Deque<String> todo = new ArrayDeque<>();
    todo.add(lv);
    while (!todo.isEmpty()) {
      String name = todo.remove();
      if (seen.add(name)) {
        for (LvGraph.User user : graph.usersOf(name)) {
          if (!NO_PART.contains(user.use())) {
            todo.add(user.lv().name());
          }
        }
      }
    }
    return ImmutableSet.copyOf(seen);
  }

  /** The named volume and all that it is made of, but not what moves in progress hold for it. */
  static ImmutableSet<String> below(VolumeGroup vg, String lv) {
    Set<String> seen = new LinkedHashSet<>();
    Deque<String> todo = new ArrayDeque<>();
    todo.add(lv);
    while (!todo.isEmpty()) {
      String name = todo.remove();
      LogicalVolume volume = vg.logicalVolume(name).orElse(null);
      if (volume == null || volume.isPvmove() || !seen.add(name)) {
        continue;
      }
      for (Segment segment : volume.segments()) {
        for (Reference reference : segment.type().references()) {
          if (!NO_PART.contains(reference.use())) {
            todo.add(reference.lv());
          }
        }
      }
    }
    return ImmutableSet.copyOf(seen);
  }
}
