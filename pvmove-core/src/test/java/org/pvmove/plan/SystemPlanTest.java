// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pvmove.lvm.testing.Tank.linear;
import static org.pvmove.lvm.testing.Tank.run;
import static org.pvmove.lvm.testing.Tank.striped;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pvmove.StackedVolumes;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.lvm.testing.Tank;

/** The calls of pvmove(8) that lead to a plan's layout. */
class SystemPlanTest {
  private static final String ANYWHERE = "pvmove -i 1 --alloc anywhere ";

  private static MoveRequest.Builder move(String from, String... to) {
    return MoveRequest.from("/dev/" + from)
        .to(Arrays.stream(to).map(name -> "/dev/" + name).toList());
  }

  private static SystemPlan plan(VolumeGroup vg, MoveRequest.Builder request) {
    MovePlan plan = Planner.plan(vg, request.build()).orElseThrow();
    return SystemPlan.of(vg, plan, PvNames.of(vg));
  }

  private static List<String> commands(VolumeGroup vg, MoveRequest.Builder request) {
    return plan(vg, request).orElseThrow().stream()
        .map(command -> String.join(" ", command.arguments()))
        .toList();
  }

  private static SystemPlan.Impossible impossible(SystemPlan plan) {
    assertThat(plan).isInstanceOf(SystemPlan.Impossible.class);
    return (SystemPlan.Impossible) plan;
  }

  private static MovePlan.Segment segment(String lv, long extent, int from, long at, long to) {
    return new MovePlan.Segment(lv, extent, 0, run(from, at, 2), run(2, to, 2));
  }

  private static MoveRequest.Builder cutEvery(int extents, MoveRequest.Builder request) {
    return request.maxSegmentBytes(extents * (4L << 20));
  }

  @Test
  void movesAWholePhysicalVolumeInOneCommand() {
    VolumeGroup vg =
        Tank.pvs(100, 100)
            .lv("b", linear(0, 30, 10), linear(0, 0, 5))
            .lv("a", linear(0, 50, 20))
            .build();

    assertThat(commands(vg, move("sda", "sdb")))
        .containsExactly(ANYWHERE + "/dev/sda:30-39:0-4:50-69 /dev/sdb:0-34");
  }

  @Test
  void carriesTheSegmentsOfThePlan() {
    VolumeGroup vg = Tank.pvs(100, 100).lv("a", linear(0, 0, 10)).lv("b", linear(0, 10, 5)).build();
    MovePlan plan = Planner.plan(vg, move("sda").build()).orElseThrow();

    LvmCommand command = SystemPlan.of(vg, plan, PvNames.of(vg)).orElseThrow().get(0);

    assertThat(command.segments()).isEqualTo(plan.segments());
  }

  @Test
  void letsRangesTouchWhereThePlanHasACheckpoint() {
    VolumeGroup vg = Tank.pvs(100, 100).lv("a", linear(0, 0, 10)).build();

    assertThat(commands(vg, cutEvery(4, move("sda"))))
        .containsExactly(ANYWHERE + "/dev/sda:0-3:4-7:8-9 /dev/sdb:0-9");
  }

  @Test
  void beginsAnewWhereDestinationsDoNotFollowOneAnother() {
    VolumeGroup vg =
        Tank.pvs(100, 100, 100)
            .lv("a", linear(0, 0, 10))
            .lv("b", linear(0, 10, 8))
            .lv("taken", linear(1, 8, 92), linear(2, 10, 90))
            .build();

    assertThat(commands(vg, move("sda")))
        .containsExactly(
            ANYWHERE + "/dev/sda:0-9 /dev/sdc:0-9", ANYWHERE + "/dev/sda:10-17 /dev/sdb:0-7");
  }

