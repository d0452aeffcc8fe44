// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pvmove.examples.map.Picture.Move;
import org.pvmove.examples.map.Picture.Run;
import org.pvmove.examples.map.Picture.Use;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.lvm.testing.Tank;

class PictureTest {
  private static final PvmoveEdits.Origin ORIGIN =
      new PvmoveEdits.Origin(Tank.id("move"), Tank.id("from"), Tank.id("to"), "host", 0);

  private static final VolumeGroup GROUP =
      Tank.pvs(10, 10, 10)
          .lv("home", Tank.linear(0, 0, 3), Tank.linear(0, 5, 2))
          .lv("data", Tank.striped(Tank.run(0, 7, 2), Tank.run(1, 0, 2)))
          .build();

  @Test
  void coversPhysicalVolumesWithUsedAndFreeRuns() {
    Picture picture = Picture.of(GROUP, PictureTest::name);
    assertThat(picture.volumes()).containsExactly("home", "data");
    assertThat(picture.pvs()).extracting(Picture.Pv::name).containsExactly("pv0", "pv1", "pv2");
    assertThat(picture.pvs().get(0).before())
        .containsExactly(used(0, 3, 0), free(3, 2), used(5, 2, 0), used(7, 2, 1), free(9, 1));
    assertThat(picture.pvs().get(1).before()).containsExactly(used(0, 2, 1), free(2, 8));
    assertThat(picture.pvs().get(2).before()).containsExactly(free(0, 10));
    assertThat(picture.pvs()).allMatch(pv -> pv.before().equals(pv.after()));
    assertThat(picture.compares()).isFalse();
    assertThat(picture.moves()).isEmpty();
  }

  @Test
  void numbersWhatMovesByVolumesAndTheirExtents() {
    VolumeGroup after =
        Tank.pvs(10, 10, 10)
            .lv("home", Tank.linear(1, 2, 3), Tank.linear(2, 4, 2))
            .lv("data", Tank.striped(Tank.run(2, 0, 2), Tank.run(1, 0, 2)))
            .build();
    Picture picture = Picture.of(GROUP, after, PictureTest::name);
    assertThat(picture.moves())
        .containsExactly(
            new Move(1, 0, 0, 0, 1, 0, 0, 1, 2, 3),
            new Move(2, 0, 3, 0, 1, 0, 5, 2, 4, 2),
            new Move(3, 1, 0, 0, 2, 0, 7, 2, 0, 2));
    assertThat(picture.pvs().get(0).before())
        .containsExactly(
            moving(0, 3, 0, 1), free(3, 2), moving(5, 2, 0, 2), moving(7, 2, 1, 3), free(9, 1));
    assertThat(picture.pvs().get(0).after()).containsExactly(free(0, 10));
    assertThat(picture.pvs().get(1).after())
        .containsExactly(used(0, 2, 1), moving(2, 3, 0, 1), free(5, 5));
    assertThat(picture.pvs().get(2).after())
        .containsExactly(moving(0, 2, 1, 3), free(2, 2), moving(4, 2, 0, 2), free(6, 4));
  }

  @Test
  void takesWhatStaysTogetherForOneRun() {
    VolumeGroup after =
        Tank.pvs(10, 10, 10)
            .lv("home", Tank.linear(2, 0, 1), Tank.linear(2, 1, 2), Tank.linear(0, 5, 2))
            .lv("data", Tank.striped(Tank.run(0, 7, 2), Tank.run(1, 0, 2)))
            .build();
    assertThat(Picture.of(GROUP, after, PictureTest::name).moves())
        .containsExactly(new Move(1, 0, 0, 0, 1, 0, 0, 2, 0, 3));
  }

  @Test
  void showsVolumesWhereTheirDataCountInAMoveAndWhatItKeepsBesides() {
    VolumeGroup begun = begun(false);
    Pvmove move = Pvmove.allOf(begun).get(0);
    Picture picture =
        Picture.of(PvmoveEdits.piecesDone(begun, move, List.of(1)), PictureTest::name);
    assertThat(picture.volumes()).containsExactly("home", "data");
    assertThat(picture.pvs().get(0).before())
        .containsExactly(used(0, 3, 0), free(3, 2), held(5, 2, 0), used(7, 2, 1), free(9, 1));
    assertThat(picture.pvs().get(2).before())
        .containsExactly(held(0, 3, 0), used(3, 2, 0), free(5, 5));
  }

