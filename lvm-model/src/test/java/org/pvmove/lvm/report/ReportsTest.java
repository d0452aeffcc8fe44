// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import static com.google.common.collect.ImmutableList.toImmutableList;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.common.base.Strings;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.Fixtures;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.text.MetadataFormatException;
import org.pvmove.lvm.text.MetadataText;

/** Every column of every row is what LVM2 2.03.16 reported about the same disks. */
class ReportsTest {
  /** What LVM2 reported about something, and our reports of the same. */
  record Case(String name, Reports reports, boolean fixture) {
    List<ImmutableMap<String, String>> expected(String file) {
      return Expected.rows(fixture ? Fixtures.file(name, file) : Scan.expected(name, file));
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** All fixtures but the damaged ones, and the structures that are rare on disks. */
  static List<Case> cases() {
    Stream<Case> healthy =
        Fixtures.names().stream()
            .filter(name -> !name.startsWith("g-") || name.equals("g-base"))
            .map(name -> new Case(name, Scan.images(name), true));
    Stream<Case> rare =
        Stream.of(
            new Case("raid-levels", Scan.text("raid-levels", ImmutableSet.of()), false),
            new Case("stacks", Scan.text("stacks", ImmutableSet.of()), false),
            new Case("missing-pv", Scan.text("missing-pv", ImmutableSet.of("/dev/loop2")), false),
            new Case("returned-pv", Scan.text("returned-pv", ImmutableSet.of()), false));
    return Stream.concat(healthy, rare).collect(toImmutableList());
  }

  @Test
  void thereIsSomethingToCompareInEveryReport() {
    assertThat(cases()).hasSizeGreaterThan(25);
    for (String file : List.of("pvs", "vgs", "lvs", "lvsegs", "pvsegs")) {
      long rows = cases().stream().mapToLong(c -> c.expected(file + ".json").size()).sum();
      assertThat(rows).as(file).isGreaterThan(20);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void physicalVolumesAreReportedAsPvsDoes(Case c) {
    assertSame(c.reports().physicalVolumes(), c.expected("pvs.json"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void volumeGroupsAreReportedAsVgsDoes(Case c) {
    assertSame(c.reports().volumeGroups(), c.expected("vgs.json"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void logicalVolumesAreReportedAsLvsDoes(Case c) {
    assertSame(c.reports().logicalVolumes(), c.expected("lvs.json"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void segmentsOfLogicalVolumesAreReportedAsLvsDoes(Case c) {
    assertSame(c.reports().logicalVolumeSegments(), c.expected("lvsegs.json"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void segmentsOfPhysicalVolumesAreReportedAsPvsDoes(Case c) {
    assertSame(c.reports().physicalVolumeSegments(), c.expected("pvsegs.json"));
  }

  @Test
  void whateverTextCanBeReadCanBeReported() {
    int reported = 0;
    for (String line : Fixtures.file("text-variants", "INDEX.tsv").lines().toList()) {
      String name = line.substring(0, line.indexOf('\t')) + ".txt";
      VolumeGroup vg;
      try {
        byte[] text = Fixtures.file("text-variants", name).getBytes(StandardCharsets.UTF_8);
        vg = MetadataText.parse(text).volumeGroup();
      } catch (MetadataFormatException e) {
        continue;
      }
      Reports reports = Reports.of(ImmutableList.of(vg), ImmutableList.of());

      assertThat(reports.volumeGroups()).as(name).hasSize(1);
      assertThat(reports.physicalVolumes()).as(name).hasSameSizeAs(vg.physicalVolumes());
      assertThat(reports.logicalVolumes()).as(name).doesNotContainNull();
      assertThat(reports.logicalVolumeSegments()).as(name).doesNotContainNull();
      assertThat(reports.physicalVolumeSegments()).as(name).doesNotContainNull();
      reported++;
    }
    assertThat(reported).isGreaterThan(50);
  }

  @Test
  void volumesThatStandOnThemselvesAreReported() {
    LogicalVolume a = thin(1, "a", "b");
    LogicalVolume b = thin(2, "b", "a");
    LogicalVolume loop =
        LogicalVolume.builder("loop", uuid(3))
            .segments(
                ImmutableList.of(
                    Segment.of(0, 1, SegmentType.Striped.linear(new Area.Logical("loop", 0)))))
            .build();

    List<ImmutableMap<String, String>> rows = reports(a, b, loop).logicalVolumes();

    assertThat(rows).extracting(row -> row.get("lv_name")).containsExactly("a", "b", "loop");
    assertThat(rows).extracting(row -> row.get("lv_ancestors")).containsExactly("b,a", "a,b", "");
    assertThat(rows).extracting(row -> row.get("lv_descendants")).containsExactly("b,a", "a,b", "");
  }

  @Test
  void whatRefersToNothingIsReported() {
    LogicalVolume orphaned = thin(1, "orphaned", "gone");
    LogicalVolume cached =
        LogicalVolume.builder("cached", uuid(2))
            .segments(
                ImmutableList.of(
                    Segment.of(
                        0, 1, new SegmentType.Cache("nopool", "noorigin", null, null, null))))
            .build();
    LogicalVolume empty = LogicalVolume.builder("empty", uuid(3)).build();
    Reports reports = reports(orphaned, cached, empty);

    assertThat(reports.logicalVolumes())
        .extracting(row -> row.get("origin"))
        .containsExactly("noorigin", "", "gone");
    assertThat(reports.logicalVolumeSegments())
        .extracting(row -> row.get("devices"))
        .containsExactly("noorigin(0)", "");
  }

  @Test
  void sizesBeyondTheRangeOfLongAreExact() {
    LogicalVolume huge =
        LogicalVolume.builder("huge", uuid(1))
            .segments(ImmutableList.of(Segment.of(0, 1L << 40, new SegmentType.ZeroTarget())))
            .creationTime(Long.MAX_VALUE)
            .build();
    VolumeGroup vg =
        VolumeGroup.builder("vg", uuid(0), new ExtentSize(1L << 31))
            .logicalVolumes(ImmutableList.of(huge))
            .build();
    ImmutableMap<String, String> row =
        Reports.of(ImmutableList.of(vg), ImmutableList.of()).logicalVolumes().get(0);

    assertThat(row)
        .containsEntry("lv_size", "1208925819614629174706176")
        .containsEntry("lv_time", "");
  }

  @Test
  void linearComesBeforeStripedWhateverComesFirstInTheVolume() {
    LogicalVolume mixed = lv(1, "mixed", striped("x", "y"), striped("x"));

    assertThat(reports(mixed).logicalVolumes())
        .extracting(row -> row.get("lv_layout"))
        .containsExactly("linear,striped");
  }

  @Test
  void devicesBehindAHiddenVolumeAreMarkedAsHidden() {
    LvmUuid pv = uuid(9);
    SegmentType stripes =
        new SegmentType.Striped(
            Sectors.of(8),
            ImmutableList.of(
                new Area.Physical(pv, 0), new Area.Logical("hid", 0), new Area.Physical(pv, 1)));
    LogicalVolume lv = lv(1, "lv", stripes);

    assertThat(reports(lv, hidden(2, "hid", striped("x"))).logicalVolumeSegments())
        .filteredOn(row -> row.get("lv_name").equals("lv"))
        .extracting(row -> row.get("seg_le_ranges"), row -> row.get("seg_pe_ranges"))
        .containsExactly(
            tuple(
                "[unknown]:0-0,[hid]:0-0,[[unknown]]:1-1", "[unknown]:0-0 hid:0-0 [unknown]:1-1"));
  }

  @Test
  void onlyTheMirrorOnTopOfATemporaryLayerIsBeingConverted() {
    LogicalVolume top = lv(1, "m", mirror("m_mimagetmp_2", "m_mimage_2"));
    LogicalVolume layer = hidden(2, "m_mimagetmp_2", mirror("m_mimage_0", "m_mimage_1"));
    LogicalVolume other = lv(3, "other", mirror("other_mimage_0", "x_mimagetmp_1"));

    assertThat(reports(top, layer, other).logicalVolumes())
        .extracting(
            row -> row.get("lv_name"),
            row -> row.get("lv_converting"),
            row -> row.get("convert_lv"))
        .containsExactly(
            tuple("m", "converting", "[m_mimagetmp_2]"),
            tuple("[m_mimagetmp_2]", "", ""),
            tuple("other", "", ""));
  }

  @Test
  void anOriginWithExtentsThatStandOnNothingIsVirtualWhateverItsName() {
    SegmentType zero = new SegmentType.ZeroTarget();
    LogicalVolume origin = lv(1, "origin", striped("x"), zero);
    LogicalVolume plain = hidden(2, "plain_vorigin", striped("x"));
    LogicalVolume unused = lv(3, "unused_vorigin", zero);

    assertThat(
            reports(
                    origin,
                    plain,
                    unused,
                    lv(
                        4,
                        "snapshot0",
                        new SegmentType.Snapshot(Sectors.of(8), "origin", "s0", false)),
                    lv(
                        5,
                        "snapshot1",
                        new SegmentType.Snapshot(Sectors.of(8), "plain_vorigin", "s1", false)))
                .logicalVolumes())
        .extracting(row -> row.get("lv_name"), row -> row.get("lv_layout"))
        .containsExactly(
            tuple("origin", "virtual"),
            tuple("[plain_vorigin]", "linear"),
            tuple("unused_vorigin", "unknown"));
  }

  @Test
  void reshapeLengthIsToldWithTheFirstSegmentOfAnImage() {
    ImmutableList<SegmentType.RaidImage> images =
        areas("r_rimage_0", "r_rimage_1").stream()
            .map(area -> new SegmentType.RaidImage(null, area))
            .collect(toImmutableList());
    LogicalVolume raid =
        lv(1, "r", new SegmentType.Raid("raid4", images, null, null, null, null, null, null, null));
    LogicalVolume image = hidden(2, "r_rimage_0", striped("x"), striped("y"));

    assertThat(reports(raid, image).logicalVolumeSegments())
        .extracting(row -> row.get("lv_name"), row -> row.get("reshape_len"))
        .containsExactly(tuple("r", "0"), tuple("[r_rimage_0]", "0"), tuple("[r_rimage_0]", ""));
  }

  private static SegmentType striped(String... lvs) {
    return new SegmentType.Striped(lvs.length == 1 ? null : Sectors.of(8), areas(lvs));
  }

  private static SegmentType mirror(String... images) {
    return new SegmentType.Mirror(null, null, null, areas(images));
  }

  private static ImmutableList<Area> areas(String... lvs) {
    return Stream.of(lvs).map(lv -> new Area.Logical(lv, 0)).collect(toImmutableList());
  }

  /** A volume with segments of these types, one behind the other. */
  private static LogicalVolume lv(int number, String name, SegmentType... types) {
    ImmutableList.Builder<Segment> segments = ImmutableList.builder();
    long first = 0;
    for (SegmentType type : types) {
      long extents = Math.max(1, type.areas().size());
      segments.add(Segment.of(first, extents, type));
      first += extents;
    }
    return LogicalVolume.builder(name, uuid(number)).segments(segments.build()).build();
  }

  private static LogicalVolume hidden(int number, String name, SegmentType... types) {
    LogicalVolume lv = lv(number, name, types);
    return lv.toBuilder().flags(lv.flags().without(StatusFlag.VISIBLE)).build();
  }

  private static LogicalVolume thin(int number, String name, String origin) {
    return LogicalVolume.builder(name, uuid(number))
        .segments(
            ImmutableList.of(
                Segment.of(0, 1, new SegmentType.Thin("pool", 0, number, null, origin, null))))
        .build();
  }

  private static Reports reports(LogicalVolume... lvs) {
    VolumeGroup vg =
        VolumeGroup.builder("vg", uuid(0), new ExtentSize(Sectors.of(8).count()))
            .logicalVolumes(ImmutableList.copyOf(lvs))
            .build();
    return Reports.of(ImmutableList.of(vg), ImmutableList.of());
  }

  private static LvmUuid uuid(int number) {
    return LvmUuid.parse(Strings.padStart(Integer.toString(number), 32, '0'));
  }

  /** Compares row by row, so that a difference names its row, and then the columns' order. */
  private static void assertSame(
      List<ImmutableMap<String, String>> actual, List<ImmutableMap<String, String>> expected) {
    for (int i = 0; i < Math.min(actual.size(), expected.size()); i++) {
      assertThat(actual.get(i)).containsExactlyEntriesOf(expected.get(i));
    }
    assertThat(actual).isEqualTo(expected);
  }
}
