// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.StatusFlags;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.testing.Tank;

/**
 * Volume groups of up to four physical volumes of up to six extents and three logical volumes:
 * linear, striped, raid1, mirrors and thin pools on raid1, which are usually apart as they should
 * be, but not always. Small enough to try all places there are.
 */
final class SmallVolumeGroups {
  private static final int MAX_EXTENTS = 6;

  private SmallVolumeGroups() {}

  private record Pv(int extents, boolean allocatable, Set<String> tags) {}

  private enum Kind {
    LINEAR,
    STRIPED,
    RAID1,
    MIRROR,
    THIN_ON_RAID1
  }

  /**
   * A volume to put where there is room.
   *
   * @param width number of stripes or images
   * @param lengths of the areas of its segments
   * @param apart whether its stripes or images are on different physical volumes
   */
  private record Lv(Kind kind, int width, List<Integer> lengths, boolean apart) {}

  static Arbitrary<VolumeGroup> any() {
    Arbitrary<Pv> pv =
        Combinators.combine(
                // Often as large as may be, or hardly anything finds a place.
                Arbitraries.integers().between(1, 2 * MAX_EXTENTS),
                Arbitraries.integers().between(0, 9),
                Arbitraries.of("t", "a=b", "x/y:z").set().ofMaxSize(2))
            .as((extents, odds, tags) -> new Pv(Math.min(extents, MAX_EXTENTS), odds > 0, tags));
    Arbitrary<Lv> lv =
        Combinators.combine(
                Arbitraries.of(Kind.class),
                Arbitraries.integers().between(2, 3),
                Arbitraries.integers().between(1, 3).list().ofMinSize(1).ofMaxSize(3),
                Arbitraries.integers().between(0, 5))
            .as((kind, width, lengths, odds) -> new Lv(kind, width, lengths, odds > 0));
    return Combinators.combine(
            pv.list().ofMinSize(2).ofMaxSize(4),
            lv.list().ofMinSize(1).ofMaxSize(3),
            Arbitraries.longs().between(0, 1_000_000))
        .as((pvs, lvs, seed) -> new Builder(pvs, new Random(seed)).build(lvs))
        .withoutEdgeCases();
  }

  private static final class Builder {
    private final List<Pv> pvs;
    private final Random random;
    private final List<BitSet> used = new ArrayList<>();
    private final List<LogicalVolume> visible = new ArrayList<>();
    private final List<LogicalVolume> hidden = new ArrayList<>();

    Builder(List<Pv> pvs, Random random) {
      this.pvs = pvs;
      this.random = random;
      pvs.forEach(pv -> used.add(new BitSet()));
    }

    VolumeGroup build(List<Lv> lvs) {
      for (int i = 0; i < lvs.size(); i++) {
        add("lv" + i, lvs.get(i));
      }
      Tank tank = Tank.pvs(pvs.stream().mapToLong(Pv::extents).toArray());
      visible.forEach(tank::lv);
      hidden.forEach(tank::lv);
      List<PhysicalVolume> tagged = new ArrayList<>();
      for (PhysicalVolume pv : tank.build().physicalVolumes()) {
        Pv spec = pvs.get(tagged.size());
        StatusFlags flags =
            spec.allocatable() ? StatusFlags.of(StatusFlag.ALLOCATABLE) : StatusFlags.NONE;
        tagged.add(pv.toBuilder().tags(spec.tags()).flags(flags).build());
      }
      return tank.build().toBuilder().physicalVolumes(tagged).build();
    }

    private void add(String name, Lv lv) {
      switch (lv.kind()) {
        case LINEAR -> show(name, segments(1, lv.lengths(), lv.apart()));
        case STRIPED -> show(name, segments(lv.width(), lv.lengths(), lv.apart()));
        case RAID1 -> show(name, raid1(name, lv));
        case MIRROR -> show(name, mirror(name, lv));
        case THIN_ON_RAID1 -> addThin(name, lv);
      }
    }

    private void show(String name, List<Segment> segments) {
      visible.add(
          LogicalVolume.builder(name, Tank.id(name))
              // The request may name it, whether there was room or not.
              .segments(
                  segments.isEmpty()
                      ? List.of(Segment.of(0, 1, new SegmentType.ZeroTarget()))
                      : segments)
              .build());
    }

    private void hide(String name, List<Segment> segments) {
      hidden.add(
          LogicalVolume.builder(name, Tank.id(name))
              .flags(StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE))
              .segments(segments)
              .build());
    }