  @Test
  void showsTheSourceOfAnAtomicMoveAsLongAsItIsInProgress() {
    VolumeGroup begun = begun(true);
    VolumeGroup ended = PvmoveEdits.end(begun, Pvmove.allOf(begun).get(0), true);
    Picture picture = Picture.of(begun, ended, PictureTest::name);
    assertThat(picture.volumes()).containsExactly("home", "data");
    assertThat(picture.pvs().get(2).before()).containsExactly(held(0, 5, 0), free(5, 5));
    assertThat(picture.moves())
        .containsExactly(
            new Move(1, 0, 0, 0, 1, 0, 0, 2, 0, 3), new Move(2, 0, 3, 0, 1, 0, 5, 2, 3, 2));
  }

  @Test
  void showsWhatAMoveKeepsThatNoVolumeUses() {
    VolumeGroup begun = begun(false);
    VolumeGroup orphaned =
        begun.toBuilder()
            .logicalVolumes(
                begun.logicalVolumes().stream().filter(lv -> !lv.name().equals("home")).toList())
            .build();
    assertThat(Picture.of(orphaned, PictureTest::name).pvs().get(2).before())
        .containsExactly(held(0, 5, -1), free(5, 5));
  }

  @Test
  void showsExtentsThatTwoVolumesClaim() {
    VolumeGroup damaged =
        Tank.pvs(10).lv("a", Tank.linear(0, 0, 5)).lv("b", Tank.linear(0, 3, 4)).build();
    assertThat(Picture.of(damaged, PictureTest::name).pvs().get(0).before())
        .containsExactly(
            used(0, 3, 0), new Run(3, 2, Use.CLAIMED_TWICE, -1, 0), used(5, 2, 1), free(7, 3));
  }

  @Test
  void showsNoExtentsBehindTheEndOfAPhysicalVolume() {
    VolumeGroup damaged =
        Tank.pvs(10).lv("a", Tank.linear(0, 8, 5), Tank.linear(0, 100, 5)).build();
    assertThat(Picture.of(damaged, PictureTest::name).pvs().get(0).before())
        .containsExactly(free(0, 8), used(8, 2, 0));
  }

  @Test
  void showsAMoveOfAnUnknownFormLikeAnyOtherVolume() {
    VolumeGroup begun = begun(false);
    VolumeGroup odd =
        begun.toBuilder()
            .logicalVolumes(
                begun.logicalVolumes().stream()
                    .map(
                        lv ->
                            lv.isPvmove()
                                ? lv.toBuilder().segments(Tank.inRow(Tank.linear(2, 0, 5))).build()
                                : lv)
                    .toList())
            .build();
    Picture picture = Picture.of(odd, PictureTest::name);
    assertThat(picture.volumes()).containsExactly("data", "pvmove0");
    assertThat(picture.pvs().get(2).before()).containsExactly(used(0, 5, 1), free(5, 5));
  }

  /** "home" on its way to the third physical volume. */
  private static VolumeGroup begun(boolean atomic) {
    ImmutableList<PvmoveEdits.Move> moves =
        ImmutableList.of(
            new PvmoveEdits.Move(Tank.run(0, 0, 3), Tank.run(2, 0, 3)),
            new PvmoveEdits.Move(Tank.run(0, 5, 2), Tank.run(2, 3, 2)));
    return PvmoveEdits.begin(GROUP, ORIGIN, moves, atomic);
  }

  private static String name(LvmUuid pv) {
    return pv.value().substring(0, 3);
  }

  private static Run used(long first, long count, int volume) {
    return new Run(first, count, Use.USED, volume, 0);
  }

  private static Run moving(long first, long count, int volume, int move) {
    return new Run(first, count, Use.USED, volume, move);
  }

  private static Run held(long first, long count, int volume) {
    return new Run(first, count, Use.HELD, volume, 0);
  }

  private static Run free(long first, long count) {
    return new Run(first, count, Use.FREE, -1, 0);
  }
}
