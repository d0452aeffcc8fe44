// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.pvmove.lvm.testing.Tank.id;
import static org.pvmove.lvm.testing.Tank.inRow;
import static org.pvmove.lvm.testing.Tank.linear;
import static org.pvmove.lvm.testing.Tank.pv;
import static org.pvmove.lvm.testing.Tank.pvs;
import static org.pvmove.lvm.testing.Tank.run;
import static org.pvmove.lvm.testing.Tank.striped;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.StatusFlags;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.PvmoveEdits;

class PlannerTest {
  private static final String SDA = "/dev/sda";
  private static final String SDB = "/dev/sdb";
  private static final String SDC = "/dev/sdc";
  private static final String SDD = "/dev/sdd";

  private static MovePlan accepted(VolumeGroup vg, MoveRequest.Builder request) {
    return Planner.plan(vg, request.build()).orElseThrow();
  }

  private static ImmutableList<Rejection> rejected(VolumeGroup vg, MoveRequest.Builder request) {
    PlanResult result = Planner.plan(vg, request.build());
    assertThat(result).isInstanceOf(PlanResult.Rejected.class);
    return ((PlanResult.Rejected) result).reasons();
  }

  private static Rejection onlyReason(VolumeGroup vg, MoveRequest.Builder request) {
    ImmutableList<Rejection> reasons = rejected(vg, request);
    assertThat(reasons).hasSize(1);
    return reasons.get(0);
  }

  private static Rejection.NotEnoughSpace noSpace(VolumeGroup vg, MoveRequest.Builder request) {
    return (Rejection.NotEnoughSpace) onlyReason(vg, request);
  }

  private static MovePlan.Segment segment(
      String lv, long extent, int stripe, PeRange source, PeRange destination) {
    return new MovePlan.Segment(lv, extent, stripe, source, destination);
  }

  private static VolumeGroup locked(VolumeGroup vg, PeRange source, PeRange destination) {
    return PvmoveEdits.begin(
        vg,
        new PvmoveEdits.Origin(id("move"), id("from"), id("to"), "host", 0),
        List.of(new PvmoveEdits.Move(source, destination)),
        false);
  }

  private static LogicalVolume mirror(String name, String... images) {
    ImmutableList.Builder<Area> areas = ImmutableList.builder();
    for (String image : images) {
      areas.add(new Area.Logical(image, 0));
    }
    return LogicalVolume.builder(name, id(name))
        .segments(
            List.of(
                Segment.of(
                    0, 5, new SegmentType.Mirror(null, null, Sectors.of(1024), areas.build()))))
        .build();
  }

  @Test
  void movesEverythingOffAPhysicalVolume() {
    VolumeGroup vg =
        pvs(100, 100)
            .lv("root", linear(0, 0, 10), linear(1, 0, 5), linear(0, 40, 10))
            .lv("swap", linear(0, 20, 8))
            .build();
    MovePlan plan = accepted(vg, MoveRequest.from(SDA));
    assertThat(plan.segments())
        .containsExactly(
            segment("root", 0, 0, run(0, 0, 10), run(1, 5, 10)),
            segment("root", 15, 0, run(0, 40, 10), run(1, 15, 10)),
            segment("swap", 0, 0, run(0, 20, 8), run(1, 25, 8)));
    assertThat(plan.volumeGroup()).isEqualTo("tank");
    assertThat(plan.volumeGroupId()).isEqualTo(vg.id());
    assertThat(plan.seqno()).isEqualTo(41);
    assertThat(plan.extentBytes()).isEqualTo(4 << 20);
    assertThat(plan.move()).isEqualTo("pvmove0");
    assertThat(plan.joined()).isFalse();
    assertThat(plan.atomic()).isFalse();
    assertThat(plan.skipped()).isEmpty();
    assertThat(plan.unused()).containsExactly(Map.entry(SDA, "it is the source"));
  }

