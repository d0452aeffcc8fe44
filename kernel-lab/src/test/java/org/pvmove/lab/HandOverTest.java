// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.lab.HandOver.End;
import org.pvmove.lab.HandOver.Side;
import org.pvmove.lab.HandOverLab.Findings;
import org.pvmove.lab.HandOverLab.State;
import org.pvmove.lvm.edit.Pvmove;

/**
 * LVM2 on a real kernel and this library take moves over from each other, at every checkpoint. What
 * was handed over stands in {@code docs/interop.md}, which is compared with it.
 */
@Tag("tools")
class HandOverTest {
  private static final Path DOCUMENT = Path.of("../docs/interop.md");
  private static final String TABLE_BEGINS = "| begun by | move | handed over at | ended by |";

  @TempDir private Path directory;

  @TestFactory
  Stream<DynamicNode> movesAreTakenOver() throws Exception {
    Guest.ALL.forEach(Guest::require);
    List<Findings> all =
        Labs.sideBySide(Guest.ALL, directory, (guest, own) -> new HandOverLab(guest, own).run());
    return Stream.concat(
        all.stream()
            .map(findings -> dynamicContainer(findings.guest().toString(), tests(findings))),
        Stream.of(dynamicTest("the document lists them", () -> assertListed(all))));
  }

  private static Stream<DynamicNode> tests(Findings findings) {
    return Stream.concat(
        Stream.of(dynamicTest("is what it is called", () -> assertVersion(findings))),
        findings.middles().keySet().stream()
            .map(
                handOver ->
                    dynamicTest(handOver.toString(), () -> assertTakenOver(findings, handOver))));
  }

  private static void assertVersion(Findings findings) {
    assertThat(findings.console().section("version").lines().get(0))
        .contains(findings.guest().lvm() + "(");
  }

  private static void assertTakenOver(Findings findings, HandOver handOver) {
    State state = findings.middles().get(handOver);
    assertThat(state.sums())
        .as("what this library reads in the middle of the move")
        .containsExactlyElementsOf(findings.sums().get(state.disks().volumeGroup()));
    if (handOver.began() == Side.OURS) {
      assertReadAsTheirOwn(findings, handOver, state);
      assertThat(findings.console().section(handOver.id() + ".end").status()).isZero();
    }
    StoredVolumeGroup end = findings.ends().get(handOver);
    assertThat(Pvmove.allOf(end.volumeGroup())).isEmpty();
    assertThat(end.refusals()).isEmpty();
    assertThat(end.findings()).isEmpty();

    Console.Section check = findings.console().section(handOver.id() + ".check");
    assertThat(check.lines()).isEmpty();
    assertThat(check.status()).isZero();
    assertThat(findings.console().section(handOver.id() + ".tables").linesWithLetters())
        .containsExactlyElementsOf(KernelTables.of(end));
    assertThat(findings.console().section(handOver.id() + ".sums").lines())
        .containsExactlyElementsOf(findings.sums().get(state.disks().volumeGroup()));
    // Had the other side begun it, LVM2 and the kernel would see the same in the end.
    findings.middles().keySet().stream()
        .filter(handOver::isReverseOf)
        .forEach(
            reverse -> {
              assertThat(places(findings, handOver.id() + ".report"))
                  .isEqualTo(places(findings, reverse.id() + ".report"));
              assertThat(tables(findings, handOver)).isEqualTo(tables(findings, reverse));
            });
    if (handOver.ended() == End.RESTART) {
      assertThat(places(findings, handOver.id() + ".report"))
          .as("what was to leave the first disk")
          .noneMatch(line -> line.startsWith("home|") && leftBehind(handOver, line));
    }
  }

  /** What the kernel maps, without the name of the volume group. */
  private static List<String> tables(Findings findings, HandOver handOver) {
    return findings.console().section(handOver.id() + ".tables").linesWithLetters().stream()
        .map(line -> line.replaceFirst("^vg--[a-z]+-", ""))
        .toList();
  }

  /** The home volume leaves the first disk, but for the extents that no range takes in. */
  private static boolean leftBehind(HandOver handOver, String line) {
    return line.contains("a:")
        && !(handOver.move().equals("pvmove of ranges")
            && Stream.of("a:0-4", "a:8-9", "a:20-21").anyMatch(line::contains));
  }

  /** What LVM2 and the kernel make of a move that this library began. */
  private static void assertReadAsTheirOwn(Findings findings, HandOver handOver, State state) {
    Console console = findings.console();
    if (!handOver.checkpoint().contains("metadata area")) {
      assertThat(console.section(handOver.id() + ".middle.check").lines()).isEmpty();
      findings.middles().values().stream()
          .filter(other -> other.began() == Side.LVM2)
          .filter(other -> other.move().equals(state.move()))
          .filter(other -> other.checkpoint().equals(state.checkpoint()))
          .findFirst()
          .ifPresent(
              theirs ->
                  assertThat(places(findings, handOver.id() + ".middle.report"))
                      .isEqualTo(places(findings, theirs.id())));
    }
    assertThat(console.section(handOver.id() + ".middle.tables").linesWithLetters())
        .map(line -> line.replaceAll("mirror core 1 \\d+ 2 ", "mirror core "))
        .containsExactlyElementsOf(KernelTables.of(scan(state)));
  }

  private static StoredVolumeGroup scan(State state) {
    try {
      return state.disks().scan();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static List<String> places(Findings findings, String section) {
    return findings.console().section(section).linesWithLetters().stream()
        .map(String::strip)
        .toList();
  }

  private static void assertListed(List<Findings> all) throws IOException {
    List<String> lines = Files.readAllLines(DOCUMENT);
    int from = lines.stream().map(String::strip).toList().indexOf(header(all));
    List<String> listed =
        lines.stream().skip(from + 1L).takeWhile(line -> line.startsWith("|")).toList();
    assertThat(listed)
        .as("the table \"%s\" in %s", header(all), DOCUMENT)
        .containsExactlyElementsOf(table(all));
  }

  private static String header(List<Findings> all) {
    return TABLE_BEGINS
        + all.stream().map(findings -> " " + findings.guest() + " |").collect(Collectors.joining());
  }

  /** A line for each hand-over, and a column for each LVM2. */
  private static ImmutableList<String> table(List<Findings> all) {
    Map<String, Set<String>> rows = new LinkedHashMap<>();
    for (Findings findings : all) {
      for (HandOver handOver : findings.middles().keySet()) {
        rows.computeIfAbsent(row(handOver), key -> new TreeSet<>()).add(findings.guest().lvm());
      }
    }
    List<String> table = new ArrayList<>();
    table.add("| --- ".repeat(4 + all.size()) + "|");
    rows.keySet().stream()
        .sorted()
        .forEach(
            row ->
                table.add(
                    row
                        + all.stream()
                            .map(f -> rows.get(row).contains(f.guest().lvm()) ? " yes |" : " |")
                            .collect(Collectors.joining())));
    return ImmutableList.copyOf(table);
  }

  private static String row(HandOver handOver) {
    return "| %s | %s | %s | %s of %s |"
        .formatted(
            handOver.began(),
            handOver.move(),
            handOver.checkpoint(),
            handOver.ended() == End.RESTART ? "restart" : "abort",
            handOver.began().other());
  }
}
