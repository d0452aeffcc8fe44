// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ObjectArrays;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The program that goes on in the background, in processes of their own. */
@Timeout(120)
class BackgroundTest {
  private static final Pattern PROCESS = Pattern.compile("as process ([0-9]+)\\.");

  @TempDir private Path directory;
  private Images images;
  private Path log;

  @BeforeEach
  void makeImages() throws IOException {
    images = Images.small(directory);
    log = directory.resolve("move.log");
  }

  private ChildProgram pvmove(String... arguments) throws IOException {
    String[] all = {"--devices", images.devices(), "-b", "--log", log.toString()};
    return ChildProgram.pvmove(ObjectArrays.concat(all, arguments, String.class));
  }

  /** Waits for the process that the first one has named; it is no child of this one. */
  private static void awaitEndOfProcessIn(String output) {
    processIn(output).ifPresent(process -> process.onExit().join());
  }

  private static java.util.Optional<ProcessHandle> processIn(String output) {
    Matcher process = PROCESS.matcher(output);
    assertThat(process.find()).as(output).isTrue();
    return ProcessHandle.of(Long.parseLong(process.group(1)));
  }

  @Test
  void goesOnWhenTheFirstProcessHasEnded() throws Exception {
    // So slow that it lasts longer than the first process on a machine that is busy.
    try (ChildProgram pvmove = pvmove("--rate", "256k", "--max-segment", "128k", images.name(0))) {
      assertThat(pvmove.exitCode()).as(pvmove.output()).isZero();
      assertThat(pvmove.output()).contains("To watch:   tail -f " + log, "To stop it: kill ");
      assertThat(images.used(0)).isPositive();
      awaitEndOfProcessIn(pvmove.output());
    }
    assertThat(images.used(0)).isZero();
    assertThat(Files.readString(log)).contains("Moved: 0.00%").endsWith("Moved: 100.00%\n");
  }

  @Test
  void stopsAtACheckpointWhenToldToAndSaysHowToGoOnInTheLog() throws Exception {
    try (ChildProgram pvmove = pvmove("--rate", "128k", "--max-segment", "128k", images.name(0))) {
      assertThat(pvmove.exitCode()).as(pvmove.output()).isZero();
      processIn(pvmove.output()).ifPresent(ProcessHandle::destroy);
      awaitEndOfProcessIn(pvmove.output());
    }
    assertThat(images.isMoveInProgress()).isTrue();
    assertThat(Files.readString(log)).contains("Stopped: ", "To go on:   pvmove --devices ");
    assertThat(images.pvmove().exitCode()).isZero();
    assertThat(images.used(0)).isZero();
  }

  @Test
  void endsWithTheExitCodeAndTheMessagesOfAMoveThatDidNotBegin() throws Exception {
    try (ChildProgram pvmove = pvmove(images.name(2))) {
      assertThat(pvmove.exitCode()).isEqualTo(5);
      assertThat(pvmove.output()).contains("no data to move on").doesNotContain("background");
    }
  }

  @Test
  void endsWithWhatThereIsToSayIfNothingIsInProgress() throws Exception {
    try (ChildProgram pvmove = pvmove()) {
      assertThat(pvmove.exitCode()).isZero();
      assertThat(pvmove.output()).contains("  No pvmove in progress.\n");
    }
  }
}
