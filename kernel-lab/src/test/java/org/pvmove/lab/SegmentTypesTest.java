// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.common.collect.ImmutableList;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.lab.SegmentTypesLab.Findings;
import org.pvmove.lab.SegmentTypesLab.Way;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;

/** Volumes of every segment type are moved, and kernels find them as they were. */
@Tag("tools")
class SegmentTypesTest {
  @TempDir private Path directory;

  @TestFactory
  Stream<DynamicNode> kernelsFindEveryVolumeAsItWas() throws Exception {
    Guest.ALL.forEach(Guest::require);
    return new SegmentTypesLab(directory)
        .run(Guest.ALL).stream()
            .map(findings -> dynamicContainer(findings.guest().toString(), tests(findings)));
  }

  private static Stream<DynamicNode> tests(Findings findings) {
    return Arrays.stream(Way.values())
        .map(
            way ->
                dynamicTest(
                    "moved " + way,
                    () -> {
                      assertReadByTheLibrary(findings, way);
                      if (way == Way.LVM2_FAILS) {
                        assertNotActivated(findings);
                      } else {
                        assertAsItWas(findings, way);
                      }
                    }));
  }

  /**
   * The kernel reads a snapshot's store when its table is loaded, but LVM2 brings the move that the
   * store stands on to life only afterwards. What we have begun it could not carry on either.
   */
  private static void assertNotActivated(Findings findings) {
    assertThat(findings.console().section(Way.LVM2_FAILS.name() + ".activate").status())
        .isNotZero();
  }

  private static void assertReadByTheLibrary(Findings findings, Way way) {
    assertThat(findings.librarySums().get(way))
        .as("what this library reads")
        .hasSize(SegmentTypesLab.MAPPED.size())
        .isSubsetOf(findings.made().section("sums").lines());
  }

  private static void assertAsItWas(Findings findings, Way way) {
    Console console = findings.console();
    if (way.endsByLvm()) {
      assertThat(console.section(way.name() + ".end").status()).isZero();
    }
    assertThat(console.section(way.name() + ".check").lines()).isEmpty();
    assertThat(console.section(way.name() + ".check").status()).isZero();
    assertThat(console.section(way.name() + ".activate").status()).isZero();
    assertThat(console.section(way.name() + ".sums").lines())
        .hasSize(SegmentTypesLab.VOLUMES.size())
        .containsExactlyElementsOf(findings.made().section("sums").lines());
    for (String raid : SegmentTypesLab.RAIDS) {
      Console.Section scrubbed = console.section(way.name() + "." + raid);
      assertThat(scrubbed.status()).isZero();
      assertThat(scrubbed.lines())
          .as("mismatches and health of %s", raid)
          .map(String::strip)
          .containsExactly("0");
    }
    assertThat(console.section(way.name() + ".deactivate").status()).isZero();
    assertThat(console.section(way.name() + ".thin").status()).isZero();
    assertThat(console.section(way.name() + ".cache").status()).isZero();

    StoredVolumeGroup end = findings.ends().get(way);
    assertThat(end.refusals()).isEmpty();
    assertThat(end.findings()).isEmpty();
    assertThat(KernelTables.onDisks(console.section(way.name() + ".tables")))
        .containsExactlyElementsOf(KernelTables.onDisks(end));
    assertThat(upperTables(findings, way))
        .isNotEmpty()
        .isEqualTo(upperTables(findings, Way.NOT_AT_ALL));
    assertThat(end.volumeGroup().pvmoveVolumes()).isEmpty();
    assertThat(SegmentTypesLab.RAIDS).allSatisfy(raid -> assertApart(end.volumeGroup(), raid));
    if (way.empties()) {
      assertThat(KernelTables.onDisks(end)).noneMatch(line -> line.contains("<a>"));
    }
  }

  /** What the kernel maps to other volumes. */
  private static ImmutableList<String> upperTables(Findings findings, Way way) {
    return findings.console().section(way.name() + ".tables").linesWithLetters().stream()
        .filter(line -> !KernelTables.isOnDisk(line))
        .collect(ImmutableList.toImmutableList());
  }

  private static void assertApart(VolumeGroup vg, String raid) {
    LogicalVolume lv = vg.logicalVolume(raid).orElseThrow();
    SegmentType.Raid type = (SegmentType.Raid) lv.segments().get(0).type();
    List<Object> disks =
        type.areas().stream()
            .map(area -> vg.logicalVolume(((Area.Logical) area).lv()).orElseThrow())
            .map(image -> image.segments().stream().map(Segment::areas).distinct().toList())
            .<Object>map(
                segments ->
                    segments.stream()
                        .map(areas -> ((Area.Physical) areas.get(0)).pv())
                        .distinct()
                        .toList())
            .toList();
    assertThat(disks).as("disks of the images of %s", raid).doesNotHaveDuplicates();
  }
}
