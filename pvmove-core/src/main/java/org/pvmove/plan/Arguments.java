// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableRangeSet;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.VolumeGroup;

/** What the names in a request mean in a volume group, and every reason why some mean nothing. */
final class Arguments {
  private final VolumeGroup vg;
  private final PvNames names;
  private final List<Rejection> problems = new ArrayList<>();

  /** Tags among the destinations that no physical volume has, with an at-sign. */
  private final Set<String> unknownTags = new LinkedHashSet<>();

  private final Map<LvmUuid, ImmutableRangeSet<Long>> sources;
  private final Map<LvmUuid, ImmutableRangeSet<Long>> destinations;
  private final @Nullable ImmutableSet<String> only;
  private final ImmutableSet<String> excluded;

  Arguments(VolumeGroup vg, MoveRequest request, PvNames names) {
    this.vg = vg;
    this.names = names;
    this.sources = resolve(request.sources(), false);
    this.destinations = resolve(request.destinations(), true);
    List<String> wanted = volumes(request.logicalVolumes());
    this.only = request.logicalVolumes().isEmpty() ? null : Selection.withParts(vg, wanted);
    this.excluded = Selection.withParts(vg, volumes(request.excluded()));
  }

  ImmutableList<Rejection> problems() {
    return ImmutableList.copyOf(problems);
  }

  Set<String> unknownTags() {
    return unknownTags;
  }

  /** The extents to move, by physical volume; none of these is empty. */
  Map<LvmUuid, ImmutableRangeSet<Long>> sources() {
    return sources;
  }

  /** Where they may go, in order of preference; empty if no destination was named. */
  Map<LvmUuid, ImmutableRangeSet<Long>> destinations() {
    return destinations;
  }

  /** The logical volumes to move with all that they are made of; absent for all. */
  @Nullable ImmutableSet<String> only() {
    return only;
  }

  /** The logical volumes that stay, with all that they are made of. */
  ImmutableSet<String> excluded() {
    return excluded;
  }

  private Map<LvmUuid, ImmutableRangeSet<Long>> resolve(
      List<String> arguments, boolean allowsTags) {
    Map<LvmUuid, RangeSet<Long>> ranges = new LinkedHashMap<>();
    for (String argument : arguments) {
      // A name that is known is not taken apart, whatever is in it.
      PhysicalVolume whole = names.resolve(argument).orElse(null);
      if (whole != null) {
        add(ranges, whole, Range.closedOpen(0L, whole.peCount()));
      } else if (argument.startsWith("@")) {
        resolveTag(argument, allowsTags, ranges);
      } else {
        resolveRanges(argument, ranges);
      }
    }
    Map<LvmUuid, ImmutableRangeSet<Long>> result = new LinkedHashMap<>();
    ranges.forEach((pv, set) -> result.put(pv, ImmutableRangeSet.copyOf(set)));
    return result;
  }

  private static void add(
      Map<LvmUuid, RangeSet<Long>> ranges, PhysicalVolume pv, Range<Long> range) {
    RangeSet<Long> set = ranges.computeIfAbsent(pv.id(), id -> TreeRangeSet.create());
    if (!range.isEmpty()) {
      set.add(range);
    }
  }

  private void resolveTag(
      String argument, boolean allowsTags, Map<LvmUuid, RangeSet<Long>> ranges) {
    if (!allowsTags) {
      problems.add(
          new Rejection.BadArgument(
              "\"%s\": expected a physical volume to move from, found a tag".formatted(argument)));
      return;
    }
    String tag = argument.substring(1);
    boolean found = false;
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      if (pv.tags().contains(tag)) {
        add(ranges, pv, Range.closedOpen(0L, pv.peCount()));
        found = true;
      }
    }
    if (!found) {
      unknownTags.add(argument);
    }
  }

  private void resolveRanges(String argument, Map<LvmUuid, RangeSet<Long>> ranges) {
    PvArgument parsed;
    try {
      parsed = PvArgument.parse(argument);
    } catch (PvArgument.SyntaxException e) {
      problems.add(new Rejection.BadArgument(String.valueOf(e.getMessage())));
      return;
    }
    PhysicalVolume pv = names.resolve(parsed.name()).orElse(null);
    if (pv == null) {
      problems.add(new Rejection.NoSuchPhysicalVolume(parsed.name(), vg.name()));
      return;
    }
    if (parsed.ranges().isEmpty()) {
      add(ranges, pv, Range.closedOpen(0L, pv.peCount()));
    }
    for (PvArgument.Range range : parsed.ranges()) {
      long last = range.last() == null ? pv.peCount() - 1 : range.last();
      if (range.first() > last || last >= pv.peCount()) {
        problems.add(
            new Rejection.BadArgument(
                "\"%s\": expected a range within the extents 0 to %d, found %d to %d"
                    .formatted(argument, pv.peCount() - 1, range.first(), last)));
      } else {
        add(ranges, pv, Range.closedOpen(range.first(), last + 1));
      }
    }
  }

  /** Names of logical volumes without the volume group in front. */
  private List<String> volumes(Iterable<String> given) {
    List<String> found = new ArrayList<>();
    Set<String> unknown = new HashSet<>();
    for (String name : given) {
      String plain = name.startsWith("/dev/") ? name.substring("/dev/".length()) : name;
      int slash = plain.lastIndexOf('/');
      String lv = plain.substring(slash + 1);
      boolean here = slash < 0 || plain.substring(0, slash).equals(vg.name());
      if (here && vg.logicalVolume(lv).filter(Arguments::canBeNamed).isPresent()) {
        found.add(lv);
      } else if (unknown.add(name)) {
        problems.add(new Rejection.NoSuchLogicalVolume(name, vg.name()));
      }
    }
    return found;
  }

  private static boolean canBeNamed(LogicalVolume lv) {
    return !lv.isPvmove();
  }
}