  @Test
  void comesBackToARunOfDestinations() {
    VolumeGroup vg =
        Tank.pvs(100, 100, 100)
            .lv("a", linear(0, 0, 2), linear(0, 10, 2), linear(0, 20, 2))
            .build();

    SystemPlan plan =
        SystemPlan.ofSegments(
            vg,
            List.of(
                segment("a", 0, 0, 0, 50),
                new MovePlan.Segment("a", 2, 0, run(0, 10, 2), run(1, 0, 2)),
                segment("a", 4, 0, 20, 52)),
            false,
            PvNames.of(vg));

    assertThat(plan.orElseThrow())
        .extracting(command -> String.join(" ", command.arguments()))
        .containsExactly(
            ANYWHERE + "/dev/sda:0-1:20-21 /dev/sdc:50-53",
            ANYWHERE + "/dev/sda:10-11 /dev/sdb:0-1");
  }

  @Test
  void sortsSegmentsAsLvmDoes() {
    VolumeGroup vg =
        Tank.pvs(100, 100, 100).lv("z", linear(0, 0, 2)).lv("a", linear(0, 2, 2)).build();

    SystemPlan plan =
        SystemPlan.ofSegments(
            vg, List.of(segment("a", 0, 0, 2, 8), segment("z", 0, 0, 0, 6)), false, PvNames.of(vg));

    assertThat(plan.orElseThrow().get(0).arguments()).contains("/dev/sda:0-1:2-3", "/dev/sdc:6-9");
  }

  @Test
  void cutsNoVolumeBehindAnother() {
    VolumeGroup vg =
        Tank.pvs(100, 100).lv("a", linear(0, 0, 10)).lv("b", linear(0, 10, 10)).build();

    assertThat(commands(vg, move("sda:5-14")))
        .containsExactly(
            ANYWHERE + "/dev/sda:5-9 /dev/sdb:0-4", ANYWHERE + "/dev/sda:10-14 /dev/sdb:5-9");
    assertThat(commands(vg, move("sda:5-19")))
        .containsExactly(ANYWHERE + "/dev/sda:5-9:10-19 /dev/sdb:0-14");
  }

  @Test
  void takesASegmentThatGrowsByAnEarlierCommandForOneToBeCut() {
    VolumeGroup vg =
        Tank.pvs(100, 100, 100)
            .lv("first", linear(0, 80, 4))
            .lv("a", linear(0, 0, 2), linear(0, 20, 2))
            .build();

    SystemPlan plan =
        SystemPlan.ofSegments(
            vg,
            List.of(
                new MovePlan.Segment("first", 0, 0, run(0, 80, 4), run(2, 0, 4)),
                new MovePlan.Segment("a", 0, 0, run(0, 0, 2), run(0, 18, 2)),
                segment("a", 2, 0, 20, 4)),
            false,
            PvNames.of(vg));

    assertThat(plan.orElseThrow()).hasSize(3);
  }

  @Test
  void movesEachStripeOnItsWay() {
    VolumeGroup vg = Tank.pvs(100, 100, 100).lv("s", striped(run(0, 0, 6), run(0, 20, 6))).build();

    assertThat(commands(vg, cutEvery(3, move("sda", "sdb"))))
        .containsExactly(
            ANYWHERE + "/dev/sda:0-2:3-5 /dev/sdb:0-5",
            ANYWHERE + "/dev/sda:20-22:23-25 /dev/sdb:6-11");
  }

  @Test
  void movesASegmentOfThePlanInPartsWhereOthersHaveCutItsVolume() {
    VolumeGroup vg =
        Tank.pvs(100, 100, 100)
            .lv("s", striped(run(0, 0, 2), run(1, 0, 2)), striped(run(0, 2, 4), run(1, 20, 4)))
            .build();

    SystemPlan plan =
        SystemPlan.ofSegments(
            vg,
            List.of(new MovePlan.Segment("s", 0, 0, run(0, 0, 6), run(2, 0, 6))),
            false,
            PvNames.of(vg));

    assertThat(plan.orElseThrow())
        .extracting(command -> String.join(" ", command.arguments()))
        .containsExactly(ANYWHERE + "/dev/sda:0-1:2-5 /dev/sdc:0-5");
    assertThat(plan.orElseThrow().get(0).segments()).hasSize(2);
  }

