// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pvmove.FixtureDisks;
import org.pvmove.io.BlockDevice;
import org.pvmove.lvm.LvmException;

/**
 * What becomes of every set of disks in the fixtures: the same as with real LVM2, except where
 * docs/format.md says why not. That the volume groups themselves are seen alike is for {@link
 * ScanOfRealDisksTest}.
 */
class FixtureTableTest {
  /** What becomes of a set of disks. */
  enum Outcome {
    /** No volume group is seen. */
    NONE,
    /** It is seen, and must not be changed before somebody has looked after it. */
    REFUSED,
    /** It may be changed, and the user is told something. */
    WARNED,
    /** It may be changed, and there is nothing to tell. */
    FINE
  }

  /** What this library does where it is of another opinion; docs/format.md has the reasons. */
  private static final ImmutableMap<String, Outcome> DIFFERENCES =
      ImmutableMap.<String, Outcome>builder()
          .put("g-device-truncated", Outcome.REFUSED)
          .put("g-label-id-lost", Outcome.REFUSED)
          .put("g-mda-size", Outcome.REFUSED)
          .put("d4-handwritten", Outcome.REFUSED)
          .put("h7-duplicate-pv", Outcome.REFUSED)
          .buildOrThrow();

  private static final Pattern RESULT =
      Pattern.compile("^vgs 0 \\[(.*?)] .* vgck (\\d+) write (\\d+) .*? :: (.*)$");

  static List<String> fixtures() {
    return FixtureDisks.names();
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  void comesToTheSameEndAsRealLvm(String fixture) throws IOException {
    Outcome lvm = fixture.startsWith("g-") ? resultOfDamage(fixture) : resultOfReports(fixture);
    Outcome ours = DIFFERENCES.getOrDefault(fixture, lvm);

    assertThat(ours(fixture)).isEqualTo(ours);
    if (DIFFERENCES.containsKey(fixture)) {
      assertThat(lvm).as("a listed difference").isNotEqualTo(ours);
    }
  }

  @Test
  void listsEveryDifferenceInTheDocumentation() throws IOException {
    String documentation = Files.readString(Path.of("..", "docs", "format.md"));

    assertThat(documentation)
        .contains(DIFFERENCES.keySet().stream().map(name -> '`' + name + '`').toList());
  }

  private static Outcome ours(String fixture) {
    DeviceScan scan = DeviceSet.of(FixtureDisks.open(fixture).toArray(new BlockDevice[0])).scan();
    if (scan.volumeGroups().isEmpty()) {
      return Outcome.NONE;
    }
    StoredVolumeGroup stored;
    try {
      stored = scan.volumeGroup(scan.volumeGroups().get(0).volumeGroup().name());
    } catch (LvmException severalOfOneName) {
      return Outcome.REFUSED;
    }
    return outcome(!stored.refusals().isEmpty(), !stored.findings().isEmpty());
  }

  private static Outcome outcome(boolean refused, boolean warned) {
    if (refused) {
      return Outcome.REFUSED;
    }
    return warned ? Outcome.WARNED : Outcome.FINE;
  }

  /** What 2.03.40 did with a damaged pair of disks: vgs, vgck, a writing command, its messages. */
  private static Outcome resultOfDamage(String fixture) throws IOException {
    String result =
        Files.readAllLines(FixtureDisks.file("g-RESULTS.tsv")).stream()
            .map(line -> line.split("\t", -1))
            .filter(columns -> columns[0].equals(fixture))
            .map(columns -> columns[3])
            .findFirst()
            .orElseThrow();
    Matcher matcher = RESULT.matcher(result);
    assertThat(matcher.matches()).as(result).isTrue();
    if (matcher.group(1).isEmpty()) {
      return Outcome.NONE;
    }
    boolean refused = !matcher.group(2).equals("0") || !matcher.group(3).equals("0");
    return outcome(refused, !matcher.group(4).startsWith("WRITE: "));
  }

  /** What 2.03.16 said of other disks when it made its reports and checked the group. */
  private static Outcome resultOfReports(String fixture) throws IOException {
    List<String> lines = Files.readAllLines(FixtureDisks.file(fixture + "/stderr.txt"));
    List<String> checks =
        lines.stream().filter(line -> line.matches("## lvm vgck .*|## vgck .*")).toList();
    if (checks.isEmpty()) {
      // Of the groups of other hosts it says only this.
      return lines.stream().anyMatch(line -> line.contains("Cannot access VG"))
          ? Outcome.REFUSED
          : Outcome.NONE;
    }
    return outcome(
        checks.stream().anyMatch(line -> !line.endsWith("-> 0")),
        lines.stream().anyMatch(line -> line.startsWith("  WARNING: ")));
  }
}
