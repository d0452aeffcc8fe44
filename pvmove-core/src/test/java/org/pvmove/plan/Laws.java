// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Reference;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;

/**
 * What a move must obey, whoever planned it; judged by where each extent goes and nothing else.
 * Each law tells what is wrong; nothing if all is well.
 */
final class Laws {
  private Laws() {}

  /** Where each extent goes. */
  static Map<Layout.Extent, Layout.Extent> places(MovePlan plan) {
    Map<Layout.Extent, Layout.Extent> places = new HashMap<>();
    plan.segments().forEach(segment -> places.putAll(places(segment)));
    return places;
  }

  /** Where each extent of a segment goes. */
  static Map<Layout.Extent, Layout.Extent> places(MovePlan.Segment segment) {
    Map<Layout.Extent, Layout.Extent> places = new HashMap<>();
    for (long i = 0; i < segment.source().count(); i++) {
      places.put(
          new Layout.Extent(segment.source().pv(), segment.source().first() + i),
          new Layout.Extent(segment.destination().pv(), segment.destination().first() + i));
    }
    return places;
  }

  /** What a volume has on a physical volume. */
  private record Share(boolean arrived, boolean stayed) {
    Share and(boolean arrives) {
      return new Share(arrived || arrives, stayed || !arrives);
    }
  }

