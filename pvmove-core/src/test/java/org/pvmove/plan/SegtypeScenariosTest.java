// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pvmove.lvm.testing.Tank.run;
import static org.pvmove.plan.Played.devices;

import com.google.common.collect.ImmutableList;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.StackedVolumes;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.testing.Tank;

/**
 * Moves of volumes of every type and of what stands on them: the scenarios of LVM2's own tests
 *
 * <ul>
 *   <li>pvmove-all-segtypes.sh: linear, striped, mirror, snapshot;
 *   <li>pvmove-raid-segtypes.sh: raid1, raid10, raid5, and their images alone;
 *   <li>pvmove-thin-segtypes.sh: thin volumes, on linear ones and on raid;
 *   <li>pvmove-cache-segtypes.sh: caches, on raid too, and a thin pool over one;
 *   <li>vgsplit-cache.sh: the spare of the pools' metadata;
 *   <li>writecache-misc.sh, integrity.sh, integrity-caching.sh: what must stay.
 * </ul>
 *
 * LVM2's tests compare devices and checksums of the data. Here each piece's device and extent is
 * compared; that the bytes get there, MoveScenariosTest checks.
 */
class SegtypeScenariosTest {
  /** A move in steps, and the same as a whole. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Retention(RetentionPolicy.RUNTIME)
  private @interface PlainAndAtomic {}

  private static VolumeGroup on(StackedVolumes volumes) {
    Tank tank = Tank.pvs(64, 64, 64, 64, 64, 64);
    volumes.build().forEach(tank::lv);
    return tank.build();
  }

  private static MoveRequest.Builder move(String from, String to) {
    return MoveRequest.from("/dev/" + from).to("/dev/" + to);
  }

  /** The devices of what has other ones than before. */
  private static Map<String, String> changes(VolumeGroup before, VolumeGroup after) {
    Map<String, String> changes = new TreeMap<>(devices(after));
    changes.entrySet().removeAll(devices(before).entrySet());
    return changes;
  }

  private static Map<String, String> changes(VolumeGroup vg, MoveRequest.Builder request) {
    return changes(vg, Played.moved(vg, request));
  }

  private static ImmutableList<Rejection> rejected(VolumeGroup vg, MoveRequest.Builder request) {
    PlanResult result = Planner.plan(vg, request.build());
    assertThat(result).isInstanceOf(PlanResult.Rejected.class);
    return ((PlanResult.Rejected) result).reasons();
  }

  /** What an image must keep away from is named. */
  private static void assertBlocked(
      VolumeGroup vg, MoveRequest.Builder request, Rejection.Blocked... blocked) {
    assertThat(rejected(vg, request))
        .singleElement()
        .isInstanceOfSatisfying(
            Rejection.NotEnoughSpace.class,
            reason -> assertThat(reason.blocked()).containsExactly(blocked));
  }

  private static Map<String, SkipReason> skipped(VolumeGroup vg, MoveRequest.Builder request) {
    Map<String, SkipReason> skipped = new LinkedHashMap<>();
    Planner.plan(vg, request.build())
        .orElseThrow()
        .skipped()
        .forEach(skip -> skipped.put(skip.logicalVolume(), skip.reason()));
    return skipped;
  }

  // pvmove-all-segtypes.sh

  @PlainAndAtomic
  void movesLinearVolumesWhoseSegmentsLieBetweenEachOther(boolean atomic) {
    VolumeGroup vg =
        on(
            new StackedVolumes()
                .linear("lv1", run(0, 0, 2), run(0, 4, 2), run(1, 10, 2))
                .linear("lv2", run(0, 2, 2), run(0, 6, 1)));
    VolumeGroup there = Played.moved(vg, move("sda", "sde").atomic(atomic));
    assertThat(devices(there)).isEqualTo(Map.of("lv1", "sde:0 sdb:10", "lv2", "sde:4"));
    assertThat(there.logicalVolume("lv1").orElseThrow().segments())
        .as("two of three segments are neighbours now")
        .hasSize(2);
    assertThat(changes(there, move("sde", "sdd").logicalVolume("lv2").atomic(atomic)))
        .isEqualTo(Map.of("lv2", "sdd:0"));
  }