  @Test
  void callsOncePerSource() {
    VolumeGroup vg = Tank.pvs(100, 100, 100).lv("a", linear(0, 0, 10), linear(1, 0, 10)).build();

    assertThat(commands(vg, MoveRequest.from("/dev/sda", "/dev/sdb").to("/dev/sdc")))
        .containsExactly(
            ANYWHERE + "/dev/sda:0-9 /dev/sdc:0-9", ANYWHERE + "/dev/sdb:0-9 /dev/sdc:10-19");
  }

  @Test
  void namesOnlyWhatLieInTheRangesOfAThinPoolOnRaid() {
    VolumeGroup vg =
        on(
            new StackedVolumes()
                .raid("raid1", "pool_tdata", false, run(0, 0, 8), run(1, 0, 8))
                .hidden("pool_tmeta", run(0, 8, 2))
                .thinPool("pool")
                .thin("thin", "pool", 20)
                .linear("other", run(0, 20, 5)));

    assertThat(commands(vg, move("sda", "sdc").logicalVolume("pool")))
        .containsExactly(ANYWHERE + "/dev/sda:1-7:0-0:8-9 /dev/sdc:0-9");
  }

  private static VolumeGroup on(StackedVolumes volumes) {
    Tank tank = Tank.pvs(64, 64, 64, 64);
    volumes.build().forEach(tank::lv);
    return tank.build();
  }

  @Test
  void namesEachVolumeBesideOneThatLvmDoesNotMove() {
    VolumeGroup vg =
        on(
            new StackedVolumes()
                .linear("plain", run(0, 20, 4))
                .hidden("slow_wcorig", run(0, 10, 5))
                .writecache("slow", "fast", run(0, 30, 2))
                .raid("raid1", "r", true, run(0, 0, 4), run(1, 0, 4)));

    assertThat(commands(vg, move("sda", "sdc")))
        .containsExactly(
            ANYWHERE + "-n plain /dev/sda:20-23 /dev/sdc:0-3",
            ANYWHERE + "-n slow_wcorig /dev/sda:10-14 /dev/sdc:4-8",
            ANYWHERE + "-n r /dev/sda:1-3:0-0 /dev/sdc:9-12");
  }

  @Test
  void saysAnAtomicMoveInOneCommandWithoutCheckpoints() {
    VolumeGroup vg =
        Tank.pvs(100, 100).lv("a", linear(0, 0, 10)).lv("b", linear(0, 10, 10)).build();

    assertThat(commands(vg, cutEvery(4, move("sda").atomic(true))))
        .containsExactly(ANYWHERE + "--atomic /dev/sda:0-9:10-19 /dev/sdb:0-19");
  }

  @Test
  void joinsTheRowsOfAnAtomicMoveOfStripes() {
    VolumeGroup vg = Tank.pvs(100, 100, 100).lv("s", striped(run(0, 0, 6), run(0, 20, 6))).build();

    assertThat(commands(vg, cutEvery(3, move("sda", "sdb").atomic(true))))
        .containsExactly(ANYWHERE + "--atomic /dev/sda:0-5:20-25 /dev/sdb:0-11");
  }

  @Test
  void refusesAnAtomicMoveToTwoPlaces() {
    VolumeGroup vg =
        Tank.pvs(100, 100, 100)
            .lv("a", linear(0, 0, 10))
            .lv("b", linear(0, 10, 8))
            .lv("taken", linear(1, 8, 92), linear(2, 10, 90))
            .build();

    SystemPlan plan = plan(vg, move("sda").atomic(true));

    assertThat(impossible(plan).expected()).contains("in one call or not at all");
    assertThat(impossible(plan).found())
        .isEqualTo(
            "that what is in /dev/sda:10-17 of b goes to /dev/sdb:0-7, but what comes before it, in"
                + " /dev/sda:0-9 of a, to /dev/sdc:0-9");
    assertThatThrownBy(plan::orElseThrow)
        .isInstanceOf(LvmException.class)
        .hasMessageContaining("expected an atomic move")
        .hasMessageContaining("found that what is in");
  }

  @Test
  void refusesAnAtomicMoveFromTwoSources() {
    VolumeGroup vg = Tank.pvs(100, 100, 100).lv("a", linear(0, 0, 10), linear(1, 0, 10)).build();

    assertThat(
            impossible(
                    plan(vg, MoveRequest.from("/dev/sda", "/dev/sdb").to("/dev/sdc").atomic(true)))
                .found())
        .isEqualTo("some on /dev/sda and some on /dev/sdb");
  }

