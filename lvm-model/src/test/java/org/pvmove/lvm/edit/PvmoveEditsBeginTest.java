// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.edit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.tuple;
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
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.HistoricalLogicalVolume;
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
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.lvm.text.MetadataText;

/** What the metadata look like once a move has begun. */
class PvmoveEditsBeginTest {
  private static final PvmoveEdits.Origin ORIGIN =
      new PvmoveEdits.Origin(id("move"), id("from"), id("to"), "node1", 1_700_000_500);

  private static Move move(PeRange source, PeRange destination) {
    return new Move(source, destination);
  }

  private static VolumeGroup begin(VolumeGroup vg, Move... moves) {
    return PvmoveEdits.begin(vg, ORIGIN, List.of(moves), false);
  }

  private static VolumeGroup beginAtomic(VolumeGroup vg, Move... moves) {
    return PvmoveEdits.begin(vg, ORIGIN, List.of(moves), true);
  }

  private static LogicalVolume lv(VolumeGroup vg, String name) {
    return vg.logicalVolume(name).orElseThrow();
  }

  private static Segment mirror(PeRange source, PeRange destination, long regionSize) {
    return Segment.of(
        0,
        source.count(),
        new SegmentType.Mirror(
            0L,
            null,
            Sectors.of(regionSize),
            ImmutableList.of(
                new Area.Physical(source.pv(), source.first()),
                new Area.Physical(destination.pv(), destination.first()))));
  }

  private static String printedVolumes(VolumeGroup vg) {
    String text = new MetadataText(vg, MetadataHeader.of("test", "node1", 0)).toString();
    int from = text.indexOf("logical_volumes {");
    return text.substring(from, text.indexOf("\n}\n\n}", from)).replaceAll("\\s+", " ");
  }

  /** The two volumes of LVM2's documentation of a move: two linear segments and a stripe. */
  private static VolumeGroup webAndDb() {
    return pvs(500, 200, 300)
        .lv(
            LogicalVolume.builder("web", id("web"))
                .creationTime(1_700_000_000L)
                .creationHost("node1")
                .segments(inRow(linear(0, 0, 100), linear(0, 400, 25)))
                .build())
        .lv("db", striped(run(0, 200, 30), run(1, 0, 30)))
        .build();
  }

  private static final Move[] WEB_AND_DB = {
    move(run(0, 0, 100), run(2, 0, 100)),
    move(run(0, 400, 25), run(2, 100, 25)),
    move(run(0, 200, 30), run(2, 125, 30))
  };

  private static final String LOCKED_PARENTS =
      """
      logical_volumes {
      web {
      id = "WEB"
      status = ["READ", "WRITE", "VISIBLE", "LOCKED"]
      flags = []
      creation_time = 1700000000
      creation_host = "node1"
      segment_count = 2
      segment1 {
      start_extent = 0
      extent_count = 100
      type = "striped"
      stripe_count = 1
      stripes = [ "pvmove0", 0 ]
      }
      segment2 {
      start_extent = 100
      extent_count = 25
      type = "striped"
      stripe_count = 1
      stripes = [ "pvmove0", 100 ]
      }
      }
      db {
      id = "DB"
      status = ["READ", "WRITE", "VISIBLE", "LOCKED"]
      flags = []
      segment_count = 1
      segment1 {
      start_extent = 0
      extent_count = 60
      type = "striped"
      stripe_count = 2
      stripe_size = 128
      stripes = [ "pvmove0", 125, "pv1", 0 ]
      }
      }
      pvmove0 {
      id = "MOVE"
      status = ["READ", "WRITE", "PVMOVE", "LOCKED"]
      flags = []
      creation_time = 1700000500
      creation_host = "node1"
      allocation_policy = "contiguous"
      """;

  private static String text(String... parts) {
    return String.join("", parts)
        .replace("WEB", id("web").toString())
        .replace("DB", id("db").toString())
        .replace("MOVE0", id("from").toString())
        .replace("MOVE1", id("to").toString())
        .replace("\"MOVE\"", "\"" + id("move") + "\"")
        .strip()
        .replaceAll("\\s+", " ");
  }

