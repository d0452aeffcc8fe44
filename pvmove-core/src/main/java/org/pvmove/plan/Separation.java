// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.Reference;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.Segments;
import org.pvmove.lvm.VolumeGroup;

/**
 * What must stay apart: the images of a raid or mirror, with all that they are made of, wherever in
 * a stack it is; and the stripes of a segment that are apart now. A run must not go where another
 * part stays, nor where one goes that moves as well.
 *
 * <p>LVM2 rules out whole physical volumes for all that moves, and looks only at the volume that is
 * named; see pvmove(8).
 */
final class Separation {
  /**
   * What a run must keep away from.
   *
   * @param forbidden physical volumes with other parts that stay there, each with the volume whose
   *     parts they are
   * @param parts the groups in which other parts move too, and its own part in each
   */
  record Rules(ImmutableMap<LvmUuid, String> forbidden, ImmutableMap<Integer, Integer> parts) {}

  /** One area of one segment of a logical volume, as LVM2 sees it. */
  private record AreaKey(String lv, long firstExtent, int stripe) {}

  /** A raid or mirror segment. */
  private record Whole(String lv, int segment) {}

  /** The parts of a raid or mirror segment. */
  private static final class Group {
    final int id;
    final String name;
    final Map<String, Integer> partOf = new HashMap<>();
    final Map<Integer, Set<LvmUuid>> stays = new HashMap<>();
    final Set<Integer> moving = new HashSet<>();

    Group(int id, String name) {
      this.id = id;
      this.name = name;
    }
  }

  private final VolumeGroup vg;
  private final LvGraph graph;
  private final Map<AreaKey, Long> moved = new HashMap<>();
  private final Map<Whole, Group> groups = new LinkedHashMap<>();
  private final Map<String, List<Group>> groupsOf = new HashMap<>();
  private final Map<String, Set<LvmUuid>> staysOf = new HashMap<>();
  private final Map<String, NavigableMap<Long, Segment>> piecesOf = new HashMap<>();
  private int nextGroup;

  private Separation(VolumeGroup vg, LvGraph graph, List<Selection.Source> sources) {
    this.vg = vg;
    this.graph = graph;
    for (Selection.Source source : sources) {
      moved.merge(key(source), source.range().count(), Long::sum);
    }
    for (Selection.Source source : sources) {
      for (Group group : groups(source.lv().name())) {
        group.moving.add(Objects.requireNonNull(group.partOf.get(source.lv().name())));
      }
    }
  }

  /** The rules for each run. */
  static ImmutableList<Rules> of(VolumeGroup vg, LvGraph graph, List<Selection.Source> sources) {
    return new Separation(vg, graph, sources).rules(sources);
  }

  private ImmutableList<Rules> rules(List<Selection.Source> sources) {
    ImmutableList.Builder<Rules> rules = ImmutableList.builder();
    for (List<Selection.Source> sisters : Selection.sisters(sources)) {
      Map<LvmUuid, Integer> stripeParts = movingStripes(sisters);
      int stripeGroup = stripeParts.size() > 1 ? nextGroup++ : -1;
      for (Selection.Source source : sisters) {
        rules.add(rules(source, sisters, stripeGroup, stripeParts));
      }
    }
    return rules.build();
  }

  /** Stripes that share a physical volume now may do so again: they are one part. */
  private static Map<LvmUuid, Integer> movingStripes(List<Selection.Source> sisters) {
    Map<LvmUuid, Integer> parts = new HashMap<>();
    if (sisters.size() > 1) {
      for (Selection.Source sister : sisters) {
        parts.putIfAbsent(sister.range().pv(), parts.size());
      }
    }
    return parts;
  }

  private Rules rules(
      Selection.Source source,
      List<Selection.Source> sisters,
      int stripeGroup,
      Map<LvmUuid, Integer> stripeParts) {
    Map<LvmUuid, String> forbidden = new LinkedHashMap<>();
    ImmutableMap.Builder<Integer, Integer> parts = ImmutableMap.builder();
    ImmutableList<Area> areas = source.segment().areas();
    for (int i = 0; i < areas.size() && areas.size() > 1; i++) {
      int stripe = i;
      if (areas.get(i) instanceof Area.Physical other
          && sisters.stream().noneMatch(sister -> sister.stripe() == stripe)
          && !other.pv().equals(source.range().pv())) {
        forbidden.put(other.pv(), source.lv().name());
      }
    }
    if (stripeGroup >= 0) {
      parts.put(stripeGroup, Objects.requireNonNull(stripeParts.get(source.range().pv())));
    }
    for (Group group : groups(source.lv().name())) {
      int own = Objects.requireNonNull(group.partOf.get(source.lv().name()));
      group.stays.forEach(
          (part, pvs) -> {
            if (part != own) {
              pvs.forEach(pv -> forbidden.putIfAbsent(pv, group.name));
            }
          });
      if (group.moving.size() > 1) {
        parts.put(group.id, own);
      }
    }
    return new Rules(ImmutableMap.copyOf(forbidden), parts.buildOrThrow());
  }