  @Test
  void refusesAnAtomicMoveThatNeedsTwoNames() {
    VolumeGroup vg =
        on(
            new StackedVolumes()
                .linear("plain", run(0, 20, 4))
                .hidden("slow_wcorig", run(0, 10, 5))
                .writecache("slow", "fast", run(0, 30, 2)));

    assertThat(impossible(plan(vg, move("sda", "sdc").atomic(true))).found())
        .contains("plain and slow_wcorig", "one name only");
  }

  @Test
  void refusesAnAtomicMoveOfMoreRangesThanAnArgumentHolds() {
    Segment[] pieces = new Segment[1001];
    for (int i = 0; i < pieces.length; i++) {
      pieces[i] = linear(0, 2L * i, 1);
    }
    VolumeGroup vg = Tank.pvs(3000, 3000).lv("a", pieces).build();

    assertThat(impossible(plan(vg, move("sda").atomic(true))).found()).isEqualTo("1001 ranges");
    assertThat(commands(vg, move("sda")))
        .hasSize(2)
        .allMatch(command -> command.length() < 128 << 10)
        .last()
        .isEqualTo(ANYWHERE + "/dev/sda:2000-2000 /dev/sdb:1000-1000");
  }

  @Test
  void escapesWhatWouldBeginARangeOrATag() {
    VolumeGroup vg = Tank.pvs(10, 10).lv("a", linear(0, 0, 10)).build();
    MovePlan plan = Planner.plan(vg, move("sda").build()).orElseThrow();

    SystemPlan how =
        SystemPlan.of(
            vg,
            plan,
            PvNames.of(vg, Map.of(Tank.pv(0), "/dev/disk/by-path/pci-0:1", Tank.pv(1), "/dev/@b")));

    assertThat(how.orElseThrow().get(0).arguments())
        .endsWith("/dev/disk/by-path/pci-0\\:1:0-9", "/dev/\\@b:0-9");
  }

  @Test
  void refusesPhysicalVolumesWithoutADevice() {
    VolumeGroup vg = Tank.pvs(10, 10).lv("a", linear(0, 0, 10)).build();
    MovePlan plan = Planner.plan(vg, move("sda").build()).orElseThrow();
    VolumeGroup nameless =
        vg.toBuilder()
            .physicalVolumes(
                vg.physicalVolumes().stream()
                    .map(pv -> pv.toBuilder().device(null).build())
                    .toList())
            .build();

    assertThat(impossible(SystemPlan.of(nameless, plan, PvNames.of(nameless))).expected())
        .contains(Tank.pv(0).toString());
  }