  @Test
  void looksLikeAMoveOfLvm() {
    VolumeGroup begun = begin(webAndDb(), WEB_AND_DB);
    VolumeGroup oneDone = PvmoveEdits.pieceDone(begun, Pvmove.allOf(begun).get(0), 0);
    assertThat(printedVolumes(oneDone))
        .isEqualTo(
            text(
                LOCKED_PARENTS,
                """
                segment_count = 3
                segment1 {
                start_extent = 0
                extent_count = 100
                type = "mirror"
                mirror_count = 2
                extents_moved = 100
                region_size = 4096
                mirrors = [ "pv0", 0, "pv2", 0 ]
                }
                segment2 {
                start_extent = 100
                extent_count = 25
                type = "mirror"
                mirror_count = 2
                extents_moved = 0
                region_size = 4096
                mirrors = [ "pv0", 400, "pv2", 100 ]
                }
                segment3 {
                start_extent = 125
                extent_count = 30
                type = "mirror"
                mirror_count = 2
                extents_moved = 0
                region_size = 4096
                mirrors = [ "pv0", 200, "pv2", 125 ]
                }
                }
                """));
    assertThat(VolumeGroupCheck.check(oneDone)).isEmpty();
  }

  @Test
  void looksLikeAnAtomicMoveOfLvm() {
    VolumeGroup begun = beginAtomic(webAndDb(), WEB_AND_DB);
    assertThat(printedVolumes(begun))
        .isEqualTo(
            text(
                LOCKED_PARENTS,
                """
                segment_count = 1
                segment1 {
                start_extent = 0
                extent_count = 155
                type = "mirror"
                mirror_count = 2
                extents_moved = 0
                region_size = 4096
                mirrors = [ "pvmove0_mimage_0", 0, "pvmove0_mimage_1", 0 ]
                }
                }
                """,
                image("pvmove0_mimage_0", "MOVE0", "pv0", 0, 400, 200),
                image("pvmove0_mimage_1", "MOVE1", "pv2", 0, 100, 125)));
    assertThat(VolumeGroupCheck.check(begun)).isEmpty();
  }

  private static String image(String name, String id, String pv, int first, int second, int third) {
    return """
        %s {
        id = "%s"
        status = ["READ", "WRITE"]
        flags = []
        creation_time = 1700000500
        creation_host = "node1"
        segment_count = 3
        segment1 {
        start_extent = 0
        extent_count = 100
        type = "striped"
        stripe_count = 1
        stripes = [ "%s", %d ]
        }
        segment2 {
        start_extent = 100
        extent_count = 25
        type = "striped"
        stripe_count = 1
        stripes = [ "%s", %d ]
        }
        segment3 {
        start_extent = 125
        extent_count = 30
        type = "striped"
        stripe_count = 1
        stripes = [ "%s", %d ]
        }
        }
        """
        .formatted(name, id, pv, first, pv, second, pv, third);
  }

  @Test
  void leavesEverythingElseAndTheVersionAsTheyAre() {
    VolumeGroup vg = webAndDb();
    VolumeGroup begun = begin(vg, WEB_AND_DB[2]);
    assertThat(lv(begun, "web")).isEqualTo(lv(vg, "web"));
    assertThat(begun.toBuilder().logicalVolumes(vg.logicalVolumes()).build()).isEqualTo(vg);
  }

  @ParameterizedTest
  @CsvSource({
    // extent size in sectors, extents moved, region size in sectors
    "8192, 100, 4096",
    "8192, 1, 4096",
    "4096, 1, 4096",
    "2048, 1, 2048",
    "2048, 2, 4096",
    "1, 1, 1",
    "1, 3, 2",
    "768, 3, 2048",
    "768, 5, 2048",
    "768, 6, 4096"
  })
  void takesRegionsNotLargerThanTheTemporaryVolume(long extent, long extents, long region) {
    VolumeGroup vg = pvs(100, 100).extentSectors(extent).lv("a", linear(0, 0, extents)).build();
    VolumeGroup begun = begin(vg, move(run(0, 0, extents), run(1, 0, extents)));
    assertThat(lv(begun, "pvmove0").segments())
        .containsExactly(mirror(run(0, 0, extents), run(1, 0, extents), region));
    VolumeGroup atomic = beginAtomic(vg, move(run(0, 0, extents), run(1, 0, extents)));
    assertThat(((SegmentType.Mirror) lv(atomic, "pvmove0").segments().get(0).type()).regionSize())
        .isEqualTo(Sectors.of(region));
  }