  /** The raids and mirrors that a volume is an image of, or a part of an image. */
  private List<Group> groups(String lv) {
    List<Group> known = groupsOf.get(lv);
    if (known == null) {
      known = new ArrayList<>();
      for (String name : Stacks.above(graph, lv)) {
        LogicalVolume whole = vg.logicalVolume(name).orElse(null);
        for (int i = 0; whole != null && i < whole.segments().size(); i++) {
          if (isRedundant(whole.segments().get(i).type())) {
            Group group = group(whole, i);
            if (group.partOf.containsKey(lv)) {
              known.add(group);
            }
          }
        }
      }
      groupsOf.put(lv, known);
    }
    return known;
  }

  private static boolean isRedundant(SegmentType type) {
    return type instanceof SegmentType.Raid
        || (type instanceof SegmentType.Mirror mirror && !mirror.isPvmove());
  }

  private Group group(LogicalVolume whole, int index) {
    Whole key = new Whole(whole.name(), index);
    Group known = groups.get(key);
    if (known != null) {
      return known;
    }
    Group group = new Group(nextGroup++, whole.name());
    groups.put(key, group);
    List<Set<String>> parts = parts(whole.segments().get(index).type());
    for (int i = 0; i < parts.size(); i++) {
      Set<LvmUuid> stays = new HashSet<>();
      for (String top : parts.get(i)) {
        for (String part : Stacks.below(vg, top)) {
          group.partOf.put(part, i);
          stays.addAll(stays(part));
        }
      }
      group.stays.put(i, stays);
    }
    return group;
  }

  /** The volumes each image consists of; the log of a mirror is none. */
  private static List<Set<String>> parts(SegmentType type) {
    List<Set<String>> parts = new ArrayList<>();
    if (type instanceof SegmentType.Raid raid) {
      for (SegmentType.RaidImage image : raid.images()) {
        Set<String> names = new HashSet<>();
        if (image.metadata() != null) {
          names.add(image.metadata());
        }
        if (image.data() instanceof Area.Logical data) {
          names.add(data.lv());
        }
        parts.add(names);
      }
    } else {
      for (Reference reference : type.references()) {
        if (reference.use() == Reference.Use.IMAGE) {
          parts.add(ImmutableSet.of(reference.lv()));
        }
      }
    }
    return parts;
  }

  /** Where a volume itself has extents that do not move, or that another move may leave there. */
  private Set<LvmUuid> stays(String name) {
    Set<LvmUuid> known = staysOf.get(name);
    if (known != null) {
      return known;
    }
    Set<LvmUuid> pvs = new HashSet<>();
    LogicalVolume lv = vg.logicalVolume(name).orElse(null);
    if (lv != null) {
      for (Segment segment : lv.isLocked() ? lv.segments() : Segments.merge(lv.segments())) {
        ImmutableList<Area> areas = segment.areas();
        for (int i = 0; i < areas.size(); i++) {
          if (areas.get(i) instanceof Area.Physical area) {
            long gone = moved.getOrDefault(new AreaKey(name, segment.firstExtent(), i), 0L);
            if (gone < segment.areaLength()) {
              pvs.add(area.pv());
            }
          } else if (areas.get(i) instanceof Area.Logical area) {
            pvs.addAll(legs(area, segment.areaLength()));
          }
        }
      }
    }
    staysOf.put(name, pvs);
    return pvs;
  }

  /** Both sides of the pieces of a move that an area stands on. */
  private Set<LvmUuid> legs(Area.Logical area, long length) {
    LogicalVolume pvmove = vg.logicalVolume(area.lv()).orElse(null);
    if (pvmove == null || (!pvmove.isPvmove() && !isImageOfMove(area.lv()))) {
      return ImmutableSet.of();
    }
    NavigableMap<Long, Segment> pieces = pieces(pvmove);
    Long from = pieces.floorKey(area.extent());
    Set<LvmUuid> pvs = new HashSet<>();
    for (Segment segment :
        pieces.subMap(from == null ? 0 : from, area.extent() + length).values()) {
      for (Area leg : segment.areas()) {
        if (leg instanceof Area.Physical physical) {
          pvs.add(physical.pv());
        } else if (leg instanceof Area.Logical image) {
          pvs.addAll(legs(new Area.Logical(image.lv(), area.extent()), length));
        }
      }
    }
    return pvs;
  }

  private NavigableMap<Long, Segment> pieces(LogicalVolume pvmove) {
    NavigableMap<Long, Segment> known = piecesOf.get(pvmove.name());
    if (known == null) {
      known = new TreeMap<>();
      for (Segment segment : pvmove.segments()) {
        known.put(segment.firstExtent(), segment);
      }
      piecesOf.put(pvmove.name(), known);
    }
    return known;
  }

  private boolean isImageOfMove(String lv) {
    return graph.usersOf(lv).stream().anyMatch(user -> user.lv().isPvmove());
  }

  private static AreaKey key(Selection.Source source) {
    return new AreaKey(source.lv().name(), source.segment().firstExtent(), source.stripe());
  }
}
