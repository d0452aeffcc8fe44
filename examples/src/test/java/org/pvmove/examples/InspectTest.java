// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ObjectArrays;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Looking at what is there: reports with LVM2's columns, and what stands on a physical volume. */
class InspectTest {
  @TempDir private Path directory;
  private Images images;

  @BeforeEach
  void makeImages() throws IOException {
    images = Images.small(directory);
  }

  private Result looks(String... arguments) throws IOException {
    var checksums = images.checksums();
    Result result = images.pvmove(arguments);
    assertThat(images.checksums()).isEqualTo(checksums);
    assertThat(result.err()).isEmpty();
    assertThat(result.exitCode()).isZero();
    return result;
  }

  @Test
  void printsPhysicalVolumesInLvmsColumns() throws Exception {
    List<String> lines = looks("--report", "pvs").out().lines().toList();
    assertThat(lines).hasSize(4);
    assertThat(lines.get(0)).matches("  PV +VG +Fmt +Attr +PSize +PFree");
    assertThat(lines.get(1)).matches("  \\S+ vg +lvm2 a-- +[0-9.]+m +[0-9.]+m");
  }

  @Test
  void printsTheColumnsAskedForAndTheUsualOnesBeforeThem() throws Exception {
    assertThat(looks("--report", "vgs", "-o", "vg_name,vg_seqno").out().lines().toList().get(0))
        .matches("  VG +vg_seqno");
    assertThat(looks("--report", "vgs", "-o", "+vg_seqno").out().lines().toList().get(0))
        .matches("  VG +#PV +#LV +#SN +Attr +VSize +VFree +vg_seqno");
  }

  @Test
  void showsAMoveInProgressAsLvsDoes() throws Exception {
    images.moveOneSegment(0);
    assertThat(looks("--report", "lvs").out()).containsPattern("\\[pvmove0\\] +vg +p-C");
    assertThat(looks("--report", "pvsegs").out()).containsPattern("\\S+ +16 +40 +free");
    assertThat(looks("--report", "lvsegs").out()).contains("pvmove0");
  }

  @Test
  void printsReportsAsJson() throws Exception {
    JsonNode report =
        JsonNode.parse(looks("--report", "lvs", "--reportformat", "json").out())
            .member("report")
            .elements()
            .get(0);
    List<JsonNode> rows = report.member("lv").elements();
    assertThat(rows).hasSize(images.group().volumeGroup().logicalVolumes().size());
    assertThat(Long.parseLong(rows.get(0).member("lv_size").text()) % Images.EXTENT_SIZE.bytes())
        .isZero();
  }

  @Test
  void refusesAColumnThatThereIsNot() {
    Result result = images.pvmove("--report", "pvs", "-o", "pv_name,size");
    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(result.err()).contains("found \"size\"", "pv_name,");
  }

  @Test
  void explainsWhatStandsOnAPhysicalVolumeAndWhatMovingItTakes() throws Exception {
    assertThat(looks("--explain", images.name(0)).out())
        .contains("What stands on it:", "What moving takes: 16 extents", "in 4 segments")
        .containsPattern("home +[0-9]+ ")
        .contains("  to " + images.name(1));
    assertThat(looks("--explain", "-n", "home", images.name(0)).out())
        .contains("What moving takes: ");
  }

  @Test
  void explainsWhatIsInTheWayAndWhatWouldHelp() throws Exception {
    assertThat(looks("--explain", images.name(0), images.name(0)).out())
        .contains("What is in the way of moving:\n  ", "insufficient free space");
    assertThat(looks("--explain", images.name(2)).out())
        .contains("Nothing stands on it.", "no data to move on");
  }

  @Test
  void explainsAPhysicalVolumeThatIsBeingEmptied() throws Exception {
    images.moveOneSegment(0);
    assertThat(looks("--explain", images.name(0)).out())
        .contains("What stands on it:", "pvmove0", "What moving takes: ");
  }

  /** What LVM2 prints of the same, column by column. */
  @Test
  @Tag("tools")
  void printsWhatLvmPrints() throws Exception {
    RequiredTools.requireLvmOnLoopDevices();
    images.moveOneSegment(0);
    try (LvmOnLoops lvm = new LvmOnLoops(directory, images)) {
      Images disks = new Images(lvm.loops());
      Map<String, String[]> commands = new HashMap<>();
      commands.put("pvs", new String[] {"pvs"});
      commands.put("vgs", new String[] {"vgs"});
      commands.put("lvs", new String[] {"lvs", "-a"});
      for (Map.Entry<String, String[]> command : commands.entrySet()) {
        String columns =
            String.join(",", new ReportKind.Converter().convert(command.getKey()).usualColumns());
        String[] words =
            ObjectArrays.concat(command.getValue(), new String[] {"-o", columns}, String.class);
        Process process = lvm.command(words).redirectErrorStream(false).start();
        String theirs = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).isZero();
        assertThat(disks.pvmove("--report", command.getKey()).out())
            .isEqualTo(
                theirs
                    .lines()
                    .map(String::stripTrailing)
                    .collect(Collectors.joining("\n", "", "\n")));
      }
    }
  }
}