  @Test
  void takesOneRegionSizeForAllSegments() {
    VolumeGroup vg =
        pvs(100, 100).extentSectors(1024).lv("a", linear(0, 0, 1), linear(0, 9, 3)).build();
    VolumeGroup begun =
        begin(vg, move(run(0, 0, 1), run(1, 0, 1)), move(run(0, 9, 3), run(1, 9, 3)));
    assertThat(lv(begun, "pvmove0").segments())
        .containsExactlyElementsOf(
            inRow(
                mirror(run(0, 0, 1), run(1, 0, 1), 4096),
                mirror(run(0, 9, 3), run(1, 9, 3), 4096)));
  }

  @Test
  void cutsVolumesSoThatEveryAreaIsOneWholeRun() {
    VolumeGroup vg = pvs(100, 100).lv("a", linear(0, 10, 20)).build();
    VolumeGroup begun =
        begin(vg, move(run(0, 20, 5), run(1, 50, 5)), move(run(0, 15, 5), run(1, 0, 5)));
    assertThat(lv(begun, "a").segments())
        .containsExactlyElementsOf(
            inRow(linear(0, 10, 5), on("pvmove0", 5, 5), on("pvmove0", 0, 5), linear(0, 25, 5)));
    assertThat(VolumeGroupCheck.check(begun)).isEmpty();
  }

  @Test
  void cutsStripedVolumesAcrossAllStripes() {
    VolumeGroup vg = pvs(100, 100, 100).lv("s", striped(run(0, 0, 10), run(1, 0, 10))).build();
    VolumeGroup begun =
        begin(vg, move(run(0, 0, 4), run(2, 0, 4)), move(run(1, 4, 6), run(2, 4, 6)));
    assertThat(lv(begun, "s").segments())
        .extracting(Segment::firstExtent, Segment::extentCount, Segment::areas)
        .containsExactly(
            tuple(
                0L,
                8L,
                ImmutableList.of(new Area.Logical("pvmove0", 0), new Area.Physical(pv(1), 0))),
            tuple(
                8L,
                12L,
                ImmutableList.of(new Area.Physical(pv(0), 4), new Area.Logical("pvmove0", 4))));
    assertThat(VolumeGroupCheck.check(begun)).isEmpty();
  }

  @Test
  void movesBothStripesWhereBothAreOnTheSource() {
    VolumeGroup vg = pvs(100, 100).lv("s", striped(run(0, 0, 10), run(0, 50, 10))).build();
    VolumeGroup begun =
        begin(vg, move(run(0, 0, 10), run(1, 0, 10)), move(run(0, 50, 10), run(1, 10, 10)));
    assertThat(lv(begun, "s").segments())
        .singleElement()
        .extracting(Segment::areas)
        .isEqualTo(
            ImmutableList.of(new Area.Logical("pvmove0", 0), new Area.Logical("pvmove0", 10)));
  }

  @Test
  void copiesInTheOrderAskedFor() {
    VolumeGroup vg = pvs(100, 100).lv("a", linear(0, 0, 5), linear(0, 10, 5)).build();
    VolumeGroup begun =
        begin(vg, move(run(0, 10, 5), run(1, 0, 5)), move(run(0, 0, 5), run(1, 5, 5)));
    assertThat(Pvmove.allOf(begun))
        .containsExactly(
            new Pvmove(
                "pvmove0",
                id("move"),
                false,
                ImmutableList.of(
                    new Pvmove.Piece(0, run(0, 10, 5), run(1, 0, 5), false),
                    new Pvmove.Piece(5, run(0, 0, 5), run(1, 5, 5), false))));
    assertThat(lv(begun, "a").segments())
        .containsExactlyElementsOf(inRow(on("pvmove0", 5, 5), on("pvmove0", 0, 5)));
  }

