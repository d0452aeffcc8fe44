// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ObjectArrays;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Looking at what is there: reports with LVM2's columns, and what stands on a physical volume. */
class InspectTest {
  private static final Terminal COLOURS = new Terminal(true, 80, true);
  private static final String BOLD = "\u001B[1m";
  private static final String RED = "\u001B[31m";
  private static final String YELLOW = "\u001B[33m";
  private static final String PLAIN = "\u001B[0m";
  private static final Pattern CODE = Pattern.compile("\u001B\\[[0-9;]*m");

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
            .array()
            .get(0);
    List<JsonNode> rows = report.member("lv").array();
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

  @Test
  void explainsInJsonWhatMovingTakes() throws Exception {
    images.addMirror(0, 30);
    JsonNode explanation = looksInJson("--explain", images.name(0));
    assertThat(explanation.member("physical_volume").text()).isEqualTo(images.name(0));
    assertThat(number(explanation, "bytes")).isEqualTo(56 * Images.EXTENT_SIZE.bytes());
    assertThat(number(explanation, "extents_used")).isEqualTo(18);
    JsonNode home = explanation.member("logical_volumes").array().get(0);
    assertThat(home.member("logical_volume").text()).isEqualTo("home");
    assertThat(home.member("runs").array()).hasSize(2);
    assertThat(number(home.member("runs").array().get(1), "first")).isEqualTo(8);
    JsonNode image = explanation.member("logical_volumes").array().get(3);
    assertThat(image.member("carries").array().get(0).text()).isEqualTo("mirror");
    JsonNode plan = explanation.member("plan");
    assertThat(number(plan, "bytes")).isEqualTo(18 * Images.EXTENT_SIZE.bytes());
    assertThat(number(plan, "segments")).isEqualTo(5);
    assertThat(plan.member("skipped").array()).isEmpty();
    long moved = 0;
    for (JsonNode destination : plan.member("destinations").array()) {
      moved += number(destination, "extents");
    }
    assertThat(moved).isEqualTo(18);
  }

  @Test
  void explainsInJsonWhatIsInTheWay() throws Exception {
    JsonNode rejected =
        looksInJson("--explain", images.name(0), images.name(2) + ":0-11").member("rejected");
    assertThat(rejected.member("reasons").array().get(0).text())
        .contains("insufficient free space");
    assertThat(rejected.member("remedies").array().get(0).text())
        .isEqualTo("it fits if it may go to any physical volume");
  }

  @Test
  void listsInJson() throws Exception {
    images.moveOneSegment(0);
    JsonNode listing = looksInJson("--list");
    assertThat(listing.member("left_out").array()).isEmpty();
    assertThat(listing.member("unreadable").array()).isEmpty();
    assertThat(listing.member("orphans").array()).isEmpty();
    JsonNode group = listing.member("volume_groups").array().get(0);
    assertThat(group.member("volume_group").text()).isEqualTo("vg");
    assertThat(group.member("findings").array()).isEmpty();
    assertThat(group.member("refusals").array()).isEmpty();
    JsonNode pv = group.member("physical_volumes").array().get(0);
    assertThat(pv.member("physical_volume").text()).isEqualTo(images.name(0));
    assertThat(pv.member("id").text()).isEqualTo(images.uuid(0).toString());
    assertThat(number(pv, "extents_free")).isEqualTo(40);
    assertThat(pv.member("missing").truth()).isFalse();
    JsonNode data = group.member("logical_volumes").array().get(2);
    assertThat(data.member("logical_volume").text()).isEqualTo("data");
    JsonNode stripes = data.member("segments").array().get(0);
    assertThat(stripes.member("type").text()).isEqualTo("striped");
    assertThat(stripes.member("areas").array().get(0).member("logical_volume").text())
        .isEqualTo("pvmove0");
    assertThat(stripes.member("areas").array().get(1).member("physical_volume").text())
        .isEqualTo(images.name(1));
    JsonNode move = group.member("moves").array().get(0);
    assertThat(move.member("source").text()).isEqualTo(images.name(0));
    assertThat(number(move, "segments_done")).isEqualTo(1);
    assertThat(number(move, "bytes_done")).isEqualTo(4 * Images.EXTENT_SIZE.bytes());
  }

  @Test
  void listsInJsonWhatIsMissingLeftOutOrNotReadable() throws Exception {
    Path empty = directory.resolve("empty.img");
    Path old = directory.resolve("lvm1.img");
    SampleVolumeGroup.makeImages(List.of(empty, old), Images.IMAGE_BYTES);
    Files.write(old, new byte[] {'H', 'M', 1, 0});
    String devices = String.join(",", images.name(0), empty.toString(), old.toString());
    Result result = Result.ofPvmove("--devices", devices, "--list", "--reportformat", "json");
    assertThat(result.exitCode()).isEqualTo(5);
    JsonNode listing = JsonNode.parse(result.out());
    JsonNode group = listing.member("volume_groups").array().get(0);
    assertThat(group.member("physical_volumes").array().get(1).member("missing").truth()).isTrue();
    assertThat(group.member("refusals").array()).hasSize(2);
    JsonNode left = listing.member("left_out").array().get(0);
    assertThat(left.member("device").text()).isEqualTo(empty.toString());
    assertThat(left.member("reason").text()).contains("no LVM2 label");
    assertThat(listing.member("unreadable").array().get(0).member("device").text())
        .isEqualTo(old.toString());
  }

  @Test
  void coloursListingsOnTerminalsOnlyAndSaysTheSameWithout() throws Exception {
    images.moveOneSegment(0);
    String[] words = {"--devices", images.name(0) + "," + images.name(2), "--list"};
    String coloured = Result.ofPvmove(COLOURS, words).out();
    assertThat(coloured)
        .contains(
            BOLD + "Volume group vg" + PLAIN,
            RED + images.name(1) + "  a-m ",
            YELLOW + "from " + images.name(0),
            RED + "physical volume " + images.name(1) + " is missing" + PLAIN);
    assertThat(CODE.matcher(coloured).replaceAll("")).isEqualTo(Result.ofPvmove(words).out());
    assertThat(Result.ofPvmove(words).out()).doesNotContain("\u001B");
    String[] json =
        ObjectArrays.concat(words, new String[] {"--reportformat", "json"}, String.class);
    assertThat(Result.ofPvmove(COLOURS, json)).isEqualTo(Result.ofPvmove(json));
  }

  @Test
  void coloursExplanations() throws Exception {
    String[] words = {"--devices", images.devices(), "--explain", images.name(0), images.name(0)};
    String coloured = Result.ofPvmove(COLOURS, words).out();
    assertThat(coloured)
        .contains(BOLD + "What stands on it:" + PLAIN, RED + "insufficient free space: ");
    assertThat(CODE.matcher(coloured).replaceAll("")).isEqualTo(Result.ofPvmove(words).out());
  }

  private JsonNode looksInJson(String... arguments) throws Exception {
    return JsonNode.parse(
        looks(ObjectArrays.concat(arguments, new String[] {"--reportformat", "json"}, String.class))
            .out());
  }

  private static long number(JsonNode node, String member) throws JsonException {
    return node.member(member).number(0, Long.MAX_VALUE);
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
