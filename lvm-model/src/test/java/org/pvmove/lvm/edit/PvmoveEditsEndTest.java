// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.edit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.pvmove.lvm.testing.Tank.id;
import static org.pvmove.lvm.testing.Tank.inRow;
import static org.pvmove.lvm.testing.Tank.linear;
import static org.pvmove.lvm.testing.Tank.on;
import static org.pvmove.lvm.testing.Tank.pv;
import static org.pvmove.lvm.testing.Tank.pvs;
import static org.pvmove.lvm.testing.Tank.run;
import static org.pvmove.lvm.testing.Tank.striped;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.StatusFlags;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.lvm.edit.PvmoveEdits.Move;

/** How pieces become done, and how moves are finished and aborted. */
class PvmoveEditsEndTest {
  private static PvmoveEdits.Origin origin(String name) {
    return new PvmoveEdits.Origin(id(name), id(name + 0), id(name + 1), "node1", 1_700_000_500);
  }

  private static Move move(PeRange source, PeRange destination) {
    return new Move(source, destination);
  }

  private static VolumeGroup begin(VolumeGroup vg, Move... moves) {
    return PvmoveEdits.begin(vg, origin("move"), List.of(moves), false);
  }

  private static Pvmove only(VolumeGroup vg) {
    assertThat(Pvmove.allOf(vg)).hasSize(1);
    return Pvmove.allOf(vg).get(0);
  }

  private static VolumeGroup done(VolumeGroup vg, int... pieces) {
    for (int piece : pieces) {
      vg = PvmoveEdits.pieceDone(vg, only(vg), piece);
    }
    return vg;
  }

  private static LogicalVolume lv(VolumeGroup vg, String name) {
    return vg.logicalVolume(name).orElseThrow();
  }

  private static VolumeGroup withVolume(VolumeGroup vg, LogicalVolume lv) {
    return vg.withLogicalVolumes(List.of(lv));
  }

  private static final VolumeGroup WEB =
      pvs(500, 500).lv("web", linear(0, 0, 100), linear(0, 400, 25)).build();

  private static VolumeGroup webOnTheMove() {
    return begin(WEB, move(run(0, 0, 100), run(1, 0, 100)), move(run(0, 400, 25), run(1, 200, 25)));
  }

  @Test
  void makesTheDestinationOfADonePieceAuthoritative() {
    VolumeGroup begun = webOnTheMove();
    VolumeGroup oneDone = done(begun, 1);
    assertThat(only(oneDone).pieces()).extracting(Pvmove.Piece::done).containsExactly(false, true);
    assertThat(only(begun).pieces()).extracting(Pvmove.Piece::done).containsExactly(false, false);
    assertThat(
            ((SegmentType.Mirror) lv(oneDone, "pvmove0").segments().get(1).type()).extentsMoved())
        .isEqualTo(25);
    assertThat(lv(oneDone, "web")).isEqualTo(lv(begun, "web"));
  }

  @Test
  void changesNothingIfAPieceIsDoneAgain() {
    VolumeGroup oneDone = done(webOnTheMove(), 0);
    assertThat(done(oneDone, 0)).isEqualTo(oneDone);
  }

  @Test
  void takesAPartlyMovedPieceForNotDone() {
    VolumeGroup begun = webOnTheMove();
    LogicalVolume pvmove = lv(begun, "pvmove0");
    Segment first = pvmove.segments().get(0);
    Segment partly = first.with(((SegmentType.Mirror) first.type()).withExtentsMoved(99));
    VolumeGroup partlyMoved =
        withVolume(
            begun,
            pvmove.toBuilder()
                .segments(ImmutableList.of(partly, pvmove.segments().get(1)))
                .build());
    assertThat(only(partlyMoved).pieces().get(0).done()).isFalse();
    assertThat(PvmoveEdits.end(partlyMoved, only(partlyMoved), false)).isEqualTo(WEB);
  }