  @Test
  void countsExtentsBytesAndCommits() {
    VolumeGroup vg = pvs(100, 100).lv("a", linear(0, 0, 10), linear(0, 40, 3)).build();
    MovePlan plan = accepted(vg, MoveRequest.from(SDA));
    assertThat(plan.cost().extents()).isEqualTo(13);
    assertThat(plan.cost().bytes()).isEqualTo(13L * (4 << 20));
    assertThat(plan.cost().commits()).isEqualTo(4);
    assertThat(plan.moves())
        .containsExactly(
            new PvmoveEdits.Move(run(0, 0, 10), run(1, 0, 10)),
            new PvmoveEdits.Move(run(0, 40, 3), run(1, 10, 3)));
  }

  @Test
  void movesOneLogicalVolumeOnly() {
    VolumeGroup vg = pvs(100, 100).lv("a", linear(0, 0, 10)).lv("b", linear(0, 10, 4)).build();
    MovePlan plan = accepted(vg, MoveRequest.from(SDA).logicalVolume("b"));
    assertThat(plan.segments()).containsExactly(segment("b", 0, 0, run(0, 10, 4), run(1, 0, 4)));
    assertThat(plan.skipped()).isEmpty();
  }

  @Test
  void prefersTheDestinationNamedFirst() {
    VolumeGroup vg = pvs(100, 100, 100, 100).lv("a", linear(0, 0, 10)).build();
    assertThat(accepted(vg, MoveRequest.from(SDA).to(SDC, SDB)).segments())
        .containsExactly(segment("a", 0, 0, run(0, 0, 10), run(2, 0, 10)));
    assertThat(accepted(vg, MoveRequest.from(SDA)).segments())
        .containsExactly(segment("a", 0, 0, run(0, 0, 10), run(1, 0, 10)));
  }

  @Test
  void usesNoOtherDestinationThanThoseNamed() {
    VolumeGroup vg = pvs(100, 100, 6, 6).lv("a", linear(0, 0, 10)).build();
    assertThat(accepted(vg, MoveRequest.from(SDA).to(SDD, SDC)).segments())
        .containsExactly(
            segment("a", 0, 0, run(0, 0, 6), run(3, 0, 6)),
            segment("a", 6, 0, run(0, 6, 4), run(2, 0, 4)));
    Rejection.NotEnoughSpace reason = noSpace(vg, MoveRequest.from(SDA).to(SDC));
    assertThat(reason.needed()).isEqualTo(10);
    assertThat(reason.free()).containsExactly(Map.entry(SDC, 6L));
    assertThat(reason.unused()).isEmpty();
    assertThat(reason.unplaced()).containsEntry(AllocationPolicy.NORMAL, 4L);
  }

  @Test
  void takesADestinationNamedTwiceForOne() {
    VolumeGroup vg = pvs(100, 100).lv("a", linear(0, 0, 10)).build();
    assertThat(accepted(vg, MoveRequest.from(SDA).to(SDB, pv(1).toString(), SDB)))
        .isEqualTo(accepted(vg, MoveRequest.from(SDA).to(SDB)));
  }

  @Test
  void neverMovesToTheSource() {
    VolumeGroup vg = pvs(100, 100).lv("a", linear(0, 0, 10)).build();
    assertThat(accepted(vg, MoveRequest.from(SDA).to(SDA, SDB)).segments())
        .containsExactly(segment("a", 0, 0, run(0, 0, 10), run(1, 0, 10)));
    Rejection.NotEnoughSpace reason = noSpace(vg, MoveRequest.from(SDA).to(SDA));
    assertThat(reason.free()).isEmpty();
    assertThat(reason.message())
        .isEqualTo(
            "insufficient free space: 10 extents needed, but only 0 available; not used:"
                + " /dev/sda: it is the source");
  }

