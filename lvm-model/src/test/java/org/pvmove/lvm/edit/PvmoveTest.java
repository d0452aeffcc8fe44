// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.edit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.pvmove.lvm.testing.Tank.id;
import static org.pvmove.lvm.testing.Tank.inRow;
import static org.pvmove.lvm.testing.Tank.linear;
import static org.pvmove.lvm.testing.Tank.pv;
import static org.pvmove.lvm.testing.Tank.pvs;
import static org.pvmove.lvm.testing.Tank.run;
import static org.pvmove.lvm.testing.Tank.striped;

import com.google.common.collect.ImmutableList;
import com.google.common.io.Resources;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.Fixtures;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.StatusFlags;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.lvm.text.MetadataText;

/** Moves as they are read from metadata, those that real LVM2 left behind first of all. */
class PvmoveTest {
  private static VolumeGroup byLvm() {
    return MetadataText.parseDisk(Fixtures.metadataText("d3-pvmove")).volumeGroup();
  }

  private static VolumeGroup interrupted(String name) throws IOException {
    return MetadataText.parseDisk(
            Resources.toByteArray(
                Resources.getResource(PvmoveTest.class, "/moves/" + name + ".metadata.txt")))
        .volumeGroup();
  }

  private static PeRange on(VolumeGroup vg, String handle, long first, long count) {
    LvmUuid pv =
        vg.physicalVolumes().stream()
            .filter(candidate -> candidate.handle().equals(handle))
            .findFirst()
            .orElseThrow()
            .id();
    return new PeRange(pv, first, count);
  }

  private static Segment linearOn(PeRange range) {
    return Segment.of(
        0, range.count(), SegmentType.Striped.linear(new Area.Physical(range.pv(), range.first())));
  }

  private static LogicalVolume lv(VolumeGroup vg, String name) {
    return vg.logicalVolume(name).orElseThrow();
  }

  private static VolumeGroup allDone(VolumeGroup vg) {
    Pvmove move = Pvmove.allOf(vg).get(0);
    for (int i = 0; i < move.pieces().size(); i++) {
      vg = PvmoveEdits.pieceDone(vg, move, i);
    }
    return vg;
  }

  @Test
  void readsAMoveThatLvmBegan() {
    VolumeGroup vg = byLvm();
    assertThat(Pvmove.allOf(vg))
        .containsExactly(
            new Pvmove(
                "pvmove0",
                LvmUuid.parse("UNtf0x-OxQA-2OrV-yWFA-Vs1R-TtFl-d5Oo8C"),
                false,
                ImmutableList.of(
                    new Pvmove.Piece(0, on(vg, "pv0", 0, 6), on(vg, "pv2", 0, 6), false),
                    new Pvmove.Piece(6, on(vg, "pv0", 6, 3), on(vg, "pv2", 6, 3), false),
                    new Pvmove.Piece(9, on(vg, "pv0", 9, 4), on(vg, "pv2", 9, 4), false))));
    assertThat(Pvmove.allOf(vg).get(0).extentCount()).isEqualTo(13);
  }

  @Test
  void finishesAMoveThatLvmBegan() {
    VolumeGroup vg = byLvm();
    VolumeGroup finished = PvmoveEdits.end(allDone(vg), Pvmove.allOf(vg).get(0), true);
    assertEnded(finished, on(vg, "pv2", 0, 6), on(vg, "pv2", 6, 3), on(vg, "pv2", 9, 4));
  }

  @Test
  void abortsAMoveThatLvmBegan() {
    VolumeGroup vg = byLvm();
    VolumeGroup aborted = PvmoveEdits.end(vg, Pvmove.allOf(vg).get(0), false);
    assertEnded(aborted, on(vg, "pv0", 0, 6), on(vg, "pv0", 6, 3), on(vg, "pv0", 9, 4));
  }

  private static void assertEnded(VolumeGroup vg, PeRange lin, PeRange two, PeRange image) {
    assertThat(vg.logicalVolumes())
        .extracting(LogicalVolume::name)
        .containsExactly("lin", "two", "mir", "mir_mimage_0", "mir_mimage_1");
    assertThat(vg.logicalVolumes()).noneMatch(LogicalVolume::isLocked);
    assertThat(lv(vg, "lin").segments()).containsExactly(linearOn(lin));
    assertThat(lv(vg, "two").segments()).containsExactly(linearOn(two));
    assertThat(lv(vg, "mir_mimage_0").segments()).containsExactly(linearOn(image));
    assertThat(lv(vg, "mir_mimage_0").flags().status()).containsExactly("READ", "WRITE");
    assertThat(VolumeGroupCheck.check(vg)).isEmpty();
  }

