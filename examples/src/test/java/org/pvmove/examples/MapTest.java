// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** The option {@code --map} of the program. */
class MapTest {
  @TempDir private Path directory;
  private Images images;
  private Path svg;
  private Path html;

  @BeforeEach
  void makeImages() throws IOException {
    images = Images.small(directory);
    svg = directory.resolve("map.svg");
    html = directory.resolve("map.html");
  }

  @Test
  void drawsWhatIsThereBesideTheListing() throws Exception {
    String listing = images.pvmove("--list").out();
    Result result = images.pvmove("--list", "--map", svg.toString());
    assertThat(result.err()).isEmpty();
    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).isEqualTo(listing);
    assertThat(titles(svg))
        .contains(
            "Extents of volume group vg",
            "extents 0-3: home",
            "extents 4-7: root",
            "extents 12-15: data",
            "extents 16-55: free")
        .noneMatch(title -> title.contains("run"));
  }

  @Test
  void drawsThePlanBesideItsTextAndWritesNothingElse() throws Exception {
    List<String> before = images.checksums();
    String text = images.pvmove("--plan", images.name(0), images.name(2)).out();
    Result result =
        images.pvmove("--plan", "--map", svg.toString(), images.name(0), images.name(2));
    assertThat(result.out()).isEqualTo(text);
    assertThat(images.checksums()).isEqualTo(before);
    assertThat(titles(svg))
        .contains(
            "extents 0-3: home, run 1, goes to " + images.name(2) + ":0-3",
            "extents 0-3: home, run 1, from " + images.name(0) + ":0-3",
            "extents 12-15: data, run 4, goes to " + images.name(2) + ":12-15",
            "from %s to %s: 4 runs, 16 extents".formatted(images.name(0), images.name(2)));
  }

  @Test
  void drawsTheSameForATest() throws Exception {
    images.pvmove("--plan", "--map", svg.toString(), images.name(0));
    String planned = Files.readString(svg);
    images.pvmove("-t", "--map", svg.toString(), images.name(0));
    assertThat(Files.readString(svg)).isEqualTo(planned);
    images.pvmove("-t", "--reportformat", "json", "--map", svg.toString(), images.name(0));
    assertThat(Files.readString(svg)).isEqualTo(planned);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--verbose", "--atomic"})
  void drawsWhatCameOfAMoveAsItWasPlanned(String option) throws Exception {
    images.pvmove("--plan", "--map", svg.toString(), images.name(0));
    String planned = Files.readString(svg);
    Result result = images.pvmove(option, "--map", svg.toString(), images.name(0));
    assertThat(result.err()).isEmpty();
    assertThat(result.exitCode()).isZero();
    assertThat(images.used(0)).isZero();
    assertThat(Files.readString(svg)).isEqualTo(planned);
  }

  @Test
  void drawsWhatIsInProgressAndWhatARestartWillMove() throws Exception {
    images.moveOneSegment(0);
    Result result = images.pvmove("--plan", "--map", svg.toString());
    assertThat(result.exitCode()).isZero();
    assertThat(titles(svg))
        .contains("extents 0-3: locked by a move in progress of home")
        .anyMatch(title -> title.startsWith("extents 8-11: home, run 1, goes to "))
        .anyMatch(title -> title.startsWith("extents 12-15: data, run 3, goes to "));
    String planned = Files.readString(svg);
    assertThat(images.pvmove("--map", svg.toString()).exitCode()).isZero();
    assertThat(images.used(0)).isZero();
    assertThat(Files.readString(svg)).isEqualTo(planned);
  }

  @Test
  void drawsThatNothingMovesWhereAMoveIsGivenUp() throws Exception {
    images.moveOneSegment(0);
    images.pvmove("--plan", "--abort", "--map", svg.toString());
    String planned = Files.readString(svg);
    assertThat(titles(svg)).noneMatch(title -> title.contains("run 1"));
    assertThat(images.pvmove("--abort", "--map", svg.toString()).exitCode()).isZero();
    assertThat(images.used(0)).isEqualTo(12);
    assertThat(Files.readString(svg)).isEqualTo(planned);
  }

  @Test
  void drawsAVolumeGroupAsItIsWhereNothingIsInProgress() throws Exception {
    assertThat(images.pvmove("--map", html.toString()).out()).contains("No pvmove in progress.");
    assertThat(Files.readString(html))
        .contains("<title>Extents of volume group vg</title>", "<svg", "</html>");
  }

  @Test
  void drawsWhereThereIsRoomWhenARequestIsRefused() throws Exception {
    Result result = images.pvmove("--map", svg.toString(), images.name(0), images.name(0));
    assertThat(result.exitCode()).isEqualTo(5);
    assertThat(titles(svg)).contains("extents 16-55: free");
  }

  @Test
  void drawsSeveralVolumeGroupsInOneFile() throws Exception {
    Images other = Images.small(Files.createDirectory(directory.resolve("other")), "second");
    Result result =
        Result.ofPvmove(
            "--devices",
            images.devices() + "," + other.devices(),
            "--list",
            "--map",
            html.toString());
    assertThat(result.exitCode()).isZero();
    assertThat(Files.readString(html))
        .contains("<h2>Extents of volume group vg</h2>", "<h2>Extents of volume group second</h2>");
  }

  @Test
  void writesAPageWithTheFactsAsTables() throws Exception {
    images.pvmove("--plan", "--map", html.toString(), images.name(0), images.name(2));
    assertThat(Files.readString(html))
        .contains(
            "<th scope=\"row\">1</th><td>home</td><td>0-3</td><td>%s:0-3</td><td>%s:0-3</td>"
                .formatted(images.name(0), images.name(2)))
        .contains("<td>0-7, stripe 1 of 2</td>");
  }

  @Test
  void printsLinesWithoutColoursWhereTheOutputIsNoTerminal() {
    Result result = images.pvmove("--list", "--map", "-");
    assertThat(result.exitCode()).isZero();
    assertThat(result.out())
        .contains("|AAAABBBBAAAACCCC........................................|")
        .contains(". free  A home  B root  C data  D logs")
        .doesNotContain("\u001B");
  }

  @Test
  void printsLinesWithColoursWhereTheyAreWanted() {
    assertThat(listsOn(new Terminal(true, 80, true)))
        .contains("\u001B[48;5;25;38;5;231mAAAA\u001B[0m");
  }

  @Test
  void printsLinesAsWideAsTheTerminal() {
    String used = "AAAABBBBAAAACCCC";
    assertThat(listsOn(new Terminal(true, 120, false)))
        .contains("|" + used + ".".repeat(40) + "|\n");
    assertThat(listsOn(new Terminal(true, 39, false)))
        .contains("about 2 a character", "|AABBAACC" + ".".repeat(20) + "|\n");
  }

  private String listsOn(Terminal terminal) {
    return Result.ofPvmove(terminal, "--devices", images.devices(), "--list", "--map", "-").out();
  }

  @Test
  void printsTheLinesOfAMoveWhenItIsOver() {
    Result result = images.pvmove("--map", "-", images.name(0), images.name(2));
    assertThat(result.out())
        .containsSubsequence(
            "Moved: 100.00%", "before |AAAABBBBAAAACCCC..", "after  |....", "1: home 0-3 from ");
    assertThat(images.used(0)).isZero();
  }

  @Test
  void replacesAFileThatIsThereAndLeavesNothingBeside() throws Exception {
    Files.writeString(svg, "old");
    images.pvmove("--list", "--map", svg.toString());
    assertThat(titles(svg)).contains("Extents of volume group vg");
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("a.img", "b.img", "c.img", "map.svg");
    }
  }

  @Test
  void replacesWhatALinkLeadsTo() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("link.svg"), Path.of("map.svg"));
    Files.writeString(svg, "old");
    images.pvmove("--list", "--map", link.toString());
    assertThat(Files.isSymbolicLink(link)).isTrue();
    assertThat(titles(svg)).contains("Extents of volume group vg");
  }

  @ParameterizedTest
  @ValueSource(strings = {"map.png", "map", "svg", "map.svg.gz", ""})
  void refusesAnEndingThatItDoesNotKnow(String name) {
    refused(name, "expected a file whose name ends with .svg or .html, or - for the terminal");
  }

  @Test
  void refusesADeviceByWhateverNameAndLeavesItAsItIs() throws Exception {
    Path device = Files.move(images.path(0), directory.resolve("disk.svg"));
    images = new Images(List.of(device, images.path(1), images.path(2)));
    Path link = Files.createSymbolicLink(directory.resolve("link.html"), device);
    Path hard = Files.createLink(directory.resolve("hard.svg"), device);
    Path roundabout = directory.resolve(".").resolve("disk.svg");
    for (Path name : List.of(device, link, hard, roundabout)) {
      refused(name.toString(), "expected a file that is none of the devices");
    }
  }

  @Test
  void refusesWhatIsNoFile() throws Exception {
    refused(
        Files.createDirectory(directory.resolve("directory.svg")).toString(),
        "expected a file, or none yet, found");
    refused(
        directory.resolve("nowhere").resolve("map.svg").toString(),
        "expected a file in a directory that is there");
  }

  @Test
  void refusesToMixLinesWithJson() {
    Result result = images.pvmove("--plan", "--reportformat", "json", "--map", "-", images.name(0));
    assertThat(result.err()).contains("--map - does not go with --reportformat json");
    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(result.out()).isEmpty();
  }

  @Test
  void movesNothingIfTheMapCannotBeWritten() {
    List<String> before = images.checksums();
    Path tooLong = directory.resolve("m".repeat(252) + ".svg");
    Result result = images.pvmove("--map", tooLong.toString(), images.name(0));
    assertThat(result.err())
        .isEqualTo(
            "  the map cannot be written to %s: File name too long\n  Nothing was moved.\n"
                .formatted(tooLong));
    assertThat(result.exitCode()).isEqualTo(5);
    assertThat(images.checksums()).isEqualTo(before);
  }

  private void refused(String file, String message) {
    List<String> before = images.checksums();
    Result result = images.pvmove("--map", file, images.name(0));
    assertThat(result.err()).contains("--map: " + message);
    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(result.out()).isEmpty();
    assertThat(images.checksums()).isEqualTo(before);
  }

  /** What a pointer, or a screen reader, is told of the parts of a picture. */
  private static List<String> titles(Path file) throws Exception {
    Document document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(Files.readString(file))));
    NodeList titles = document.getElementsByTagName("title");
    return Stream.iterate(0, i -> i < titles.getLength(), i -> i + 1)
        .map(i -> titles.item(i).getTextContent())
        .toList();
  }
}
