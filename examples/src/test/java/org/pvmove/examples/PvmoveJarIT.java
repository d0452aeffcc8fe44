// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ObjectArrays;
import java.io.IOException;
import java.nio.file.Path;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program as users get it: one jar. */
class PvmoveJarIT {
  private static final String JAR = System.getProperty("pvmove.jar", "target/pvmove.jar");

  @TempDir private Path directory;

  @Test
  void runsByItself() throws Exception {
    Images images = Images.small(directory);
    Output move = run("-jar", JAR, "--devices", images.devices(), images.name(0));
    assertThat(move.text()).endsWith(images.name(0) + ": Moved: 100.00%\n");
    assertThat(move.exitCode()).isZero();
    assertThat(images.used(0)).isZero();
    assertThat(images.firstDifference()).isEmpty();
  }

  @Test
  void endsWithTheExitCodesOfPvmove() throws Exception {
    assertThat(run("-jar", JAR, "--help").exitCode()).isZero();
    assertThat(run("-jar", JAR, "--nonsense").exitCode()).isEqualTo(3);
    assertThat(run("-jar", JAR, "--devices", "none.img").exitCode()).isEqualTo(5);
  }

  @Test
  void knowsItsVersion() throws Exception {
    assertThat(run("-jar", JAR, "--version").text())
        .matches("pvmove for Java \\d+\\.\\d+\\.\\d+\\S*\n");
  }

  @Test
  void carriesItsLicences() throws IOException {
    try (JarFile jar = new JarFile(JAR)) {
      assertThat(jar.getEntry("META-INF/LICENSE")).isNotNull();
      assertThat(jar.getEntry("META-INF/NOTICE")).isNotNull();
      assertThat(jar.getEntry("module-info.class")).isNull();
    }
  }

  @Test
  void demonstratesThatAMoveSurvivesTheDeathOfItsProcess() throws Exception {
    Output shown = run("-cp", JAR, "org.pvmove.examples.Demonstration");
    assertThat(shown.text())
        .contains(
            "Killed with SIGKILL.",
            "a.img is empty, no move is in progress, and every byte is right.");
    assertThat(shown.exitCode()).isZero();
  }

  private record Output(int exitCode, String text) {}

  private Output run(String... arguments) throws Exception {
    String[] all = ObjectArrays.concat("-Djava.io.tmpdir=" + directory, arguments);
    try (ChildProgram program = ChildProgram.java(all)) {
      int exitCode = program.exitCode();
      return new Output(exitCode, program.output());
    }
  }
}
