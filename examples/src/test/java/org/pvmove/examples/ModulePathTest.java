// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import java.io.File;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The module descriptors hold together: the program needs nothing that is not exported. */
class ModulePathTest {
  /** What only tests need, by what the names of the jars begin with. */
  private static final Set<String> TESTS =
      Set.of(
          "test-classes",
          "junit",
          "assertj",
          "opentest4j",
          "apiguardian",
          "byte-buddy",
          "surefire");

  @TempDir private Path directory;

  @Test
  void theProgramRunsAsAModule() throws Exception {
    Images images = Images.small(directory);
    try (ChildProgram program =
        ChildProgram.java(
            "-p",
            modulePath(),
            "-m",
            "org.pvmove.examples/org.pvmove.examples.PvmoveCommand",
            "--devices",
            images.devices(),
            images.name(0))) {
      int exitCode = program.exitCode();
      assertThat(program.output()).endsWith(images.name(0) + ": Moved: 100.00%\n");
      assertThat(exitCode).isZero();
    }
    assertThat(images.used(0)).isZero();
  }

  private static String modulePath() {
    return Splitter.on(File.pathSeparatorChar)
        .splitToStream(System.getProperty("java.class.path"))
        .filter(entry -> !isForTests(Path.of(entry).getFileName().toString()))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static boolean isForTests(String name) {
    return name.endsWith("-tests.jar") || TESTS.stream().anyMatch(name::startsWith);
  }
}
