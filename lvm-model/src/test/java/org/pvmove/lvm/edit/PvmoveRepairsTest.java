// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.edit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.pvmove.lvm.testing.Tank.id;
import static org.pvmove.lvm.testing.Tank.inRow;
import static org.pvmove.lvm.testing.Tank.linear;
import static org.pvmove.lvm.testing.Tank.on;
import static org.pvmove.lvm.testing.Tank.pvs;
import static org.pvmove.lvm.testing.Tank.run;
import static org.pvmove.lvm.testing.Tank.striped;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.StatusFlags;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.PvmoveEdits.Move;

/**
 * The states of interrupted moves that LVM2 cannot leave by itself, one by one; they are written as
 * LVM2 writes them.
 */
class PvmoveRepairsTest {
  private static final VolumeGroup TANK =
      pvs(500, 500, 500)
          .lv("web", linear(0, 0, 100), linear(0, 400, 25))
          .lv("db", striped(run(0, 200, 30), run(1, 0, 30)))
          .build();

  private static final List<Move> MOVES =
      List.of(
          new Move(run(0, 0, 100), run(2, 0, 100)),
          new Move(run(0, 400, 25), run(2, 100, 25)),
          new Move(run(0, 200, 30), run(2, 125, 30)));

  private static VolumeGroup begun(boolean atomic) {
    return PvmoveEdits.begin(
        TANK,
        new PvmoveEdits.Origin(id("move"), id("from"), id("to"), "node1", 1_700_000_500),
        MOVES,
        atomic);
  }

  private static VolumeGroup change(
      VolumeGroup vg, String name, UnaryOperator<LogicalVolume.Builder> change) {
    LogicalVolume lv = vg.logicalVolume(name).orElseThrow();
    return vg.withLogicalVolumes(List.of(change.apply(lv.toBuilder()).build()));
  }

  private static VolumeGroup without(VolumeGroup vg, String... names) {
    return vg.toBuilder()
        .logicalVolumes(
            vg.logicalVolumes().stream().filter(lv -> !List.of(names).contains(lv.name())).toList())
        .build();
  }

  private static VolumeGroup with(VolumeGroup vg, LogicalVolume lv) {
    List<LogicalVolume> all = new ArrayList<>(vg.logicalVolumes());
    all.add(lv);
    return vg.toBuilder().logicalVolumes(all).build();
  }