  @Test
  void movesARunAcrossNeighboursThatLvmReadsAsOne() {
    VolumeGroup vg = pvs(100, 100).lv("a", linear(0, 0, 5), linear(0, 5, 5)).build();
    VolumeGroup begun = begin(vg, move(run(0, 2, 6), run(1, 0, 6)));
    assertThat(lv(begun, "a").segments())
        .containsExactlyElementsOf(inRow(linear(0, 0, 2), on("pvmove0", 0, 6), linear(0, 8, 2)));
  }

  @Test
  void movesWithinOnePhysicalVolume() {
    VolumeGroup vg = pvs(100).lv("a", linear(0, 0, 5)).build();
    VolumeGroup begun = begin(vg, move(run(0, 0, 5), run(0, 5, 5)));
    assertThat(lv(begun, "pvmove0").segments())
        .containsExactly(mirror(run(0, 0, 5), run(0, 5, 5), 4096));
  }

  @Test
  void locksAPartOfAStackAndNotItsTop() {
    SegmentType top =
        new SegmentType.Mirror(
            null,
            null,
            Sectors.of(1024),
            ImmutableList.of(new Area.Logical("m_mimage_0", 0), new Area.Logical("m_mimage_1", 0)));
    VolumeGroup vg =
        pvs(100, 100, 100)
            .lv("m", Segment.of(0, 5, top))
            .hidden("m_mimage_0", linear(0, 0, 5))
            .hidden("m_mimage_1", linear(1, 0, 5))
            .build();
    VolumeGroup begun = begin(vg, move(run(0, 0, 5), run(2, 0, 5)));
    assertThat(lv(begun, "m")).isEqualTo(lv(vg, "m"));
    assertThat(lv(begun, "m_mimage_0").flags().status()).containsExactly("READ", "WRITE", "LOCKED");
    assertThat(lv(begun, "m_mimage_1")).isEqualTo(lv(vg, "m_mimage_1"));
    assertThat(VolumeGroupCheck.check(begun)).isEmpty();
  }

  @Test
  void putsTheTemporaryVolumesLast() {
    VolumeGroup begun = beginAtomic(webAndDb(), WEB_AND_DB);
    assertThat(begun.logicalVolumes())
        .extracting(LogicalVolume::name)
        .containsExactly("web", "db", "pvmove0", "pvmove0_mimage_0", "pvmove0_mimage_1");
  }

  @Test
  void keepsTheFlagsOfAVolumeInLvmsOrder() {
    VolumeGroup vg =
        pvs(9, 9)
            .lv(
                LogicalVolume.builder("a", id("a"))
                    .flags(
                        StatusFlags.of(
                            StatusFlag.READ,
                            StatusFlag.FIXED_MINOR,
                            StatusFlag.VISIBLE,
                            StatusFlag.ACTIVATION_SKIP))
                    .minor(7L)
                    .segments(inRow(linear(0, 0, 3)))
                    .build())
            .build();
    LogicalVolume locked = lv(begin(vg, move(run(0, 0, 3), run(1, 0, 3))), "a");
    assertThat(locked.flags().status()).containsExactly("READ", "FIXED_MINOR", "VISIBLE", "LOCKED");
    assertThat(locked.flags().compatible()).containsExactly("ACTIVATION_SKIP");
  }