  /**
   * No extent of an image of a raid or mirror goes where another image is or goes, whatever the
   * images are made of.
   */
  static List<String> imagesApart(VolumeGroup vg, Map<Layout.Extent, Layout.Extent> places) {
    Map<String, Map<LvmUuid, Share>> shares = new HashMap<>();
    Layout.legs(vg)
        .forEach(
            (spot, legs) -> {
              Map<LvmUuid, Share> ofLv = shares.computeIfAbsent(spot.lv(), lv -> new HashMap<>());
              for (Layout.Extent leg : legs.all()) {
                Layout.Extent now = places.getOrDefault(leg, leg);
                ofLv.merge(
                    now.pv(),
                    new Share(false, false).and(places.containsKey(leg)),
                    (share, more) -> share.and(more.arrived()));
              }
            });
    List<String> faults = new ArrayList<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      for (Segment segment : lv.segments()) {
        List<Set<String>> images = images(vg, segment.type());
        for (int i = 0; i < images.size(); i++) {
          for (int j = 0; j < images.size(); j++) {
            for (LvmUuid pv : arrivals(shares, images.get(i))) {
              if (i != j && images.get(j).stream().anyMatch(part -> on(shares, part, pv))) {
                faults.add(
                    "image %d of %s goes to %s, where image %d is".formatted(i, lv.name(), pv, j));
              }
            }
          }
        }
      }
    }
    return faults;
  }

  private static Set<LvmUuid> arrivals(
      Map<String, Map<LvmUuid, Share>> shares, Set<String> volumes) {
    Set<LvmUuid> arrivals = new HashSet<>();
    for (String volume : volumes) {
      shares
          .getOrDefault(volume, Map.of())
          .forEach(
              (pv, share) -> {
                if (share.arrived()) {
                  arrivals.add(pv);
                }
              });
    }
    return arrivals;
  }

  private static boolean on(Map<String, Map<LvmUuid, Share>> shares, String volume, LvmUuid pv) {
    return shares.getOrDefault(volume, Map.of()).containsKey(pv);
  }

  /** The volumes that each image consists of, all the way down; none unless a raid or mirror. */
  static List<Set<String>> images(VolumeGroup vg, SegmentType type) {
    List<Set<String>> images = new ArrayList<>();
    if (type instanceof SegmentType.Raid raid) {
      for (SegmentType.RaidImage image : raid.images()) {
        images.add(new HashSet<>());
        Layout.image(image)
            .forEach(top -> images.get(images.size() - 1).addAll(Layout.withParts(vg, top)));
      }
    } else if (type instanceof SegmentType.Mirror mirror && mirror.extentsMoved() == null) {
      for (Reference reference : mirror.references()) {
        if (reference.use() == Reference.Use.IMAGE) {
          images.add(Layout.withParts(vg, reference.lv()));
        }
      }
    }
    return images;
  }

  /** Stripes of a row that were apart are so still. */
  static List<String> stripesApart(VolumeGroup vg, Map<Layout.Extent, Layout.Extent> places) {
    List<String> faults = new ArrayList<>();
    Map<Layout.Spot, Layout.Legs> legs = Layout.legs(vg);
    legs.forEach(
        (spot, mine) -> {
          for (int other = 0; other < spot.stripe(); other++) {
            Layout.Legs theirs = legs.get(new Layout.Spot(spot.lv(), spot.row(), other));
            Set<LvmUuid> shared = pvs(mine, places);
            shared.retainAll(pvs(theirs, places));
            Set<LvmUuid> sharedBefore = pvs(mine, Map.of());
            sharedBefore.retainAll(pvs(theirs, Map.of()));
            if (!shared.isEmpty() && sharedBefore.isEmpty()) {
              faults.add("%s comes together with stripe %d on %s".formatted(spot, other, shared));
            }
          }
        });
    return faults;
  }

  private static Set<LvmUuid> pvs(Layout.Legs legs, Map<Layout.Extent, Layout.Extent> places) {
    Set<LvmUuid> pvs = new HashSet<>();
    legs.all().forEach(leg -> pvs.add(places.getOrDefault(leg, leg).pv()));
    return pvs;
  }

  /** What is asked of single runs, columns of them, and both of redundancy, by the policy. */
  static List<String> policyKept(Wish wish, Map<Layout.Extent, Layout.Extent> places) {
    List<String> faults = new ArrayList<>();
    if (wish.policy() == AllocationPolicy.ANYWHERE) {
      return faults;
    }
    faults.addAll(imagesApart(wish.vg(), places));
    faults.addAll(stripesApart(wish.vg(), places));
    Map<List<Object>, List<Layout.Extent>> columns = new HashMap<>();
    for (Asked.Run run : Asked.of(wish).runs()) {
      columns
          .computeIfAbsent(List.of(run.block().lv(), run.stripe()), column -> new ArrayList<>())
          .addAll(run.extents());
      for (int i = 1;
          wish.policy() == AllocationPolicy.CONTIGUOUS && i < run.extents().size();
          i++) {
        Layout.Extent before = places.get(run.extents().get(i - 1));
        Layout.Extent here = places.get(run.extents().get(i));
        if (!here.equals(new Layout.Extent(before.pv(), before.number() + 1))) {
          faults.add("%s is in pieces".formatted(run));
        }
      }
    }
    boolean clings =
        wish.policy() == AllocationPolicy.CLING || wish.policy() == AllocationPolicy.CLING_BY_TAGS;
    columns.forEach(
        (column, extents) -> {
          boolean together =
              extents.stream().map(extent -> places.get(extent).pv()).distinct().count() == 1;
          boolean byTags =
              wish.policy() == AllocationPolicy.CLING_BY_TAGS
                  && extents.stream()
                      .allMatch(extent -> related(wish, extent.pv(), places.get(extent).pv()));
          if (clings && !together && !byTags) {
            faults.add("%s is not together".formatted(column));
          }
        });
    return faults;
  }

  /** Whether two physical volumes share a tag that counts. */
  static boolean related(Wish wish, LvmUuid one, LvmUuid other) {
    Set<String> tags = new HashSet<>(tags(wish, one));
    tags.retainAll(tags(wish, other));
    Set<String> counted = wish.request().clingTags();
    return counted.isEmpty() ? !tags.isEmpty() : tags.stream().anyMatch(counted::contains);
  }

  private static List<String> tags(Wish wish, LvmUuid pv) {
    return wish.vg().physicalVolume(pv).map(PhysicalVolume::tags).orElseThrow();
  }
}