  @Test
  void saysOfEveryPhysicalVolumeHowMuchIsFreeOrWhyItIsNotUsed() {
    VolumeGroup vg =
        pvs(100, 8, 8, 5, 3)
            .flags(1)
            .flags(2, StatusFlag.ALLOCATABLE, StatusFlag.MISSING)
            .lv("a", linear(0, 0, 10))
            .lv("b", linear(3, 0, 5))
            .build();
    Rejection.NotEnoughSpace reason = noSpace(vg, MoveRequest.from(SDA));
    assertThat(reason.needed()).isEqualTo(10);
    assertThat(reason.freeTotal()).isEqualTo(3);
    assertThat(reason.message())
        .isEqualTo(
            "insufficient free space: 10 extents needed, but only 3 available; /dev/sde has 3 free;"
                + " not used: /dev/sda: it is the source, /dev/sdb: it is not allocatable,"
                + " /dev/sdc: it is missing, /dev/sdd: it is full");
  }

  @Test
  void emptiesAPhysicalVolumeOnWhichNothingMayBeAllocated() {
    VolumeGroup vg = pvs(100, 100).flags(0).lv("a", linear(0, 0, 10)).build();
    assertThat(accepted(vg, MoveRequest.from(SDA)).segments()).hasSize(1);
  }

  @Test
  void countsPhysicalVolumesOfOneNameEachForItself() {
    VolumeGroup vg = pvs(100, 4, 5).lv("a", linear(0, 0, 10)).build();
    List<PhysicalVolume> renamed =
        vg.physicalVolumes().stream()
            .map(pv -> pv.id().equals(pv(0)) ? pv : pv.toBuilder().device("/dev/sdx").build())
            .toList();
    assertThat(
            noSpace(vg.toBuilder().physicalVolumes(renamed).build(), MoveRequest.from(SDA)).free())
        .isEqualTo(ImmutableMap.of(pv(1).toString(), 4L, pv(2).toString(), 5L));
  }

  @Test
  void fillsTheLastFreeExtent() {
    VolumeGroup vg =
        pvs(20, 10, 10)
            .lv("a", linear(0, 0, 10))
            .lv("b", linear(1, 2, 2), linear(1, 6, 1), linear(2, 0, 7))
            .build();
    MovePlan plan = accepted(vg, MoveRequest.from(SDA));
    assertThat(plan.segments())
        .containsExactly(
            segment("a", 0, 0, run(0, 0, 3), run(1, 7, 3)),
            segment("a", 3, 0, run(0, 3, 3), run(2, 7, 3)),
            segment("a", 6, 0, run(0, 6, 2), run(1, 0, 2)),
            segment("a", 8, 0, run(0, 8, 2), run(1, 4, 2)));
  }

  @Test
  void keepsTheStripesOfAVolumeApart() {
    VolumeGroup vg =
        pvs(50, 50, 50, 50).lv("s", striped(run(0, 0, 5), run(1, 0, 5), run(2, 0, 5))).build();
    assertThat(accepted(vg, MoveRequest.from(SDB)).segments())
        .containsExactly(segment("s", 0, 1, run(1, 0, 5), run(3, 0, 5)));
    Rejection reason = onlyReason(vg, MoveRequest.from(SDB).to(SDA, SDC));
    assertThat(reason.message())
        .isEqualTo(
            "insufficient suitable free space: 5 extents needed and 90 free, but by policy normal"
                + " at least 5 find no place; /dev/sda has 45 free, /dev/sdc has 45 free; a"
                + " stripe of s must keep away from /dev/sda, /dev/sdc");
  }

  @Test
  void looksAtEachSegmentForItselfWhenItKeepsStripesApart() {
    VolumeGroup vg =
        pvs(50, 50, 50)
            .lv("s", striped(run(0, 0, 5), run(1, 0, 5)), striped(run(0, 10, 5), run(2, 0, 5)))
            .build();
    assertThat(accepted(vg, MoveRequest.from(SDA)).segments())
        .containsExactly(
            segment("s", 0, 0, run(0, 0, 5), run(2, 5, 5)),
            segment("s", 10, 0, run(0, 10, 5), run(1, 5, 5)));
  }

