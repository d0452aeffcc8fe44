// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Which logical volumes of a volume group stand on which others. Immutable; walks end even if a
 * damaged text makes volumes stand on themselves.
 */
public final class LvGraph {
  private final VolumeGroup vg;
  private final ImmutableListMultimap<String, User> users;

  private LvGraph(VolumeGroup vg, ImmutableListMultimap<String, User> users) {
    this.vg = vg;
    this.users = users;
  }

  /**
   * The use of a logical volume by a segment of another.
   *
   * @param lv the user
   * @param segment the segment that uses it
   * @param use what for
   */
  public record User(LogicalVolume lv, Segment segment, Reference.Use use) {}

  /** The graph of a volume group, built in time linear in its references. */
  public static LvGraph of(VolumeGroup vg) {
    ImmutableListMultimap.Builder<String, User> users = ImmutableListMultimap.builder();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      for (Segment segment : lv.segments()) {
        for (Reference reference : segment.type().references()) {
          users.put(reference.lv(), new User(lv, segment, reference.use()));
        }
      }
    }
    return new LvGraph(vg, users.build());
  }

  /** The uses of the named logical volume by others, in the text's order. */
  public ImmutableList<User> usersOf(String lv) {
    return users.get(lv);
  }

  /** The named logical volume and all it stands on, itself first. */
  public ImmutableSet<String> below(String lv) {
    Set<String> seen = new LinkedHashSet<>();
    Deque<String> todo = new ArrayDeque<>();
    todo.add(lv);
    while (!todo.isEmpty()) {
      String name = todo.remove();
      if (seen.add(name)) {
        vg.logicalVolume(name)
            .ifPresent(
                volume -> {
                  for (Segment segment : volume.segments()) {
                    segment.type().references().forEach(r -> todo.add(r.lv()));
                  }
                });
      }
    }
    return ImmutableSet.copyOf(seen);
  }

  /** The named logical volume and all that stand on it, itself first. */
  public ImmutableSet<String> above(String lv) {
    return above(ImmutableSet.of(lv));
  }

  /**
   * The logical volumes that lose data with a physical volume: those with extents on it first, in
   * the text's order, then all that stand on them.
   */
  public ImmutableSet<String> standingOn(LvmUuid pv) {
    ImmutableSet.Builder<String> direct = ImmutableSet.builder();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      if (lv.segments().stream().anyMatch(segment -> uses(segment, pv))) {
        direct.add(lv.name());
      }
    }
    return above(direct.build());
  }

  private static boolean uses(Segment segment, LvmUuid pv) {
    return segment.areas().stream()
        .anyMatch(area -> area instanceof Area.Physical physical && physical.pv().equals(pv));
  }

  private ImmutableSet<String> above(ImmutableSet<String> lvs) {
    Set<String> seen = new LinkedHashSet<>();
    Deque<String> todo = new ArrayDeque<>(lvs);
    while (!todo.isEmpty()) {
      String name = todo.remove();
      if (seen.add(name)) {
        users.get(name).forEach(user -> todo.add(user.lv().name()));
      }
    }
    return ImmutableSet.copyOf(seen);
  }

  /**
   * The physical extents that the named logical volume stands on, those of everything below it
   * included, in the order of the walk.
   */
  public ImmutableList<PeRange> extentsBelow(String lv) {
    ImmutableList.Builder<PeRange> ranges = ImmutableList.builder();
    for (String name : below(lv)) {
      vg.logicalVolume(name)
          .ifPresent(
              volume -> {
                for (Segment segment : volume.segments()) {
                  for (Area area : segment.areas()) {
                    if (area instanceof Area.Physical && segment.areaLength() > 0) {
                      ranges.add(segment.physicalRange(area));
                    }
                  }
                }
              });
    }
    return ranges.build();
  }
}