  @Test
  void runsSeveralMovesSideBySide() {
    VolumeGroup first = begin(webAndDb(), WEB_AND_DB[0], WEB_AND_DB[1]);
    VolumeGroup both =
        PvmoveEdits.begin(
            first,
            new PvmoveEdits.Origin(id("2nd"), id("2f"), id("2t"), "node1", 0),
            List.of(WEB_AND_DB[2]),
            true);
    assertThat(Pvmove.allOf(both)).extracting(Pvmove::name).containsExactly("pvmove0", "pvmove1");
    assertThat(Pvmove.allOf(both)).extracting(Pvmove::atomic).containsExactly(false, true);
    assertThat(Pvmove.allOf(both)).extracting(Pvmove::extentCount).containsExactly(125L, 30L);
    assertThat(VolumeGroupCheck.check(both)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "a, pvmove0",
    "pvmove0, pvmove1",
    "pvmove7, pvmove8",
    // As LVM2 counts: whatever stands behind the number, and zeros before it.
    "pvmove3_mimage_1, pvmove4",
    "pvmove007, pvmove8",
    "pvmove, pvmove0",
    "pvmovex9, pvmove0",
    "my_pvmove4, pvmove0",
    "pvmove999999999, pvmove1000000000",
    "pvmove2147483647, pvmove2147483648",
    "pvmove99999999999999999999, pvmove0"
  })
  void takesTheNumberBehindTheHighestInUse(String taken, String next) {
    VolumeGroup vg = pvs(9).lv(taken, linear(0, 0, 1)).lv("z", linear(0, 1, 1)).build();
    assertThat(PvmoveEdits.nextName(vg)).isEqualTo(next);
  }

  @Test
  void countsTheNumbersOfRemovedVolumesToo() {
    VolumeGroup vg =
        pvs(9).lv("pvmove2", linear(0, 0, 1)).build().toBuilder()
            .historicalLogicalVolumes(
                List.of(
                    HistoricalLogicalVolume.builder("pvmove4", id("h")).build(),
                    HistoricalLogicalVolume.builder("h0", id("i")).statedName("pvmove5").build()))
            .build();
    assertThat(PvmoveEdits.nextName(vg)).isEqualTo("pvmove6");
  }

  @Test
  void drawsNewIdentities() {
    PvmoveEdits.Origin origin = PvmoveEdits.Origin.random(new Random(3), "node1", 1_700_000_500);
    assertThat(List.of(origin.id(), origin.sourceImageId(), origin.destinationImageId()))
        .doesNotHaveDuplicates();
    assertThat(origin.host()).isEqualTo("node1");
    assertThat(origin.timeSeconds()).isEqualTo(1_700_000_500);
  }