  @Test
  void refusesPiecesThatThereAreNot() {
    VolumeGroup begun = webOnTheMove();
    Pvmove move = only(begun);
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> PvmoveEdits.pieceDone(begun, move, 2));
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> PvmoveEdits.pieceDone(begun, move, -1));
  }

  @Test
  void refusesToCallAPieceOfAnAtomicMoveDone() {
    VolumeGroup begun =
        PvmoveEdits.begin(WEB, origin("move"), List.of(move(run(0, 0, 100), run(1, 0, 100))), true);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PvmoveEdits.pieceDone(begun, only(begun), 0))
        .withMessage("pvmove0: pieces of an atomic move end together");
  }

  @Test
  void finishesAtTheDestination() {
    VolumeGroup ended = PvmoveEdits.end(done(webOnTheMove(), 0, 1), only(webOnTheMove()), true);
    assertThat(ended)
        .isEqualTo(pvs(500, 500).lv("web", linear(1, 0, 100), linear(1, 200, 25)).build());
  }

  @Test
  void givesBackWhatIsNotDoneWhenAborted() {
    assertThat(PvmoveEdits.end(webOnTheMove(), only(webOnTheMove()), false)).isEqualTo(WEB);
    VolumeGroup halfDone = done(webOnTheMove(), 0);
    assertThat(PvmoveEdits.end(halfDone, only(halfDone), false))
        .isEqualTo(pvs(500, 500).lv("web", linear(1, 0, 100), linear(0, 400, 25)).build());
  }

  @Test
  void neverCallsTheDestinationOfAnUnfinishedPieceTheTruth() {
    VolumeGroup halfDone = done(webOnTheMove(), 1);
    assertThat(PvmoveEdits.end(halfDone, only(halfDone), true))
        .isEqualTo(pvs(500, 500).lv("web", linear(0, 0, 100), linear(1, 200, 25)).build());
  }

  @Test
  void goesByTheVolumeGroupAndNotByAnOlderReading() {
    VolumeGroup begun = webOnTheMove();
    Pvmove older = only(begun);
    VolumeGroup allDone = done(begun, 0, 1);
    assertThat(PvmoveEdits.end(allDone, older, false))
        .isEqualTo(PvmoveEdits.end(allDone, only(allDone), true));
  }

  @Test
  void endsAnAtomicMoveEitherWay() {
    VolumeGroup begun =
        PvmoveEdits.begin(
            WEB,
            origin("move"),
            List.of(move(run(0, 0, 100), run(1, 0, 100)), move(run(0, 400, 25), run(1, 200, 25))),
            true);
    assertThat(only(begun).atomic()).isTrue();
    assertThat(only(begun).pieces())
        .containsExactly(
            new Pvmove.Piece(0, run(0, 0, 100), run(1, 0, 100), false),
            new Pvmove.Piece(100, run(0, 400, 25), run(1, 200, 25), false));
    assertThat(PvmoveEdits.end(begun, only(begun), true))
        .isEqualTo(pvs(500, 500).lv("web", linear(1, 0, 100), linear(1, 200, 25)).build());
    assertThat(PvmoveEdits.end(begun, only(begun), false)).isEqualTo(WEB);
  }

  @Test
  void neverTakesBackAnAtomicMoveThatTheMetadataCallDone() {
    VolumeGroup begun =
        PvmoveEdits.begin(WEB, origin("move"), List.of(move(run(0, 0, 100), run(1, 0, 100))), true);
    LogicalVolume pvmove = lv(begun, "pvmove0");
    Segment segment = pvmove.segments().get(0);
    Segment full = segment.with(((SegmentType.Mirror) segment.type()).withExtentsMoved(100));
    VolumeGroup done =
        withVolume(begun, pvmove.toBuilder().segments(ImmutableList.of(full)).build());
    assertThat(only(done).pieces()).extracting(Pvmove.Piece::done).containsExactly(true);
    assertThat(PvmoveEdits.end(done, only(done), false))
        .isEqualTo(pvs(500, 500).lv("web", linear(1, 0, 100), linear(0, 400, 25)).build());
  }

  @Test
  void mergesSegmentsThatBecameNeighbours() {
    VolumeGroup vg =
        pvs(99, 99).lv("a", linear(0, 0, 5), linear(1, 50, 5), linear(0, 20, 5)).build();
    VolumeGroup begun =
        begin(vg, move(run(0, 0, 5), run(1, 45, 5)), move(run(0, 20, 5), run(1, 70, 5)));
    assertThat(lv(begun, "a").segments()).hasSize(3);
    VolumeGroup ended = PvmoveEdits.end(done(begun, 0, 1), only(begun), true);
    assertThat(lv(ended, "a").segments())
        .containsExactlyElementsOf(inRow(linear(1, 45, 10), linear(1, 70, 5)));
  }

  @Test
  void mergesWhatWasCutForTheMove() {
    VolumeGroup vg = pvs(99, 99, 99).lv("s", striped(run(0, 0, 20), run(1, 0, 20))).build();
    VolumeGroup begun =
        begin(vg, move(run(0, 5, 5), run(2, 50, 5)), move(run(0, 10, 5), run(2, 55, 5)));
    assertThat(lv(begun, "s").segments()).hasSize(4);
    assertThat(lv(PvmoveEdits.end(done(begun, 0, 1), only(begun), true), "s").segments())
        .containsExactlyElementsOf(
            inRow(
                striped(run(0, 0, 5), run(1, 0, 5)),
                striped(run(2, 50, 10), run(1, 5, 10)),
                striped(run(0, 15, 5), run(1, 15, 5))));
    assertThat(PvmoveEdits.end(begun, only(begun), false)).isEqualTo(vg);
  }

  @Test
  void unlocksAVolumeOnlyWhenNoMoveUsesItAnyMore() {
    // LVM2 reads such metadata; neither it nor this library makes them.
    LogicalVolume shared =
        LogicalVolume.builder("a", id("a"))
            .flags(
                StatusFlags.of(
                    StatusFlag.READ, StatusFlag.WRITE, StatusFlag.VISIBLE, StatusFlag.LOCKED))
            .segments(inRow(on("pvmove0", 0, 5), on("somename", 0, 5), linear(1, 60, 5)))
            .build();
    VolumeGroup vg =
        pvs(99, 99)
            .lv(shared)
            .lv(pvmove("pvmove0", run(0, 0, 5), run(1, 50, 5)))
            .lv(pvmove("somename", run(0, 5, 5), run(1, 55, 5)))
            .build();
    VolumeGroup done = vg;
    for (Pvmove move : Pvmove.allOf(vg)) {
      done = PvmoveEdits.pieceDone(done, move, 0);
    }
    Pvmove first = Pvmove.allOf(vg).get(0);
    Pvmove second = Pvmove.allOf(vg).get(1);
    VolumeGroup one = PvmoveEdits.end(done, first, true);
    assertThat(lv(one, "a").isLocked()).isTrue();
    assertThat(lv(one, "a").segments())
        .containsExactlyElementsOf(inRow(linear(1, 50, 5), on("somename", 0, 5), linear(1, 60, 5)));
    VolumeGroup none = PvmoveEdits.end(one, second, true);
    assertThat(none).isEqualTo(pvs(99, 99).lv("a", linear(1, 50, 15)).build());
    assertThat(PvmoveEdits.end(PvmoveEdits.end(done, second, true), first, true)).isEqualTo(none);
  }

  private static LogicalVolume pvmove(String name, PeRange source, PeRange destination) {
    SegmentType mirror =
        new SegmentType.Mirror(
            0L,
            null,
            Sectors.of(4096),
            ImmutableList.of(
                new Area.Physical(source.pv(), source.first()),
                new Area.Physical(destination.pv(), destination.first())));
    return LogicalVolume.builder(name, id(name))
        .flags(
            StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE, StatusFlag.PVMOVE, StatusFlag.LOCKED))
        .segments(ImmutableList.of(Segment.of(0, source.count(), mirror)))
        .build();
  }

  @Test
  void endsOneOfTwoMovesAndLeavesTheOther() {
    VolumeGroup vg = pvs(99, 99).lv("a", linear(0, 0, 5)).lv("b", linear(0, 5, 5)).build();
    VolumeGroup both =
        PvmoveEdits.begin(
            begin(vg, move(run(0, 0, 5), run(1, 0, 5))),
            origin("second"),
            List.of(move(run(0, 5, 5), run(1, 5, 5))),
            false);
    Pvmove first = Pvmove.allOf(both).get(0);
    VolumeGroup one = PvmoveEdits.end(PvmoveEdits.pieceDone(both, first, 0), first, true);
    assertThat(only(one)).isEqualTo(Pvmove.allOf(both).get(1));
    assertThat(lv(one, "a").isLocked()).isFalse();
    assertThat(lv(one, "b")).isEqualTo(lv(both, "b"));
    assertThat(VolumeGroupCheck.check(one)).isEmpty();
    assertThat(PvmoveEdits.end(one, only(one), false))
        .isEqualTo(pvs(99, 99).lv("a", linear(1, 0, 5)).lv("b", linear(0, 5, 5)).build());
  }

  @Test
  void repairsVolumesThatAreNotCutAsThePiecesAre() {
    VolumeGroup begun =
        begin(
            pvs(99, 99, 99).lv("a", linear(0, 0, 10)).build(),
            move(run(0, 0, 4), run(1, 0, 4)),
            move(run(0, 4, 3), run(2, 0, 3)),
            move(run(0, 7, 3), run(1, 4, 3)));
    VolumeGroup uncut =
        withVolume(begun, lv(begun, "a").toBuilder().segments(inRow(on("pvmove0", 0, 10))).build());
    VolumeGroup overcut =
        withVolume(
            begun,
            lv(begun, "a").toBuilder()
                .segments(inRow(on("pvmove0", 0, 2), on("pvmove0", 2, 1), on("pvmove0", 3, 7)))
                .build());
    for (VolumeGroup odd : List.of(uncut, overcut)) {
      assertThat(PvmoveEdits.end(odd, only(odd), false))
          .isEqualTo(pvs(99, 99, 99).lv("a", linear(0, 0, 10)).build());
      assertThat(lv(PvmoveEdits.end(done(odd, 0, 1, 2), only(odd), true), "a").segments())
          .containsExactlyElementsOf(inRow(linear(1, 0, 4), linear(2, 0, 3), linear(1, 4, 3)));
    }
  }

  @Test
  void unlocksVolumesThatWereNeverLocked() {
    VolumeGroup begun = webOnTheMove();
    VolumeGroup unlocked =
        withVolume(begun, lv(begun, "web").toBuilder().flags(lv(WEB, "web").flags()).build());
    assertThat(PvmoveEdits.end(unlocked, only(unlocked), false)).isEqualTo(WEB);
  }

  @Test
  void refusesAVolumeMappedBeyondTheMove() {
    VolumeGroup begun = webOnTheMove();
    VolumeGroup tooLong =
        withVolume(
            begun, lv(begun, "web").toBuilder().segments(inRow(on("pvmove0", 100, 26))).build());
    assertThatExceptionOfType(LvmException.class)
        .isThrownBy(() -> PvmoveEdits.end(tooLong, only(tooLong), true))
        .withMessage(
            "web, extent 0: expected extents of pvmove0, found 26 extents at 100, which it does"
                + " not have");
  }

  @Test
  void refusesUsersThatAreNoStripes() {
    VolumeGroup begun = webOnTheMove();
    SegmentType raid =
        new SegmentType.Raid(
            "raid1",
            ImmutableList.of(new SegmentType.RaidImage(null, new Area.Logical("pvmove0", 0))),
            null,
            null,
            null,
            null,
            null,
            null,
            null);
    VolumeGroup odd =
        withVolume(
            begun,
            lv(begun, "web").toBuilder()
                .segments(ImmutableList.of(Segment.of(0, 125, raid)))
                .build());
    assertThatExceptionOfType(LvmException.class)
        .isThrownBy(() -> PvmoveEdits.end(odd, only(odd), true))
        .withMessage(
            "web, extent 0: expected a linear or striped segment on pvmove0, found 125 extents of"
                + " type raid1");
  }

  @Test
  void refusesAMoveThatIsNotThereOrAnotherOfTheName() {
    VolumeGroup begun = webOnTheMove();
    Pvmove move = only(begun);
    Pvmove other = new Pvmove("pvmove0", id("other"), false, move.pieces());
    assertThatExceptionOfType(LvmException.class)
        .isThrownBy(() -> PvmoveEdits.end(WEB, move, true))
        .withMessage("expected the temporary volume pvmove0 in tank, found none");
    assertThatExceptionOfType(LvmException.class)
        .isThrownBy(() -> PvmoveEdits.end(begun, other, true))
        .withMessage(
            "expected pvmove0 to be %s, found %s: another move".formatted(id("other"), id("move")));
    assertThatExceptionOfType(LvmException.class)
        .isThrownBy(() -> PvmoveEdits.pieceDone(begun, other, 0));
    VolumeGroup notAMove = pvs(9).lv(LogicalVolume.builder("pvmove0", id("move")).build()).build();
    assertThatExceptionOfType(LvmException.class)
        .isThrownBy(() -> PvmoveEdits.pieceDone(notAMove, move, 0))
        .withMessage("expected the temporary volume pvmove0 in tank, found none");
  }

  @Test
  void refusesAPieceThatIsNoMirrorAnyMore() {
    VolumeGroup begun = webOnTheMove();
    Pvmove move = only(begun);
    VolumeGroup changed =
        withVolume(
            begun, lv(begun, "pvmove0").toBuilder().segments(inRow(linear(1, 0, 125))).build());
    assertThatExceptionOfType(LvmException.class)
        .isThrownBy(() -> PvmoveEdits.pieceDone(changed, move, 0))
        .withMessage("pvmove0, segment 1: expected a segment of a move, found type striped");
  }

  @Test
  void keepsAMoveOfTheSameExtentsBackAndForthExact() {
    VolumeGroup there = PvmoveEdits.end(done(webOnTheMove(), 0, 1), only(webOnTheMove()), true);
    VolumeGroup back =
        begin(there, move(run(1, 0, 100), run(0, 0, 100)), move(run(1, 200, 25), run(0, 400, 25)));
    assertThat(PvmoveEdits.end(done(back, 0, 1), only(back), true)).isEqualTo(WEB);
    assertThat(WEB.physicalVolume(pv(0))).isPresent();
  }
}
