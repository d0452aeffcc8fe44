// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.StatusFlags;
import org.pvmove.lvm.VolumeGroup;

/** Rules that need a volume group of their own to show. */
class VolumeGroupCheckTest {
  private static final StatusFlags HIDDEN = StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE);
  private static final StatusFlags PVMOVE = HIDDEN.with(StatusFlag.PVMOVE).with(StatusFlag.LOCKED);
  private static final StatusFlags LOCKED = HIDDEN.with(StatusFlag.VISIBLE).with(StatusFlag.LOCKED);

  private final RandomGenerator random = new SplittableRandom(1);
  private final PhysicalVolume pv0 = physicalVolume(0);
  private final PhysicalVolume pv1 = physicalVolume(1);

  private PhysicalVolume physicalVolume(int index) {
    return PhysicalVolume.builder("pv" + index, LvmUuid.random(random), Sectors.of(2048), 1000)
        .device("/dev/sd" + index)
        .build();
  }

  private VolumeGroup group(LogicalVolume... lvs) {
    return VolumeGroup.builder("vg", LvmUuid.random(random), new ExtentSize(8192))
        .physicalVolumes(List.of(pv0, pv1))
        .logicalVolumes(List.of(lvs))
        .build();
  }

  private LogicalVolume volume(String name, StatusFlags flags, Segment... segments) {
    return LogicalVolume.builder(name, LvmUuid.random(random))
        .flags(flags)
        .segments(List.of(segments))
        .build();
  }

  private static Segment linear(long first, long count, Area area) {
    return Segment.of(first, count, SegmentType.Striped.linear(area));
  }

  private static Segment on(String lv, long first, long count, long extent) {
    return linear(first, count, new Area.Logical(lv, extent));
  }

  private Segment piece(long first, long count, long from, long to, long moved) {
    return Segment.of(
        first,
        count,
        new SegmentType.Mirror(
            moved,
            null,
            Sectors.of(4096),
            ImmutableList.of(new Area.Physical(pv0.id(), from), new Area.Physical(pv1.id(), to))));
  }

  private Segment atomic(long count) {
    return Segment.of(
        0,
        count,
        new SegmentType.Mirror(
            0L,
            null,
            Sectors.of(4096),
            ImmutableList.of(
                new Area.Logical("pvmove0_mimage_0", 0), new Area.Logical("pvmove0_mimage_1", 0))));
  }

  private LogicalVolume image(int index, PhysicalVolume pv) {
    return volume(
        "pvmove0_mimage_" + index,
        HIDDEN,
        linear(0, 4, new Area.Physical(pv.id(), 0)),
        linear(4, 6, new Area.Physical(pv.id(), 10)));
  }

  private static List<String> found(VolumeGroup vg) {
    return VolumeGroupCheck.check(vg).stream()
        .map(violation -> violation.severity() + " " + violation)
        .toList();
  }

  @Test
  void findsNothingWrongWithAMoveInProgress() {
    assertThat(
            found(
                group(
                    volume("a", LOCKED, on("pvmove0", 0, 4, 0), on("pvmove0", 4, 6, 4)),
                    volume("pvmove0", PVMOVE, piece(0, 4, 0, 0, 4), piece(4, 6, 10, 10, 0)))))
        .isEmpty();
  }

  @Test
  void findsNothingWrongWithAnAtomicMoveInProgress() {
    assertThat(
            found(
                group(
                    volume("a", LOCKED, on("pvmove0", 0, 4, 0)),
                    volume("b", LOCKED, on("pvmove0", 0, 6, 4)),
                    volume("pvmove0", PVMOVE, atomic(10)),
                    image(0, pv0),
                    image(1, pv1))))
        .isEmpty();
  }

  @Test
  void wantsPiecesOfAnAtomicMoveMappedOneByOneToo() {
    assertThat(
            found(
                group(
                    volume("a", LOCKED, on("pvmove0", 0, 10, 0)),
                    volume("pvmove0", PVMOVE, atomic(10)),
                    image(0, pv0),
                    image(1, pv1))))
        .containsExactly(
            "UNWRITABLE logical volume a, segment 1: expected areas as long as the segment of"
                + " \"pvmove0\" at extent 0, 4 extents, found 10");
  }

  @Test
  void noticesAMoveWhoseVolumesWereRemoved() {
    assertThat(found(group(volume("pvmove0", PVMOVE, piece(0, 4, 0, 0, 0)))))
        .containsExactly(
            "NOTICE logical volume pvmove0: expected a move's volume to be used by the volumes"
                + " that move, found no user");
  }

  @Test
  void wantsAMoveToBeNamedSo() {
    assertThat(
            found(
                group(
                    volume("a", LOCKED, on("move", 0, 4, 0)),
                    volume("move", PVMOVE, piece(0, 4, 0, 0, 0)))))
        .containsExactly(
            "NOTICE logical volume move: expected a move's volume to be named pvmoveN, found"
                + " \"move\"");
  }

  @Test
  void takesWhatAFinishedMoveLeavesBehind() {
    Segment error = Segment.of(0, 10, new SegmentType.ErrorTarget());
    StatusFlags visible = HIDDEN.with(StatusFlag.VISIBLE);
    assertThat(found(group(volume("pvmove0", visible, error))))
        .containsExactly(
            "NOTICE logical volume pvmove0: expected a name that LVM2 does not keep for parts of"
                + " volumes, found \"pvmove0\"");
    assertThat(found(group(volume("pvmove0", HIDDEN, error))))
        .containsExactly(
            "NOTICE logical volume pvmove0: expected a hidden volume to be used by another, found"
                + " none that uses it");
    assertThat(
            found(
                group(
                    volume("a", visible, on("pvmove0", 0, 10, 0)),
                    volume("pvmove0", HIDDEN, error))))
        .containsExactly(
            "UNREADABLE logical volume pvmove0: expected one segment and no user where a finished"
                + " move left an error volume, found 1 segments, 1 users");
  }

  @Test
  void rejectsAVolumeWithoutSegments() {
    assertThat(found(group(volume("a", HIDDEN.with(StatusFlag.VISIBLE)))))
        .containsExactly("UNREADABLE logical volume a: expected at least one segment, found none");
    assertThat(found(group(volume("pvmove7", HIDDEN))))
        .contains("UNWRITABLE logical volume pvmove7: expected at least one segment, found none");
  }

  @Test
  void rejectsAGroupWithoutPhysicalVolumes() {
    VolumeGroup none = group().toBuilder().physicalVolumes(List.of()).build();
    assertThat(found(none))
        .containsExactly(
            "UNWRITABLE volume group vg: expected at least one physical volume, found none");
  }

  @Test
  void rejectsAreasOnPhysicalVolumesOfOtherGroups() {
    LvmUuid foreign = new LvmUuid("f".repeat(32));
    assertThat(
            found(
                group(
                    volume(
                        "a",
                        HIDDEN.with(StatusFlag.VISIBLE),
                        linear(0, 1, new Area.Physical(foreign, 0))))))
        .containsExactly(
            "UNREADABLE logical volume a, segment 1: expected physical volumes of this volume group,"
                + " found "
                + foreign);
  }

  @Test
  void rejectsAreasThatWouldReadBackAsPhysicalOnes() {
    assertThat(
            found(
                group(
                    volume("a", HIDDEN.with(StatusFlag.VISIBLE), on("pv0", 0, 1, 0)),
                    volume("pv0", HIDDEN, linear(0, 1, new Area.Physical(pv0.id(), 0))))))
        .contains(
            "UNWRITABLE logical volume a, segment 1: expected areas in logical volumes that are not"
                + " called like the section of a physical volume, found \"pv0\"");
  }

  @Test
  void rejectsRaidImagesOnPhysicalVolumes() {
    SegmentType.Raid raid =
        new SegmentType.Raid(
            "raid0",
            ImmutableList.of(
                new SegmentType.RaidImage(null, new Area.Physical(pv0.id(), 0)),
                new SegmentType.RaidImage(null, new Area.Physical(pv1.id(), 0))),
            null,
            null,
            Sectors.of(128),
            null,
            null,
            null,
            null);
    assertThat(found(group(volume("a", HIDDEN.with(StatusFlag.VISIBLE), Segment.of(0, 2, raid)))))
        .contains(
            "UNREADABLE logical volume a, segment 1: expected images that are logical volumes, found "
                + pv0.id()
                + ":0");
  }

  @Test
  void findsCyclesOfAnyLength() {
    StatusFlags visible = HIDDEN.with(StatusFlag.VISIBLE);
    assertThat(
            found(
                group(
                    volume("top", visible, on("a", 0, 1, 1)),
                    volume("a", HIDDEN, on("b", 0, 1, 0), on("b", 1, 1, 1)),
                    volume("b", HIDDEN, on("c", 0, 1, 0), on("c", 1, 1, 1)),
                    volume(
                        "c",
                        HIDDEN,
                        on("a", 0, 1, 0),
                        linear(1, 1, new Area.Physical(pv0.id(), 0))))))
        .containsExactly(
            "UNREADABLE logical volume c: expected volumes that stand on each other in one direction"
                + " only, found \"a\", which stands on it in turn");
  }

  @Test
  void takesAVolumeThatTwoStandOnForNoCycle() {
    StatusFlags visible = HIDDEN.with(StatusFlag.VISIBLE);
    assertThat(
            found(
                group(
                    volume("x", visible, on("low", 0, 1, 0)),
                    volume("y", visible, on("low", 0, 1, 1)),
                    volume("low", HIDDEN, linear(0, 2, new Area.Physical(pv0.id(), 0))))))
        .isEmpty();
  }

  @Test
  void findsLogicalExtentsUsedTwice() {
    StatusFlags visible = HIDDEN.with(StatusFlag.VISIBLE);
    assertThat(
            found(
                group(
                    volume("x", visible, on("low", 0, 2, 0)),
                    volume("y", visible, on("low", 0, 1, 1)),
                    volume("low", HIDDEN, linear(0, 2, new Area.Physical(pv0.id(), 0))))))
        .containsExactly(
            "UNWRITABLE logical volume low: expected every extent to be used by one volume on top,"
                + " found extents 1 to 1 used by logical volume x, segment 1 and by logical volume y,"
                + " segment 1");
  }

  @Test
  void findsAnOverlapBehindAShorterUse() {
    StatusFlags visible = HIDDEN.with(StatusFlag.VISIBLE);
    assertThat(
            found(
                group(
                    volume("long", visible, linear(0, 10, new Area.Physical(pv0.id(), 0))),
                    volume("short", visible, linear(0, 1, new Area.Physical(pv0.id(), 2))),
                    volume("late", visible, linear(0, 4, new Area.Physical(pv0.id(), 8))))))
        .containsExactly(
            "UNREADABLE physical volume /dev/sd0: expected every extent to be used once, found extents"
                + " 2 to 2 used by logical volume long, segment 1 and by logical volume short,"
                + " segment 1",
            "UNREADABLE physical volume /dev/sd0: expected every extent to be used once, found extents"
                + " 8 to 9 used by logical volume long, segment 1 and by logical volume late,"
                + " segment 1");
  }

  @Test
  void takesASharedGroup() {
    LogicalVolume a =
        volume("a", HIDDEN.with(StatusFlag.VISIBLE), linear(0, 1, new Area.Physical(pv0.id(), 0)));
    VolumeGroup shared =
        group(a.toBuilder().lockArgs("1.0.0:70254592").build()).toBuilder()
            .lockType("sanlock")
            .lockArgs("1.0.0:lvmlock")
            .build();
    assertThat(found(shared)).isEmpty();
    LogicalVolume b =
        volume("b", HIDDEN.with(StatusFlag.VISIBLE), linear(0, 1, new Area.Physical(pv0.id(), 1)));
    VolumeGroup twice =
        shared.toBuilder()
            .logicalVolumes(
                List.of(
                    shared.logicalVolumes().get(0),
                    b.toBuilder().lockArgs("1.0.0:70254592").build(),
                    volume(
                            "c",
                            HIDDEN.with(StatusFlag.VISIBLE),
                            linear(0, 1, new Area.Physical(pv0.id(), 2)))
                        .toBuilder()
                        .lockArgs("1.0.0")
                        .build()))
            .build();
    assertThat(found(twice))
        .containsExactly(
            "UNWRITABLE logical volume b: expected lock_args of its own, found \"1.0.0:70254592\""
                + " again",
            "UNWRITABLE logical volume c: expected lock_args of the form VERSION:INFO, found"
                + " \"1.0.0\"");
  }

  @Test
  void reportsEverythingAtOnceAndListsTheFirstTen() {
    List<LogicalVolume> lvs = new ArrayList<>();
    for (int i = 0; i < 13; i++) {
      lvs.add(volume("v" + i, HIDDEN.with(StatusFlag.VISIBLE), on("nowhere" + i, 0, 1, 0)));
    }
    VolumeGroup vg = group(lvs.toArray(new LogicalVolume[0]));
    assertThat(found(vg)).hasSize(13);
    assertThatThrownBy(() -> VolumeGroupCheck.requireWritable(vg))
        .isInstanceOfSatisfying(
            InvalidVolumeGroupException.class, e -> assertThat(e.violations()).hasSize(13))
        .hasMessageContaining("found \"nowhere9\"; and 3 more")
        .hasMessageNotContaining("nowhere10");
  }

  @Test
  void writesWhatIsOnlyOdd() {
    VolumeGroup odd = group().toBuilder().seqno(0).build();
    assertThat(found(odd)).hasSize(1);
    assertThat(VolumeGroupCheck.requireWritable(odd)).isSameAs(odd);
  }

  @Test
  void judgesLargeAndDeepGroupsInTimeInProportion() {
    int count = 50_000;
    List<LogicalVolume> lvs = new ArrayList<>();
    lvs.add(volume("v0", HIDDEN.with(StatusFlag.VISIBLE), on("v1", 0, 1, 0)));
    for (int i = 1; i < count; i++) {
      lvs.add(volume("v" + i, HIDDEN, on("v" + (i + 1) % count, 0, 1, 0)));
    }
    List<Segment> overlapping = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      overlapping.add(linear(i, 1, new Area.Physical(pv0.id(), 7)));
    }
    lvs.add(volume("n".repeat(100_000), HIDDEN, overlapping.toArray(new Segment[0])));
    VolumeGroup vg = group(lvs.toArray(new LogicalVolume[0]));
    // 49,999 overlaps and one cycle, of which as many are described as anyone would read.
    Assertions.assertTimeout(
        Duration.ofSeconds(60),
        () ->
            assertThat(found(vg))
                .hasSizeBetween(4096, 4200)
                .last()
                .isEqualTo(
                    "UNREADABLE volume group: expected nothing more to be wrong, found 45904 more"
                        + " violations of this severity"));
  }
}