  @Test
  void refusesNothing() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> begin(webAndDb()))
        .withMessage("expected at least one run to move, found none");
  }

  @Test
  void refusesRunsOfDifferentLengthOrOntoThemselves() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> move(run(0, 0, 5), run(1, 0, 4)))
        .withMessageStartingWith("expected two separate runs of equal length, found ");
    assertThatIllegalArgumentException().isThrownBy(() -> move(run(0, 0, 5), run(0, 4, 5)));
  }

  @Test
  void refusesSourcesThatOverlap() {
    for (PeRange other : List.of(run(0, 9, 5), run(0, 0, 1), run(0, 2, 3), run(0, 0, 10))) {
      Move one = move(run(0, 0, 10), run(2, 0, 10));
      Move two = move(other, run(2, 50, other.count()));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> begin(webAndDb(), one, two))
          .withMessageStartingWith("expected runs that do not overlap, found ");
      assertThatIllegalArgumentException().isThrownBy(() -> begin(webAndDb(), two, one));
    }
  }

  private static void assertRefused(VolumeGroup vg, String why, Move... moves) {
    assertThatExceptionOfType(LvmException.class)
        .isThrownBy(() -> begin(vg, moves))
        .withMessage(why);
  }

  @Test
  void refusesExtentsThatNothingUses() {
    assertRefused(
        webAndDb(),
        "expected every run to be used by a logical volume, found " + run(0, 300, 5) + " unused",
        WEB_AND_DB[0],
        move(run(0, 300, 5), run(2, 200, 5)));
    assertRefused(
        webAndDb(),
        "expected every run to be used by a logical volume, found " + run(8, 0, 5) + " unused",
        move(run(8, 0, 5), run(2, 0, 5)));
  }

  @Test
  void refusesARunThatReachesBeyondItsArea() {
    assertRefused(
        webAndDb(),
        "web, extent 90: expected runs that are whole areas, found run %s in area %s"
            .formatted(run(0, 90, 20), run(0, 90, 10)),
        move(run(0, 90, 20), run(2, 0, 20)));
    VolumeGroup neighbours = pvs(99, 99).lv("a", linear(0, 0, 5)).lv("b", linear(0, 5, 5)).build();
    assertRefused(
        neighbours,
        "a, extent 3: expected runs that are whole areas, found run %s in area %s"
            .formatted(run(0, 3, 4), run(0, 3, 2)),
        move(run(0, 3, 4), run(1, 0, 4)));
  }

  @Test
  void refusesStripesOfOneSegmentThatAreCutDifferently() {
    VolumeGroup vg = pvs(99, 99).lv("s", striped(run(0, 0, 10), run(0, 50, 10))).build();
    assertRefused(
        vg,
        "s, extent 0: expected runs that are whole areas, found run %s in area %s"
            .formatted(run(0, 50, 10), run(0, 50, 4)),
        move(run(0, 0, 4), run(1, 0, 4)),
        move(run(0, 4, 6), run(1, 4, 6)),
        move(run(0, 50, 10), run(1, 10, 10)));
  }

  @Test
  void refusesAVolumeThatAnotherMoveHasLocked() {
    VolumeGroup first = begin(webAndDb(), WEB_AND_DB[0]);
    assertRefused(
        first,
        "web, extent 100: expected an unlocked linear or striped segment, found locked striped",
        WEB_AND_DB[1]);
  }

  @Test
  void refusesTheExtentsOfAMoveUnderWay() {
    VolumeGroup plain = begin(webAndDb(), WEB_AND_DB[0]);
    assertRefused(
        plain,
        "pvmove0, extent 0: expected an unlocked linear or striped segment, found locked mirror",
        move(run(2, 0, 100), run(2, 200, 100)));
    VolumeGroup atomic = beginAtomic(webAndDb(), WEB_AND_DB[0]);
    for (PeRange leg : List.of(run(0, 0, 100), run(2, 0, 100))) {
      assertThatExceptionOfType(LvmException.class)
          .isThrownBy(() -> begin(atomic, move(leg, run(2, 200, 100))))
          .withMessageEndingWith(
              "expected an unlocked linear or striped segment, found locked striped");
    }
  }

  @Test
  void refusesWhatIsNotStriped() {
    SegmentType mirror =
        new SegmentType.Mirror(
            null,
            null,
            Sectors.of(1024),
            ImmutableList.of(new Area.Physical(pv(0), 0), new Area.Physical(pv(1), 0)));
    VolumeGroup vg = pvs(99, 99).lv("m", Segment.of(0, 5, mirror)).build();
    assertRefused(
        vg,
        "m, extent 0: expected an unlocked linear or striped segment, found mirror",
        move(run(0, 0, 5), run(1, 50, 5)));
  }

  @Test
  void refusesExtentsThatTwoVolumesUse() {
    VolumeGroup damaged = pvs(99, 99).lv("a", linear(0, 0, 5)).lv("b", linear(0, 0, 5)).build();
    assertRefused(
        damaged,
        "b, extent 0: expected extents of its own, found run "
            + run(0, 0, 5)
            + ", which is used twice",
        move(run(0, 0, 5), run(1, 0, 5)));
  }

  @Test
  void refusesDestinationsThatAreNotFree() {
    for (PeRange taken :
        List.of(run(0, 400, 25), run(0, 380, 25), run(1, 29, 25), run(1, 190, 25), run(7, 0, 25))) {
      assertRefused(
          webAndDb(),
          "expected free extents to move to, found " + taken,
          move(run(0, 0, 25), taken));
    }
  }

  @Test
  void refusesDestinationsThatTwoRunsWant() {
    for (PeRange second : List.of(run(2, 50, 25), run(2, 49, 25), run(2, 99, 25))) {
      assertRefused(
          webAndDb(),
          "expected free extents to move to, found " + second,
          move(run(0, 0, 50), run(2, 50, 50)),
          move(run(0, 400, 25), second));
    }
    VolumeGroup begun =
        begin(
            webAndDb(),
            move(run(0, 0, 50), run(2, 50, 50)),
            move(run(0, 400, 25), run(2, 100, 25)),
            move(run(0, 50, 50), run(2, 0, 50)));
    assertThat(Pvmove.allOf(begun).get(0).extentCount()).isEqualTo(125);
  }
}
