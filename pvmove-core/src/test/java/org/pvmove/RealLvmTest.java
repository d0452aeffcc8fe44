// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.pvmove.MoveLab.assertCompleted;
import static org.pvmove.MoveLab.assertSourceIsEmpty;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.NewVolumeGroup;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.DeviceInUseException;
import org.pvmove.io.DiskClaim;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.disk.DiskArea;
import org.pvmove.lvm.disk.MetadataAreaHeader;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.text.MetadataText;
import org.pvmove.plan.MoveRequest;

/** Real LVM2 takes what this library writes, and this library takes over from real LVM2. */
@Tag("tools")
class RealLvmTest {
  private static final long MIB = 1 << 20;

  @TempDir Path directory;

  /** Checks that LVM2 has nothing to say against a volume group and its physical volumes. */
  private static void assertAccepted(LvmTools lvm, String vg) throws Exception {
    assertThat(lvm.succeedSilently("vgck", vg)).isEmpty();
    for (Path disk : lvm.disks()) {
      lvm.succeedSilently("pvck", disk.toString());
      lvm.succeedSilently("pvck", "--dump", "headers", disk.toString());
    }
    assertThat(lvm.report("lvs", "-a", "-o", "lv_name", vg))
        .extracting(row -> row.get("lv_name"))
        .noneMatch(name -> name.contains("pvmove"));
  }

  private static void verify(LvmTools lvm, String vg) throws IOException {
    try (DeviceSet devices = lvm.open()) {
      StoredVolumeGroup stored = devices.scan().volumeGroup(vg);
      assertThat(stored.refusals()).isEmpty();
      assertThat(stored.findings()).isEmpty();
      LvContent.verifyAll(stored);
    }
  }

  private static void fill(LvmTools lvm, String vg) throws IOException {
    try (DeviceSet devices = lvm.open()) {
      LvContent.fillAll(devices.scan().volumeGroup(vg));
      for (BlockDevice device : devices.devices()) {
        device.flush();
      }
    }
  }

