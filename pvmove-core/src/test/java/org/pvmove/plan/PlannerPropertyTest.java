// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;
import net.jqwik.api.statistics.StatisticsReport;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.StatusFlags;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.lvm.testing.Tank;
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.lvm.text.MetadataText;

/** Whatever the volume group: a plan does what was asked and nothing else, if it can be done. */
class PlannerPropertyTest {
  private static final int MAX_PVS = 5;

  /** How long a physical volume is, and whether it is ALLOCATABLE. */
  record Pv(int extents, boolean allocatable) {}

  /**
   * A volume to put where there is room.
   *
   * @param stripes number of stripes, 0 for a mirror
   * @param pieces length of its segments' areas
   * @param apart whether its stripes are on different physical volumes
   */
  record Lv(int stripes, List<Integer> pieces, boolean apart) {}

  record Case(VolumeGroup vg, MoveRequest request) {
    @Override
    public String toString() {
      return request
          + ", segments of "
          + request.maxSegmentBytes()
          + " bytes, in\n"
          + new MetadataText(vg, MetadataHeader.of("test", "host", 0));
    }
  }

  @Provide
  Arbitrary<Case> cases() {
    Arbitrary<Pv> pv =
        Combinators.combine(
                Arbitraries.integers().between(1, 30), Arbitraries.integers().between(0, 9))
            .as((extents, odds) -> new Pv(extents, odds > 0));
    Arbitrary<Lv> lv =
        Combinators.combine(
                Arbitraries.integers().between(0, 3),
                Arbitraries.integers().between(1, 6).list().ofMinSize(1).ofMaxSize(4),
                Arbitraries.integers().between(0, 3))
            .as((stripes, pieces, odds) -> new Lv(stripes, pieces, odds > 0));
    return Combinators.combine(
            pv.list().ofMinSize(2).ofMaxSize(MAX_PVS),
            lv.list().ofMinSize(1).ofMaxSize(5),
            Arbitraries.longs().between(0, 1_000_000))
        .as((pvs, lvs, seed) -> new Case(group(pvs, lvs, new Random(seed)), request(pvs, seed)));
  }

  private static MoveRequest request(List<Pv> pvs, long seed) {
    Random random = new Random(~seed);
    MoveRequest.Builder request = MoveRequest.from(device(random.nextInt(pvs.size())));
    if (random.nextBoolean()) {
      List<Integer> order = new ArrayList<>(IntStream.range(0, pvs.size()).boxed().toList());
      Collections.shuffle(order, random);
      request.to(
          order.subList(0, 1 + random.nextInt(order.size())).stream()
              .map(PlannerPropertyTest::device)
              .toList());
    }
    if (random.nextInt(3) == 0) {
      request.logicalVolume("lv0");
    }
    if (random.nextBoolean()) {
      request.maxSegmentBytes((1 + random.nextInt(4)) * (long) (4 << 20));
    }
    return request.build();
  }

  private static String device(int pv) {
    return "/dev/sd" + (char) ('a' + pv);
  }