  @Test
  void makesALinearVolumeGiveWayToAStripe() {
    VolumeGroup vg =
        pvs(50, 5, 10)
            .lv("l", linear(0, 20, 5))
            .lv("s", striped(run(0, 0, 5), run(2, 0, 5)))
            .build();
    assertThat(accepted(vg, MoveRequest.from(SDA)).segments())
        .containsExactly(
            segment("l", 0, 0, run(0, 20, 5), run(2, 5, 5)),
            segment("s", 0, 0, run(0, 0, 5), run(1, 0, 5)));
  }

  @Test
  void cutsTwoStripesOnTheSourceAlike() {
    VolumeGroup vg =
        pvs(50, 6, 4, 10)
            .flags(3)
            .lv("s", striped(run(0, 0, 5), run(0, 10, 5), run(3, 0, 5)))
            .build();
    MovePlan plan = accepted(vg, MoveRequest.from(SDA));
    assertThat(plan.segments())
        .containsExactly(
            segment("s", 0, 0, run(0, 0, 4), run(1, 0, 4)),
            segment("s", 0, 1, run(0, 10, 4), run(2, 0, 4)),
            segment("s", 12, 0, run(0, 4, 1), run(1, 4, 1)),
            segment("s", 12, 1, run(0, 14, 1), run(1, 5, 1)));
    assertThat(
            PvmoveEdits.begin(
                    vg,
                    new PvmoveEdits.Origin(id("move"), id("from"), id("to"), "host", 0),
                    plan.moves(),
                    false)
                .pvmoveVolumes())
        .hasSize(1);
  }

  @Test
  void cutsLongRunsToTheLengthAskedFor() {
    VolumeGroup vg = pvs(50, 50).lv("a", linear(0, 3, 10)).build();
    MoveRequest.Builder request = MoveRequest.from(SDA);
    assertThat(accepted(vg, request.maxSegmentBytes(4 * (4 << 20))).segments())
        .containsExactly(
            segment("a", 0, 0, run(0, 3, 4), run(1, 0, 4)),
            segment("a", 4, 0, run(0, 7, 4), run(1, 4, 4)),
            segment("a", 8, 0, run(0, 11, 2), run(1, 8, 2)));
    assertThat(accepted(vg, request.maxSegmentBytes(5 * (4 << 20) - 1)).segments())
        .as("rounded down to whole extents")
        .hasSize(3);
    assertThat(accepted(vg, request.maxSegmentBytes(1)).segments())
        .as("at least one extent")
        .hasSize(10);
    assertThat(accepted(vg, request.maxSegmentBytes(10 * (4 << 20))).segments()).hasSize(1);
    assertThat(accepted(vg, request.maxSegmentBytes(Long.MAX_VALUE)).segments()).hasSize(1);
  }

  @Test
  void cutsAtOneGibibyteUnlessToldOtherwise() {
    VolumeGroup vg = pvs(2000, 2000).lv("a", linear(0, 0, 600)).build();
    assertThat(accepted(vg, MoveRequest.from(SDA)).segments())
        .extracting(segment -> segment.source().count())
        .containsExactly(256L, 256L, 88L);
  }

  @Test
  void countsTheLengthOfStripesOnTheirOwn() {
    VolumeGroup vg = pvs(50, 50, 50).lv("s", striped(run(0, 0, 6), run(1, 0, 6))).build();
    assertThat(accepted(vg, MoveRequest.from(SDA).maxSegmentBytes(4 * (4 << 20))).segments())
        .containsExactly(
            segment("s", 0, 0, run(0, 0, 4), run(2, 0, 4)),
            segment("s", 8, 0, run(0, 4, 2), run(2, 4, 2)));
  }