  @PlainAndAtomic
  void movesAStripeBesideALinearVolume(boolean atomic) {
    VolumeGroup vg =
        on(
            new StackedVolumes()
                .striped("lv1", run(0, 0, 5), run(1, 0, 5))
                .linear("lv2", run(0, 20, 3)));
    VolumeGroup there = Played.moved(vg, move("sda", "sde").atomic(atomic));
    assertThat(devices(there)).isEqualTo(Map.of("lv1", "sde:0+sdb:0", "lv2", "sde:5"));
    assertThat(changes(there, move("sde", "sdd").logicalVolume("lv2").atomic(atomic)))
        .isEqualTo(Map.of("lv2", "sdd:0"));
  }

  @PlainAndAtomic
  void movesAnImageOfAMirrorBesideALinearVolume(boolean atomic) {
    VolumeGroup vg =
        on(
            new StackedVolumes()
                .mirror("lv1", run(2, 0, 1), run(0, 0, 5), run(1, 0, 5))
                .linear("lv2", run(0, 20, 3)));
    VolumeGroup there = Played.moved(vg, move("sda", "sde").atomic(atomic));
    assertThat(changes(vg, there)).isEqualTo(Map.of("lv1_mimage_0", "sde:3", "lv2", "sde:0"));
    assertThat(changes(there, move("sde", "sdd").logicalVolume("lv2").atomic(atomic)))
        .isEqualTo(Map.of("lv2", "sdd:0"));
    assertThat(changes(there, move("sdc", "sdd").atomic(atomic)))
        .as("the log")
        .isEqualTo(Map.of("lv1_mlog", "sdd:0"));
    assertBlocked(
        vg,
        move("sda", "sdb").logicalVolume("lv1"),
        new Rejection.Blocked("lv1_mimage_0", "/dev/sdb", "lv1"));
  }

  @PlainAndAtomic
  void movesASnapshotAndItsOrigin(boolean atomic) {
    VolumeGroup vg =
        on(
            new StackedVolumes()
                .linear("lv1", run(0, 0, 5))
                .linear("lv2", run(0, 20, 3))
                .snapshot("snap", "lv1", run(0, 10, 2)));
    VolumeGroup there = Played.moved(vg, move("sda", "sde").atomic(atomic));
    assertThat(devices(there)).isEqualTo(Map.of("lv1", "sde:0", "lv2", "sde:5", "snap", "sde:8"));
    assertThat(changes(there, move("sde", "sdd").logicalVolume("snap").atomic(atomic)))
        .isEqualTo(Map.of("snap", "sdd:0"));
    assertThat(changes(there, move("sde", "sdd").logicalVolume("lv1").atomic(atomic)))
        .isEqualTo(Map.of("lv1", "sdd:0"));
  }

  // pvmove-raid-segtypes.sh

  private static VolumeGroup raid(String type) {
    StackedVolumes volumes = new StackedVolumes();
    switch (type) {
      case "raid1" -> volumes.raid(type, "r", true, run(0, 0, 6), run(1, 0, 6));
      case "raid10" ->
          volumes.raid(type, "r", true, run(0, 0, 6), run(1, 0, 6), run(2, 0, 6), run(3, 0, 6));
      default -> volumes.raid(type, "r", true, run(0, 0, 6), run(1, 0, 6), run(2, 0, 6));
    }
    return on(volumes.linear("lv", run(0, 20, 3)));
  }