  private static VolumeGroup scan(LvmTools lvm, String vg) throws IOException {
    try (DeviceSet devices = lvm.open()) {
      return devices.scan().volumeGroup(vg).volumeGroup();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void acceptsAVolumeGroupMadeByThisLibrary(int areas) throws Exception {
    try (LvmTools lvm = LvmTools.start(directory, 8 * MIB, 12 * MIB)) {
      VolumeGroup vg;
      try (DeviceSet devices = lvm.open()) {
        StoredVolumeGroup created =
            devices.create(
                NewVolumeGroup.named("ours")
                    .extentSize(ExtentSize.ofBytes(256 << 10))
                    .metadataAreas(areas),
                SmallGroup.header("vgcreate"));
        vg =
            devices
                .commit(created, withVolumes(created.volumeGroup()), SmallGroup.header("lvcreate"))
                .volumeGroup();
      }

      assertAccepted(lvm, "ours");
      assertReportsAsTheModelSays(lvm, vg, areas);
      Path backup = directory.resolve("backup.txt");
      lvm.succeedSilently("vgcfgbackup", "-f", backup.toString(), "ours");
      assertThat(MetadataText.parse(Files.readAllBytes(backup)).volumeGroup()).isEqualTo(vg);
    }
  }

  private static VolumeGroup withVolumes(VolumeGroup vg) {
    Random random = new Random(1);
    LvmUuid first = vg.physicalVolumes().get(0).id();
    LvmUuid second = vg.physicalVolumes().get(1).id();
    LogicalVolume linear =
        LogicalVolume.builder("linear", LvmUuid.random(random))
            .creationTime(1_800_000_000L)
            .creationHost("test")
            .segments(
                List.of(
                    Segment.of(0, 5, SegmentType.Striped.linear(new Area.Physical(first, 2))),
                    Segment.of(5, 3, SegmentType.Striped.linear(new Area.Physical(second, 4)))))
            .build();
    LogicalVolume striped =
        LogicalVolume.builder("striped", LvmUuid.random(random))
            .creationTime(1_800_000_000L)
            .creationHost("test")
            .segments(
                List.of(
                    Segment.of(
                        0,
                        6,
                        new SegmentType.Striped(
                            Sectors.of(128),
                            ImmutableList.of(
                                new Area.Physical(first, 10), new Area.Physical(second, 0))))))
            .build();
    return vg.toBuilder().logicalVolumes(List.of(linear, striped)).build();
  }

  private static void assertReportsAsTheModelSays(LvmTools lvm, VolumeGroup vg, int areas)
      throws Exception {
    Map<String, String> group =
        lvm.report(
                "vgs",
                "-o",
                "vg_name,vg_uuid,vg_seqno,vg_extent_size,pv_count,lv_count,vg_attr,vg_mda_count,"
                    + "vg_mda_used_count,vg_missing_pv_count")
            .get(0);
    assertThat(group)
        .containsEntry("vg_name", vg.name())
        .containsEntry("vg_uuid", vg.id().toString())
        .containsEntry("vg_seqno", Long.toString(vg.seqno()))
        .containsEntry("vg_extent_size", Long.toString(vg.extentSize().bytes()))
        .containsEntry("pv_count", "2")
        .containsEntry("lv_count", "2")
        .containsEntry("vg_attr", "wz--n-")
        .containsEntry("vg_mda_count", Integer.toString(2 * areas))
        .containsEntry("vg_mda_used_count", Integer.toString(2 * areas))
        .containsEntry("vg_missing_pv_count", "0");
    List<Map<String, String>> pvs =
        lvm.report(
            "pvs", "-o", "pv_name,pv_uuid,vg_name,pv_attr,pe_start,pv_pe_count,pv_in_use,dev_size");
    assertThat(pvs).hasSize(2);
    for (int i = 0; i < 2; i++) {
      PhysicalVolume pv = vg.physicalVolumes().get(i);
      assertThat(pvs.get(i))
          .containsEntry("pv_name", lvm.disk(i))
          .containsEntry("pv_uuid", pv.id().toString())
          .containsEntry("vg_name", vg.name())
          .containsEntry("pv_attr", "a--")
          .containsEntry("pv_in_use", "used")
          .containsEntry("pe_start", Long.toString(pv.peStart().toBytes()))
          .containsEntry("pv_pe_count", Long.toString(pv.peCount()))
          .containsEntry("dev_size", Long.toString(pv.deviceSize().toBytes()));
    }
    List<Map<String, String>> segments =
        lvm.report(
            "lvs", "-o", "lv_name,lv_uuid,segtype,seg_start_pe,seg_size_pe,seg_pe_ranges,stripes");
    assertThat(segments)
        .extracting(
            row -> row.get("lv_name"),
            row -> row.get("segtype"),
            row -> row.get("seg_start_pe"),
            row -> row.get("seg_pe_ranges"))
        .containsExactly(
            tuple("linear", "linear", "0", lvm.disk(0) + ":2-6"),
            tuple("linear", "linear", "5", lvm.disk(1) + ":4-6"),
            tuple("striped", "striped", "0", lvm.disk(0) + ":10-12 " + lvm.disk(1) + ":0-2"));
  }

  /** A volume group as LVM2 makes it, with several volumes on the first of three disks. */
  private LvmTools groupOfLvm(int areas) throws Exception {
    return groupOfLvm(areas, LvmTools.start(directory, 12 * MIB, 12 * MIB, 12 * MIB));
  }

  private static LvmTools groupOfLvm(int areas, LvmTools lvm) throws Exception {
    try {
      lvm.succeed(
          "vgcreate",
          "-s",
          "128k",
          "--pvmetadatacopies",
          "" + areas,
          "vg",
          lvm.disk(0),
          lvm.disk(1),
          lvm.disk(2));
      create(lvm, "lin", "-l", "12", lvm.disk(0));
      create(lvm, "gap", "-l", "3", lvm.disk(0));
      create(lvm, "str", "-i", "2", "-I", "16k", "-l", "10", lvm.disk(0), lvm.disk(2));
      create(lvm, "two", "-l", "4", lvm.disk(0));
      lvm.succeed("lvextend", "-l", "+5", "vg/lin", lvm.disk(0));
      lvm.succeed("lvremove", "-y", "vg/gap");
      lvm.succeed("lvextend", "-l", "+2", "vg/two", lvm.disk(2));
      fill(lvm, "vg");
      return lvm;
    } catch (Throwable e) {
      lvm.close();
      throw e;
    }
  }

  private static void create(LvmTools lvm, String name, String... options) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("lvcreate", "-an", "-Wn", "-Zn", "-n", name, "vg"));
    command.addAll(List.of(options));
    lvm.succeed(command.toArray(new String[0]));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void takesUsForItselfWhenWeMovedItsVolumes(int areas) throws Exception {
    takesUsForItself(groupOfLvm(areas));
  }

  @Test
  void takesUsForItselfOnDisksWithLargeBlocks() throws Exception {
    LvmTools disks = LvmTools.startWithBlocks(4096, directory, 12 * MIB, 12 * MIB, 12 * MIB);
    takesUsForItself(groupOfLvm(1, disks));
  }

  private static void takesUsForItself(LvmTools disks) throws Exception {
    try (LvmTools lvm = disks) {
      try (DeviceSet devices = lvm.open()) {
        PvMover mover = PvMover.builder(devices, "vg").build();
        MoveRequest request =
            MoveRequest.from(lvm.disk(0)).to(lvm.disk(1)).maxSegmentBytes(MIB).build();
        assertCompleted(mover.execute(mover.plan(request).orElseThrow()));
      }

      assertAccepted(lvm, "vg");
      verify(lvm, "vg");
      assertThat(lvm.report("pvs", "-o", "pv_used", lvm.disk(0)).get(0))
          .containsEntry("pv_used", "0");
      VolumeGroup moved = scan(lvm, "vg");
      assertSourceIsEmpty(moved);

      lvm.succeedSilently("vgchange", "--addtag", "lvm2", "vg");
      VolumeGroup changed = scan(lvm, "vg");
      assertThat(changed.tags()).containsExactly("lvm2");
      assertThat(changed.seqno()).isEqualTo(moved.seqno() + 1);
      assertThat(changed.logicalVolumes()).isEqualTo(moved.logicalVolumes());
      assertThat(changed.physicalVolumes()).isEqualTo(moved.physicalVolumes());
      verify(lvm, "vg");
    }
  }

  @Test
  void letsNobodyElseClaimTheDisksWhileItMoves() throws Exception {
    try (LvmTools lvm = groupOfLvm(1)) {
      List<String> refused = new ArrayList<>();
      try (DeviceSet devices = lvm.open()) {
        PvMover mover =
            PvMover.builder(devices, "vg")
                .listener(
                    event -> {
                      for (Path disk : lvm.disks()) {
                        try (DiskClaim claim = DiskClaim.on(disk)) {
                          assertThat(claim).as("claim on %s", disk).isNull();
                        } catch (DeviceInUseException e) {
                          refused.add(disk.toString());
                        } catch (IOException e) {
                          throw new UncheckedIOException(e);
                        }
                      }
                    })
                .build();
        assertCompleted(
            mover.execute(
                mover.plan(MoveRequest.from(lvm.disk(0)).to(lvm.disk(1)).build()).orElseThrow()));
      }
      assertThat(refused).contains(lvm.disk(0), lvm.disk(1));
      DiskClaim.on(lvm.disks().get(0)).close();
      DiskClaim.on(lvm.disks().get(1)).close();
    }
  }

  /** Begins a move with this library and stops before anything is copied. */
  private static void begin(LvmTools lvm) throws IOException {
    moveUntil(lvm, 1 << 30, event -> true);
  }

  private static void beginAndFinishTwoSegments(LvmTools lvm) throws IOException {
    moveUntil(
        lvm,
        512 << 10,
        event ->
            event instanceof MoveEvent.Checkpoint checkpoint
                && checkpoint.segments().containsKey(1));
  }

  private static void moveUntil(LvmTools lvm, long segmentBytes, Predicate<MoveEvent> last)
      throws IOException {
    try (DeviceSet devices = lvm.open()) {
      AtomicReference<PvMover> running = new AtomicReference<>();
      PvMover mover =
          PvMover.builder(devices, "vg")
              .checkpointBytes(0)
              .listener(
                  event -> {
                    if (last.test(event)) {
                      running.get().stop();
                    }
                  })
              .build();
      running.set(mover);
      MoveRequest request =
          MoveRequest.from(lvm.disk(0)).to(lvm.disk(1)).maxSegmentBytes(segmentBytes).build();
      assertThat(mover.execute(mover.plan(request).orElseThrow()))
          .isInstanceOf(MoveOutcome.Stopped.class);
    }
  }

  /** Lets real pvmove begin; without device-mapper it stops after its first commit. */
  private static void beginWithLvm(LvmTools lvm, String... options) throws Exception {
    List<String> command = new ArrayList<>(List.of("pvmove"));
    command.addAll(List.of(options));
    command.addAll(List.of(lvm.disk(0), lvm.disk(1)));
    lvm.succeed(command.toArray(new String[0]));
    assertThat(scan(lvm, "vg").pvmoveVolumes()).hasSize(1);
  }

  @Test
  void writesTheSameFirstCheckpointAsWeDo() throws Exception {
    try (LvmTools lvm = groupOfLvm(1)) {
      Path before = directory.resolve("before.txt");
      lvm.succeed("vgcfgbackup", "-f", before.toString(), "vg");
      begin(lvm);
      String ours = logicalVolumes(lvm);
      List<Map<String, String>> oursReported = reportOfMove(lvm);
      lvm.succeed("vgcfgrestore", "-f", before.toString(), "vg");
      beginWithLvm(lvm);

      assertThat(ours).isEqualTo(logicalVolumes(lvm));
      assertThat(oursReported).isEqualTo(reportOfMove(lvm));
    }
  }

  /** The section of the text that maps extents, without what is different in every move. */
  private static String logicalVolumes(LvmTools lvm) throws IOException {
    try (DeviceSet devices = lvm.open()) {
      StoredVolumeGroup stored = devices.scan().volumeGroup("vg");
      MetadataAreaHeader header =
          stored.devices().values().iterator().next().areas().get(0).header();
      StringBuilder text = new StringBuilder();
      for (DiskArea piece : header.pieces(header.committed())) {
        ByteBuffer bytes = ByteBuffer.allocate((int) piece.size());
        devices.devices().get(0).read(piece.offset(), bytes);
        text.append(new String(bytes.array(), StandardCharsets.ISO_8859_1));
      }
      int move = text.indexOf("\npvmove0");
      assertThat(move).isPositive();
      return text.substring(text.indexOf("logical_volumes {"), move)
          + text.substring(move, text.indexOf("\n# Generated"))
              .replaceAll("(?m)^(id|creation_time) = .*$", "$1 = ...");
    }
  }

  private static List<Map<String, String>> reportOfMove(LvmTools lvm) throws Exception {
    return lvm.report(
        "lvs",
        "-a",
        "-o",
        "lv_name,lv_attr,move_pv,copy_percent,segtype,seg_start_pe,seg_size_pe,seg_pe_ranges,devices",
        "vg");
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "atomic"})
  void beginsMovesThatWeFinish(String kind) throws Exception {
    try (LvmTools lvm = groupOfLvm(2)) {
      beginWithLvm(lvm, kind.equals("atomic") ? new String[] {"--atomic"} : new String[0]);
      verify(lvm, "vg");

      try (DeviceSet devices = lvm.open()) {
        assertCompleted(PvMover.builder(devices, "vg").build().resume());
      }

      assertAccepted(lvm, "vg");
      verify(lvm, "vg");
      assertSourceIsEmpty(scan(lvm, "vg"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "atomic"})
  void beginsMovesThatWeAbort(String kind) throws Exception {
    try (LvmTools lvm = groupOfLvm(1)) {
      VolumeGroup before = scan(lvm, "vg");
      beginWithLvm(lvm, kind.equals("atomic") ? new String[] {"--atomic"} : new String[0]);

      try (DeviceSet devices = lvm.open()) {
        assertCompleted(PvMover.builder(devices, "vg").build().abort());
      }

      assertAccepted(lvm, "vg");
      verify(lvm, "vg");
      assertThat(scan(lvm, "vg").logicalVolumes()).isEqualTo(before.logicalVolumes());
    }
  }

  @Test
  void keepsAMoveOfOursWhenItRestoresAndRewritesTheMetadata() throws Exception {
    try (LvmTools lvm = groupOfLvm(1)) {
      beginAndFinishTwoSegments(lvm);
      VolumeGroup underWay = scan(lvm, "vg");
      assertThat(Pvmove.allOf(underWay).get(0).pieces())
          .extracting(Pvmove.Piece::done)
          .startsWith(true, true, false);
      assertThat(lvm.succeedSilently("vgck", "vg")).isEmpty();
      Path backup = directory.resolve("move.txt");
      lvm.succeedSilently("vgcfgbackup", "-f", backup.toString(), "vg");

      lvm.succeed("vgcfgrestore", "-f", backup.toString(), "vg");
      assertThat(lvm.succeedSilently("vgck", "vg")).isEmpty();
      lvm.succeedSilently("vgchange", "--addtag", "lvm2", "vg");

      VolumeGroup rewritten = scan(lvm, "vg");
      assertThat(rewritten.seqno()).isEqualTo(underWay.seqno() + 2);
      assertThat(rewritten.logicalVolumes()).isEqualTo(underWay.logicalVolumes());
      verify(lvm, "vg");
      try (DeviceSet devices = lvm.open()) {
        assertCompleted(PvMover.builder(devices, "vg").build().resume());
      }
      assertAccepted(lvm, "vg");
      verify(lvm, "vg");
      assertSourceIsEmpty(scan(lvm, "vg"));
    }
  }

  @Test
  void showsOurMoveInItsReports() throws Exception {
    try (LvmTools lvm = groupOfLvm(1)) {
      beginAndFinishTwoSegments(lvm);

      assertThat(lvm.report("lvs", "-a", "-o", "lv_name,move_pv,segtype", "vg/pvmove0"))
          .hasSize(8)
          .allSatisfy(
              row ->
                  assertThat(row)
                      .containsEntry("lv_name", "[pvmove0]")
                      .containsEntry("segtype", "mirror")
                      .containsEntry("move_pv", lvm.disk(0)));
    }
  }

  @ParameterizedTest
  @CsvSource({"h1-nonatomic, false", "h1-nonatomic, true", "h2-atomic, false", "h2-atomic, true"})
  void acceptsAMoveThatAPowerCutInterruptedOnceWeEndedIt(String move, boolean abort)
      throws Exception {
    try (LvmTools lvm = LvmTools.start(directory, FixtureDisks.interrupted(move))) {
      try (DeviceSet devices = lvm.open()) {
        PvMover mover = PvMover.builder(devices, "vg").build();
        assertCompleted(abort ? mover.abort() : mover.resume());
      }

      assertAccepted(lvm, "vg");
      verify(lvm, "vg");
      lvm.succeedSilently("vgchange", "--addtag", "lvm2", "vg");
      verify(lvm, "vg");
    }
  }

  @Test
  void readsTheOldOrTheNewVersionInTheMiddleOfACommitOfOurs() throws Exception {
    // The power goes at each write of a commit; LVM2 looks at what is left.
    SimulatedDisks disks = new SimulatedDisks(1);
    disks.add("a", 3 * MIB);
    disks.add("b", 3 * MIB);
    SmallGroup.on(disks.disks()).linear("home", new SmallGroup.Run(0, 0, 3)).create();
    SimulatedDisks start = disks.crashImage(Unflushed.KEPT);
    for (long write = 1; write <= 6; write++) {
      SimulatedDisks cut = start.crashImage(Unflushed.KEPT);
      cut.cutPowerAfterWrite(write);
      assertThat(tag(cut)).isFalse();
      Path here = Files.createDirectory(directory.resolve("cut" + write));
      try (LvmTools lvm = LvmTools.start(here, cut.crashImage(Unflushed.KEPT).disks())) {
        String seqno = write <= 4 ? "1" : "2";
        assertThat(lvm.run("vgck", SmallGroup.NAME).status()).isZero();
        assertThat(LvmTools.rows(lvm.succeed("vgs", "--reportformat", "json", "-o", "vg_seqno")))
            .containsExactly(Map.of("vg_seqno", seqno));
        lvm.succeed("vgchange", "--addtag", "lvm2", SmallGroup.NAME);
        assertThat(scan(lvm, SmallGroup.NAME).seqno()).isEqualTo(Integer.parseInt(seqno) + 1);
        verify(lvm, SmallGroup.NAME);
      }
    }
  }

  private static boolean tag(SimulatedDisks disks) {
    DeviceSet set = DeviceSet.of(disks.disks().toArray(new BlockDevice[0]));
    StoredVolumeGroup stored = set.scan().volumeGroup(SmallGroup.NAME);
    try {
      set.commit(
          stored,
          stored.volumeGroup().toBuilder().tags(List.of("new")).build(),
          SmallGroup.header("tag"));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