  @Test
  void ordersByVolumesThenExtentsThenStripes() {
    VolumeGroup vg =
        pvs(90, 90, 90)
            .lv("z", linear(0, 50, 2), linear(1, 50, 2), linear(0, 40, 2))
            .lv("s", striped(run(0, 20, 4), run(1, 0, 4)), striped(run(1, 4, 4), run(0, 10, 4)))
            .hidden("lvol0_pmspare", linear(0, 0, 1))
            .lv("a", linear(0, 70, 2))
            .build();
    assertThat(accepted(vg, MoveRequest.from(SDA)).segments())
        .extracting(s -> s.logicalVolume() + " " + s.logicalExtent() + " " + s.stripe())
        .containsExactly("z 0 0", "z 4 0", "s 0 0", "s 8 1", "lvol0_pmspare 0 0", "a 0 0");
  }

  @Test
  void takesNeighboursThatLvmReadsAsOneForOne() {
    VolumeGroup vg = pvs(50, 50).lv("a", linear(0, 0, 5), linear(0, 5, 5)).build();
    assertThat(accepted(vg, MoveRequest.from(SDA)).segments())
        .containsExactly(segment("a", 0, 0, run(0, 0, 10), run(1, 0, 10)));
  }

  @Test
  void movesTheImagesOfAMirrorAndKeepsThemApart() {
    VolumeGroup vg =
        pvs(50, 50, 50)
            .lv("a", linear(0, 20, 5))
            .lv(mirror("m", "m_mimage_0", "m_mimage_1"))
            .hidden("m_mimage_0", linear(0, 0, 5))
            .hidden("m_mimage_1", linear(1, 0, 5))
            .build();
    assertThat(accepted(vg, MoveRequest.from(SDA)).segments())
        .containsExactly(
            segment("a", 0, 0, run(0, 20, 5), run(1, 5, 5)),
            segment("m_mimage_0", 0, 0, run(0, 0, 5), run(2, 0, 5)));
    assertThat(noSpace(vg, MoveRequest.from(SDA).to(SDB).logicalVolume("m")).blocked())
        .containsExactly(new Rejection.Blocked("m_mimage_0", SDB, "m"));
  }

  @Test
  void leavesOutWhatIsNotStriped() {
    SegmentType onDisks =
        new SegmentType.Mirror(
            null,
            null,
            Sectors.of(1024),
            ImmutableList.of(new Area.Physical(pv(0), 0), new Area.Physical(pv(1), 0)));
    VolumeGroup vg = pvs(50, 50, 50).lv("old", Segment.of(0, 5, onDisks)).build();
    Rejection reason = onlyReason(vg, MoveRequest.from(SDA));
    assertThat(reason)
        .isEqualTo(
            new Rejection.NothingToMove(
                ImmutableList.of(SDA),
                ImmutableList.of(new MovePlan.Skipped("old", SkipReason.SEGMENT_TYPE))));
    assertThat(reason.message())
        .isEqualTo(
            "all data to move on \"/dev/sda\" is left out: old (its segments are not linear or"
                + " striped)");
  }

  @Test
  void leavesOutWhatAnotherMoveHasLocked() {
    VolumeGroup vg =
        locked(
            pvs(50, 50, 50)
                .lv("a", linear(0, 0, 5), linear(1, 0, 5))
                .lv("b", linear(0, 10, 5))
                .build(),
            run(1, 0, 5),
            run(2, 0, 5));
    MovePlan plan = accepted(vg, MoveRequest.from(SDA));
    assertThat(plan.segments()).containsExactly(segment("b", 0, 0, run(0, 10, 5), run(1, 5, 5)));
    assertThat(plan.skipped()).containsExactly(new MovePlan.Skipped("a", SkipReason.LOCKED));
  }

  @Test
  void leavesTheDestinationOfARunningMoveAlone() {
    VolumeGroup vg =
        locked(pvs(50, 50, 50).lv("a", linear(0, 0, 5)).build(), run(0, 0, 5), run(1, 0, 5));
    assertThat(onlyReason(vg, MoveRequest.from(SDB)))
        .isEqualTo(
            new Rejection.NothingToMove(
                ImmutableList.of(SDB),
                ImmutableList.of(new MovePlan.Skipped("pvmove0", SkipReason.LOCKED))));
    VolumeGroup atomic =
        PvmoveEdits.begin(
            pvs(50, 50, 50).lv("a", linear(0, 0, 5)).build(),
            new PvmoveEdits.Origin(id("move"), id("from"), id("to"), "host", 0),
            List.of(new PvmoveEdits.Move(run(0, 0, 5), run(1, 0, 5))),
            true);
    assertThat(onlyReason(atomic, MoveRequest.from(SDB)))
        .isEqualTo(
            new Rejection.NothingToMove(
                ImmutableList.of(SDB),
                ImmutableList.of(
                    new MovePlan.Skipped("pvmove0_mimage_1", SkipReason.IMAGE_OF_A_MOVE))));
  }