  @ParameterizedTest
  @CsvSource({
    "raid1, false",
    "raid1, true",
    "raid10, false",
    "raid10, true",
    "raid5_ls, false",
    "raid5_ls, true"
  })
  void movesWhatOfARaidIsOnThePhysicalVolume(String type, boolean atomic) {
    VolumeGroup vg = raid(type);
    assertThat(changes(vg, move("sda", "sde").atomic(atomic)))
        .isEqualTo(Map.of("lv", "sde:0", "r_rimage_0", "sde:3", "r_rmeta_0", "sde:8"));
    assertThat(changes(vg, move("sdb", "sdf").logicalVolume("r").atomic(atomic)))
        .isEqualTo(Map.of("r_rimage_1", "sdf:0", "r_rmeta_1", "sdf:5"));
    assertThat(changes(vg, move("sda", "sdf").logicalVolume("lv").atomic(atomic)))
        .isEqualTo(Map.of("lv", "sdf:0"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"raid1", "raid10", "raid5_ls"})
  void putsDataAndMetadataOfAnImageTogether(String type) {
    VolumeGroup vg = raid(type);
    VolumeGroup apart = Played.moved(vg, move("sda", "sde").logicalVolume("r_rmeta_0"));
    assertThat(changes(vg, apart)).isEqualTo(Map.of("r_rmeta_0", "sde:0"));
    assertThat(changes(apart, move("sda", "sde").logicalVolume("r_rimage_0")))
        .as("data to where the metadata are")
        .isEqualTo(Map.of("r_rimage_0", "sde:1"));
    assertThat(changes(apart, move("sde", "sda").logicalVolume("r_rmeta_0")))
        .as("metadata to where the data are")
        .isEqualTo(Map.of("r_rmeta_0", "sda:0"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"raid1", "raid10", "raid5_ls"})
  void refusesToPutAnImageWhereAnotherOneIs(String type) {
    VolumeGroup vg = raid(type);
    for (String part : List.of("r_rimage_0", "r_rmeta_0")) {
      assertBlocked(
          vg, move("sda", "sdb").logicalVolume(part), new Rejection.Blocked(part, "/dev/sdb", "r"));
    }
    assertBlocked(
        vg,
        move("sda", "sdb"),
        new Rejection.Blocked("r_rimage_0", "/dev/sdb", "r"),
        new Rejection.Blocked("r_rmeta_0", "/dev/sdb", "r"));
  }

  /** LVM2 refuses that: it rules the second disk out for everything that moves. */
  @Test
  void movesALinearVolumeToWhereAnImageIsThoughARaidMovesToo() {
    assertThat(
            changes(raid("raid1"), MoveRequest.from("/dev/sda").to("/dev/sdb:20-22", "/dev/sde")))
        .isEqualTo(Map.of("lv", "sdb:20", "r_rimage_0", "sde:0", "r_rmeta_0", "sde:5"));
  }

  // pvmove-thin-segtypes.sh

  private static StackedVolumes thin() {
    return new StackedVolumes()
        .hidden("pool_tdata", run(0, 0, 8), run(1, 0, 2))
        .hidden("pool_tmeta", run(0, 30, 2))
        .hidden("lvol0_pmspare", run(0, 40, 2))
        .thinPool("pool")
        .thin("thin", "pool", 100);
  }

  @PlainAndAtomic
  void movesThePartsOfAThinPool(boolean atomic) {
    VolumeGroup vg = on(thin());
    assertThat(changes(vg, move("sda", "sde").atomic(atomic)))
        .isEqualTo(
            Map.of("pool_tdata", "sde:0 sdb:0", "pool_tmeta", "sde:8", "lvol0_pmspare", "sde:10"));
    for (String name : List.of("thin", "pool")) {
      assertThat(changes(vg, move("sda", "sde").logicalVolume(name).atomic(atomic)))
          .isEqualTo(Map.of("pool_tdata", "sde:0 sdb:0", "pool_tmeta", "sde:8"));
    }
    assertThat(changes(vg, move("sda", "sde").logicalVolume("pool_tmeta").atomic(atomic)))
        .isEqualTo(Map.of("pool_tmeta", "sde:0"));
  }

  /** With LVM2 it depends on how many thin volumes there are. */
  @Test
  void movesThePoolOfAThinVolumeThatHasItNotForItself() {
    VolumeGroup vg = on(thin().thin("other", "pool", 50));
    assertThat(changes(vg, move("sda", "sde").logicalVolume("thin")).keySet())
        .containsExactly("pool_tdata", "pool_tmeta");
  }

  @PlainAndAtomic
  void movesAThinPoolOnRaid(boolean atomic) {
    VolumeGroup vg =
        on(
            new StackedVolumes()
                .raid("raid1", "pool_tdata", false, run(0, 0, 6), run(1, 0, 6))
                .raid("raid1", "pool_tmeta", false, run(0, 10, 3), run(1, 10, 3))
                .thinPool("pool")
                .thin("thin", "pool", 100));
    for (MoveRequest.Builder request :
        List.of(move("sda", "sde"), move("sda", "sde").logicalVolume("thin"))) {
      assertThat(changes(vg, request.atomic(atomic)))
          .isEqualTo(
              Map.of(
                  "pool_tdata_rimage_0", "sde:0",
                  "pool_tdata_rmeta_0", "sde:5",
                  "pool_tmeta_rimage_0", "sde:6",
                  "pool_tmeta_rmeta_0", "sde:8"));
    }
    // LVM2 puts both images on one disk if the top of the stack is named.
    for (String name : List.of("thin", "pool", "pool_tdata")) {
      assertThat(rejected(vg, move("sda", "sdb").logicalVolume(name)).get(0).message())
          .contains(
              "pool_tdata_rimage_0 (for the sake of pool_tdata) must keep away from /dev/sdb");
    }
  }

  // pvmove-cache-segtypes.sh

  /** A cache for the volume {@code c_corig}. */
  private static StackedVolumes cached(StackedVolumes origin, PeRange data, PeRange metadata) {
    return origin
        .hidden("fast_cdata", data)
        .hidden("fast_cmeta", metadata)
        .cachePool("fast")
        .cache("c", "fast", true);
  }

  @PlainAndAtomic
  void movesACachedVolumeAndItsCachePool(boolean atomic) {
    VolumeGroup vg =
        on(
            cached(new StackedVolumes().hidden("c_corig", run(0, 0, 8)), run(1, 0, 3), run(1, 3, 1))
                .hidden("lvol0_pmspare", run(1, 4, 1)));
    assertThat(changes(vg, move("sda", "sde").atomic(atomic)))
        .isEqualTo(Map.of("c_corig", "sde:0"));
    assertThat(changes(vg, move("sdb", "sde").atomic(atomic)))
        .isEqualTo(Map.of("fast_cdata", "sde:0", "fast_cmeta", "sde:3", "lvol0_pmspare", "sde:4"));
    assertThat(changes(vg, move("sdb", "sde").logicalVolume("c").atomic(atomic)))
        .isEqualTo(Map.of("fast_cdata", "sde:0", "fast_cmeta", "sde:3"));
  }

  @PlainAndAtomic
  void movesARaidThatIsCached(boolean atomic) {
    VolumeGroup vg =
        on(
            cached(
                new StackedVolumes().raid("raid1", "c_corig", false, run(0, 0, 6), run(1, 0, 6)),
                run(0, 20, 3),
                run(2, 3, 1)));
    assertThat(changes(vg, move("sda", "sde").atomic(atomic)))
        .isEqualTo(
            Map.of("c_corig_rimage_0", "sde:0", "c_corig_rmeta_0", "sde:5", "fast_cdata", "sde:6"));
    assertThat(rejected(vg, move("sda", "sdb").logicalVolume("c")).get(0).message())
        .contains("c_corig_rimage_0 (for the sake of c_corig) must keep away from /dev/sdb");
  }

  @PlainAndAtomic
  void movesACachePoolOnRaid(boolean atomic) {
    VolumeGroup vg =
        on(
            new StackedVolumes()
                .hidden("c_corig", run(2, 0, 8))
                .raid("raid1", "fast_cdata", false, run(0, 0, 4), run(1, 0, 4))
                .raid("raid1", "fast_cmeta", false, run(0, 10, 2), run(1, 10, 2))
                .cachePool("fast")
                .cache("c", "fast", true));
    assertThat(changes(vg, move("sdb", "sde").logicalVolume("c").atomic(atomic)))
        .isEqualTo(
            Map.of(
                "fast_cdata_rimage_1", "sde:0",
                "fast_cdata_rmeta_1", "sde:3",
                "fast_cmeta_rimage_1", "sde:4",
                "fast_cmeta_rmeta_1", "sde:5"));
    assertThat(changes(vg, move("sdc", "sde").atomic(atomic)))
        .isEqualTo(Map.of("c_corig", "sde:0"));
  }

  @PlainAndAtomic
  void movesAThinPoolOverACachedRaid(boolean atomic) {
    VolumeGroup vg =
        on(
            new StackedVolumes()
                .raid("raid1", "pool_tdata_corig", false, run(0, 0, 6), run(1, 0, 6))
                .hidden("fast_cdata", run(2, 0, 3))
                .hidden("fast_cmeta", run(2, 3, 1))
                .cachePool("fast")
                .cache("pool_tdata", "fast", false)
                .hidden("pool_tmeta", run(0, 30, 2))
                .thinPool("pool")
                .thin("thin", "pool", 100));
    for (MoveRequest.Builder request :
        List.of(move("sda", "sde"), move("sda", "sde").logicalVolume("thin"))) {
      assertThat(changes(vg, request.atomic(atomic)))
          .isEqualTo(
              Map.of(
                  "pool_tdata_corig_rimage_0", "sde:0",
                  "pool_tdata_corig_rmeta_0", "sde:5",
                  "pool_tmeta", "sde:6"));
    }
    assertThat(changes(vg, move("sdc", "sde").atomic(atomic)))
        .isEqualTo(Map.of("fast_cdata", "sde:0", "fast_cmeta", "sde:3"));
    assertThat(rejected(vg, move("sda", "sdb").logicalVolume("thin")).get(0).message())
        .contains("(for the sake of pool_tdata_corig) must keep away from /dev/sdb");
  }

  // vgsplit-cache.sh

  @Test
  void movesTheSpareOfThePoolsByName() {
    assertThat(changes(on(thin()), move("sda", "sde").logicalVolume("lvol0_pmspare")))
        .isEqualTo(Map.of("lvol0_pmspare", "sde:0"));
  }

  // writecache-misc.sh

  private static VolumeGroup writecache(int cacheOn) {
    return on(
        new StackedVolumes()
            .hidden("w_wcorig", run(0, 0, 8))
            .writecache("w", "fast", run(cacheOn, 20, 3)));
  }

  @PlainAndAtomic
  void movesTheOriginOfAWritecache(boolean atomic) {
    VolumeGroup vg = writecache(1);
    assertThat(changes(vg, move("sda", "sde").atomic(atomic)))
        .isEqualTo(Map.of("w_wcorig", "sde:0"));
    assertThat(changes(vg, move("sda", "sde").logicalVolume("w").atomic(atomic)))
        .isEqualTo(Map.of("w_wcorig", "sde:0"));
  }

  @Test
  void refusesToMoveTheCacheOfAWritecache() {
    VolumeGroup vg = writecache(1);
    Rejection nothing =
        new Rejection.NothingToMove(
            ImmutableList.of("/dev/sdb"),
            ImmutableList.of(new MovePlan.Skipped("fast_cvol", SkipReason.WRITECACHE)));
    assertThat(rejected(vg, move("sdb", "sde"))).containsExactly(nothing);
    assertThat(rejected(vg, move("sdb", "sde").logicalVolume("w"))).containsExactly(nothing);
  }

  /** LVM2 refuses to move anything then; that is what {@code strict} asks for. */
  @Test
  void leavesTheCacheOfAWritecacheWhereItIsAndMovesTheRest() {
    VolumeGroup vg = writecache(0);
    assertThat(changes(vg, move("sda", "sde"))).isEqualTo(Map.of("w_wcorig", "sde:0"));
    assertThat(skipped(vg, move("sda", "sde")))
        .isEqualTo(Map.of("fast_cvol", SkipReason.WRITECACHE));
    assertThat(rejected(vg, move("sda", "sde").strict(true)))
        .containsExactly(
            new Rejection.LeavesSomething(
                ImmutableList.of(new MovePlan.Skipped("fast_cvol", SkipReason.WRITECACHE))));
  }

  // integrity.sh

  private static final ImmutableList<MovePlan.Skipped> PARTS_WITH_INTEGRITY =
      ImmutableList.of(
          new MovePlan.Skipped("r_rmeta_0", SkipReason.INTEGRITY),
          new MovePlan.Skipped("r_rimage_0_imeta", SkipReason.INTEGRITY),
          new MovePlan.Skipped("r_rimage_0_iorig", SkipReason.INTEGRITY));

  private static StackedVolumes integrity() {
    return new StackedVolumes().raidWithIntegrity("r", true, run(0, 0, 6), run(1, 0, 6));
  }

  @Test
  void refusesToMoveARaidWithIntegrity() {
    VolumeGroup vg = on(integrity());
    for (MoveRequest.Builder request :
        List.of(
            move("sda", "sde"),
            move("sda", "sde").atomic(true),
            move("sda", "sde").logicalVolume("r"))) {
      assertThat(rejected(vg, request))
          .containsExactly(
              new Rejection.NothingToMove(ImmutableList.of("/dev/sda"), PARTS_WITH_INTEGRITY));
    }
    assertThat(rejected(vg, move("sda", "sde").logicalVolume("r_rmeta_0"))).hasSize(1);
  }

  /** LVM2 refuses to move anything then; that is what {@code strict} asks for. */
  @Test
  void leavesARaidWithIntegrityWhereItIsAndMovesTheRest() {
    VolumeGroup vg = on(integrity().linear("lv", run(0, 20, 3)));
    assertThat(changes(vg, move("sda", "sde"))).isEqualTo(Map.of("lv", "sde:0"));
    assertThat(skipped(vg, move("sda", "sde")).keySet())
        .containsExactly("r_rmeta_0", "r_rimage_0_imeta", "r_rimage_0_iorig");
    assertThat(rejected(vg, move("sda", "sde").strict(true)))
        .containsExactly(new Rejection.LeavesSomething(PARTS_WITH_INTEGRITY));
    assertThat(changes(vg, move("sda", "sde").logicalVolume("lv").strict(true)))
        .isEqualTo(Map.of("lv", "sde:0"));
  }

  // integrity-caching.sh

  @Test
  void refusesToMoveARaidWithIntegrityThatIsCached() {
    VolumeGroup vg =
        on(
            cached(
                new StackedVolumes()
                    .raidWithIntegrity("c_corig", false, run(0, 0, 6), run(1, 0, 6)),
                run(2, 0, 3),
                run(2, 3, 1)));
    for (MoveRequest.Builder request :
        List.of(move("sda", "sde"), move("sda", "sde").logicalVolume("c"))) {
      assertThat(rejected(vg, request))
          .singleElement()
          .isInstanceOfSatisfying(
              Rejection.NothingToMove.class,
              reason ->
                  assertThat(reason.skipped())
                      .hasSize(3)
                      .allMatch(skip -> skip.reason() == SkipReason.INTEGRITY));
    }
    assertThat(changes(vg, move("sdc", "sde")))
        .as("the cache has no integrity")
        .isEqualTo(Map.of("fast_cdata", "sde:0", "fast_cmeta", "sde:3"));
  }
}