  private static final StatusFlags VISIBLE =
      StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE, StatusFlag.VISIBLE);

  private static Segment error(long extents) {
    return Segment.of(0, extents, new SegmentType.ErrorTarget());
  }

  /** Checks that the repair says so, is sound and needed once. */
  private static VolumeGroup repaired(VolumeGroup vg, String... repairs) {
    PvmoveRepairs.Repaired repaired = PvmoveRepairs.repair(vg);
    assertThat(repaired.repairs()).containsExactly(repairs);
    PvmoveEditsPropertyTest.assertSound(repaired.volumeGroup());
    assertThat(PvmoveRepairs.repair(repaired.volumeGroup()))
        .isEqualTo(new PvmoveRepairs.Repaired(repaired.volumeGroup(), ImmutableList.of()));
    return repaired.volumeGroup();
  }

  private static VolumeGroup finished() {
    VolumeGroup vg = begun(false);
    for (int i = 0; i < MOVES.size(); i++) {
      vg = PvmoveEdits.pieceDone(vg, Pvmove.allOf(vg).get(0), i);
    }
    return PvmoveEdits.end(vg, Pvmove.allOf(vg).get(0), true);
  }

  @Test
  void leavesAVolumeGroupAloneThatNeedsNoRepair() {
    assertThat(repaired(TANK)).isSameAs(TANK);
    assertThat(repaired(begun(false))).isEqualTo(begun(false));
    assertThat(repaired(begun(true))).isEqualTo(begun(true));
  }

  @Test
  void removesWhatIsLeftBetweenTheLastTwoCommitsOfAMove() {
    VolumeGroup old =
        with(
            finished(),
            LogicalVolume.builder("pvmove0", id("move"))
                .flags(StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE))
                .segments(List.of(error(1)))
                .build());
    VolumeGroup recent =
        with(
            finished(),
            LogicalVolume.builder("pvmove0", id("move"))
                .flags(VISIBLE)
                .segments(List.of(error(155)))
                .build());

    String repair = "pvmove0 was left over from a move; it is removed";
    assertThat(repaired(old, repair)).isEqualTo(finished());
    assertThat(repaired(recent, repair)).isEqualTo(finished());
  }

  @Test
  void removesWhatIsLeftOfAnAtomicMove() {
    VolumeGroup vg = finished();
    for (String name : List.of("pvmove0", "pvmove0_mimage_0", "pvmove0_mimage_1")) {
      vg =
          with(
              vg,
              LogicalVolume.builder(name, id(name))
                  .flags(VISIBLE)
                  .segments(List.of(error(155)))
                  .build());
    }

    assertThat(
            repaired(
                vg,
                "pvmove0 was left over from a move; it is removed",
                "pvmove0_mimage_0 was left over from a move; it is removed",
                "pvmove0_mimage_1 was left over from a move; it is removed"))
        .isEqualTo(finished());
  }

  /** The temporary volume plain over a leg of the move; the legs beside it. */
  private static VolumeGroup halfEnded(int leg) {
    VolumeGroup vg = begun(true);
    ImmutableList<Segment> place =
        vg.logicalVolume("pvmove0_mimage_" + leg).orElseThrow().segments();
    vg = change(vg, "pvmove0", lv -> lv.segments(place));
    vg = change(vg, "pvmove0_mimage_" + (1 - leg), lv -> lv.flags(VISIBLE));
    return change(
        vg, "pvmove0_mimage_" + leg, lv -> lv.flags(VISIBLE).segments(List.of(error(155))));
  }

  @Test
  void endsAnAtomicMoveThatOlderLvmHadBegunToFinish() {
    String repair =
        "pvmove0 was interrupted while it ended; what it had moved has its last place now";

    assertThat(repaired(halfEnded(1), repair)).isEqualTo(finished());
    assertThat(repaired(without(halfEnded(1), "pvmove0_mimage_0"), repair)).isEqualTo(finished());
    assertThat(repaired(without(halfEnded(1), "pvmove0_mimage_0", "pvmove0_mimage_1"), repair))
        .isEqualTo(finished());
  }

  @Test
  void endsAnAtomicMoveThatOlderLvmHadBegunToAbort() {
    assertThat(
            repaired(
                halfEnded(0),
                "pvmove0 was interrupted while it ended; what it had moved has its last place now"))
        .isEqualTo(TANK);
  }

  @Test
  void takesBackTheSourceImageThatSomebodyBeganToMoveForAVolumeOfItsOwn() {
    VolumeGroup vg = halfEnded(1);
    VolumeGroup movedOn =
        PvmoveEdits.begin(
            vg,
            new PvmoveEdits.Origin(id("again"), id("a"), id("b"), "node1", 1_700_000_600),
            List.of(new Move(run(0, 0, 100), run(1, 100, 100))),
            false);
    assertThat(movedOn.logicalVolume("pvmove0_mimage_0").orElseThrow().isLocked()).isTrue();

    assertThat(
            repaired(
                movedOn,
                "pvmove0 was interrupted while it ended; what it had moved has its last place now",
                "pvmove1 was used by no volume any more; it is removed"))
        .isEqualTo(finished());
  }

  @Test
  void settlesThePiecesThatHaveOnePlaceOnlyAndKeepsMovingTheOthers() {
    VolumeGroup vg = begun(false);
    List<Segment> segments = new ArrayList<>(vg.logicalVolume("pvmove0").orElseThrow().segments());
    segments.set(
        0, segments.get(0).with(SegmentType.Striped.linear(segments.get(0).areas().get(1))));

    VolumeGroup now =
        repaired(
            change(vg, "pvmove0", lv -> lv.segments(segments)),
            "pvmove0 was interrupted while it ended; what it had moved has its last place now");

    assertThat(now.logicalVolume("web").orElseThrow().segments())
        .isEqualTo(inRow(linear(2, 0, 100), on("pvmove0", 0, 25)));
    assertThat(now.logicalVolume("web").orElseThrow().isLocked()).isTrue();
    Pvmove move = Pvmove.allOf(now).get(0);
    assertThat(move.pieces())
        .containsExactly(
            new Pvmove.Piece(0, run(0, 400, 25), run(2, 100, 25), false),
            new Pvmove.Piece(25, run(0, 200, 30), run(2, 125, 30), false));
    VolumeGroup aborted = PvmoveEdits.end(now, move, false);
    assertThat(aborted.logicalVolume("web").orElseThrow().segments())
        .isEqualTo(inRow(linear(2, 0, 100), linear(0, 400, 25)));
    assertThat(aborted.logicalVolume("db")).isEqualTo(TANK.logicalVolume("db"));
  }

  @Test
  void removesAMoveThatNoVolumeUses() {
    for (boolean atomic : new boolean[] {false, true}) {
      assertThat(
              repaired(
                  without(begun(atomic), "web", "db"),
                  "pvmove0 was used by no volume any more; it is removed"))
          .isEqualTo(without(TANK, "web", "db"));
    }
  }

  @Test
  void removesATemporaryVolumeWithoutSegments() {
    assertThat(
            repaired(
                change(without(begun(false), "web", "db"), "pvmove0", lv -> lv.segments(List.of())),
                "pvmove0 was used by no volume any more; it is removed"))
        .isEqualTo(without(TANK, "web", "db"));
  }

  @Test
  void cutsVolumesWhereThePiecesEnd() {
    VolumeGroup uncut =
        change(begun(false), "web", lv -> lv.segments(inRow(on("pvmove0", 0, 125))));

    assertThat(
            repaired(uncut, "the volumes on a move's volume were not cut as it is; they are now"))
        .isEqualTo(begun(false));
  }

  @Test
  void cutsPiecesWhereTheVolumesEnd() {
    for (long moved : new long[] {0, 125}) {
      VolumeGroup merged =
          PvmoveEdits.begin(
              pvs(500, 500, 500).lv("a", linear(0, 0, 100)).lv("b", linear(0, 100, 25)).build(),
              new PvmoveEdits.Origin(id("move"), id("from"), id("to"), "node1", 1_700_000_500),
              List.of(
                  new Move(run(0, 0, 100), run(2, 0, 100)),
                  new Move(run(0, 100, 25), run(2, 100, 25))),
              false);
      SegmentType.Mirror mirror =
          (SegmentType.Mirror)
              merged.logicalVolume("pvmove0").orElseThrow().segments().get(0).type();
      VolumeGroup found =
          change(
              merged,
              "pvmove0",
              lv -> lv.segments(List.of(Segment.of(0, 125, mirror.withExtentsMoved(moved)))));

      VolumeGroup now =
          repaired(found, "the volumes on a move's volume were not cut as it is; they are now");

      assertThat(Pvmove.allOf(now).get(0).pieces())
          .containsExactly(
              new Pvmove.Piece(0, run(0, 0, 100), run(2, 0, 100), moved > 0),
              new Pvmove.Piece(100, run(0, 100, 25), run(2, 100, 25), moved > 0));
    }
  }

  @Test
  void cutsTheImagesOfAnAtomicMoveWhereTheVolumesEnd() {
    // As LVM2 merges segments that continue each other.
    VolumeGroup merged =
        change(begun(true), "pvmove0_mimage_1", lv -> lv.segments(List.of(linear(2, 0, 155))));

    assertThat(
            repaired(merged, "the volumes on a move's volume were not cut as it is; they are now"))
        .isEqualTo(begun(true));
  }

  @Test
  void locksWhatIsBeingMoved() {
    String repair = "a volume that is being moved was not locked; it is now";
    StatusFlags unlocked = StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE, StatusFlag.PVMOVE);

    assertThat(repaired(change(begun(false), "web", lv -> lv.flags(VISIBLE)), repair))
        .isEqualTo(begun(false));
    assertThat(repaired(change(begun(true), "pvmove0", lv -> lv.flags(unlocked)), repair))
        .isEqualTo(begun(true));
  }

  @Test
  void takesPiecesForNotMovedThatDoNotSaySo() {
    VolumeGroup vg = begun(false);
    List<Segment> segments = new ArrayList<>(vg.logicalVolume("pvmove0").orElseThrow().segments());
    SegmentType.Mirror mirror = (SegmentType.Mirror) segments.get(0).type();
    segments.set(0, segments.get(0).with(mirror.withExtentsMoved(99)));
    segments.set(
        1,
        segments
            .get(1)
            .with(
                new SegmentType.Mirror(null, null, mirror.regionSize(), segments.get(1).areas())));

    assertThat(
            repaired(
                change(vg, "pvmove0", lv -> lv.segments(segments)),
                "pvmove0 did not say of each piece whether it is moved; it counts as not moved"))
        .isEqualTo(vg);
  }

  @Test
  void readsTheInnerOfTwoMovesFirst() {
    // LVM2 lets the destination of an atomic move be moved, as if it were a volume of its own.
    VolumeGroup outer = begun(true);
    LogicalVolume image = outer.logicalVolume("pvmove0_mimage_1").orElseThrow();
    VolumeGroup stacked =
        with(
            change(
                outer,
                image.name(),
                lv ->
                    lv.flags(lv.build().flags().with(StatusFlag.LOCKED))
                        .segments(
                            inRow(on("pvmove1", 0, 100), linear(2, 100, 25), linear(2, 125, 30)))),
            LogicalVolume.builder("pvmove1", id("inner"))
                .flags(
                    StatusFlags.of(
                        StatusFlag.READ, StatusFlag.WRITE, StatusFlag.PVMOVE, StatusFlag.LOCKED))
                .segments(
                    List.of(
                        Segment.of(
                            0,
                            100,
                            ((SegmentType.Mirror)
                                    outer
                                        .logicalVolume("pvmove0")
                                        .orElseThrow()
                                        .segments()
                                        .get(0)
                                        .type())
                                .withAreas(ImmutableList.of(area(2, 0), area(1, 100))))))
                .build());

    VolumeGroup vg = repaired(stacked);

    assertThat(Pvmove.allOf(vg)).extracting(Pvmove::name).containsExactly("pvmove1");
    VolumeGroup innerAborted = PvmoveEdits.end(vg, Pvmove.allOf(vg).get(0), false);
    assertThat(innerAborted).isEqualTo(outer);
    Pvmove inner = Pvmove.allOf(vg).get(0);
    VolumeGroup innerDone = PvmoveEdits.end(PvmoveEdits.pieceDone(vg, inner, 0), inner, true);
    assertThat(Pvmove.allOf(innerDone).get(0).pieces().get(0))
        .isEqualTo(new Pvmove.Piece(0, run(0, 0, 100), run(1, 100, 100), false));
    PvmoveEditsPropertyTest.assertSound(innerDone);
    assertThat(PvmoveEdits.end(innerDone, Pvmove.allOf(innerDone).get(0), false)).isEqualTo(TANK);
  }

  private static Area area(int pv, long extent) {
    return new Area.Physical(run(pv, extent, 1).pv(), extent);
  }

  @Test
  void doesNotTakeVolumesOfUsersForImages() {
    // Ending such a move would remove the volumes.
    VolumeGroup vg = change(begun(true), "pvmove0_mimage_1", lv -> lv.flags(VISIBLE));

    assertThatExceptionOfType(LvmException.class)
        .isThrownBy(() -> Pvmove.allOf(vg))
        .withMessage(
            "pvmove0: expected a hidden volume as image, found \"pvmove0_mimage_1\", which is a"
                + " volume of its own");
    assertThat(PvmoveRepairs.repair(without(vg, "web", "db")).volumeGroup().logicalVolumes())
        .extracting(LogicalVolume::name)
        .containsExactly("pvmove0_mimage_1");
  }
}