  /** What LVM2 before 2.03.38 may leave: the old places as a volume of their own. */
  @Test
  void leavesOutWhatIsLeftOverFromAMoveThatWasInterruptedWhenItEnded() {
    VolumeGroup vg =
        pvs(50, 50)
            .lv("a", linear(0, 10, 5))
            .lv("pvmove0_mimage_0", linear(0, 0, 5))
            .hidden("pvmove12_mimage_1", linear(0, 5, 5))
            .build();
    MovePlan plan = accepted(vg, MoveRequest.from(SDA));
    assertThat(plan.segments()).containsExactly(segment("a", 0, 0, run(0, 10, 5), run(1, 0, 5)));
    assertThat(plan.skipped())
        .containsExactly(
            new MovePlan.Skipped("pvmove0_mimage_0", SkipReason.LEFT_OVER),
            new MovePlan.Skipped("pvmove12_mimage_1", SkipReason.LEFT_OVER));
    assertThat(onlyReason(vg, MoveRequest.from(SDA).logicalVolume("pvmove0_mimage_0")).message())
        .isEqualTo(
            "all data to move on \"/dev/sda\" is left out: pvmove0_mimage_0 (it is left over from"
                + " a move that was interrupted when it ended)");
    assertThat(onlyReason(vg, MoveRequest.from(SDA).strict(true)))
        .isInstanceOf(Rejection.LeavesSomething.class);
  }

  @Test
  void startsNoSecondMoveFromOneSource() {
    VolumeGroup vg =
        locked(
            pvs(50, 50, 50).lv("a", linear(0, 0, 5)).lv("b", linear(0, 9, 5)).build(),
            run(0, 0, 5),
            run(1, 0, 5));
    Rejection reason = onlyReason(vg, MoveRequest.from(SDA).logicalVolume("b"));
    assertThat(reason.message())
        .isEqualTo(
            "a move from \"/dev/sda\" is in progress (pvmove0), and it does not move /dev/sda:9-13"
                + " of b as the request wants it: restart or abort it first");
  }

  @Test
  void findsNothingToMove() {
    VolumeGroup vg = pvs(50, 50).lv("a", linear(1, 0, 5)).build();
    assertThat(onlyReason(vg, MoveRequest.from(SDA)).message())
        .isEqualTo("no data to move on \"/dev/sda\"");
    assertThat(onlyReason(vg, MoveRequest.from(SDA).logicalVolume("a")))
        .isEqualTo(new Rejection.NothingToMove(ImmutableList.of(SDA), ImmutableList.of()));
  }

  @Test
  void namesEverythingItDoesNotKnowAtOnce() {
    VolumeGroup vg = pvs(50, 50).lv("a", linear(0, 0, 5)).build();
    ImmutableList<Rejection> reasons =
        rejected(vg, MoveRequest.from("/dev/nul").to(SDB, "/dev/zero").logicalVolume("b"));
    assertThat(reasons)
        .containsExactly(
            new Rejection.NoSuchPhysicalVolume("/dev/nul", "tank"),
            new Rejection.NoSuchPhysicalVolume("/dev/zero", "tank"),
            new Rejection.NoSuchLogicalVolume("b", "tank"));
    assertThat(reasons)
        .extracting(Rejection::message)
        .containsExactly(
            "physical volume \"/dev/nul\" was not found in volume group \"tank\"",
            "physical volume \"/dev/zero\" was not found in volume group \"tank\"",
            "logical volume \"b\" was not found in volume group \"tank\"");
  }