  @Test
  void refusesPlansForOtherVersionsAndSegmentsThatAreNotThere() {
    VolumeGroup vg = Tank.pvs(10, 10, 10).lv("a", linear(0, 0, 10)).build();
    MovePlan plan = Planner.plan(vg, move("sda").build()).orElseThrow();
    VolumeGroup later = vg.toBuilder().seqno(42).build();

    assertThatThrownBy(() -> SystemPlan.of(later, plan, PvNames.of(later)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected version 41");
    for (MovePlan.Segment wrong :
        List.of(
            segment("a", 0, 0, 1, 0),
            segment("a", 9, 0, 9, 0),
            segment("a", 0, 1, 0, 0),
            segment("b", 0, 0, 0, 0))) {
      assertThatThrownBy(() -> SystemPlan.ofSegments(vg, List.of(wrong), false, PvNames.of(vg)))
          .as("%s", wrong)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected extent");
    }
  }

  private static VolumeGroup begun(VolumeGroup vg, MoveRequest.Builder request) {
    MovePlan plan = Planner.plan(vg, request.build()).orElseThrow();
    PvmoveEdits.Origin origin =
        new PvmoveEdits.Origin(
            Tank.id(plan.move()), Tank.id("from"), Tank.id("to"), "host", 1_700_000_000L);
    return PvmoveEdits.begin(vg, origin, plan.moves(), plan.atomic());
  }

  @Test
  void joinsAMoveUnderWayByItsSource() {
    VolumeGroup vg =
        begun(Tank.pvs(100, 100).lv("a", linear(0, 0, 10)).build(), cutEvery(4, move("sda")));
    Pvmove move = Pvmove.allOf(vg).get(0);
    VolumeGroup half = PvmoveEdits.pieceDone(vg, move, 0);
    MovePlan plan = Planner.plan(half, move("sda").build()).orElseThrow();
    assertThat(plan.joined()).isTrue();

    ImmutableList<LvmCommand> commands = SystemPlan.of(half, plan, PvNames.of(half)).orElseThrow();

    assertThat(commands)
        .singleElement()
        .satisfies(
            command -> {
              assertThat(command.arguments())
                  .containsExactly("pvmove", "-i", "1", "/dev/sda", "/dev/sda");
              assertThat(command.segments()).isEqualTo(plan.segments()).hasSize(2);
            });
    assertThat(SystemPlan.aborting(half, move, PvNames.of(half)).orElseThrow().get(0).arguments())
        .containsExactly("pvmove", "-i", "1", "--abort", "/dev/sda");
  }

  @Test
  void refusesToMoveWhereLvmWouldCarryOnAnotherMove() {
    VolumeGroup vg =
        begun(
            Tank.pvs(100, 100, 100).lv("a", linear(0, 0, 10)).lv("b", linear(0, 10, 2)).build(),
            move("sda", "sdb").logicalVolume("a"));

    SystemPlan plan =
        SystemPlan.ofSegments(vg, List.of(segment("b", 0, 0, 10, 0)), false, PvNames.of(vg));

    assertThat(impossible(plan).expected()).isEqualTo("no move under way from /dev/sda");
    assertThat(impossible(plan).found()).isEqualTo("pvmove0 under way");
  }

  @Test
  void refusesToMoveWhatAnotherMoveHasLocked() {
    VolumeGroup vg =
        begun(
            Tank.pvs(100, 100, 100).lv("a", linear(0, 0, 10), linear(1, 0, 2)).build(),
            move("sda", "sdc"));

    SystemPlan plan =
        SystemPlan.ofSegments(vg, List.of(segment("a", 10, 1, 0, 50)), false, PvNames.of(vg));

    assertThat(impossible(plan).found()).isEqualTo("a locked");
  }

  @Test
  void needsNoCallForNothing() {
    VolumeGroup vg = Tank.pvs(100, 100).lv("a", linear(0, 0, 10)).build();

    assertThat(SystemPlan.ofSegments(vg, List.of(), false, PvNames.of(vg)).orElseThrow()).isEmpty();
  }

  @Test
  void refusesToJoinAMoveThatLvmTakesForAnother() {
    VolumeGroup vg =
        begun(
            Tank.pvs(100, 100, 100).lv("a", linear(0, 0, 10)).lv("b", linear(0, 10, 2)).build(),
            move("sda", "sdb").logicalVolume("a"));
    PvmoveEdits.Origin origin =
        new PvmoveEdits.Origin(Tank.id("2"), Tank.id("3"), Tank.id("4"), "host", 1_700_000_000L);
    VolumeGroup both =
        PvmoveEdits.begin(
            vg, origin, List.of(new PvmoveEdits.Move(run(0, 10, 2), run(2, 0, 2))), false);
    ImmutableList<Pvmove> moves = Pvmove.allOf(both);

    assertThat(SystemPlan.joining(both, moves.get(0), PvNames.of(both)).orElseThrow()).hasSize(1);
    assertThat(impossible(SystemPlan.joining(both, moves.get(1), PvNames.of(both))).found())
        .isEqualTo("that it takes /dev/sda for pvmove0");
  }

  @Test
  void looksAtTheCopyInAnotherInterval() {
    LvmCommand command = LvmCommand.pvmove(List.of("/dev/sda"), List.of());

    assertThat(command.withInterval(15).arguments())
        .containsExactly("pvmove", "-i", "15", "/dev/sda");
    assertThatThrownBy(() -> command.withInterval(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("found 0");
  }
}
