// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.Iterables;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.pvmove.examples.map.Picture.Move;
import org.pvmove.examples.map.Picture.Pv;
import org.pvmove.examples.map.Picture.Run;
import org.pvmove.examples.map.Picture.Use;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.lvm.testing.Tank;
import org.pvmove.lvm.testing.VolumeGroups;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;
import org.pvmove.plan.PlanResult;
import org.pvmove.plan.Planner;

/** Pictures of any volume group, extent by extent. */
class PicturePropertyTest {
  private static final PvmoveEdits.Origin ORIGIN =
      new PvmoveEdits.Origin(Tank.id("move"), Tank.id("from"), Tank.id("to"), "host", 0);

  @Provide
  Arbitrary<VolumeGroup> groups() {
    return VolumeGroups.volumeGroups();
  }

  @Provide
  Arbitrary<VolumeGroup> groupsAtRest() {
    return VolumeGroups.volumeGroupsAtRest();
  }

  @Property(tries = 300)
  void everyExtentIsInOneRunAndFreeInItIfItIsFree(@ForAll("groups") VolumeGroup vg) {
    Picture picture = Picture.of(vg, LvmUuid::toString);
    ExtentMap extents = ExtentMap.of(vg);
    for (int i = 0; i < vg.physicalVolumes().size(); i++) {
      PhysicalVolume pv = vg.physicalVolumes().get(i);
      long next = 0;
      long free = 0;
      for (Run run : picture.pvs().get(i).before()) {
        assertThat(run.first()).isEqualTo(next);
        assertThat(run.count()).isPositive();
        next = run.end();
        free += run.use() == Use.FREE ? run.count() : 0;
      }
      assertThat(next).isEqualTo(pv.peCount());
      assertThat(free).isEqualTo(extents.freeCount(pv.id()));
    }
  }

  @Property(tries = 300)
  void everyUsedExtentIsInARunOfItsVolume(@ForAll("groupsAtRest") VolumeGroup vg) {
    Picture picture = Picture.of(vg, LvmUuid::toString);
    ExtentMap extents = ExtentMap.of(vg);
    for (int i = 0; i < vg.physicalVolumes().size(); i++) {
      String[] names = names(picture, picture.pvs().get(i).before());
      for (ExtentMap.Use use : extents.uses(vg.physicalVolumes().get(i).id())) {
        for (long e = use.range().first(); e < use.range().end(); e++) {
          assertThat(names[(int) e]).isEqualTo(use.lv().name());
        }
      }
    }
  }

  private static String[] names(Picture picture, List<Run> runs) {
    String[] names = new String[runs.isEmpty() ? 0 : (int) Iterables.getLast(runs).end()];
    for (Run run : runs) {
      for (long e = run.first(); e < run.end(); e++) {
        names[(int) e] = Words.use(picture, run);
      }
    }
    return names;
  }

  /** A physical volume and an extent of it. */
  private record Extent(String pv, long extent) {}

  @Property(tries = 300)
  void whatMovesIsWhatThePlanSaysExtentByExtent(
      @ForAll("groups") VolumeGroup vg, @ForAll @IntRange(max = 9) int source) {
    MovePlan plan = plan(vg, source);
    Picture picture = picture(vg, plan);
    Map<Extent, Extent> planned = new HashMap<>();
    for (MovePlan.Segment segment : plan.segments()) {
      for (long i = 0; i < segment.source().count(); i++) {
        planned.put(
            new Extent(segment.source().pv().toString(), segment.source().first() + i),
            new Extent(segment.destination().pv().toString(), segment.destination().first() + i));
      }
    }
    Map<Extent, Extent> drawn = new HashMap<>();
    for (Move move : picture.moves()) {
      for (long i = 0; i < move.count(); i++) {
        drawn.put(
            new Extent(picture.pvs().get(move.fromPv()).name(), move.fromExtent() + i),
            new Extent(picture.pvs().get(move.toPv()).name(), move.toExtent() + i));
      }
    }
    assertThat(drawn).isEqualTo(planned);
    assertThat(picture.moves().size()).isLessThanOrEqualTo(plan.segments().size());
  }

  @Property(tries = 300)
  void whatMovesIsMarkedWithItsNumberAtBothEnds(
      @ForAll("groups") VolumeGroup vg, @ForAll @IntRange(max = 9) int source) {
    Picture picture = picture(vg, plan(vg, source));
    List<List<Object>> before = new ArrayList<>();
    List<List<Object>> after = new ArrayList<>();
    for (Pv pv : picture.pvs()) {
      marked(pv, pv.before(), before);
      marked(pv, pv.after(), after);
    }
    List<List<Object>> from = new ArrayList<>();
    List<List<Object>> to = new ArrayList<>();
    for (Move move : picture.moves()) {
      from.add(
          List.of(
              picture.pvs().get(move.fromPv()).name(),
              new Run(move.fromExtent(), move.count(), Use.USED, move.volume(), move.number())));
      to.add(
          List.of(
              picture.pvs().get(move.toPv()).name(),
              new Run(move.toExtent(), move.count(), Use.USED, move.volume(), move.number())));
    }
    assertThat(before).containsExactlyInAnyOrderElementsOf(from);
    assertThat(after).containsExactlyInAnyOrderElementsOf(to);
  }

  private static void marked(Pv pv, List<Run> runs, List<List<Object>> marked) {
    runs.stream()
        .filter(run -> run.move() != 0)
        .forEach(run -> marked.add(List.of(pv.name(), run)));
  }

  @Property(tries = 300)
  void theSameVolumeGroupsMakeTheSameBytes(
      @ForAll("groups") VolumeGroup vg, @ForAll @IntRange(max = 9) int source) {
    MovePlan plan = plan(vg, source);
    List<Picture> one = List.of(picture(vg, plan));
    List<Picture> other = List.of(picture(vg.toBuilder().build(), plan));
    assertThat(SvgMap.svg(one)).isEqualTo(SvgMap.svg(other));
    assertThat(HtmlMap.html(one)).isEqualTo(HtmlMap.html(other));
    assertThat(TerminalMap.lines(one.get(0), 80, true))
        .isEqualTo(TerminalMap.lines(other.get(0), 80, true));
  }

  /** Of the first physical volume from this one on that has something to move, and a place. */
  private static MovePlan plan(VolumeGroup vg, int source) {
    int count = vg.physicalVolumes().size();
    for (int i = 0; i < count; i++) {
      PhysicalVolume pv = vg.physicalVolumes().get((source + i) % count);
      PlanResult result = Planner.plan(vg, MoveRequest.from(pv.id().toString()).build());
      if (result instanceof PlanResult.Accepted accepted) {
        return accepted.plan();
      }
    }
    Assume.that(false);
    throw new AssertionError();
  }

  private static Picture picture(VolumeGroup vg, MovePlan plan) {
    return Picture.of(vg, Iterables.getLast(plan.replay(vg, ORIGIN)), LvmUuid::toString);
  }
}