  @Test
  void wouldHaveBegunThatMoveAlike() {
    VolumeGroup vg = byLvm();
    LogicalVolume pvmove = lv(vg, "pvmove0");
    VolumeGroup before = PvmoveEdits.end(vg, Pvmove.allOf(vg).get(0), false);
    List<PvmoveEdits.Move> moves =
        Pvmove.allOf(vg).get(0).pieces().stream()
            .map(piece -> new PvmoveEdits.Move(piece.source(), piece.destination()))
            .toList();
    PvmoveEdits.Origin origin =
        new PvmoveEdits.Origin(
            pvmove.id(), id("unused"), id("unused too"), "vm", pvmove.creationTime());
    assertThat(PvmoveEdits.begin(before, origin, moves, false)).isEqualTo(vg);
  }

  @Test
  void goesOnWhereAPowerCutStoppedLvm() throws IOException {
    VolumeGroup vg = interrupted("plain");
    Pvmove move = Pvmove.allOf(vg).get(0);
    assertThat(move.atomic()).isFalse();
    assertThat(move.pieces())
        .extracting(Pvmove.Piece::done)
        .containsExactly(true, false, false, false);
    VolumeGroup finished = PvmoveEdits.end(allDone(vg), move, true);
    assertThat(VolumeGroupCheck.check(finished)).isEmpty();
    assertThat(lv(finished, "a").segments())
        .containsExactlyElementsOf(inRow(linearOn(on(vg, "pv1", 4, 20))));
    VolumeGroup aborted = PvmoveEdits.end(vg, move, false);
    assertThat(VolumeGroupCheck.check(aborted)).isEmpty();
    assertThat(lv(aborted, "a").segments())
        .containsExactlyElementsOf(
            inRow(linearOn(on(vg, "pv1", 4, 10)), linearOn(on(vg, "pv0", 20, 10))));
  }

  @Test
  void readsAndEndsAnAtomicMoveOfLvm() throws IOException {
    VolumeGroup vg = interrupted("atomic");
    Pvmove move = Pvmove.allOf(vg).get(0);
    assertThat(move.atomic()).isTrue();
    assertThat(move.pieces())
        .containsExactly(
            new Pvmove.Piece(0, on(vg, "pv0", 0, 10), on(vg, "pv1", 4, 10), false),
            new Pvmove.Piece(10, on(vg, "pv0", 20, 10), on(vg, "pv1", 14, 10), false),
            new Pvmove.Piece(20, on(vg, "pv0", 10, 10), on(vg, "pv1", 24, 10), false),
            new Pvmove.Piece(30, on(vg, "pv0", 30, 4), on(vg, "pv2", 0, 4), false));
    VolumeGroup finished = PvmoveEdits.end(vg, move, true);
    assertThat(finished.logicalVolumes())
        .extracting(LogicalVolume::name)
        .containsExactly("a", "b", "s");
    assertThat(lv(finished, "a").segments()).containsExactly(linearOn(on(vg, "pv1", 4, 20)));
    assertThat(lv(finished, "b").segments()).containsExactly(linearOn(on(vg, "pv1", 24, 10)));
    assertThat(VolumeGroupCheck.check(finished)).isEmpty();
    VolumeGroup aborted = PvmoveEdits.end(vg, move, false);
    assertThat(lv(aborted, "a").segments())
        .containsExactlyElementsOf(
            inRow(linearOn(on(vg, "pv0", 0, 10)), linearOn(on(vg, "pv0", 20, 10))));
    assertThat(VolumeGroupCheck.check(aborted)).isEmpty();
  }

  @Test
  void findsNoMoveWhereThereIsNone() {
    assertThat(Pvmove.allOf(pvs(9).lv("pvmove0", linear(0, 0, 5)).build())).isEmpty();
  }

