// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.lab.LiveMoveLab.Findings;
import org.pvmove.lab.LiveMoveLab.Moved;

/**
 * Volumes move through the system's own pvmove while programs write to them and read what they
 * wrote: LVM2 and the kernel reach exactly what was planned.
 */
@Tag("tools")
class LiveMoveTest {
  @TempDir private Path directory;

  @TestFactory
  Stream<DynamicNode> volumesInUseMoveAsPlanned() throws Exception {
    Guest.ALL.forEach(Guest::require);
    List<Findings> all =
        Labs.sideBySide(Guest.ALL, directory, (guest, own) -> new LiveMoveLab(guest, own).run());
    return all.stream()
        .map(findings -> dynamicContainer(findings.guest().toString(), tests(findings)));
  }

  private static Stream<DynamicNode> tests(Findings findings) {
    return Stream.concat(
        findings.moves().stream()
            .map(moved -> dynamicTest(moved.name(), () -> assertAsPlanned(findings, moved))),
        LiveMoveLab.WRITTEN.stream()
            .map(
                volume ->
                    dynamicTest(
                        "what is written to " + volume + " is read",
                        () -> assertWellRead(findings, volume))));
  }

  private static void assertAsPlanned(Findings findings, Moved moved) {
    assertThat(moved.outcome()).isInstanceOf(MoveOutcome.Completed.class);
    assertThat(KernelTables.onDisks(moved.reached()))
        .as("places in the metadata")
        .containsExactlyElementsOf(moved.planned());
    assertThat(KernelTables.onDisks(findings.console().section(moved.section())))
        .as("places in the kernel")
        .containsExactlyElementsOf(moved.planned());
  }

  private static void assertWellRead(Findings findings, String volume) {
    Console.Section written = findings.console().section("written." + volume);
    assertThat(written.lines()).hasSize(1).first().asString().endsWith("all right");
    assertThat(written.status()).isZero();
  }
}