    private List<Segment> segments(int stripes, List<Integer> lengths, boolean apart) {
      List<Segment> segments = new ArrayList<>();
      for (int length : lengths) {
        List<PeRange> areas = allocate(stripes, length, apart);
        if (!areas.isEmpty()) {
          segments.add(Tank.striped(areas.toArray(new PeRange[0])));
        }
      }
      return Tank.inRow(segments.toArray(new Segment[0]));
    }

    /** Hides the images; the names of those there was room for. */
    private List<String> images(String prefix, Lv lv, boolean metadata) {
      List<PeRange> areas = allocate(lv.width(), lv.lengths().get(0), lv.apart());
      List<String> names = new ArrayList<>();
      for (PeRange area : areas) {
        String name = prefix + names.size();
        List<PeRange> more =
            metadata && random.nextBoolean() ? allocate(1, 1, false) : ImmutableList.of();
        names.add(name);
        hide(name, List.of(Tank.striped(area)));
        if (!more.isEmpty()) {
          hide(name.replace("_rimage_", "_rmeta_"), List.of(Tank.striped(more.get(0))));
        }
      }
      return names;
    }

    private List<Segment> raid1(String name, Lv lv) {
      List<String> images = images(name + "_rimage_", lv, true);
      if (images.isEmpty()) {
        return List.of();
      }
      ImmutableList.Builder<SegmentType.RaidImage> parts = ImmutableList.builder();
      for (String image : images) {
        String meta = image.replace("_rimage_", "_rmeta_");
        boolean hasMeta = hidden.stream().anyMatch(each -> each.name().equals(meta));
        parts.add(new SegmentType.RaidImage(hasMeta ? meta : null, new Area.Logical(image, 0)));
      }
      return List.of(
          Segment.of(
              0,
              lv.lengths().get(0),
              new SegmentType.Raid(
                  "raid1", parts.build(), null, Sectors.of(1024), null, null, null, null, null)));
    }

    private List<Segment> mirror(String name, Lv lv) {
      List<String> images = images(name + "_mimage_", lv, false);
      if (images.isEmpty()) {
        return List.of();
      }
      String log = null;
      List<PeRange> room = random.nextBoolean() ? allocate(1, 1, false) : List.of();
      if (!room.isEmpty()) {
        log = name + "_mlog";
        hide(log, List.of(Tank.striped(room.get(0))));
      }
      ImmutableList.Builder<Area> areas = ImmutableList.builder();
      images.forEach(image -> areas.add(new Area.Logical(image, 0)));
      return List.of(
          Segment.of(
              0,
              lv.lengths().get(0),
              new SegmentType.Mirror(null, log, Sectors.of(1024), areas.build())));
    }

    private void addThin(String name, Lv lv) {
      List<Segment> data = raid1(name + "_tdata", lv);
      List<PeRange> metadata = allocate(1, 1, false);
      if (data.isEmpty() || metadata.isEmpty()) {
        show(name, data);
        return;
      }
      hide(name + "_tdata", data);
      hide(name + "_tmeta", List.of(Tank.striped(metadata.get(0))));
      show(
          name,
          List.of(
              Segment.of(
                  0,
                  lv.lengths().get(0),
                  new SegmentType.ThinPool(
                      name + "_tmeta",
                      name + "_tdata",
                      0,
                      Sectors.of(128),
                      null,
                      1L,
                      null,
                      ImmutableList.of()))));
      show(
          name + "t",
          List.of(Segment.of(0, 1, new SegmentType.Thin(name, 1, 1, null, null, null))));
    }

    /** Free runs at random places; none if there are not enough. */
    private List<PeRange> allocate(int count, int length, boolean apart) {
      List<PeRange> areas = new ArrayList<>();
      Set<Integer> taken = new HashSet<>();
      List<Integer> order = new ArrayList<>();
      for (int pv = 0; pv < pvs.size(); pv++) {
        order.add(pv);
      }
      while (areas.size() < count) {
        Collections.shuffle(order, random);
        int before = areas.size();
        for (int pv : order) {
          int places = pvs.get(pv).extents() - length + 1;
          if (places < 1 || (apart && taken.contains(pv))) {
            continue;
          }
          int at = random.nextInt(places);
          int next = used.get(pv).nextSetBit(at);
          if (next < 0 || next >= at + length) {
            used.get(pv).set(at, at + length);
            taken.add(pv);
            areas.add(Tank.run(pv, at, length));
            break;
          }
        }
        if (areas.size() == before) {
          areas.forEach(
              area -> {
                for (int pv = 0; pv < pvs.size(); pv++) {
                  if (Tank.pv(pv).equals(area.pv())) {
                    used.get(pv).clear((int) area.first(), (int) area.end());
                  }
                }
              });
          return List.of();
        }
      }
      return areas;
    }
  }
}