  private static LogicalVolume moveOf(Segment... segments) {
    return LogicalVolume.builder("pvmove0", id("move"))
        .flags(
            StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE, StatusFlag.PVMOVE, StatusFlag.LOCKED))
        .segments(inRow(segments))
        .build();
  }

  private static Segment mirror(@Nullable Long moved, long extents, Area... areas) {
    return Segment.of(
        0,
        extents,
        new SegmentType.Mirror(moved, null, Sectors.of(1024), ImmutableList.copyOf(areas)));
  }

  private static void assertRefused(VolumeGroup vg, String why) {
    assertThatExceptionOfType(LvmException.class)
        .isThrownBy(() -> Pvmove.allOf(vg))
        .withMessageStartingWith("pvmove0")
        .withMessageContaining(why);
  }

  @Test
  void refusesSegmentsOfAnotherForm() {
    Area physical = new Area.Physical(pv(0), 0);
    Area logical = new Area.Logical("pvmove0_mimage_0", 0);
    String mirrors = "expected segments of type mirror with two legs and extents_moved, found";
    assertRefused(pvs(9, 9).lv(moveOf(striped(run(0, 0, 5), run(1, 0, 5)))).build(), mirrors);
    assertRefused(pvs(9, 9).lv(moveOf(mirror(null, 5, physical, physical))).build(), mirrors);
    assertRefused(pvs(9, 9).lv(moveOf(mirror(0L, 5, physical))).build(), mirrors);
    String legs = "expected two legs on physical volumes, or one segment on two images, found";
    assertRefused(pvs(9, 9).lv(moveOf(mirror(0L, 5, physical, logical))).build(), legs);
    assertRefused(
        pvs(9, 9)
            .lv(moveOf(mirror(0L, 5, logical, logical), mirror(0L, 5, logical, logical)))
            .build(),
        legs);
  }

  @Test
  void readsImagesThatAreCutInDifferentPlaces() {
    LogicalVolume move =
        moveOf(
            mirror(
                0L,
                5,
                new Area.Logical("pvmove0_mimage_0", 0),
                new Area.Logical("pvmove0_mimage_1", 0)));
    VolumeGroup vg =
        pvs(9, 9)
            .lv(move)
            .hidden("pvmove0_mimage_0", linear(0, 0, 3), linear(0, 5, 2))
            .hidden("pvmove0_mimage_1", linear(1, 0, 2), linear(1, 5, 3))
            .build();
    assertThat(Pvmove.allOf(vg).get(0).pieces())
        .containsExactly(
            new Pvmove.Piece(0, run(0, 0, 2), run(1, 0, 2), false),
            new Pvmove.Piece(2, run(0, 2, 1), run(1, 5, 1), false),
            new Pvmove.Piece(3, run(0, 5, 2), run(1, 6, 2), false));
  }

  @Test
  void refusesImagesThatDoNotFitTogether() {
    Area from = new Area.Logical("pvmove0_mimage_0", 0);
    Area to = new Area.Logical("pvmove0_mimage_1", 0);
    LogicalVolume move = moveOf(mirror(0L, 5, from, to));
    assertRefused(
        pvs(9, 9).lv(move).hidden("pvmove0_mimage_0", linear(0, 0, 5)).build(),
        "expected an image named \"pvmove0_mimage_1\", found none");
    assertRefused(
        pvs(9, 9)
            .lv(move)
            .hidden("pvmove0_mimage_0", linear(0, 0, 5))
            .hidden("pvmove0_mimage_1", linear(1, 0, 2), linear(1, 5, 2))
            .build(),
        "expected images of equal length, found 5 extents in \"pvmove0_mimage_0\" and 4 in"
            + " \"pvmove0_mimage_1\"");
    assertRefused(
        pvs(9, 9)
            .lv(move)
            .hidden("pvmove0_mimage_0", linear(0, 0, 5))
            .lv("pvmove0_mimage_1", linear(1, 0, 5))
            .build(),
        "expected a hidden volume as image, found \"pvmove0_mimage_1\"");
    assertRefused(
        pvs(9, 9)
            .lv(move)
            .hidden("pvmove0_mimage_0", linear(0, 0, 4))
            .hidden("pvmove0_mimage_1", striped(run(0, 5, 2), run(1, 5, 2)))
            .build(),
        "expected linear segments on physical volumes, found");
    for (LogicalVolume late :
        List.of(
            moveOf(mirror(0L, 3, from, to.advance(2))),
            moveOf(mirror(0L, 3, from.advance(2), to)))) {
      assertRefused(
          pvs(9, 9)
              .lv(late)
              .hidden("pvmove0_mimage_0", linear(0, 0, 5))
              .hidden("pvmove0_mimage_1", linear(1, 0, 5))
              .build(),
          "expected two legs on physical volumes, or one segment on two images, found");
    }
  }
}