  @Test
  void throwsEveryReasonAtThoseWhoDoNotLook() {
    VolumeGroup vg = pvs(50, 50).lv("a", linear(0, 0, 5)).build();
    PlanResult result = Planner.plan(vg, MoveRequest.from("/x").to("/y").build());
    assertThatExceptionOfType(PlanRejectedException.class)
        .isThrownBy(result::orElseThrow)
        .withMessage(
            "physical volume \"/x\" was not found in volume group \"tank\"; physical volume"
                + " \"/y\" was not found in volume group \"tank\"")
        .satisfies(
            e -> assertThat(e.reasons()).isEqualTo(((PlanResult.Rejected) result).reasons()));
  }

  @Test
  void refusesMovesItCannotRead() {
    LogicalVolume odd =
        LogicalVolume.builder("pvmove0", id("odd"))
            .flags(
                StatusFlags.of(
                    StatusFlag.READ, StatusFlag.WRITE, StatusFlag.PVMOVE, StatusFlag.LOCKED))
            .segments(inRow(linear(0, 0, 5)))
            .build();
    VolumeGroup vg = pvs(50, 50).lv(odd).build();
    assertThatExceptionOfType(LvmException.class)
        .isThrownBy(() -> Planner.plan(vg, MoveRequest.from(SDA).build()));
  }

  @Test
  void plansAVolumeGroupOfManyPieces() {
    Segment[] pieces = new Segment[20_000];
    for (int i = 0; i < pieces.length; i++) {
      pieces[i] = linear(0, 2L * (pieces.length - i), 1);
    }
    VolumeGroup vg = pvs(50_000, 30_000).lv("a", pieces).build();
    MovePlan plan = accepted(vg, MoveRequest.from(SDA));
    assertThat(plan.segments()).hasSize(pieces.length);
    assertThat(plan.segments().get(pieces.length - 1))
        .isEqualTo(segment("a", 19_999, 0, run(0, 2, 1), run(1, 19_999, 1)));
  }

  @Test
  void comparesPlansAndRequestsByValue() {
    VolumeGroup vg = pvs(50, 50).lv("a", linear(0, 0, 5)).build();
    VolumeGroup same = pvs(50, 50).lv("a", linear(0, 0, 5)).build();
    MoveRequest request = MoveRequest.from(SDA).to(SDB).logicalVolume("a").build();
    assertThat(request).isEqualTo(MoveRequest.from(SDA).to(SDB).logicalVolume("a").build());
    assertThat(request)
        .hasSameHashCodeAs(MoveRequest.from(SDA).to(List.of(SDB)).logicalVolume("a").build());
    assertThat(request)
        .isNotEqualTo(MoveRequest.from(SDB).to(SDB).logicalVolume("a").build())
        .isNotEqualTo(MoveRequest.from(SDA).to(SDA).logicalVolume("a").build())
        .isNotEqualTo(MoveRequest.from(SDA).to(SDB).build())
        .isNotEqualTo(MoveRequest.from(SDA).to(SDB).logicalVolume("a").maxSegmentBytes(1).build());
    assertThat(request).hasToString("move a from /dev/sda to /dev/sdb");
    assertThat(MoveRequest.from(SDA).build())
        .hasToString("move everything from /dev/sda to anywhere else");
    assertThat(Planner.plan(vg, request)).isEqualTo(Planner.plan(same, request));
  }

  @Test
  void refusesSegmentsOfNoBytes() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MoveRequest.from(SDA).maxSegmentBytes(0))
        .withMessage("expected at least 1 byte, found 0");
  }

  @Test
  void countsOneExtentAsOne() {
    assertThat(new Remedy.AddSpace(1).message())
        .isEqualTo("1 extent more on a new physical volume would do");
    assertThat(new Remedy.AddSpace(2).message())
        .isEqualTo("2 extents more on a new physical volume would do");
  }
}