  private static VolumeGroup group(List<Pv> pvs, List<Lv> lvs, Random random) {
    Tank tank = Tank.pvs(pvs.stream().mapToLong(Pv::extents).toArray());
    List<BitSet> used = new ArrayList<>();
    for (int i = 0; i < pvs.size(); i++) {
      used.add(new BitSet());
      if (!pvs.get(i).allocatable()) {
        tank.flags(i);
      }
    }
    List<LogicalVolume> images = new ArrayList<>();
    for (int i = 0; i < lvs.size(); i++) {
      Lv lv = lvs.get(i);
      List<Segment> segments = new ArrayList<>();
      for (int length : lv.pieces()) {
        PeRange[] areas =
            allocate(used, pvs, Math.max(1, lv.stripes()), length, lv.apart(), random);
        if (areas.length > 0) {
          segments.add(Tank.striped(areas));
        }
      }
      String name = "lv" + i;
      long length = segments.stream().mapToLong(Segment::extentCount).sum();
      if (segments.isEmpty()) {
        // The request may name it.
        tank.lv(name, Segment.of(0, 1, new SegmentType.ZeroTarget()));
      } else if (lv.stripes() > 0) {
        tank.lv(name, segments.toArray(new Segment[0]));
      } else {
        String image = name + "_mimage_0";
        tank.lv(
            name,
            Segment.of(
                0,
                length,
                new SegmentType.Mirror(
                    null, null, Sectors.of(1024), ImmutableList.of(new Area.Logical(image, 0)))));
        images.add(
            LogicalVolume.builder(image, Tank.id(image))
                .flags(StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE))
                .segments(Tank.inRow(segments.toArray(new Segment[0])))
                .build());
      }
    }
    images.forEach(tank::lv);
    return tank.build();
  }

  /** Free runs at random places; none if there are not enough. */
  private static PeRange[] allocate(
      List<BitSet> used, List<Pv> pvs, int stripes, int length, boolean apart, Random random) {
    List<PeRange> areas = new ArrayList<>();
    Set<LvmUuid> taken = new HashSet<>();
    for (int stripe = 0; stripe < stripes; stripe++) {
      List<PeRange> places = new ArrayList<>();
      for (int pv = 0; pv < pvs.size(); pv++) {
        for (int at = 0; at + length <= pvs.get(pv).extents(); at++) {
          int next = used.get(pv).nextSetBit(at);
          if (!(apart && taken.contains(Tank.pv(pv))) && (next < 0 || next >= at + length)) {
            places.add(Tank.run(pv, at, length));
          }
        }
      }
      if (places.isEmpty()) {
        areas.forEach(area -> bits(used, area).clear((int) area.first(), (int) area.end()));
        return new PeRange[0];
      }
      PeRange place = places.get(random.nextInt(places.size()));
      bits(used, place).set((int) place.first(), (int) place.end());
      taken.add(place.pv());
      areas.add(place);
    }
    return areas.toArray(new PeRange[0]);
  }

  private static BitSet bits(List<BitSet> used, PeRange range) {
    return IntStream.range(0, used.size())
        .filter(pv -> Tank.pv(pv).equals(range.pv()))
        .mapToObj(used::get)
        .findFirst()
        .orElseThrow();
  }

  /** A physical extent. */
  private record Extent(LvmUuid pv, long number) {}

  private static void addExtents(PeRange range, Set<Extent> extents) {
    for (long i = range.first(); i < range.end(); i++) {
      assertThat(extents.add(new Extent(range.pv(), i))).as("used once: %s", range).isTrue();
    }
  }

  /** Where each extent of each stripe lies: the volume, the row of stripes, the stripe. */
  private static Map<List<Object>, Extent> mapping(VolumeGroup vg) {
    Map<List<Object>, Extent> mapping = new HashMap<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      for (Segment segment : lv.segments()) {
        for (int stripe = 0; stripe < segment.areas().size(); stripe++) {
          if (segment.areas().get(stripe) instanceof Area.Physical area) {
            for (long i = 0; i < segment.areaLength(); i++) {
              mapping.put(
                  List.of(lv.name(), segment.firstExtent() + i * segment.areas().size(), stripe),
                  new Extent(area.pv(), area.extent() + i));
            }
          }
        }
      }
    }
    return mapping;
  }

  private static LvmUuid source(Case c) {
    return PvNames.of(c.vg()).resolve(c.request().sources().get(0)).orElseThrow().id();
  }

  private static boolean asked(Case c, LogicalVolume lv) {
    List<String> only = c.request().logicalVolumes();
    return only.isEmpty() || only.contains(lv.name().replace("_mimage_0", ""));
  }

  private static Set<Extent> extentsToMove(Case c) {
    Set<Extent> extents = new HashSet<>();
    for (ExtentMap.Use use : ExtentMap.of(c.vg()).uses(source(c))) {
      if (asked(c, use.lv())) {
        addExtents(use.range(), extents);
      }
    }
    return extents;
  }

  private static Set<LvmUuid> candidates(Case c) {
    Set<LvmUuid> candidates = new HashSet<>();
    for (PhysicalVolume pv : c.vg().physicalVolumes()) {
      boolean named =
          c.request().destinations().isEmpty() || c.request().destinations().contains(pv.device());
      if (named && pv.isAllocatable() && !pv.id().equals(source(c))) {
        candidates.add(pv.id());
      }
    }
    return candidates;
  }

  @Property(tries = 1000)
  void movesExactlyWhatWasAskedToFreeExtentsOfCandidates(@ForAll("cases") Case c) {
    if (!(Planner.plan(c.vg(), c.request()) instanceof PlanResult.Accepted accepted)) {
      return;
    }
    MovePlan plan = accepted.plan();
    Set<Extent> sources = new HashSet<>();
    Set<Extent> destinations = new HashSet<>();
    for (MovePlan.Segment segment : plan.segments()) {
      addExtents(segment.source(), sources);
      addExtents(segment.destination(), destinations);
    }
    assertThat(sources).isEqualTo(extentsToMove(c));
    Set<Extent> free = new HashSet<>();
    for (LvmUuid pv : candidates(c)) {
      ExtentMap.of(c.vg()).free(pv).forEach(range -> addExtents(range, free));
    }
    assertThat(free).containsAll(destinations);
    assertThat(plan.cost().extents()).isEqualTo(sources.size());
    assertThat(plan.cost().bytes()).isEqualTo(sources.size() * (4L << 20));
  }

  @Property(tries = 1000)
  void tellsTheTruthAboutEverySegmentInOrder(@ForAll("cases") Case c) {
    if (!(Planner.plan(c.vg(), c.request()) instanceof PlanResult.Accepted accepted)) {
      return;
    }
    Map<List<Object>, Extent> mapping = mapping(c.vg());
    List<String> names = c.vg().logicalVolumes().stream().map(LogicalVolume::name).toList();
    MovePlan.Segment last = null;
    for (MovePlan.Segment segment : accepted.plan().segments()) {
      long bytes = segment.source().count() * (4L << 20);
      assertThat(bytes).isLessThanOrEqualTo(c.request().maxSegmentBytes());
      int stripes =
          c.vg()
              .logicalVolume(segment.logicalVolume())
              .orElseThrow()
              .segments()
              .get(0)
              .areas()
              .size();
      for (long i = 0; i < segment.source().count(); i++) {
        assertThat(
                mapping.get(
                    List.of(
                        segment.logicalVolume(),
                        segment.logicalExtent() + i * stripes,
                        segment.stripe())))
            .isEqualTo(new Extent(segment.source().pv(), segment.source().first() + i));
      }
      if (last != null) {
        int volume = names.indexOf(segment.logicalVolume()) - names.indexOf(last.logicalVolume());
        long extent = segment.logicalExtent() - last.logicalExtent();
        int stripe = segment.stripe() - last.stripe();
        assertThat(volume > 0 || (volume == 0 && (extent > 0 || (extent == 0 && stripe > 0))))
            .as("%s before %s", last, segment)
            .isTrue();
      }
      last = segment;
    }
  }

  @Property(tries = 1000)
  void canBeCarriedOutAndLeavesAllElseWhereItIs(@ForAll("cases") Case c) {
    if (!(Planner.plan(c.vg(), c.request()) instanceof PlanResult.Accepted accepted)) {
      return;
    }
    MovePlan plan = accepted.plan();
    PvmoveEdits.Origin origin =
        new PvmoveEdits.Origin(Tank.id("move"), Tank.id("from"), Tank.id("to"), "host", 0);
    VolumeGroup vg = PvmoveEdits.begin(c.vg(), origin, plan.moves(), false);
    assertThat(VolumeGroupCheck.requireWritable(vg)).isSameAs(vg);
    Pvmove move = Pvmove.allOf(vg).get(0);
    assertThat(move.pieces()).hasSize(plan.segments().size());
    for (int i = 0; i < move.pieces().size(); i++) {
      vg = PvmoveEdits.pieceDone(vg, move, i);
    }
    vg = PvmoveEdits.end(vg, move, true);
    assertThat(VolumeGroupCheck.requireWritable(vg)).isSameAs(vg);
    Map<Extent, Extent> moved = new HashMap<>();
    for (MovePlan.Segment segment : plan.segments()) {
      for (long i = 0; i < segment.source().count(); i++) {
        moved.put(
            new Extent(segment.source().pv(), segment.source().first() + i),
            new Extent(segment.destination().pv(), segment.destination().first() + i));
      }
    }
    Map<List<Object>, Extent> expected = mapping(c.vg());
    expected.replaceAll((extent, place) -> moved.getOrDefault(place, place));
    assertThat(mapping(vg)).isEqualTo(expected);
    assertStripesStillApart(c.vg(), vg);
  }

  /** Stripes that were on different physical volumes are so still. */
  private static void assertStripesStillApart(VolumeGroup before, VolumeGroup after) {
    Map<List<Object>, Extent> old = mapping(before);
    Map<List<Object>, Extent> now = mapping(after);
    now.forEach(
        (key, place) -> {
          for (int other = 0; other < 3; other++) {
            List<Object> sister = List.of(key.get(0), key.get(1), other);
            if (!sister.equals(key)
                && old.containsKey(sister)
                && !old.get(sister).pv().equals(old.get(key).pv())) {
              assertThat(now.get(sister).pv()).isNotEqualTo(place.pv());
            }
          }
        });
  }

  @Property(tries = 1500)
  @StatisticsReport(StatisticsReport.StatisticsReportMode.OFF)
  void rejectsExactlyWhatCannotBeDone(@ForAll("cases") Case c) {
    PlanResult result = Planner.plan(c.vg(), c.request());
    Set<Extent> wanted = extentsToMove(c);
    boolean splits =
        result instanceof PlanResult.Accepted accepted
            && accepted.plan().segments().size() > ExtentMap.of(c.vg()).uses(source(c)).size();
    Statistics.collect(
        wanted.isEmpty() ? "nothing" : splits ? "split" : result.getClass().getSimpleName());
    Statistics.coverage(
        all -> {
          for (String each : List.of("nothing", "split", "Accepted", "Rejected")) {
            all.check(each).percentage(percent -> percent > 3);
          }
        });
    if (wanted.isEmpty()) {
      assertThat(result).isInstanceOf(PlanResult.Rejected.class);
      assertThat(((PlanResult.Rejected) result).reasons())
          .singleElement()
          .isInstanceOfSatisfying(
              Rejection.NothingToMove.class, reason -> assertThat(reason.skipped()).isEmpty());
      return;
    }
    assertThat(result instanceof PlanResult.Accepted).isEqualTo(fits(c));
    if (result instanceof PlanResult.Rejected rejected) {
      assertThat(rejected.reasons())
          .singleElement()
          .isInstanceOfSatisfying(
              Rejection.NotEnoughSpace.class,
              reason -> {
                assertThat(reason.needed()).isEqualTo(wanted.size());
                Map<String, Long> free = new HashMap<>();
                for (LvmUuid pv : candidates(c)) {
                  long count = ExtentMap.of(c.vg()).freeCount(pv);
                  if (count > 0) {
                    free.put(PvNames.of(c.vg()).of(pv), count);
                  }
                }
                assertThat(reason.free()).isEqualTo(free);
                assertThat(reason.unused().keySet()).noneMatch(free::containsKey);
              });
    }
  }

  /**
   * Whether there is a place for everything, by Hall's theorem: there is none exactly if what is
   * confined to some set of physical volumes needs more than is free there.
   */
  private static boolean fits(Case c) {
    LvmUuid source = source(c);
    List<LvmUuid> candidates = List.copyOf(candidates(c));
    ExtentMap extents = ExtentMap.of(c.vg());
    for (int set = 0; set < 1 << candidates.size(); set++) {
      Set<LvmUuid> outside = new HashSet<>();
      long room = 0;
      for (int i = 0; i < candidates.size(); i++) {
        if ((set >> i & 1) == 0) {
          outside.add(candidates.get(i));
        } else {
          room += extents.freeCount(candidates.get(i));
        }
      }
      long needed = 0;
      for (ExtentMap.Use use : extents.uses(source)) {
        if (asked(c, use.lv())) {
          Set<LvmUuid> sisters = new HashSet<>();
          use.segment().areas().forEach(area -> sisters.add(((Area.Physical) area).pv()));
          sisters.remove(source);
          needed += sisters.containsAll(outside) ? use.range().count() : 0;
        }
      }
      if (needed > room) {
        return false;
      }
    }
    return true;
  }

  @Property(tries = 300)
  void plansTheSameForTheSame(@ForAll("cases") Case c) {
    VolumeGroup copy =
        MetadataText.parse(
                new MetadataText(c.vg(), MetadataHeader.of("test", "host", 0)).toDiskBytes())
            .volumeGroup();
    assertThat(Planner.plan(copy, c.request())).isEqualTo(Planner.plan(c.vg(), c.request()));
  }
}
